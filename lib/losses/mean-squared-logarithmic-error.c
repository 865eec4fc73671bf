/* The mean of (log(1 + output) - log(1 + target))^2, of numbers raised to epsilon as in Keras. */
#include "losses/loss.h"

#include <math.h>

/* A NaN stays one. */
static double raise(double value)
{
    return value < NEURON_LOSS_EPSILON ? NEURON_LOSS_EPSILON : value;
}

static neuron_loss_point point(const neuron_loss_t *loss, bool logits, double output, double target)
{
    (void)loss;
    (void)logits;
    double error = log1p(raise(output)) - log1p(raise(target));
    bool raised = output < NEURON_LOSS_EPSILON;
    return (neuron_loss_point){error * error, raised ? 0 : 2 * error / (1 + output)};
}

const neuron_loss_kind neuron_loss_mean_squared_logarithmic_error = {
    .key = NEURON_LOSS_MEAN_SQUARED_LOGARITHMIC_ERROR,
    .name = "mean_squared_logarithmic_error",
    .point = point,
};
