/* The Kullback-Leibler divergence of the predictions from the targets, clipped as Keras does. */
#include "losses/loss.h"

#include <math.h>

static neuron_loss_point point(const neuron_loss_t *loss, bool logits, double output, double target)
{
    (void)loss;
    (void)logits;
    double t = neuron_clip(target, NEURON_LOSS_EPSILON, 1);
    double y = neuron_clip(output, NEURON_LOSS_EPSILON, 1);
    bool clips = neuron_clips(output, NEURON_LOSS_EPSILON, 1);
    return (neuron_loss_point){t * log(t / y), clips ? 0 : -t / y};
}

const neuron_loss_kind neuron_loss_kullback_leibler = {
    .key = NEURON_LOSS_KULLBACK_LEIBLER,
    .name = "kullback_leibler",
    .sums = true,
    .point = point,
};
