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
    int64_t *order;        /* of the examples in this epoch */
    neuron_batch *batches; /* of each target */
    size_t *sizes;         /* bytes of an example of each input */
    int32_t augmented;     /* the input that is */
    neuron_image_size size;
    float *workspace; /* of augmentation, for `workspace_threads` */
    int32_t workspace_threads;
    neuron_prefetcher *prefetcher; /* NULL for none */
};

/* A context of one thread, or of the host's, gets another one only if that is asked for. */
static int32_t worker_count(const neuron_context_t *context, const neuron_batch_settings *settings)
{
    if (settings->workers >= 0)
        return (int32_t)settings->workers;
    bool streams = false;
    for (int32_t i = 0; i < neuron_dataset_inputs(settings->dataset); i++)
        streams = streams || neuron_dataset_input_at(settings->dataset, i)->stream;
    return (settings->augmentation || streams) && neuron_context_threads(context) > 1 &&
           !context->parallel.function;
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

static int augment(neuron_batch_source *source, neuron_pool *pool,
                   const neuron_batch_request *request, float *inputs)
{
    const neuron_batch_settings *settings = &source->settings;
    RETURN_IF_ERROR(allocate_workspace(source, neuron_pool_threads(pool)));
    const neuron_augment_batch batch = {
        .settings = settings->augmentation,
        .dataset = neuron_dataset_input_at(settings->dataset, source->augmented),
        .size = source->size,
        .positions = request->positions,
        .count = request->count,
        .seed = settings->seed,
        .epoch = (uint64_t)request->epoch,
        .values = inputs,
        .room = source->workspace};
    return neuron_augment_run(&batch, pool);
}

static int make_inputs(void *object, neuron_pool *pool, const neuron_batch_request *request,
                       float *const *inputs)
{
    neuron_batch_source *source = object;
    const neuron_batch_settings *settings = &source->settings;
    if (request->count == 0) /* other ranks have all of the batch */
        return NEURON_OK;
    for (int32_t i = 0; i < neuron_dataset_inputs(settings->dataset); i++)
        RETURN_IF_ERROR(settings->augmentation && i == source->augmented
                            ? augment(source, pool, request, inputs[i])
                            : neuron_dataset_gather(neuron_dataset_input_at(settings->dataset, i),
                                                    pool, request->positions, 0, request->count,
                                                    inputs[i]));
    return NEURON_OK;
}

/* What each input takes. */
static int prepare_inputs(neuron_batch_source *source)
{
    const neuron_batch_settings *settings = &source->settings;
    int64_t count = neuron_dataset_inputs(settings->dataset);
    source->sizes = neuron_allocate(source->context, neuron_size(count), sizeof *source->sizes);
    if (!source->sizes)
        return NEURON_E_MEMORY;
    for (int32_t i = 0; i < count; i++) {
        const neuron_dataset_t *part = neuron_dataset_input_at(settings->dataset, i);
        source->sizes[i] = neuron_size_of(neuron_shape_count(&part->shape), sizeof(float));
        if (part->stream)
            RETURN_IF_ERROR(neuron_stream_reserve(part->stream, settings->batch_size));
    }
    return NEURON_OK;
}

static int prepare_augmentation(neuron_batch_source *source, int32_t threads)
{
    const neuron_dataset_t *dataset = source->settings.dataset;
    int64_t last = neuron_dataset_inputs(dataset) - 1;
    while (source->augmented < last &&
           !neuron_shape_is_image(&neuron_dataset_input_at(dataset, source->augmented)->shape))
        source->augmented++;
    RETURN_IF_ERROR(neuron_image_size_of(
        &source->size, &neuron_dataset_input_at(dataset, source->augmented)->shape));
    return allocate_workspace(source, threads);
}

static int allocate(neuron_batch_source *source)
{
    const neuron_batch_settings *settings = &source->settings;
    const neuron_dataset_t *dataset = settings->dataset;
    int64_t whole = settings->shards ? settings->batch_size
                                     : neuron_min_count(settings->batch_size, dataset->count);
    int64_t capacity = neuron_parts_own_examples(&settings->split, whole);
    int32_t workers = worker_count(source->context, settings);
    RETURN_IF_ERROR(prepare_inputs(source));
    source->order =
        neuron_allocate(source->context, neuron_size(dataset->count), sizeof *source->order);
    if (!source->order)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(neuron_batches_create(&source->batches, source->context, dataset, 0,
                                          neuron_dataset_targets(dataset), capacity));
    if (settings->augmentation)
        RETURN_IF_ERROR(prepare_augmentation(
            source, workers > 0 ? workers : neuron_pool_threads(source->context->pool)));
    const neuron_batch_maker maker = {make_inputs, source, neuron_dataset_inputs(dataset),
                                      source->sizes};
    return workers > 0 ? neuron_prefetcher_create(&source->prefetcher, source->context, &maker,
                                                  workers, capacity)
                       : NEURON_OK;
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
    neuron_batches_destroy(source->batches, source->context,
                           neuron_dataset_targets(source->settings.dataset));
    neuron_release(source->context, source->sizes);
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

/* What a rank with so many examples of its own has of the batch of a step. */
static int64_t shard_count(const neuron_batch_settings *settings, int32_t rank, int64_t step)
{
    int64_t size = neuron_parts_rank_examples(&settings->split, settings->batch_size, rank);
    return neuron_between(0, settings->shards[rank] - step * size, size);
}

neuron_batch_share neuron_batch_source_share(const neuron_batch_source *source, int64_t step)
{
    const neuron_batch_settings *settings = &source->settings;
    const neuron_parts_settings *split = &settings->split;
    neuron_batch_share share = {.count = 0};
    for (int32_t i = 0; settings->shards && i < neuron_ranks_of(split->communicator); i++)
        share.whole += shard_count(settings, i, step);
    if (settings->shards) {
        share.count = shard_count(settings, neuron_rank_of(split->communicator), step);
        share.begin = step * neuron_parts_own_examples(split, settings->batch_size);
        return share;
    }
    int64_t begin = step * settings->batch_size;
    share.whole = neuron_between(0, settings->dataset->count - begin, settings->batch_size);
    share.first = neuron_part_begin(share.whole, split->parts, neuron_parts_first(split));
    share.count =
        neuron_part_begin(share.whole, split->parts, neuron_parts_end(split)) - share.first;
    share.begin = begin + share.first;
    return share;
}

/* The examples of a step; none after the last of the epoch, as the order of the next is not yet
 * made. */
static neuron_batch_request request_of(const neuron_batch_source *source, int64_t step)
{
    neuron_batch_share share = neuron_batch_source_share(source, step);
    if (share.whole == 0)
        return (neuron_batch_request){0};
    return (neuron_batch_request){.positions = source->order + (share.count > 0 ? share.begin : 0),
                                  .count = share.count,
                                  .epoch = source->epoch};
}

int neuron_batch_source_next(neuron_batch_source *source, int64_t step, float *const *inputs,
                             const neuron_batch **batches)
{
    const neuron_batch_settings *settings = &source->settings;
    const neuron_batch_request now = request_of(source, step), next = request_of(source, step + 1);
    neuron_pool *pool = source->context->pool;
    RETURN_IF_ERROR(neuron_prefetcher_works(source->prefetcher)
                        ? neuron_prefetcher_take(source->prefetcher, &now, &next, inputs)
                        : make_inputs(source, pool, &now, inputs));
    for (int32_t i = 0; i < neuron_dataset_targets(settings->dataset); i++)
        neuron_batch_read_target(&source->batches[i], settings->dataset, i, pool, now.positions, 0,
                                 now.count, i == 0 ? settings->class_weights : NULL);
    *batches = source->batches;
    return NEURON_OK;
}

bool neuron_batch_source_find_bad_input(neuron_batch_source *source, int64_t step,
                                        float *const *inputs, neuron_bad_input *bad)
{
    const neuron_dataset_t *dataset = source->settings.dataset;
    const neuron_batch_request request = request_of(source, step);
    for (int32_t input = 0; input < neuron_dataset_inputs(dataset); input++) {
        const neuron_dataset_t *part = neuron_dataset_input_at(dataset, input);
        int64_t size = neuron_shape_count(&part->shape);
        const float *values = inputs[input];
        if (neuron_dataset_gather(part, source->context->pool, request.positions, 0, request.count,
                                  inputs[input]) < 0)
            return false;
        for (int64_t i = 0; i < request.count * size; i++) {
            if (isfinite(values[i]))
                continue;
            *bad =
                (neuron_bad_input){request.positions[i / size], input, i % size, (double)values[i]};
            return true;
        }
    }
    return false;
}
