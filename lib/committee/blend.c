/* The losses of weighted means: see blend.h. */
#include "committee/blend.h"

#include "base/checked.h"

#include <float.h>
#include <math.h>

/* The number of a member that the log loss of a row takes: of classes what it gives to the class,
 * of a label or a single output what it gives to what is true. */
static double share_of_truth(const neuron_member_outputs *outputs, int64_t member, int64_t example,
                             int64_t place)
{
    const neuron_evaluation_plan *plan = &outputs->plan;
    const float *x = neuron_member_outputs_at(outputs, example) + member * outputs->size;
    const float *t = outputs->targets.targets + example * outputs->size;
    if (plan->kind == NEURON_EVALUATION_CLASSES && outputs->size > 1)
        return (double)x[outputs->targets.labels[example]];
    if (plan->kind == NEURON_EVALUATION_PIXELS && plan->channels > 1) {
        int64_t largest = place * plan->channels;
        for (int64_t k = largest; k < (place + 1) * plan->channels; k++)
            largest = t[k] > t[largest] ? k : largest;
        return (double)x[largest];
    }
    return t[place] > NEURON_DATASET_THRESHOLD ? (double)x[place] : 1 - (double)x[place];
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
    bool squared = blend->goal == NEURON_BLEND_MEAN_SQUARED_ERROR;
    double all = 0;
    for (int64_t row = 0; row < blend->rows; row++) {
        int64_t example = row / each, place = row % each;
        double *values = blend->values + row * blend->members;
        for (int64_t m = 0; m < blend->members; m++)
            values[m] =
                squared
                    ? (double)neuron_member_outputs_at(outputs, example)[m * outputs->size + place]
                    : share_of_truth(outputs, m, example, place);
        blend->wanted[row] =
            squared ? (double)outputs->targets.targets[example * outputs->size + place] : 1;
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

double neuron_blend_loss(const neuron_blend *blend, int64_t row, double mean)
{
    double error = mean - blend->wanted[row];
    return blend->goal == NEURON_BLEND_MEAN_SQUARED_ERROR ? error * error
                                                          : -log(fmax(mean, DBL_EPSILON));
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
