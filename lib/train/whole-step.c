#include "train/whole-step.h"

#include "base/checked.h"
#include "kernels/kernels.h"

#include <math.h>

/* Parameters that one task takes; sums over so many are joined in their order. */
enum { PIECE = 16384 };

bool neuron_whole_step_needed(const neuron_graph_t *graph, const neuron_optimizer_t *options)
{
    return neuron_optimizer_clips_norms(options) || neuron_graph_may_fail(graph);
}

static int make_memory(neuron_trainer_t *trainer)
{
    neuron_run_memory *memory = &trainer->memory;
    const size_t count = (size_t)trainer->graph->trainable_count;
    if (memory->gradients)
        return NEURON_OK;
    memory->gradients = neuron_allocate_zero(trainer->context, count, sizeof(float));
    memory->squares = neuron_allocate(trainer->context, count / PIECE + 1, sizeof(double));
    memory->array_squares = neuron_allocate(
        trainer->context, neuron_size(trainer->graph->array_count), sizeof *memory->array_squares);
    if (memory->gradients && memory->squares && memory->array_squares)
        return NEURON_OK;
    neuron_whole_step_drop_memory(trainer);
    return NEURON_E_MEMORY;
}

int neuron_whole_step_prepare(neuron_trainer_t *trainer)
{
    return neuron_whole_step_needed(trainer->graph, trainer->optimizer) ? make_memory(trainer)
                                                                        : NEURON_OK;
}

void neuron_whole_step_drop_memory(neuron_trainer_t *trainer)
{
    neuron_run_memory *memory = &trainer->memory;
    neuron_release(trainer->context, memory->gradients);
    neuron_release(trainer->context, memory->squares);
    neuron_release(trainer->context, memory->array_squares);
    memory->gradients = NULL;
    memory->squares = NULL;
    memory->array_squares = NULL;
}

/* Work on one array of parameters. */
typedef struct array_job {
    const neuron_run_memory *memory;
    const neuron_graph_array *array;
    neuron_update update;
} array_job;

static void sum_piece(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const array_job *job = work;
    const int64_t first = task * PIECE;
    job->memory->squares[task] =
        job->update.kernels->square_sum(job->memory->gradients + job->array->offset + first,
                                        neuron_min_count(PIECE, job->array->count - first));
}

static void update_piece(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const array_job *job = work;
    const int64_t first = task * PIECE, offset = job->array->offset + first;
    neuron_optimizer_apply_part(&job->update, offset, job->memory->gradients + offset,
                                neuron_min_count(PIECE, job->array->count - first));
}

/* The sum of the squares of an array's gradient. */
static double square_sum(array_job *job, neuron_pool *pool)
{
    const int64_t tasks = neuron_ceil_divide(job->array->count, PIECE);
    double sum = 0;
    neuron_pool_run(pool, tasks, sum_piece, job);
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
    const double norm = sqrt(squares);
    return norm <= limit ? 1 : (float)(limit / norm);
}

/* Each array is updated by itself, so that the gaps between them stay zero. */
int neuron_whole_step_descend(neuron_trainer_t *trainer, const neuron_update *update, bool infinite)
{
    RETURN_IF_ERROR(make_memory(trainer));
    const neuron_graph_t *graph = trainer->graph;
    neuron_pool *pool = trainer->context->pool;
    const double each =
        neuron_optimizer_option_value(update->optimizer, NEURON_OPTIMIZER_CLIP_NORM);
    const double all =
        neuron_optimizer_option_value(update->optimizer, NEURON_OPTIMIZER_CLIP_GLOBAL_NORM);
    array_job job = {&trainer->memory, NULL, *update};
    RETURN_IF_ERROR(neuron_session_backward(trainer->memory.session, trainer->memory.gradients));
    const bool by_norm = each > 0 || all > 0;
    const double squares = by_norm || infinite ? all_squares(&job, graph, pool) : 0;
    if (by_norm && !isfinite(squares))
        return neuron_trainer_fail_number(trainer, "the norm of a gradient", squares);
    if (isnan(squares)) /* as infinity times 0, or less infinity */
        return neuron_trainer_fail_number(trainer, "the gradient of a parameter", squares);
    job.update.scale = all > 0 ? scale_of(squares, all) : 1;
    for (int32_t i = 0; i < graph->array_count; i++) {
        job.array = &graph->arrays[i];
        if (!neuron_graph_trains(graph, i))
            continue;
        if (each > 0)
            job.update.scale = scale_of(trainer->memory.array_squares[i], each);
        neuron_pool_run(pool, neuron_ceil_divide(job.array->count, PIECE), update_piece, &job);
    }
    return NEURON_OK;
}
