/* Batches of a training, from the dataset to the memory that a step reads. Only inputs, which take
 * time, are made ahead; targets, labels and weights are read when the batch is handed out, in the
 * thread of the run, whose callbacks may have set others. */
#include "train/batch-source.h"

#include "base/checked.h"
#include "base/random.h"
#include "data/stream.h"
#include "train/prefetcher.h"

#include <math.h>

struct neuron_batch_source {
    neuron_context_t *context;
    neuron_batch_settings settings;
    int64_t epoch;
    int64_t *order; /* of the examples in this epoch */
    neuron_batch batch;
    neuron_image_size size; /* of augmented images */
    float *workspace;       /* of augmentation, for `workspace_threads` */
    int32_t workspace_threads;
    neuron_prefetcher *prefetcher; /* NULL for none */
};

/* A context of one thread gets another one only if that is asked for. */
static int32_t worker_count(const neuron_context_t *context, const neuron_batch_settings *settings)
{
    if (settings->workers >= 0)
        return (int32_t)settings->workers;
    return (settings->augmentation || settings->dataset->stream) &&
           neuron_context_threads(context) > 1;
}

/* A callback may have changed the number of threads. */
static int allocate_workspace(neuron_batch_source *source, int32_t threads)
{
    if (threads <= source->workspace_threads)
        return NEURON_OK;
    float *workspace =
        neuron_allocate(source->context, neuron_size(threads), neuron_augment_room(&source->size));
    if (!workspace)
        return NEURON_E_MEMORY;
    neuron_release(source->context, source->workspace);
    source->workspace = workspace;
    source->workspace_threads = threads;
    return NEURON_OK;
}

static int make_inputs(void *object, neuron_pool *pool, const neuron_batch_request *request,
                       float *inputs)
{
    neuron_batch_source *source = object;
    const neuron_batch_settings *settings = &source->settings;
    if (!settings->augmentation)
        return neuron_dataset_gather(settings->dataset, pool, request->positions, 0, request->count,
                                     inputs);
    RETURN_IF_ERROR(allocate_workspace(source, neuron_pool_threads(pool)));
    const neuron_augment_batch batch = {.settings = settings->augmentation,
                                        .dataset = settings->dataset,
                                        .size = source->size,
                                        .positions = request->positions,
                                        .count = request->count,
                                        .seed = settings->seed,
                                        .epoch = (uint64_t)request->epoch,
                                        .values = inputs,
                                        .room = source->workspace};
    return neuron_augment_run(&batch, pool);
}

static int start_prefetcher(neuron_batch_source *source, int32_t workers, int64_t capacity)
{
    const neuron_batch_maker maker = {make_inputs, source};
    int64_t inputs = neuron_shape_count(&source->settings.dataset->shape);
    return neuron_prefetcher_create(&source->prefetcher, source->context, &maker, workers, capacity,
                                    neuron_size_of(inputs, sizeof(float)));
}

static int allocate(neuron_batch_source *source)
{
    const neuron_batch_settings *settings = &source->settings;
    const neuron_dataset_t *dataset = settings->dataset;
    int64_t capacity = neuron_min_count(settings->batch_size, dataset->count);
    int32_t workers = worker_count(source->context, settings);
    if (dataset->stream)
        RETURN_IF_ERROR(neuron_stream_reserve(dataset->stream, settings->batch_size));
    source->order =
        neuron_allocate(source->context, neuron_size(dataset->count), sizeof *source->order);
    if (!source->order)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(neuron_batch_allocate(&source->batch, source->context, dataset, capacity));
    if (settings->augmentation) {
        RETURN_IF_ERROR(neuron_image_size_of(&source->size, &dataset->shape));
        RETURN_IF_ERROR(allocate_workspace(
            source, workers > 0 ? workers : neuron_context_threads(source->context)));
    }
    return workers > 0 ? start_prefetcher(source, workers, capacity) : NEURON_OK;
}

int neuron_batch_source_create(neuron_batch_source **source, neuron_context_t *context,
                               const neuron_batch_settings *settings)
{
    neuron_batch_source *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    made->context = context;
    made->settings = *settings;
    int status = allocate(made);
    if (status < 0)
        neuron_batch_source_destroy(made);
    else
        *source = made;
    return status;
}

void neuron_batch_source_destroy(neuron_batch_source *source)
{
    if (!source)
        return;
    neuron_prefetcher_destroy(source->prefetcher);
    neuron_batch_release(&source->batch);
    neuron_release(source->context, source->workspace);
    neuron_release(source->context, source->order);
    neuron_release(source->context, source);
}

void neuron_batch_source_begin_epoch(neuron_batch_source *source, int64_t epoch)
{
    const neuron_batch_settings *settings = &source->settings;
    source->epoch = epoch;
    for (int64_t i = 0; i < settings->dataset->count; i++)
        source->order[i] = i;
    if (!settings->shuffle)
        return;
    neuron_random_reader reader =
        neuron_random_read(settings->seed, NEURON_RANDOM_SHUFFLE, (uint32_t)epoch);
    neuron_random_shuffle(&reader, source->order, settings->dataset->count);
}

/* The examples of a step; none after the last of the epoch, as the order of the next is not yet
 * made. */
static neuron_batch_request request_of(const neuron_batch_source *source, int64_t step)
{
    int64_t size = source->settings.batch_size, count = source->settings.dataset->count;
    if (step >= neuron_ceil_divide(count, size))
        return (neuron_batch_request){0};
    int64_t first = step * size;
    return (neuron_batch_request){.positions = source->order + first,
                                  .count = neuron_min_count(size, count - first),
                                  .epoch = source->epoch};
}

int neuron_batch_source_next(neuron_batch_source *source, int64_t step, float *inputs,
                             neuron_batch **batch)
{
    const neuron_batch_request now = request_of(source, step), next = request_of(source, step + 1);
    neuron_pool *pool = source->context->pool;
    RETURN_IF_ERROR(neuron_prefetcher_works(source->prefetcher)
                        ? neuron_prefetcher_take(source->prefetcher, &now, &next, inputs)
                        : make_inputs(source, pool, &now, inputs));
    source->batch.inputs = inputs;
    neuron_batch_read_targets(&source->batch, source->settings.dataset, pool, now.positions, 0,
                              now.count, source->settings.class_weights);
    *batch = &source->batch;
    return NEURON_OK;
}

int64_t neuron_batch_source_find_bad_input(neuron_batch_source *source, int64_t step, float *inputs,
                                           int64_t *index, double *value)
{
    const neuron_dataset_t *dataset = source->settings.dataset;
    const neuron_batch_request request = request_of(source, step);
    int64_t size = neuron_shape_count(&dataset->shape);
    if (neuron_dataset_gather(dataset, source->context->pool, request.positions, 0, request.count,
                              inputs) < 0)
        return -1;
    for (int64_t i = 0; i < request.count * size; i++)
        if (!isfinite(inputs[i])) {
            *index = i % size;
            *value = (double)inputs[i];
            return request.positions[i / size];
        }
    return -1;
}
