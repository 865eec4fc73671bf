/* The hinge loss of support vector machines: 0 beyond a margin of 1 on the right side. */
#include "losses/loss.h"

/* Class numbers and one-hot targets are 0 and 1, which this loss knows as -1 and 1. */
void neuron_hinge_prepare(const neuron_loss_t *loss, float *target, int64_t outputs)
{
    (void)loss;
    for (int32_t i = 0; i < outputs; i++)
        if (target[i] != 0 && target[i] != 1)
            return;
    for (int32_t i = 0; i < outputs; i++)
        target[i] = 2 * target[i] - 1;
}

static inline neuron_loss_point point(const neuron_loss_t *loss, double output, double target)
{
    (void)loss;
    double margin = 1 - target * output;
    if (margin <= 0)
        return (neuron_loss_point){0, 0};
    return (neuron_loss_point){margin, -target};
}

NEURON_LOSS_EACH(point)

const neuron_loss_row neuron_loss_hinge = {
    .name = "hinge",
    .prepare = neuron_hinge_prepare,
    .points = points,
};
