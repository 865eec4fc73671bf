/* The Kullback-Leibler divergence of the predictions from the targets, clipped as Keras does. */
#include "losses/loss.h"

static void points(neuron_loss_points *all)
{
    for (int32_t i = 0; i < all->count; i++) {
        double t = neuron_loss_clip((double)all->targets[i], NEURON_LOSS_EPSILON, 1);
        double y = neuron_loss_clip((double)all->outputs[i], NEURON_LOSS_EPSILON, 1);
        bool clips = neuron_loss_clips((double)all->outputs[i], NEURON_LOSS_EPSILON, 1);
        all->values[i] = t / y;
        all->slopes[i] = clips ? 0 : -t / y;
    }
    all->kernels->element->logarithms(all->values, all->count, all->values);
    for (int32_t i = 0; i < all->count; i++)
        all->values[i] *= neuron_loss_clip((double)all->targets[i], NEURON_LOSS_EPSILON, 1);
}

const neuron_loss_row neuron_loss_kullback_leibler = {
    .name = "kullback_leibler",
    .sums = true,
    .points = points,
};
