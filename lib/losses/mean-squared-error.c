/* The mean of (output - target)^2. */
#include "losses/loss.h"

static inline neuron_loss_point point(const neuron_loss_t *loss, double output, double target)
{
    (void)loss;
    double error = output - target;
    return (neuron_loss_point){error * error, 2 * error};
}

NEURON_LOSS_EACH(point)

const neuron_loss_row neuron_loss_mean_squared_error = {
    .name = "mean_squared_error",
    .points = points,
};
