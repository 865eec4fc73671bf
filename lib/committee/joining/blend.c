/* The losses of weighted means: see blend.h. */
#include "committee/joining/blend.h"

#include "base/checked.h"

#include <float.h>
#include <math.h>

const neuron_word neuron_blend_goals[] = {
    {NEURON_BLEND_AUTO, "auto"},
    {NEURON_BLEND_LOG_LOSS, "log_loss"},
    {NEURON_BLEND_MEAN_SQUARED_ERROR, "mean_squared_error"},
    {NEURON_BLEND_ACCURACY, "accuracy"},
    {0, ""},
};

/* Where the outputs have what is true of a row, for the log loss: of classes the output of the
 * class; else one that is judged by itself, or `*rest` tells, what it leaves to 1. */
static int64_t place_of_truth(const neuron_member_outputs *outputs, int64_t example, int64_t row,
                              bool *rest)
{
    const neuron_evaluation_plan *plan = &outputs->plan;
    const float *t = outputs->targets.targets + example * outputs->size;
    *rest = false;
    if (plan->kind == NEURON_EVALUATION_CLASSES && outputs->size > 1)
        return outputs->targets.labels[example];
    if (plan->kind == NEURON_EVALUATION_PIXELS && plan->channels > 1) {
        int64_t largest = row * plan->channels;
        for (int64_t k = largest; k < (row + 1) * plan->channels; k++)
            largest = t[k] > t[largest] ? k : largest;
        return largest;
    }
    *rest = !(t[row] > NEURON_DATASET_THRESHOLD);
    return row;
}

static int64_t rows_of_example(const neuron_member_outputs *outputs, neuron_blend_goal goal)
{
    const neuron_evaluation_plan *plan = &outputs->plan;
    if (goal == NEURON_BLEND_MEAN_SQUARED_ERROR)
        return outputs->size;
    if (plan->kind == NEURON_EVALUATION_CLASSES)
        return 1;
    return plan->kind == NEURON_EVALUATION_PIXELS && plan->channels > 1 ? plan->places
                                                                        : outputs->size;
}

static void fill(neuron_blend *blend, const neuron_member_outputs *outputs, int64_t each)
{
    bool squared = blend->goal == NEURON_BLEND_MEAN_SQUARED_ERROR, rest = false;
    double all = 0;
    for (int64_t row = 0; row < blend->rows; row++) {
        int64_t example = row / each, place = row % each;
        const float *x = neuron_member_outputs_at(outputs, example);
        double *values = blend->values + row * blend->members;
        blend->wanted[row] =
            squared ? (double)outputs->targets.targets[example * outputs->size + place] : 1;
        if (!squared)
            place = place_of_truth(outputs, example, place, &rest);
        for (int64_t m = 0; m < blend->members; m++) {
            double value = (double)x[m * outputs->size + place];
            values[m] = rest ? 1 - value : value;
        }
        blend->weights[row] = outputs->targets.weights[example];
        all += blend->weights[row];
    }
    for (int64_t row = 0; row < blend->rows; row++)
        blend->weights[row] = all > 0 ? blend->weights[row] / all : 1 / (double)blend->rows;
}

int neuron_blend_make(neuron_blend *blend, const neuron_member_outputs *outputs,
                      neuron_blend_goal goal)
{
    neuron_context_t *context = outputs->context;
    int64_t each = rows_of_example(outputs, goal);
    *blend = (neuron_blend){.context = context,
                            .goal = goal,
                            .rows = outputs->dataset->count * each,
                            .members = outputs->members};
    size_t rows = neuron_size(blend->rows);
    blend->values = neuron_allocate(context, rows, neuron_size_of(blend->members, sizeof(double)));
    blend->wanted = neuron_allocate(context, rows, sizeof(double));
    blend->weights = neuron_allocate(context, rows, sizeof(double));
    if (!blend->values || !blend->wanted || !blend->weights)
        return NEURON_E_MEMORY;
    fill(blend, outputs, each);
    return NEURON_OK;
}

void neuron_blend_release(neuron_blend *blend)
{
    neuron_release(blend->context, blend->values);
    neuron_release(blend->context, blend->wanted);
    neuron_release(blend->context, blend->weights);
}

static double log_loss(double share)
{
    return -log(fmax(share, DBL_EPSILON));
}

double neuron_blend_loss(const neuron_blend *blend, int64_t row, double mean)
{
    double error = mean - blend->wanted[row];
    return blend->goal == NEURON_BLEND_MEAN_SQUARED_ERROR ? error * error : log_loss(mean);
}

/* Below the least probability that counts the log loss is level; the slope there is the one at its
 * end, so that there is a way out. */
void neuron_blend_slopes(const neuron_blend *blend, int64_t row, double mean, double *first,
                         double *second)
{
    if (blend->goal == NEURON_BLEND_MEAN_SQUARED_ERROR) {
        *first = 2 * (mean - blend->wanted[row]);
        *second = 2;
        return;
    }
    double share = fmax(mean, DBL_EPSILON);
    *first = -1 / share;
    *second = 1 / (share * share);
}

neuron_blend_goal neuron_blend_goal_of(neuron_blend_goal goal, const neuron_member_outputs *outputs)
{
    if (goal != NEURON_BLEND_AUTO)
        return goal;
    return outputs->plan.kind == NEURON_EVALUATION_REGRESSION ? NEURON_BLEND_MEAN_SQUARED_ERROR
                                                              : NEURON_BLEND_LOG_LOSS;
}

int neuron_blend_check_plan(neuron_blend_goal goal, const neuron_evaluation_plan *plan)
{
    if (goal == NEURON_BLEND_ACCURACY && plan->kind == NEURON_EVALUATION_REGRESSION)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "committee: the targets are those of a regression, which has no "
                           "accuracy; goal=mean_squared_error or auto");
    return NEURON_OK;
}

int neuron_blend_check(neuron_blend_goal goal, const neuron_member_outputs *outputs)
{
    RETURN_IF_ERROR(neuron_blend_check_plan(goal, &outputs->plan));
    return neuron_member_outputs_check(outputs, goal == NEURON_BLEND_LOG_LOSS);
}

/* Of one example: the mean loss of its rows, or minus the share that is right. */
static double example_loss(const neuron_member_outputs *outputs, neuron_blend_goal goal,
                           int64_t example, const double *mean)
{
    const float *wanted = outputs->targets.targets + example * outputs->size;
    int64_t units = neuron_member_outputs_units(outputs), rows = rows_of_example(outputs, goal);
    double sum = 0;
    bool rest;
    if (goal == NEURON_BLEND_ACCURACY) {
        for (int64_t unit = 0; unit < units; unit++)
            sum -= neuron_member_outputs_right(outputs, example, unit, mean);
        return sum / (double)units;
    }
    for (int64_t row = 0; row < rows; row++) {
        if (goal == NEURON_BLEND_MEAN_SQUARED_ERROR) {
            double error = mean[row] - (double)wanted[row];
            sum += error * error;
            continue;
        }
        double share = mean[place_of_truth(outputs, example, row, &rest)];
        sum += log_loss(rest ? 1 - share : share);
    }
    return sum / (double)rows;
}

/* Whether any example has a weight: where none has one, all count alike. */
static bool has_weight(const neuron_member_outputs *outputs)
{
    for (int64_t i = 0; i < outputs->dataset->count; i++)
        if (outputs->targets.weights[i] > 0)
            return true;
    return false;
}

int neuron_blend_merit(double *loss, const neuron_member_outputs *outputs, neuron_blend_goal goal,
                       const double *weights, int64_t member, const int64_t *order)
{
    int64_t size = outputs->size;
    double all = 0, examples = 0;
    bool weighs = goal != NEURON_BLEND_ACCURACY && has_weight(outputs);
    for (int64_t m = 0; m < outputs->members; m++)
        all += weights[m];
    *loss = NAN;
    if (!(all > 0))
        return NEURON_OK;
    double *mean = neuron_allocate(outputs->context, neuron_size(size), sizeof *mean);
    if (!mean)
        return NEURON_E_MEMORY;
    *loss = 0;
    for (int64_t i = 0; i < outputs->dataset->count; i++) {
        for (int64_t k = 0; k < size; k++)
            mean[k] = 0;
        for (int64_t m = 0; m < outputs->members; m++) {
            const float *x = neuron_member_outputs_at(outputs, m == member && order ? order[i] : i);
            for (int64_t k = 0; k < size; k++)
                mean[k] += weights[m] / all * (double)x[m * size + k];
        }
        double weight = weighs ? outputs->targets.weights[i] : 1;
        *loss += weight * example_loss(outputs, goal, i, mean);
        examples += weight;
    }
    *loss /= examples;
    neuron_release(outputs->context, mean);
    return NEURON_OK;
}
