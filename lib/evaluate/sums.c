/* What an evaluation sums of each example, in the order of the examples, so that the sums do not
 * depend on threads. */
#include "evaluate/evaluation.h"

#include "base/sort.h"
#include "losses/cross-entropy.h"

#include <math.h>

void neuron_evaluation_note(neuron_evaluation_t *evaluation, int64_t truth, int64_t predicted)
{
    if (evaluation->matrix)
        evaluation->matrix[(int64_t)truth * evaluation->plan.rows + predicted]++;
    else if (evaluation->pairs)
        evaluation->pairs[evaluation->seen] = (uint64_t)truth << 32 | (uint32_t)predicted;
    evaluation->of_row[truth]++;
    evaluation->taken_for[predicted]++;
    evaluation->correct[truth] += truth == predicted;
    if (evaluation->scores.truth) {
        evaluation->scores.truth[evaluation->seen] = (int32_t)truth;
        evaluation->scores.predicted[evaluation->seen] = (int32_t)predicted;
    }
    evaluation->seen++;
}

bool neuron_evaluation_takes_label(const neuron_evaluation_t *evaluation, float output, bool truth)
{
    return isnan(output) ? !truth : output > evaluation->plan.threshold;
}

static double ratio(int32_t numerator, int32_t denominator)
{
    return denominator == 0 ? 0 : (double)numerator / (double)denominator;
}

/* The labels of an example, or at a place. */
static void add_labels(neuron_evaluation_t *evaluation, const float *outputs, const float *targets)
{
    int32_t has = 0, taken = 0, both = 0;
    for (int32_t k = 0; k < evaluation->plan.rows; k++) {
        bool truth = targets[k] > 0.5f;
        bool predicted = neuron_evaluation_takes_label(evaluation, outputs[k], truth);
        evaluation->of_row[k] += truth;
        evaluation->taken_for[k] += predicted;
        evaluation->correct[k] += truth && predicted;
        has += truth;
        taken += predicted;
        both += truth && predicted;
    }
    evaluation->exact += has == both && taken == both;
    evaluation->samples[0] += ratio(both, taken);
    evaluation->samples[1] += ratio(both, has);
    evaluation->samples[2] += ratio(2 * both, has + taken);
    evaluation->seen++;
}

/* A mean that is carried on keeps its digits where targets are large and near each other. */
static void add_numbers(neuron_evaluation_t *evaluation, const float *outputs, const float *targets)
{
    double part = 1 / (double)++evaluation->seen;
    for (int32_t k = 0; k < evaluation->plan.rows; k++) {
        neuron_error_sums *sums = &evaluation->errors[k];
        double target = (double)targets[k], error = (double)outputs[k] - target;
        double distance = target - sums->mean;
        sums->absolute += fabs(error);
        sums->squared += error * error;
        sums->mean += distance * part;
        sums->spread += distance * (target - sums->mean);
    }
}

static void add_place(neuron_evaluation_t *evaluation, const float *outputs, const float *targets)
{
    const neuron_evaluation_plan *plan = &evaluation->plan;
    int32_t truth = neuron_class_taken(targets, plan->channels, NEURON_DATASET_THRESHOLD, 0);
    neuron_evaluation_note(evaluation, truth,
                           neuron_class_taken(outputs, plan->channels, plan->threshold, truth));
}

void neuron_evaluation_add(neuron_evaluation_t *evaluation, const neuron_batch *batch,
                           const float *outputs)
{
    const neuron_evaluation_plan *plan = &evaluation->plan;
    const float *targets = batch->targets;
    int64_t places = plan->kind == NEURON_EVALUATION_CLASSES ? 0 : batch->count * plan->places;
    for (int64_t i = 0; i < places; i++) {
        if (plan->kind == NEURON_EVALUATION_PIXELS)
            add_place(evaluation, outputs, targets);
        else if (plan->kind == NEURON_EVALUATION_MULTI_LABEL)
            add_labels(evaluation, outputs, targets);
        else
            add_numbers(evaluation, outputs, targets);
        outputs += plan->channels;
        targets += plan->channels;
    }
}

static void add_once_more(neuron_evaluation_t *evaluation, const neuron_evaluation_scores *kept,
                          int64_t place)
{
    const float *outputs = kept->outputs + place * kept->width;
    if (kept->truth)
        neuron_evaluation_note(evaluation, kept->truth[place], kept->predicted[place]);
    else if (evaluation->errors)
        add_numbers(evaluation, outputs, kept->targets + place * kept->width);
    else
        add_labels(evaluation, outputs, kept->targets + place * kept->width);
}

void neuron_evaluation_add_kept(neuron_evaluation_t *evaluation, const neuron_evaluation_t *kept,
                                const int32_t *counts)
{
    const neuron_evaluation_scores *scores = &kept->scores;
    for (int64_t i = 0; i < kept->seen; i++)
        for (int32_t times = counts[i / scores->places]; times > 0; times--)
            add_once_more(evaluation, scores, i);
}

static int compare_pairs(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

void neuron_evaluation_finish(neuron_evaluation_t *evaluation)
{
    if (evaluation->pairs)
        neuron_sort(evaluation->pairs, (size_t)evaluation->seen, sizeof *evaluation->pairs,
                    compare_pairs);
}
