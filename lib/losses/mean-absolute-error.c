/* The mean of |output - target|; the gradient at the kink is 0. */
#include "losses/loss.h"

#include <math.h>

static inline neuron_loss_point point(const neuron_loss_t *loss, double output, double target)
{
    (void)loss;
    double error = output - target;
    return (neuron_loss_point){fabs(error), (error > 0) - (error < 0)};
}

NEURON_LOSS_EACH(point)

const neuron_loss_row neuron_loss_mean_absolute_error = {
    .name = "mean_absolute_error",
    .points = points,
};
