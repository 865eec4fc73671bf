/* The mean of (output - target)^2. */
#include "losses/loss.h"

static neuron_loss_point point(const neuron_loss_t *loss, bool logits, double output, double target)
{
    (void)loss;
    (void)logits;
    double error = output - target;
    return (neuron_loss_point){error * error, 2 * error};
}

const neuron_loss_kind neuron_loss_mean_squared_error = {
    .key = NEURON_LOSS_MEAN_SQUARED_ERROR,
    .name = "mean_squared_error",
    .point = point,
};
