/* Greedy ensemble selection with replacement, by Caruana et al., 2004. */
#include "committee/blend.h"

#include "base/checked.h"

#include <math.h>

typedef struct selection {
    const neuron_member_outputs *outputs;
    const neuron_blend *blend; /* of a loss; NULL for accuracy */
    double *sums;              /* of what was chosen: by row, or [examples, size] */
    int64_t *times;            /* [members], how often each was chosen */
} selection;

/* Whether the mean of what was chosen and of a further member is right about an example. */
static bool is_right(const selection *s, int64_t example, int64_t member, int64_t count)
{
    const neuron_member_outputs *outputs = s->outputs;
    int64_t size = outputs->size, largest = 0;
    const double *sums = s->sums + example * size;
    const float *x = neuron_member_outputs_at(outputs, example) + member * size;
    const float *t = outputs->targets.targets + example * size;
    if (outputs->plan.kind == NEURON_EVALUATION_CLASSES && size > 1) {
        for (int64_t k = 1; k < size; k++)
            if (sums[k] + (double)x[k] > sums[largest] + (double)x[largest])
                largest = k;
        return largest == outputs->targets.labels[example];
    }
    double threshold = (double)NEURON_DATASET_THRESHOLD;
    for (int64_t k = 0; k < size; k++)
        if (((sums[k] + (double)x[k]) / (double)count > threshold) != ((double)t[k] > threshold))
            return false;
    return true;
}

/* The smaller, the better. */
static double loss_with(const selection *s, int64_t member, int64_t count)
{
    double loss = 0;
    if (!s->blend) {
        for (int64_t i = 0; i < s->outputs->dataset->count; i++)
            loss -= is_right(s, i, member, count);
        return loss;
    }
    for (int64_t row = 0; row < s->blend->rows; row++) {
        double value = s->blend->values[row * s->blend->members + member];
        loss += s->blend->weights[row] *
                neuron_blend_loss(s->blend, row, (s->sums[row] + value) / (double)count);
    }
    return loss;
}

static void choose(const selection *s, int64_t member)
{
    s->times[member]++;
    if (s->blend) {
        for (int64_t row = 0; row < s->blend->rows; row++)
            s->sums[row] += s->blend->values[row * s->blend->members + member];
        return;
    }
    for (int64_t i = 0; i < s->outputs->dataset->count; i++) {
        const float *x = neuron_member_outputs_at(s->outputs, i) + member * s->outputs->size;
        for (int64_t k = 0; k < s->outputs->size; k++)
            s->sums[i * s->outputs->size + k] += (double)x[k];
    }
}

static void select_members(const selection *s, double *weights, int64_t rounds)
{
    int64_t members = s->outputs->members;
    double best_of_all = INFINITY;
    for (int64_t round = 1; round <= rounds; round++) {
        int64_t best = 0;
        double least = INFINITY;
        for (int64_t m = 0; m < members; m++) {
            double loss = loss_with(s, m, round);
            if (loss < least) {
                least = loss;
                best = m;
            }
        }
        choose(s, best);
        if (!(least < best_of_all))
            continue;
        best_of_all = least;
        for (int64_t m = 0; m < members; m++)
            weights[m] = (double)s->times[m] / (double)round;
    }
}

int neuron_blend_greedy(double *weights, const neuron_member_outputs *outputs,
                        neuron_blend_goal goal, int64_t rounds)
{
    neuron_context_t *context = outputs->context;
    neuron_blend blend = {.context = context};
    int64_t rows = outputs->dataset->count * outputs->size;
    int status = NEURON_OK;
    if (goal != NEURON_BLEND_ACCURACY) {
        status = neuron_blend_make(&blend, outputs, goal);
        rows = blend.rows;
    }
    selection s = {.outputs = outputs, .blend = goal == NEURON_BLEND_ACCURACY ? NULL : &blend};
    s.sums = neuron_allocate_zero(context, neuron_size(rows), sizeof *s.sums);
    s.times = neuron_allocate_zero(context, neuron_size(outputs->members), sizeof *s.times);
    if (status == NEURON_OK && s.sums && s.times)
        select_members(&s, weights, rounds);
    else
        status = NEURON_E_MEMORY;
    neuron_release(context, s.sums);
    neuron_release(context, s.times);
    neuron_blend_release(&blend);
    return status;
}
