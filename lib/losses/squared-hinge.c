/* The square of the hinge loss, which has a gradient everywhere. */
#include "losses/loss.h"

static inline neuron_loss_point point(const neuron_loss_t *loss, double output, double target)
{
    (void)loss;
    double margin = 1 - target * output;
    if (margin <= 0)
        return (neuron_loss_point){0, 0};
    return (neuron_loss_point){margin * margin, -2 * target * margin};
}

NEURON_LOSS_EACH(point)

const neuron_loss_row neuron_loss_squared_hinge = {
    .name = "squared_hinge",
    .prepare = neuron_hinge_prepare,
    .points = points,
};
