/* A loss at work on an example of a dataset. */
#include "losses/loss.h"

#include "losses/cross-entropy.h"

#include <inttypes.h>
#include <math.h>

int neuron_loss_check(const neuron_loss_t *loss, const neuron_dataset_t *dataset, const char *who)
{
    const neuron_loss_kind *kind = loss->kind;
    if (!kind->accepts || !dataset->any_targets)
        return NEURON_OK;
    const float *targets = dataset->labels->data;
    for (int64_t i = 0; i < dataset->count; i++)
        if (!kind->accepts(targets + dataset->order[i] * dataset->outputs, dataset->outputs))
            return neuron_fail(NEURON_E_DATA,
                               "%s: %s needs %s, but the dataset has targets of any kind (example "
                               "%" PRId64 " is the first)",
                               who, kind->name, kind->needs, i);
    return NEURON_OK;
}

static double take_points(const neuron_loss_t *loss, const neuron_loss_example *example,
                          double scale, float *gradient)
{
    double sum = 0;
    const double share = loss->kind->sums ? 1 : 1.0 / example->outputs;
    for (int32_t i = 0; i < example->outputs; i++) {
        const neuron_loss_point point = loss->kind->point(
            loss, example->logits, (double)example->output[i], (double)example->target[i]);
        sum += point.value;
        if (gradient)
            gradient[i] = (float)(point.slope * share * scale);
    }
    return sum * share;
}

static bool all_finite(const float *output, int32_t outputs)
{
    for (int32_t i = 0; i < outputs; i++)
        if (!isfinite(output[i]))
            return false;
    return true;
}

double neuron_loss_take(const neuron_loss_t *loss, const neuron_dataset_t *dataset,
                        int64_t position, const float *output, bool logits, float *target,
                        double scale, float *gradient)
{
    const neuron_loss_kind *kind = loss->kind;
    const neuron_loss_example example = {
        .output = output,
        .target = target,
        .outputs = dataset->outputs,
        .label = neuron_dataset_label(dataset, position),
        .logits = logits,
    };
    neuron_dataset_target(dataset, position, target);
    if (kind->prepare)
        kind->prepare(loss, target, example.outputs);
    const double value = kind->whole ? kind->whole(loss, &example, scale, gradient)
                                     : take_points(loss, &example, scale, gradient);
    /* Clipping would hide what has gone wrong. */
    return isfinite(value) && !all_finite(output, example.outputs) ? NAN : value;
}

int32_t neuron_loss_answer(const neuron_dataset_t *dataset, const float *output, bool logits)
{
    if (dataset->outputs == dataset->class_count)
        return neuron_largest(output, dataset->outputs);
    return output[0] > (logits ? 0 : NEURON_DATASET_THRESHOLD);
}

void neuron_loss_smooth(const neuron_loss_t *loss, float *target, int32_t outputs, double share)
{
    const double smoothing = neuron_loss_option_value(loss, NEURON_LOSS_LABEL_SMOOTHING);
    for (int32_t i = 0; smoothing > 0 && i < outputs; i++)
        target[i] = (float)((double)target[i] * (1 - smoothing) + smoothing * share);
}
