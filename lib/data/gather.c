/* Reading examples and labels out of a dataset. */
#include "data/stream.h"

#include "base/checked.h"
#include "base/compiler/attributes.h"
#include "base/float-mode.h"
#include "kernels/kernels.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Few enough that a mini-batch keeps all threads busy, enough to be worth handing out. */
enum { EXAMPLES_PER_TASK = 8 };

typedef struct gathering {
    neuron_scaling by;
    const void *stored;
    const int64_t *order; /* stored row of each example; NULL: as they lie there */
    const int64_t *positions;
    int64_t first, count;
    int64_t size; /* elements of one example */
    float *values;
} gathering;

/* Whether values below the smallest normal float, 2^-126, may become such that count: beside an
 * offset of 2^60 times as much they do not. */
static bool is_spreading(const neuron_scale *by)
{
    return fabs(by->scale) > 1 && fabs(by->scale) * 0x1p-66 > fabs(by->offset);
}

/* Whether float arithmetic will do, which is faster: without an offset nothing is lost that is not
 * lost in rounding the result; and the bounds of bytes must be met. */
static bool is_simple(const neuron_scale *by, bool bytes)
{
    float scale = (float)by->scale;
    if (by->offset != 0 || by->rest != 0 || !isnormal(scale))
        return false;
    if (bytes)
        return (float)(scale * UINT8_MAX) == neuron_scale_value(by, UINT8_MAX);
    return (double)scale == by->scale && !is_spreading(by);
}

static void scale_bytes(const neuron_scale *by, const uint8_t *bytes, int64_t size, float *values)
{
    const neuron_scale all = *by; /* `values` cannot change it */
    for (int64_t i = 0; i < size; i++)
        values[i] = neuron_scale_value(&all, bytes[i]);
}

static void scale_floats(const neuron_scale *by, const float *floats, int64_t size, float *values)
{
    const neuron_scale all = *by;
    if (!is_spreading(by))
        for (int64_t i = 0; i < size; i++)
            values[i] = neuron_scale_value(&all, (double)floats[i]);
    else
        for (int64_t i = 0; i < size; i++)
            values[i] = neuron_scale_value(&all, neuron_scale_widen(floats[i]));
}

/* Each value by the scale of its index in the last axis. */
static void scale_channels(const neuron_scaling *by, const void *stored, int64_t size,
                           float *values)
{
    int64_t channels = by->channels->shape.extent[0];
    const neuron_scale *each = by->channels->data;
    const uint8_t *bytes = stored;
    const float *floats = stored;
    bool has_bytes = by->type == NEURON_TYPE_U8;
    for (int64_t i = 0; i < size; i += channels)
        for (int64_t k = 0; k < channels; k++)
            values[i + k] = neuron_scale_value(
                &each[k], has_bytes ? (double)bytes[i + k] : neuron_scale_widen(floats[i + k]));
}

static void scale_example(const neuron_scaling *by, const void *stored, int64_t size, float *values)
{
    bool bytes = by->type == NEURON_TYPE_U8;
    bool simple = is_simple(by->scale, bytes);
    if (by->channels)
        scale_channels(by, stored, size, values);
    else if (bytes && simple)
        by->kernels->element->scale_bytes(stored, size, (float)by->scale->scale, 0, values);
    else if (bytes)
        scale_bytes(by->scale, stored, size, values);
    else if (simple)
        by->kernels->element->scale_floats(stored, size, (float)by->scale->scale, 0, values);
    else
        scale_floats(by->scale, stored, size, values);
}

static int64_t row_of(const gathering *all, int64_t i)
{
    return all->order[all->positions ? all->positions[i] : all->first + i];
}

static void gather_task(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const gathering *all = work;
    size_t bytes = (size_t)all->size * neuron_type_size(all->by.type);
    int64_t end = neuron_min_count((task + 1) * EXAMPLES_PER_TASK, all->count);
    for (int64_t i = task * EXAMPLES_PER_TASK; i < end; i++) {
        int64_t row = all->order ? row_of(all, i) : i;
        scale_example(&all->by, (const char *)all->stored + (size_t)row * bytes, all->size,
                      all->values + i * all->size);
    }
}

static void gather_all(gathering *work, neuron_pool *pool)
{
    neuron_pool_run(pool, neuron_ceil_divide(work->count, EXAMPLES_PER_TASK), gather_task, work);
}

void neuron_scale_examples(const neuron_scaling *by, neuron_pool *pool, const void *stored,
                           int64_t count, int64_t size, float *values)
{
    gathering work = {.by = *by, .stored = stored, .count = count, .size = size, .values = values};
    gather_all(&work, pool);
}

/* What a stream has read lies in the order in which it was asked for. */
static int gather_stream(gathering work, neuron_stream *stream, neuron_pool *pool)
{
    const void *stored;
    int64_t rows[NEURON_STREAM_CHUNK], left = work.count;
    while (left > 0) {
        work.count = neuron_min_count(left, NEURON_STREAM_CHUNK);
        for (int64_t i = 0; i < work.count; i++)
            rows[i] = row_of(&work, i);
        RETURN_IF_ERROR(neuron_stream_open(stream, rows, work.count, &stored));
        neuron_scale_examples(&work.by, pool, stored, work.count, work.size, work.values);
        neuron_stream_close(stream);
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
    gathering work = {.by = {.kernels = dataset->context->kernels,
                             .type = dataset->examples->type,
                             .scale = &dataset->scale,
                             .channels = dataset->channels},
                      .stored = dataset->examples->data,
                      .order = dataset->order,
                      .positions = positions,
                      .first = first,
                      .count = count,
                      .size = neuron_shape_count(&dataset->shape),
                      .values = values};
    if (dataset->stream)
        return gather_stream(work, dataset->stream, pool);
    gather_all(&work, pool);
    return NEURON_OK;
}

bool neuron_dataset_has_targets(const neuron_dataset_t *dataset)
{
    return dataset->one_hot || dataset->labels->type == NEURON_TYPE_F32;
}

int32_t neuron_dataset_label(const neuron_dataset_t *dataset, int64_t position)
{
    dataset = neuron_dataset_target_at(dataset, 0);
    int64_t row = dataset->order[position];
    const neuron_tensor_t *classes = dataset->classes ? dataset->classes : dataset->labels;
    if (classes->type == NEURON_TYPE_I32)
        return ((const int32_t *)classes->data)[row];
    const float *target = (const float *)dataset->labels->data + row * dataset->outputs;
    if (dataset->outputs == 0)
        return 0;
    if (dataset->outputs != dataset->class_count)
        return target[0] > NEURON_DATASET_THRESHOLD;
    int64_t largest = 0;
    for (int32_t k = 1; k < dataset->outputs; k++)
        if (target[k] > target[largest])
            largest = k;
    return (int32_t)largest;
}

void neuron_dataset_copy_target(const neuron_dataset_t *dataset, int64_t position, float *target)
{
    dataset = neuron_dataset_target_at(dataset, 0);
    int64_t row = dataset->order[position];
    size_t bytes = (size_t)dataset->outputs * sizeof *target;
    if (dataset->labels->type == NEURON_TYPE_F32) {
        const float *stored = dataset->labels->data;
        memcpy(target, stored + row * dataset->outputs, bytes);
    } else {
        memset(target, 0, bytes);
        target[((const int32_t *)dataset->labels->data)[row]] = 1;
    }
}

static double weight_of(const neuron_tensor_t *weights, int64_t index)
{
    return weights ? (double)((const float *)weights->data)[index] : 1;
}

double neuron_dataset_weight_at(const neuron_dataset_t *dataset, int64_t target, int64_t position)
{
    const neuron_dataset_t *part = neuron_dataset_target_at(dataset, target);
    double weight = weight_of(part->weights, part->order[position]);
    return dataset->zip ? weight * weight_of(dataset->weights, position) : weight;
}

double neuron_dataset_weight(const neuron_dataset_t *dataset, int64_t position)
{
    return neuron_dataset_weight_at(dataset, 0, position);
}

NEURON_COLD int neuron_dataset_class_counts(int64_t *counts, int64_t capacity,
                                            const neuron_dataset_t *dataset)
{
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(counts);
    if (capacity < dataset->class_count)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: there are %" PRId64 " classes, but room for %" PRId64, __func__,
                           dataset->class_count, capacity);
    memset(counts, 0, (size_t)dataset->class_count * sizeof *counts);
    for (int64_t i = 0; i < dataset->count; i++)
        counts[neuron_dataset_label(dataset, i)]++;
    return NEURON_OK;
}

NEURON_COLD int neuron_dataset_read(float *values, int32_t *labels, const neuron_dataset_t *dataset,
                                    int64_t first, int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    CHECK_PART(first, count, dataset->count);
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, dataset, dataset->stream ? dataset : NULL);
    if (values)
        RETURN_IF_ERROR(
            neuron_dataset_gather(dataset, dataset->context->pool, NULL, first, count, values));
    for (int64_t i = 0; labels && i < count; i++)
        labels[i] = neuron_dataset_label(dataset, first + i);
    return NEURON_OK;
}

NEURON_COLD int neuron_dataset_read_targets(float *targets, size_t capacity, size_t *needed,
                                            const neuron_dataset_t *dataset, int64_t first,
                                            int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    CHECK_PART(first, count, dataset->count);
    CHECK_ROOM(targets, capacity);
    size_t all = neuron_size_of(count, (size_t)dataset->outputs);
    if (all == SIZE_MAX)
        return neuron_fail(NEURON_E_MEMORY, "%s: %" PRId64 " x %" PRId64 " targets", __func__,
                           count, dataset->outputs);
    if (needed)
        *needed = all;
    if (!targets)
        return NEURON_OK;
    if (capacity < all)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: there are %zu targets, but room for %zu",
                           __func__, all, capacity);
    for (int64_t i = 0; i < count; i++)
        neuron_dataset_copy_target(dataset, first + i, targets + i * dataset->outputs);
    return NEURON_OK;
}

NEURON_COLD int neuron_dataset_read_weights(float *weights, const neuron_dataset_t *dataset,
                                            int64_t first, int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    CHECK_PART(first, count, dataset->count);
    CHECK_ARGUMENT(weights);
    for (int64_t i = 0; i < count; i++)
        weights[i] = (float)neuron_dataset_weight(dataset, first + i);
    return NEURON_OK;
}
