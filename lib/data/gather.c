/* Reading examples and labels out of a dataset. */
#include "data/stream.h"

#include "base/checked.h"
#include "kernels/kernels.h"

#include <string.h>

/* Few enough that a mini-batch keeps all threads busy, enough to be worth handing out. */
enum { EXAMPLES_PER_TASK = 8 };

typedef struct gathering {
    const neuron_dataset_t *dataset;
    const void *stored;
    const int64_t *positions;
    int64_t first, count;
    int64_t size; /* elements of one example */
    float *values;
} gathering;

/* Each value by the scale and offset of its place in the last axis. */
static void scale_channels(const neuron_dataset_t *dataset, const void *stored, int64_t size,
                           float *values)
{
    int64_t channels = dataset->channels->shape.extent[1];
    const float *scale = dataset->channels->data, *offset = scale + channels;
    const uint8_t *bytes = stored;
    const float *floats = stored;
    bool has_bytes = dataset->examples->type == NEURON_U8;
    for (int64_t i = 0; i < size; i += channels)
        for (int64_t k = 0; k < channels; k++)
            values[i + k] =
                (has_bytes ? (float)bytes[i + k] : floats[i + k]) * scale[k] + offset[k];
}

static void scale_example(const neuron_dataset_t *dataset, const void *stored, int64_t size,
                          float *values)
{
    float scale = (float)dataset->scale, offset = (float)dataset->offset;
    if (dataset->channels)
        scale_channels(dataset, stored, size, values);
    else if (dataset->examples->type == NEURON_U8)
        dataset->kernels->scale_bytes(stored, size, scale, offset, values);
    else
        dataset->kernels->scale_floats(stored, size, scale, offset, values);
}

static int64_t row_of(const gathering *all, int64_t i)
{
    return all->dataset->order[all->positions ? all->positions[i] : all->first + i];
}

static void gather_task(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const gathering *all = work;
    const neuron_dataset_t *dataset = all->dataset;
    size_t bytes = (size_t)all->size * neuron_type_size(dataset->examples->type);
    int64_t end = neuron_min_count((task + 1) * EXAMPLES_PER_TASK, all->count);
    for (int64_t i = task * EXAMPLES_PER_TASK; i < end; i++) {
        /* What a stream has read lies in the order in which it was asked for. */
        int64_t row = dataset->stream ? i : row_of(all, i);
        scale_example(dataset, (const char *)all->stored + (size_t)row * bytes, all->size,
                      all->values + i * all->size);
    }
}

static void gather_all(gathering *work, neuron_pool *pool)
{
    neuron_pool_run(pool, neuron_ceil_divide(work->count, EXAMPLES_PER_TASK), gather_task, work);
}

static int gather_stream(gathering work, neuron_pool *pool)
{
    int64_t rows[NEURON_STREAM_PIECE], left = work.count;
    while (left > 0) {
        work.count = neuron_min_count(left, NEURON_STREAM_PIECE);
        for (int64_t i = 0; i < work.count; i++)
            rows[i] = row_of(&work, i);
        RETURN_IF_ERROR(neuron_stream_open(work.dataset->stream, rows, work.count, &work.stored));
        gather_all(&work, pool);
        neuron_stream_close(work.dataset->stream);
        left -= work.count;
        work.values += work.count * work.size;
        work.first += work.count;
        if (work.positions)
            work.positions += work.count;
    }
    return NEURON_OK;
}

int neuron_dataset_gather(const neuron_dataset_t *dataset, neuron_pool *pool,
                          const int64_t *positions, int64_t first, int64_t count, float *values)
{
    gathering work = {.dataset = dataset,
                      .positions = positions,
                      .first = first,
                      .count = count,
                      .size = neuron_shape_count(&dataset->shape),
                      .values = values};
    if (dataset->stream)
        return gather_stream(work, pool);
    work.stored = dataset->examples->data;
    gather_all(&work, pool);
    return NEURON_OK;
}

bool neuron_dataset_has_targets(const neuron_dataset_t *dataset)
{
    return dataset->one_hot || dataset->labels->type == NEURON_F32;
}

int32_t neuron_dataset_label(const neuron_dataset_t *dataset, int64_t position)
{
    int64_t row = dataset->order[position];
    if (dataset->labels->type == NEURON_I32)
        return ((const int32_t *)dataset->labels->data)[row];
    const float *target = (const float *)dataset->labels->data + row * dataset->outputs;
    if (dataset->outputs != dataset->class_count)
        return target[0] > NEURON_DATASET_THRESHOLD;
    int32_t largest = 0;
    for (int32_t k = 1; k < dataset->outputs; k++)
        if (target[k] > target[largest])
            largest = k;
    return largest;
}

void neuron_dataset_target(const neuron_dataset_t *dataset, int64_t position, float *target)
{
    int64_t row = dataset->order[position];
    size_t bytes = (size_t)dataset->outputs * sizeof *target;
    if (dataset->labels->type == NEURON_F32) {
        const float *stored = dataset->labels->data;
        memcpy(target, stored + row * dataset->outputs, bytes);
    } else {
        memset(target, 0, bytes);
        target[((const int32_t *)dataset->labels->data)[row]] = 1;
    }
}

double neuron_dataset_weight(const neuron_dataset_t *dataset, int64_t position)
{
    if (!dataset->weights)
        return 1;
    return (double)((const float *)dataset->weights->data)[dataset->order[position]];
}

int neuron_dataset_class_counts(const neuron_dataset_t *dataset, int64_t *counts, int32_t capacity)
{
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(counts);
    CHECK_ARGUMENT(capacity >= dataset->class_count);
    memset(counts, 0, (size_t)dataset->class_count * sizeof *counts);
    for (int64_t i = 0; i < dataset->count; i++)
        counts[neuron_dataset_label(dataset, i)]++;
    return NEURON_OK;
}

int neuron_dataset_read(const neuron_dataset_t *dataset, int64_t first, int64_t count,
                        float *values, int32_t *labels)
{
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(first >= 0);
    CHECK_ARGUMENT(count >= 0);
    CHECK_ARGUMENT(first <= dataset->count && count <= dataset->count - first);
    if (values)
        RETURN_IF_ERROR(
            neuron_dataset_gather(dataset, dataset->context->pool, NULL, first, count, values));
    for (int64_t i = 0; labels && i < count; i++)
        labels[i] = neuron_dataset_label(dataset, first + i);
    return NEURON_OK;
}

int neuron_dataset_read_targets(const neuron_dataset_t *dataset, int64_t first, int64_t count,
                                float *targets, size_t capacity, size_t *needed)
{
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(first >= 0);
    CHECK_ARGUMENT(count >= 0);
    CHECK_ARGUMENT(first <= dataset->count && count <= dataset->count - first);
    CHECK_ARGUMENT(targets || capacity == 0);
    const size_t all = (size_t)count * (size_t)dataset->outputs;
    if (needed)
        *needed = all;
    if (!targets)
        return NEURON_OK;
    if (capacity < all)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: there are %zu targets, but room for %zu",
                           __func__, all, capacity);
    for (int64_t i = 0; i < count; i++)
        neuron_dataset_target(dataset, first + i, targets + i * dataset->outputs);
    return NEURON_OK;
}

int neuron_dataset_read_weights(const neuron_dataset_t *dataset, int64_t first, int64_t count,
                                float *weights)
{
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(first >= 0);
    CHECK_ARGUMENT(count >= 0);
    CHECK_ARGUMENT(first <= dataset->count && count <= dataset->count - first);
    CHECK_ARGUMENT(weights);
    for (int64_t i = 0; i < count; i++)
        weights[i] = (float)neuron_dataset_weight(dataset, first + i);
    return NEURON_OK;
}
