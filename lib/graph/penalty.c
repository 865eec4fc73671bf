/* What L1 and L2 on parameters add to the loss, summed in double in pieces of fixed size, so
 * that threads do not change it, and what they add to gradients. */
#include "graph/graph.h"

#include "base/checked.h"
#include "base/float-mode.h"

#include <math.h>

/* Sums that are kept beside each other, so that one need not wait for the other; parameters that
 * one task takes; and sums of tasks that are joined at a time, on the stack. */
enum { LANES = 8, PIECE = 16384, PIECES = 64 };

static double penalty_of(const neuron_array_choice *choice, const float *values, int64_t count)
{
    double sizes[LANES] = {0}, squares[LANES] = {0}, size = 0, square = 0;
    for (int64_t i = 0; i < count; i += LANES) {
        for (int64_t j = 0; j < LANES && i + j < count; j++) {
            double value = (double)values[i + j];
            sizes[j] += fabs(value);
            squares[j] += value * value;
        }
    }
    for (int j = 0; j < LANES; j++) {
        size += sizes[j];
        square += squares[j];
    }
    return choice->l1 * size + choice->l2 * square;
}

typedef struct penalty_job {
    const neuron_array_choice *choice;
    const float *values;
    int64_t count;
    double sums[PIECES];
} penalty_job;

static void add_piece(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    penalty_job *job = work;
    int64_t first = task * PIECE;
    job->sums[task] =
        penalty_of(job->choice, job->values + first, neuron_min_count(PIECE, job->count - first));
}

static double array_penalty(const neuron_graph_t *graph, const neuron_graph_array *array,
                            const neuron_array_choice *choice)
{
    int64_t round = (int64_t)PIECE * PIECES;
    double sum = 0;
    for (int64_t first = 0; first < array->count; first += round) {
        penalty_job job = {.choice = choice,
                           .values = graph->values + array->offset + first,
                           .count = neuron_min_count(round, array->count - first)};
        int64_t tasks = neuron_ceil_divide(job.count, PIECE);
        neuron_pool_run(graph->context->pool, tasks, add_piece, &job);
        for (int64_t i = 0; i < tasks; i++)
            sum += job.sums[i];
    }
    return sum;
}

double neuron_graph_penalty(const neuron_graph_t *graph)
{
    COMPUTE_SCOPE;
    double sum = 0;
    for (int32_t i = 0; NEURON_IS(graph) && i < graph->array_count; i++) {
        const neuron_graph_array *array = &graph->arrays[i];
        const neuron_array_choice *choice =
            &array->node->choices[array->array - array->node->spec.arrays];
        if (neuron_choice_penalizes(choice) && neuron_graph_trains(graph, i))
            sum += array_penalty(graph, array, choice);
    }
    return sum;
}
