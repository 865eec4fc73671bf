/* The square of the hinge loss, which has a gradient everywhere. */
#include "losses/loss.h"

static neuron_loss_point point(const neuron_loss_t *loss, bool logits, double output, double target)
{
    (void)loss;
    (void)logits;
    double margin = 1 - target * output;
    if (margin <= 0)
        return (neuron_loss_point){0, 0};
    return (neuron_loss_point){margin * margin, -2 * target * margin};
}

const neuron_loss_kind neuron_loss_squared_hinge = {
    .key = NEURON_LOSS_SQUARED_HINGE,
    .name = "squared_hinge",
    .prepare = neuron_hinge_prepare,
    .point = point,
};
