/* A loss of the caller's own. */
#include "losses/loss.h"

#include "base/float-mode.h"

#include <string.h>

static double compute(const neuron_loss_t *loss, const neuron_loss_example *example, double scale,
                      float *gradient)
{
    if (gradient)
        memset(gradient, 0, (size_t)example->outputs * sizeof *gradient);
    neuron_float_host *host = neuron_float_pause();
    double value = loss->callback(example->output, example->target, example->outputs,
                                  example->label, gradient, loss->user_data);
    neuron_float_resume(host);
    for (int32_t i = 0; gradient && i < example->outputs; i++)
        gradient[i] = (float)((double)gradient[i] * scale);
    return value;
}

const neuron_loss_row neuron_loss_custom = {
    .name = "custom",
    .compute = compute,
};
