/* How stored values become inputs. */
#include "data/dataset.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static size_t scale_count(const neuron_dataset_t *dataset)
{
    return dataset->channels ? (size_t)dataset->channels->shape.extent[1] : 1;
}

int neuron_dataset_set_scale(neuron_dataset_t *dataset, double scale, double offset)
{
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(isfinite((float)scale));
    CHECK_ARGUMENT(isfinite((float)offset));
    neuron_tensor_unref(dataset->channels);
    dataset->channels = NULL;
    dataset->scale = scale;
    dataset->offset = offset;
    return NEURON_OK;
}

static int check_scales(const double *scales, const double *offsets, size_t count, const char *who)
{
    for (size_t k = 0; k < count; k++)
        if (!isfinite((float)scales[k]) || !isfinite((float)offsets[k]))
            return neuron_fail(NEURON_E_ARGUMENT, "%s: %s %zu is not finite as float", who,
                               isfinite((float)scales[k]) ? "offset" : "scale", k);
    return NEURON_OK;
}

int neuron_dataset_set_scales_for(neuron_dataset_t *dataset, const double *scales,
                                  const double *offsets, size_t count, const char *who)
{
    const int64_t last = dataset->shape.extent[dataset->shape.rank - 1];
    if (count != 1 && count != (size_t)last)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: %zu scales, but the last axis has %" PRId64 " places", who, count,
                           last);
    RETURN_IF_ERROR(check_scales(scales, offsets, count, who));
    if (count == 1)
        return neuron_dataset_set_scale(dataset, scales[0], offsets[0]);
    const int64_t extents[] = {2, last};
    neuron_tensor_t *made;
    RETURN_IF_ERROR(neuron_tensor_create_raw(&made, dataset->context, NEURON_F32, extents, 2));
    float *values = made->data;
    for (size_t k = 0; k < count; k++) {
        values[k] = (float)scales[k];
        values[count + k] = (float)offsets[k];
    }
    neuron_tensor_unref(dataset->channels);
    dataset->channels = made;
    return NEURON_OK;
}

int neuron_dataset_set_scales(neuron_dataset_t *dataset, const double *scales,
                              const double *offsets, size_t count)
{
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT(scales);
    CHECK_ARGUMENT(offsets);
    return neuron_dataset_set_scales_for(dataset, scales, offsets, count, __func__);
}

int neuron_dataset_get_scale(const neuron_dataset_t *dataset, double *scales, double *offsets,
                             size_t capacity, size_t *needed)
{
    CHECK_ARGUMENT(dataset);
    CHECK_ARGUMENT((scales && offsets) || capacity == 0);
    const size_t count = scale_count(dataset);
    if (needed)
        *needed = count;
    if (!scales || !offsets)
        return NEURON_OK;
    if (capacity < count)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: there are %zu scales, but room for %zu",
                           __func__, count, capacity);
    const float *values = dataset->channels ? dataset->channels->data : NULL;
    for (size_t k = 0; k < count; k++) {
        scales[k] = values ? (double)values[k] : dataset->scale;
        offsets[k] = values ? (double)values[count + k] : dataset->offset;
    }
    return NEURON_OK;
}

/* Where channels have their own, `scale` and `offset` are what they replaced. */
bool neuron_dataset_same_scale(const neuron_dataset_t *a, const neuron_dataset_t *b)
{
    if (!a->channels && !b->channels)
        return a->scale == b->scale && a->offset == b->offset;
    return a->channels && b->channels &&
           neuron_shape_equal(&a->channels->shape, &b->channels->shape) &&
           memcmp(a->channels->data, b->channels->data,
                  (size_t)neuron_tensor_count(a->channels) * sizeof(float)) == 0;
}

int32_t neuron_dataset_type(const neuron_dataset_t *dataset)
{
    return dataset ? dataset->examples->type : 0;
}
