/* Two-phase updates: the backward pass leaves all gradients in one array; norms are summed over
 * chunks of a fixed size, in their order, so that they do not depend on threads; then each array of
 * parameters is updated by itself, and the gaps between arrays stay zero. */
#include "train/two-phase.h"

#include "base/checked.h"
#include "kernels/kernels.h"

#include <math.h>

/* Parameters of one task. */
enum { CHUNK = 16384 };

bool neuron_two_phase_needed(const neuron_graph_t *graph, const neuron_optimizer_t *options)
{
    return neuron_optimizer_clips_norms(options) || neuron_graph_may_fail(graph);
}

int neuron_two_phase_allocate(neuron_two_phase *memory, const neuron_graph_t *graph)
{
    neuron_context_t *context = graph->context;
    size_t count = (size_t)graph->trainable_count;
    if (memory->gradients)
        return NEURON_OK;
    memory->gradients = neuron_allocate_zero(context, count, sizeof(float));
    memory->squares = neuron_allocate(context, count / CHUNK + 1, sizeof(double));
    memory->array_squares =
        neuron_allocate(context, neuron_size(graph->array_count), sizeof *memory->array_squares);
    if (memory->gradients && memory->squares && memory->array_squares)
        return NEURON_OK;
    neuron_two_phase_release(memory, context);
    return NEURON_E_MEMORY;
}

int neuron_two_phase_allocate_sums(neuron_two_phase *memory, const neuron_graph_t *graph)
{
    if (!memory->sums)
        memory->sums =
            neuron_allocate_zero(graph->context, (size_t)graph->trainable_count, sizeof(float));
    return memory->sums ? NEURON_OK : NEURON_E_MEMORY;
}

void neuron_two_phase_release(neuron_two_phase *memory, neuron_context_t *context)
{
    neuron_release(context, memory->gradients);
    neuron_release(context, memory->sums);
    neuron_release(context, memory->squares);
    neuron_release(context, memory->array_squares);
    *memory = (neuron_two_phase){0};
}

/* Work on one array of parameters. */
typedef struct array_job {
    const neuron_two_phase *memory;
    const neuron_graph_array *array;
    neuron_update update;
} array_job;

static void sum_chunk(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const array_job *job = work;
    int64_t first = task * CHUNK;
    job->memory->squares[task] =
        job->update.kernels->update->square_sum(job->memory->gradients + job->array->offset + first,
                                                neuron_min_count(CHUNK, job->array->count - first));
}

static void update_chunk(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const array_job *job = work;
    int64_t first = task * CHUNK, offset = job->array->offset + first;
    neuron_optimizer_apply_part(&job->update, offset, job->memory->gradients + offset,
                                neuron_min_count(CHUNK, job->array->count - first));
}

/* The sum of the squares of an array's gradient. */
static double square_sum(array_job *job, neuron_pool *pool)
{
    int64_t tasks = neuron_ceil_divide(job->array->count, CHUNK);
    double sum = 0;
    neuron_pool_run(pool, tasks, sum_chunk, job);
    for (int64_t i = 0; i < tasks; i++)
        sum += job->memory->squares[i];
    return sum;
}

/* The sum of those of all arrays, which are noted one by one. */
static double all_squares(array_job *job, const neuron_graph_t *graph, neuron_pool *pool)
{
    double sum = 0;
    for (int32_t i = 0; i < graph->array_count; i++) {
        job->array = &graph->arrays[i];
        job->memory->array_squares[i] = neuron_graph_trains(graph, i) ? square_sum(job, pool) : 0;
        sum += job->memory->array_squares[i];
    }
    return sum;
}

/* What gradients are multiplied by. */
static float scale_of(double squares, double limit)
{
    double norm = sqrt(squares);
    return norm <= limit ? 1 : (float)(limit / norm);
}

int neuron_two_phase_backward(const neuron_two_phase *memory, neuron_session *session)
{
    return neuron_session_backward(session, memory->gradients);
}

/* ---- Micro-batches ---- */

typedef struct sum_job {
    const neuron_two_phase *memory;
    int64_t count;
    float share;
    bool first;
} sum_job;

static void add_chunk(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const sum_job *job = work;
    int64_t end = neuron_min_count(job->count, (task + 1) * CHUNK);
    const float *gradients = job->memory->gradients;
    float *sums = job->memory->sums;
    for (int64_t i = task * CHUNK; i < end; i++) {
        float share = job->share * gradients[i];
        sums[i] = job->first ? share : sums[i] + share;
    }
}

void neuron_two_phase_add(const neuron_two_phase *memory, const neuron_graph_t *graph, double share,
                          bool first)
{
    sum_job job = {memory, graph->trainable_count, (float)share, first};
    neuron_pool_run(graph->context->pool, neuron_ceil_divide(job.count, CHUNK), add_chunk, &job);
}

void neuron_two_phase_take_sums(neuron_two_phase *memory)
{
    float *sums = memory->sums;
    memory->sums = memory->gradients;
    memory->gradients = sums;
}

/* ---- Updates ---- */

void neuron_two_phase_update(const neuron_two_phase *memory, const neuron_graph_t *graph,
                             const neuron_update *update, bool infinite, const char **bad,
                             double *value)
{
    neuron_pool *pool = graph->context->pool;
    double each = neuron_optimizer_option_value(update->optimizer, NEURON_OPTIMIZER_CLIP_NORM);
    double all =
        neuron_optimizer_option_value(update->optimizer, NEURON_OPTIMIZER_CLIP_GLOBAL_NORM);
    array_job job = {memory, NULL, *update};
    bool by_norm = each > 0 || all > 0;
    double squares = by_norm || infinite ? all_squares(&job, graph, pool) : 0;
    *value = squares;
    if (by_norm && !isfinite(squares))
        *bad = "the norm of a gradient";
    else if (isnan(squares)) /* as infinity times 0, or less infinity */
        *bad = "the gradient of a parameter";
    if (*bad)
        return;
    job.update.scale = all > 0 ? scale_of(squares, all) : 1;
    for (int32_t i = 0; i < graph->array_count; i++) {
        job.array = &graph->arrays[i];
        if (!neuron_graph_trains(graph, i))
            continue;
        if (each > 0)
            job.update.scale = scale_of(memory->array_squares[i], each);
        neuron_pool_run(pool, neuron_ceil_divide(job.array->count, CHUNK), update_chunk, &job);
    }
}
