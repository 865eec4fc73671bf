/* Huber's loss (Huber, 1964): squared near the target, linear far from it. */
#include "losses/loss.h"

#include <math.h>

static const neuron_option options[] = {
    NEURON_REAL(NEURON_LOSS_DELTA, "delta", FLT_MIN, FLT_MAX, 1, "where it becomes linear"),
};

static inline neuron_loss_point point(const neuron_loss_t *loss, double output, double target)
{
    double delta = neuron_loss_option_value(loss, NEURON_LOSS_DELTA);
    double error = output - target;
    if (fabs(error) <= delta)
        return (neuron_loss_point){error * error / 2, error};
    return (neuron_loss_point){delta * fabs(error) - delta * delta / 2, copysign(delta, error)};
}

NEURON_LOSS_EACH(point)

const neuron_loss_row neuron_loss_huber = {
    .name = "huber",
    .options = NEURON_OPTION_TABLE(options),
    .points = points,
};
