/* The mean of (log(1 + output) - log(1 + target))^2, of numbers raised to epsilon as in Keras. */
#include "losses/loss.h"

/* A NaN stays one. */
static double raise(double value)
{
    return value < NEURON_LOSS_EPSILON ? NEURON_LOSS_EPSILON : value;
}

static void points(neuron_loss_points *all)
{
    double targets[NEURON_LOSS_POINTS] = {0};
    for (int32_t i = 0; i < all->count; i++) {
        all->values[i] = 1 + raise((double)all->outputs[i]);
        targets[i] = 1 + raise((double)all->targets[i]);
    }
    all->kernels->element->logarithms(all->values, all->count, all->values);
    all->kernels->element->logarithms(targets, all->count, targets);
    for (int32_t i = 0; i < all->count; i++) {
        double output = (double)all->outputs[i], error = all->values[i] - targets[i];
        all->values[i] = error * error;
        all->slopes[i] = output < NEURON_LOSS_EPSILON ? 0 : 2 * error / (1 + output);
    }
}

const neuron_loss_row neuron_loss_mean_squared_logarithmic_error = {
    .name = "mean_squared_logarithmic_error",
    .points = points,
};
