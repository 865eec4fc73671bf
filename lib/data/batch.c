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

typedef struct read_job {
    const neuron_batch *batch;
    const neuron_dataset_t *dataset;
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
        neuron_dataset_target(job->dataset, position, batch->targets + i * batch->outputs);
        batch->labels[i] = neuron_dataset_label(job->dataset, position);
        batch->weights[i] = neuron_dataset_weight(job->dataset, position);
        if (job->class_weights)
            batch->weights[i] *= job->class_weights[batch->labels[i]];
    }
}

void neuron_batch_read_targets(neuron_batch *batch, const neuron_dataset_t *dataset,
                               neuron_pool *pool, const int64_t *positions, int64_t first,
                               int64_t count, const double *class_weights)
{
    read_job job = {batch,
                    dataset,
                    positions,
                    first,
                    neuron_ceil_divide(TARGETS_PER_TASK, batch->outputs),
                    class_weights};
    batch->count = count;
    neuron_pool_run(pool, neuron_ceil_divide(count, job.per_task), read_task, &job);
}

int neuron_batch_read(neuron_batch *batch, const neuron_dataset_t *dataset, neuron_pool *pool,
                      const int64_t *positions, int64_t first, int64_t count)
{
    RETURN_IF_ERROR(neuron_dataset_gather(dataset, pool, positions, first, count, batch->inputs));
    neuron_batch_read_targets(batch, dataset, pool, positions, first, count, NULL);
    return NEURON_OK;
}
