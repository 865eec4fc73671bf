/* Greedy choices of members: ensemble selection with replacement, by Caruana et al., 2004, and
 * members for a smaller committee. */
#include "committee/joining/blend.h"

#include "base/checked.h"

#include <math.h>

typedef struct selection {
    const neuron_member_outputs *outputs;
    const neuron_blend *blend; /* of a loss; NULL for accuracy */
    double *sums;              /* of what was chosen: by row, or [examples, size] */
    double *mean;              /* [size], of one example */
    int64_t *times;            /* [members], how often each was chosen */
} selection;

/* How much of an example the mean of what was chosen and of a further member is right about. */
static int64_t right_with(const selection *s, int64_t example, int64_t member, int64_t count)
{
    int64_t size = s->outputs->size, units = neuron_member_outputs_units(s->outputs), right = 0;
    const double *sums = s->sums + example * size;
    const float *x = neuron_member_outputs_at(s->outputs, example) + member * size;
    for (int64_t k = 0; k < size; k++)
        s->mean[k] = (sums[k] + (double)x[k]) / (double)count;
    for (int64_t unit = 0; unit < units; unit++)
        right += neuron_member_outputs_right(s->outputs, example, unit, s->mean);
    return right;
}

/* The smaller, the better. */
static double loss_with(const selection *s, int64_t member, int64_t count)
{
    double loss = 0;
    if (!s->blend) {
        for (int64_t i = 0; i < s->outputs->dataset->count; i++)
            loss -= (double)right_with(s, i, member, count);
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

/* Members one by one, each once, as long as one fits; returns how many. */
static int64_t choose_within(const selection *s, int64_t *kept, const neuron_pruning *by)
{
    int64_t members = s->outputs->members, count = 0, best_count = 0;
    double best_of_all = INFINITY, spent = 0;
    double most = by->budget * (1 + 1e-9); /* a hair more, for three that cost 0.1 within 0.3 */
    for (;;) {
        int64_t best = -1;
        double least = INFINITY;
        for (int64_t m = 0; m < members; m++) {
            double cost = by->costs ? by->costs[m] : 1;
            if (s->times[m] || spent + cost > most)
                continue;
            double loss = loss_with(s, m, count + 1);
            if (best < 0 || loss < least) {
                least = loss;
                best = m;
            }
        }
        if (best < 0)
            break;
        choose(s, best);
        spent += by->costs ? by->costs[best] : 1;
        kept[count++] = best;
        if (by->fills || least < best_of_all) {
            best_of_all = least;
            best_count = count;
        }
    }
    return best_count;
}

/* To be ended, after a failure too. */
static int begin(selection *s, neuron_blend *blend, const neuron_member_outputs *outputs,
                 neuron_blend_goal goal)
{
    neuron_context_t *context = outputs->context;
    int64_t rows = outputs->dataset->count * outputs->size;
    *blend = (neuron_blend){.context = context};
    *s = (selection){.outputs = outputs};
    if (goal != NEURON_BLEND_ACCURACY) {
        RETURN_IF_ERROR(neuron_blend_make(blend, outputs, goal));
        s->blend = blend;
        rows = blend->rows;
    }
    s->sums = neuron_allocate_zero(context, neuron_size(rows), sizeof *s->sums);
    s->mean = neuron_allocate(context, neuron_size(outputs->size), sizeof *s->mean);
    s->times = neuron_allocate_zero(context, neuron_size(outputs->members), sizeof *s->times);
    return s->sums && s->mean && s->times ? NEURON_OK : NEURON_E_MEMORY;
}

static void end(selection *s, neuron_blend *blend)
{
    neuron_release(blend->context, s->sums);
    neuron_release(blend->context, s->mean);
    neuron_release(blend->context, s->times);
    neuron_blend_release(blend);
}

int neuron_blend_greedy(double *weights, const neuron_member_outputs *outputs,
                        neuron_blend_goal goal, int64_t rounds)
{
    neuron_blend blend;
    selection s;
    int status = begin(&s, &blend, outputs, goal);
    if (status == NEURON_OK)
        select_members(&s, weights, rounds);
    end(&s, &blend);
    return status;
}

int neuron_blend_prune(int64_t *kept, int64_t *kept_count, const neuron_member_outputs *outputs,
                       neuron_blend_goal goal, const neuron_pruning *by)
{
    neuron_blend blend;
    selection s;
    int status = begin(&s, &blend, outputs, goal);
    if (status == NEURON_OK)
        *kept_count = choose_within(&s, kept, by);
    end(&s, &blend);
    return status;
}
