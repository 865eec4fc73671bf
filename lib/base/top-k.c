/* The largest numbers of each row: see neuron_tensor_top_k(). A few are picked by insertion, in one
 * pass over the row. */
#include "base/tensor.h"

#include "base/float-mode.h"

#include "base/checked.h"

#include <math.h>

/* Whether a number goes before one that was found earlier. */
static bool goes_before(float value, float found)
{
    return value > found || (isnan(found) && !isnan(value));
}

static void pick(int64_t *indices, const float *row, int64_t size, int64_t k)
{
    int64_t found = 0;
    for (int64_t i = 0; i < size; i++) {
        int64_t place = found;
        while (place > 0 && goes_before(row[i], row[indices[place - 1]]))
            place--;
        if (place == k)
            continue;
        found = found < k ? found + 1 : k;
        for (int64_t j = found - 1; j > place; j--)
            indices[j] = indices[j - 1];
        indices[place] = i;
    }
}

int neuron_tensor_top_k(int64_t *indices, float *values, size_t capacity,
                        const neuron_tensor_t *tensor, int64_t k)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(indices);
    CHECK_ARGUMENT(tensor);
    if (tensor->type != NEURON_TYPE_F32)
        return neuron_fail(NEURON_E_TYPE, "%s: the tensor is %s, not f32", __func__,
                           neuron_type_name(tensor->type));
    if (tensor->shape.rank == 0)
        return neuron_fail(NEURON_E_SHAPE, "%s: the tensor has no axis", __func__);
    int64_t size = tensor->shape.extent[tensor->shape.rank - 1];
    CHECK_RANGE(k, 1, size < INT32_MAX ? size : INT32_MAX);
    int64_t rows = neuron_shape_count(&tensor->shape) / size;
    if (capacity / (size_t)k < (size_t)rows)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: capacity is %zu; it must be %" PRId64 " or more, %" PRId64
                           " for each of %" PRId64 " rows",
                           __func__, capacity, rows * k, k, rows);
    for (int64_t i = 0; i < rows; i++) {
        const float *row = (const float *)tensor->data + i * size;
        pick(indices + i * k, row, size, k);
        for (int32_t j = 0; values && j < k; j++)
            values[i * k + j] = row[indices[i * k + j]];
    }
    return NEURON_OK;
}
