/* A loss of the caller's own: one call for a whole batch, before compute.c divides it. */
#include "losses/loss.h"

#include "base/float-mode.h"

#include <string.h>

int neuron_loss_call(const neuron_loss_t *loss, const neuron_loss_batch *batch, double *losses,
                     float *gradients)
{
    size_t values = neuron_size(batch->count) * (size_t)batch->outputs;
    memset(losses, 0, neuron_size(batch->count) * sizeof *losses);
    if (gradients)
        memset(gradients, 0, values * sizeof *gradients);
    uint64_t before = neuron_message_count();
    neuron_float_host *host = neuron_float_pause();
    int result = loss->function(losses, gradients, batch->predictions, batch->targets,
                                batch->labels, batch->count, batch->outputs, loss->user_data);
    neuron_float_resume(host);
    return result == NEURON_OK
               ? NEURON_OK
               : neuron_fail_call(result, before, "custom loss: the function returned %d", result);
}

const neuron_loss_row neuron_loss_custom = {.name = "custom"};
