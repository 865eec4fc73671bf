/* Cross-entropy of probabilities that add up to 1, computed with the softmax before it where there
 * is one. Everything is summed in double: a few thousand exponentials are nothing beside
 * the layers, and a loss is what people look at. Nothing skips a class whose target is 0,
 * so that an output that is infinite or not a number always shows in the loss. See loss.h
 * for how a loss is called. */
#include "losses/cross-entropy.h"

#include "losses/loss.h"

#include <math.h>
#include <stddef.h>

/* Numbers that are worked on at once. */
enum { SOME = 64 };

static int64_t count_some(int64_t classes, int64_t first)
{
    return classes - first < SOME ? classes - first : SOME;
}

/* -sum t log softmax(x), with d/dx = softmax(x) sum t - t */
static double from_logits(const neuron_element_kernels *kernels, const float *logits,
                          const float *target, int64_t classes, float scale, float *gradient)
{
    /* Taking the largest away keeps the exponentials from overflowing. */
    double largest = (double)logits[neuron_argmax(logits, classes)];
    double sum = 0, total = 0, loss = 0;
    for (int32_t first = 0; first < classes; first += SOME) {
        double powers[SOME] = {0};
        int64_t count = count_some(classes, first);
        for (int32_t i = 0; i < count; i++) {
            powers[i] = (double)logits[first + i] - largest;
            total += (double)target[first + i];
            loss -= (double)target[first + i] * powers[i];
        }
        kernels->exponentials(powers, count, powers);
        for (int32_t i = 0; i < count; i++)
            sum += powers[i];
        for (int32_t i = 0; gradient && i < count; i++)
            gradient[first + i] = (float)powers[i];
    }
    double inverse = total / sum;
    for (int32_t i = 0; gradient && i < classes; i++)
        gradient[i] = (float)(((double)gradient[i] * inverse - (double)target[i]) * (double)scale);
    return loss + total * log(sum);
}

/* Whether a probability is clipped: then the loss does not change with it. Not for a NaN. */
static bool clipped(double probability)
{
    return neuron_loss_clips(probability, NEURON_LOSS_EPSILON, 1 - NEURON_LOSS_EPSILON);
}

static double clip(double probability)
{
    return neuron_loss_clip(probability, NEURON_LOSS_EPSILON, 1 - NEURON_LOSS_EPSILON);
}

/* -sum t log clip(q) with q = p / sum p. Where q is not clipped dL/dq = -t / q, else 0, and
 * dq_i/dp_j = ((i == j) - q_i) / sum p, so that
 * dL/dp_j = ((sum of t where q is not clipped) - (q_j is clipped ? 0 : t_j / q_j)) / sum p */
static double from_probabilities(const neuron_element_kernels *kernels, const float *output,
                                 const float *target, int64_t classes, float scale, float *gradient)
{
    double sum = 0;
    for (int32_t i = 0; i < classes; i++)
        sum += (double)output[i];
    double loss = 0, unclipped = 0; /* sum of the targets that are not clipped */
    for (int32_t first = 0; first < classes; first += SOME) {
        double logarithms[SOME] = {0};
        int64_t count = count_some(classes, first);
        for (int32_t i = 0; i < count; i++) {
            double probability = (double)output[first + i] / sum;
            logarithms[i] = clip(probability);
            if (!clipped(probability))
                unclipped += (double)target[first + i];
        }
        kernels->logarithms(logarithms, count, logarithms);
        for (int32_t i = 0; i < count; i++)
            loss -= (double)target[first + i] * logarithms[i];
    }
    for (int32_t i = 0; gradient && i < classes; i++) {
        double probability = (double)output[i] / sum;
        double pull = clipped(probability) ? 0 : (double)target[i] / probability;
        gradient[i] = (float)((unclipped - pull) / sum * (double)scale);
    }
    return loss;
}

double neuron_cross_entropy(const neuron_kernels *kernels, const float *output, bool logits,
                            const float *target, int64_t classes, float scale, float *gradient)
{
    return (logits ? from_logits : from_probabilities)(kernels->element, output, target, classes,
                                                       scale, gradient);
}

int32_t neuron_argmax(const float *output, int64_t classes)
{
    int32_t best = 0;
    float largest = output[0];
    for (int32_t i = 1; i < classes; i++) {
        if (output[i] <= largest)
            continue;
        if (output[i] > largest || (isnan(largest) && !isnan(output[i]))) {
            best = i;
            largest = output[i];
        }
    }
    return best;
}

static bool has_nan(const float *output, int64_t count)
{
    bool found = false;
    for (int64_t i = 0; i < count; i++)
        found = found || isnan(output[i]);
    return found;
}

/* The largest but for one. */
static int32_t largest_other(const float *output, int64_t classes, int32_t truth)
{
    int32_t best = truth == 0;
    for (int32_t i = best + 1; i < classes; i++)
        if (i != truth && (output[i] > output[best] || (isnan(output[best]) && !isnan(output[i]))))
            best = i;
    return best;
}

int32_t neuron_class_taken(const float *output, int64_t outputs, float threshold, int32_t truth)
{
    bool defined = !has_nan(output, outputs);
    if (outputs > 1)
        return defined ? neuron_argmax(output, outputs) : largest_other(output, outputs, truth);
    return defined ? output[0] > threshold : isfinite(threshold) && truth == 0;
}

static const neuron_option options[] = {
    NEURON_LOSS_OPTION_SMOOTHING,
};

/* Those of a single output are none, as they would have to be 1. */
bool neuron_cross_entropy_accepts(const float *target, int64_t outputs)
{
    double sum = 0;
    bool fits = outputs > 1;
    for (int32_t k = 0; k < outputs; k++) {
        fits = fits && target[k] >= 0;
        sum += (double)target[k];
    }
    return fits && fabs(sum - 1) <= NEURON_LOSS_SUM_TOLERANCE;
}

static void prepare(const neuron_loss_t *loss, float *target, int64_t outputs)
{
    neuron_loss_smooth(loss, target, outputs, 1.0 / (double)outputs);
}

static double compute(const neuron_loss_t *loss, const neuron_loss_example *example, double scale,
                      float *gradient)
{
    (void)loss;
    return neuron_cross_entropy(example->kernels, example->output, example->logits, example->target,
                                example->outputs, (float)scale, gradient);
}

const neuron_loss_row neuron_loss_cross_entropy = {
    .name = "cross_entropy",
    .absorbs = NEURON_ABSORBS_SOFTMAX,
    .options = NEURON_OPTION_TABLE(options),
    .accepts = neuron_cross_entropy_accepts,
    .needs = "class numbers or targets that are probabilities",
    .prepare = prepare,
    .compute = compute,
};
