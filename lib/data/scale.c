/* How stored values become inputs. */
#include "base/text/number.h"
#include "data/dataset.h"

#include "base/float-mode.h"

#include <inttypes.h>
#include <math.h>

void neuron_dataset_keep_scale(neuron_dataset_t *dataset, const neuron_scale *scale)
{
    neuron_tensor_unref(dataset->channels);
    dataset->channels = NULL;
    dataset->scale = *scale;
}

int neuron_dataset_set_scale(neuron_dataset_t *dataset, double scale, double offset)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    CHECK_FINITE(scale);
    CHECK_FINITE(offset);
    neuron_dataset_keep_scale(dataset, &(neuron_scale){.scale = scale, .offset = offset});
    return NEURON_OK;
}

int neuron_scales_check(const double *scales, const double *offsets, size_t count, const char *who)
{
    char text[NEURON_NUMBER_TEXT];
    for (size_t k = 0; k < count; k++) {
        bool offset = isfinite(scales[k]);
        double value = offset ? offsets[k] : scales[k];
        if (!isfinite(value))
            return neuron_fail(NEURON_E_ARGUMENT, "%s: %s %zu is %s, not finite", who,
                               offset ? "offset" : "scale", k, neuron_number_short(value, text));
    }
    return NEURON_OK;
}

int neuron_dataset_set_scales_for(neuron_dataset_t *dataset, const double *scales,
                                  const double *offsets, size_t count, const char *who)
{
    int64_t last = dataset->shape.extent[dataset->shape.rank - 1];
    if (count == 0)
        return neuron_dataset_set_scale(dataset, neuron_dataset_default_scale(dataset), 0);
    if (count != 1 && count != neuron_size(last))
        return neuron_fail(NEURON_E_SHAPE, "%s: %zu scales, but the last axis has extent %" PRId64,
                           who, count, last);
    RETURN_IF_ERROR(neuron_scales_check(scales, offsets, count, who));
    if (count == 1)
        return neuron_dataset_set_scale(dataset, scales[0], offsets[0]);
    const int64_t extents[] = {last, sizeof(neuron_scale)};
    neuron_tensor_t *made;
    RETURN_IF_ERROR(neuron_tensor_create_raw(&made, dataset->context, NEURON_TYPE_U8, extents, 2));
    neuron_scale *each = made->data;
    for (size_t k = 0; k < count; k++)
        each[k] = (neuron_scale){.scale = scales[k], .offset = offsets[k]};
    neuron_tensor_unref(dataset->channels);
    dataset->channels = made;
    return NEURON_OK;
}

int neuron_dataset_set_scales(neuron_dataset_t *dataset, const double *scales,
                              const double *offsets, size_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    if (count != 0) {
        CHECK_ARGUMENT(scales);
        CHECK_ARGUMENT(offsets);
    }
    return neuron_dataset_set_scales_for(dataset, scales, offsets, count, __func__);
}

int neuron_scales_get(const neuron_scale *each, size_t count, double *scales, double *offsets,
                      size_t capacity, size_t *needed, const char *who)
{
    if (!(scales && offsets) && capacity != 0)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: there is no room for results (NULL), but capacity is %" PRId64, who,
                           (int64_t)capacity);
    if (needed)
        *needed = count;
    if (!scales || !offsets)
        return NEURON_OK;
    if (capacity < count)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: there are %zu scales, but room for %zu", who,
                           count, capacity);
    for (size_t k = 0; k < count; k++) {
        scales[k] = each[k].scale;
        offsets[k] = each[k].offset;
    }
    return NEURON_OK;
}

int neuron_dataset_scales(double *scales, double *offsets, size_t capacity, size_t *needed,
                          const neuron_dataset_t *dataset)
{
    CHECK_ARGUMENT(dataset);
    return neuron_scales_get(neuron_dataset_each_scale(dataset),
                             (size_t)neuron_dataset_scale_count(dataset), scales, offsets, capacity,
                             needed, __func__);
}

bool neuron_dataset_same_scale(const neuron_dataset_t *a, const neuron_dataset_t *b)
{
    const neuron_scale *one = neuron_dataset_each_scale(a), *other = neuron_dataset_each_scale(b);
    int64_t count = neuron_dataset_scale_count(a);
    bool same = count == neuron_dataset_scale_count(b);
    for (int64_t k = 0; same && k < count; k++)
        same = one[k].scale == other[k].scale && one[k].offset == other[k].offset &&
               one[k].rest == other[k].rest;
    return same;
}

int32_t neuron_dataset_type(const neuron_dataset_t *dataset)
{
    return NEURON_IS(dataset) ? dataset->examples->type : 0;
}
