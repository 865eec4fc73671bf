/* Cross-entropy of outputs that are probabilities each by itself, fused with the sigmoid before it
 * where there is one. */
#include "losses/loss.h"

#include <math.h>

static const neuron_option options[] = {
    NEURON_LOSS_OPTION_SMOOTHING,
};

static bool accepts(const float *target, int64_t outputs)
{
    for (int32_t i = 0; i < outputs; i++)
        if (target[i] < 0 || target[i] > 1)
            return false;
    return true;
}

static void prepare(const neuron_loss_t *loss, float *target, int64_t outputs)
{
    neuron_loss_smooth(loss, target, outputs, 0.5);
}

/* -t log s(x) - (1 - t) log s(-x) with the sigmoid s, written so that no exponential overflows. */
static void from_logits(neuron_loss_points *all)
{
    double powers[NEURON_LOSS_POINTS] = {0}, logarithms[NEURON_LOSS_POINTS] = {0};
    for (int32_t i = 0; i < all->count; i++)
        powers[i] = -fabs((double)all->outputs[i]);
    all->kernels->element->exponentials(powers, all->count, powers);
    for (int32_t i = 0; i < all->count; i++)
        logarithms[i] = 1 + powers[i];
    all->kernels->element->logarithms(logarithms, all->count, logarithms);
    for (int32_t i = 0; i < all->count; i++) {
        double x = (double)all->outputs[i], target = (double)all->targets[i];
        double sigmoid = (x < 0 ? powers[i] : 1) / (1 + powers[i]);
        all->values[i] = (x > 0 ? x : 0) - x * target + logarithms[i];
        all->slopes[i] = sigmoid - target;
    }
}

static void points(neuron_loss_points *all)
{
    if (all->logits) {
        from_logits(all);
        return;
    }
    double minimum = NEURON_LOSS_EPSILON, maximum = 1 - NEURON_LOSS_EPSILON;
    double of_it[NEURON_LOSS_POINTS] = {0},
           of_rest[NEURON_LOSS_POINTS] = {0}; /* first the numbers */
    for (int32_t i = 0; i < all->count; i++) {
        double output = (double)all->outputs[i], target = (double)all->targets[i];
        double y = neuron_loss_clip(output, minimum, maximum);
        of_it[i] = y;
        of_rest[i] = 1 - y;
        all->slopes[i] =
            neuron_loss_clips(output, minimum, maximum) ? 0 : (y - target) / (y * (1 - y));
    }
    all->kernels->element->logarithms(of_it, all->count, of_it);
    all->kernels->element->logarithms(of_rest, all->count, of_rest);
    for (int32_t i = 0; i < all->count; i++) {
        double target = (double)all->targets[i];
        all->values[i] = -target * of_it[i] - (1 - target) * of_rest[i];
    }
}

const neuron_loss_row neuron_loss_binary_cross_entropy = {
    .name = "binary_cross_entropy",
    .absorbs = NEURON_ABSORBS_SIGMOID,
    .options = NEURON_OPTION_TABLE(options),
    .accepts = accepts,
    .needs = "targets from 0 to 1",
    .prepare = prepare,
    .points = points,
};
