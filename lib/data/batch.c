/* Batches: memory for what belongs to some examples, and reading it.
 * Inputs are read by gather.c. */
#include "data/batch.h"

#include "base/checked.h"

/* Targets that one task writes, about: small batches are one task. */
enum { TARGETS_PER_TASK = 16384 };

int neuron_batch_allocate(neuron_batch *batch, neuron_context_t *context,
                          const neuron_dataset_t *dataset, int64_t capacity)
{
    size_t count = neuron_size(capacity);
    *batch = (neuron_batch){
        .context = context, .outputs = dataset->outputs, .class_count = dataset->class_count};
    batch->targets =
        neuron_allocate(context, count, neuron_size_of(dataset->outputs, sizeof *batch->targets));
    batch->labels = neuron_allocate(context, count, sizeof *batch->labels);
    batch->weights = neuron_allocate(context, count, sizeof *batch->weights);
    return batch->targets && batch->labels && batch->weights ? NEURON_OK : NEURON_E_MEMORY;
}

void neuron_batch_release(neuron_batch *batch)
{
    if (!batch->context)
        return;
    neuron_release(batch->context, batch->targets);
    neuron_release(batch->context, batch->labels);
    neuron_release(batch->context, batch->weights);
    *batch = (neuron_batch){0};
}

int neuron_batches_create(neuron_batch **batches, neuron_context_t *context,
                          const neuron_dataset_t *dataset, int64_t first, int64_t count,
                          int64_t capacity)
{
    neuron_batch *made = neuron_allocate_zero(context, neuron_size(count), sizeof *made);
    int status = made ? NEURON_OK : NEURON_E_MEMORY;
    for (int32_t i = 0; status == NEURON_OK && i < count; i++)
        status = neuron_batch_allocate(&made[i], context,
                                       neuron_dataset_target_at(dataset, first + i), capacity);
    if (status < 0)
        neuron_batches_destroy(made, context, count);
    else
        *batches = made;
    return status;
}

void neuron_batches_destroy(neuron_batch *batches, neuron_context_t *context, int64_t count)
{
    for (int32_t i = 0; batches && i < count; i++)
        neuron_batch_release(&batches[i]);
    neuron_release(context, batches);
}

typedef struct read_job {
    const neuron_batch *batch;
    const neuron_dataset_t *dataset, *part; /* the second has the target */
    int64_t target;
    const int64_t *positions;
    int64_t first, per_task;
    const double *class_weights;
} read_job;

static void read_task(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const read_job *job = work;
    const neuron_batch *batch = job->batch;
    int64_t end = neuron_min_count(batch->count, (task + 1) * job->per_task);
    for (int64_t i = task * job->per_task; i < end; i++) {
        int64_t position = job->positions ? job->positions[i] : job->first + i;
        neuron_dataset_copy_target(job->part, position, batch->targets + i * batch->outputs);
        batch->labels[i] = neuron_dataset_label(job->part, position);
        batch->weights[i] = neuron_dataset_weight_at(job->dataset, job->target, position);
        if (job->class_weights)
            batch->weights[i] *= job->class_weights[batch->labels[i]];
    }
}

void neuron_batch_read_target(neuron_batch *batch, const neuron_dataset_t *dataset, int64_t target,
                              neuron_pool *pool, const int64_t *positions, int64_t first,
                              int64_t count, const double *class_weights)
{
    read_job job = {.batch = batch,
                    .dataset = dataset,
                    .part = neuron_dataset_target_at(dataset, target),
                    .target = target,
                    .positions = positions,
                    .first = first,
                    .per_task = neuron_ceil_divide(TARGETS_PER_TASK, batch->outputs),
                    .class_weights = class_weights};
    batch->count = count;
    neuron_pool_run(pool, neuron_ceil_divide(count, job.per_task), read_task, &job);
}
