/* Cross-entropy of outputs that are probabilities each by itself, fused with the sigmoid before it
 * where there is one. */
#include "losses/loss.h"

#include <math.h>

static const neuron_option options[] = {
    NEURON_LOSS_OPTION_SMOOTHING,
};

static bool accepts(const float *target, int32_t outputs)
{
    for (int32_t i = 0; i < outputs; i++)
        if (target[i] < 0 || target[i] > 1)
            return false;
    return true;
}

static void prepare(const neuron_loss_t *loss, float *target, int32_t outputs)
{
    neuron_loss_smooth(loss, target, outputs, 0.5);
}

/* -t log s(x) - (1 - t) log s(-x) with the sigmoid s, written so that no exponential overflows. */
static neuron_loss_point from_logit(double x, double target)
{
    double power = exp(-fabs(x));
    double sigmoid = (x < 0 ? power : 1) / (1 + power);
    return (neuron_loss_point){(x > 0 ? x : 0) - x * target + log1p(power), sigmoid - target};
}

static neuron_loss_point point(const neuron_loss_t *loss, bool logits, double output, double target)
{
    (void)loss;
    if (logits)
        return from_logit(output, target);
    double minimum = NEURON_LOSS_EPSILON, maximum = 1 - NEURON_LOSS_EPSILON;
    double y = neuron_clip(output, minimum, maximum);
    double slope = neuron_clips(output, minimum, maximum) ? 0 : (y - target) / (y * (1 - y));
    return (neuron_loss_point){-target * log(y) - (1 - target) * log1p(-y), slope};
}

const neuron_loss_kind neuron_loss_binary_cross_entropy = {
    .key = NEURON_LOSS_BINARY_CROSS_ENTROPY,
    .name = "binary_cross_entropy",
    .absorbs = NEURON_ABSORBS_SIGMOID,
    .options = NEURON_OPTION_TABLE(options),
    .accepts = accepts,
    .needs = "targets from 0 to 1",
    .prepare = prepare,
    .point = point,
};
