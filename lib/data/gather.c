/* Reading examples and labels out of a dataset. */
#include "data/dataset.h"

#include "base/checked.h"
#include "kernels/kernels.h"

#include <string.h>

/* Few enough that a mini-batch keeps all threads busy, enough to be worth handing out. */
enum { EXAMPLES_PER_TASK = 8 };

typedef struct gathering {
    const neuron_dataset_t *dataset;
    const int64_t *positions;
    int64_t first, count;
    int64_t size; /* elements of one example */
    float *values;
} gathering;

static void gather_task(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const gathering *all = work;
    const neuron_dataset_t *dataset = all->dataset;
    float scale = (float)dataset->scale, offset = (float)dataset->offset;
    int64_t end = neuron_min_count((task + 1) * EXAMPLES_PER_TASK, all->count);
    for (int64_t i = task * EXAMPLES_PER_TASK; i < end; i++) {
        int64_t position = all->positions ? all->positions[i] : all->first + i;
        int64_t start = dataset->order[position] * all->size;
        float *values = all->values + i * all->size;
        if (dataset->examples->type == NEURON_U8)
            dataset->kernels->scale_bytes((const uint8_t *)dataset->examples->data + start,
                                          all->size, scale, offset, values);
        else
            dataset->kernels->scale_floats((const float *)dataset->examples->data + start,
                                           all->size, scale, offset, values);
    }
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
    neuron_pool_run(pool, neuron_ceil_divide(count, EXAMPLES_PER_TASK), gather_task, &work);
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
