/* Shapes: what extents they may have, their counts, and how messages write them. */
#include "base/shape.h"

#include "base/checked.h"
#include "base/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Far above any real tensor, and small enough that a count of bytes or of floats in a batch cannot
 * overflow int64_t. */
static const int64_t count_max = (int64_t)1 << 40;

int neuron_shape_set(neuron_shape *shape, const int64_t *extents, int32_t rank, int64_t smallest,
                     const char *who)
{
    RETURN_IF_ERROR(neuron_check_range(rank, 0, NEURON_RANK_MAX, "rank", who));
    if (rank > 0 && !extents)
        return neuron_refuse_null("shape", who);
    neuron_shape made = {.rank = rank};
    int64_t count = 1;
    for (int32_t axis = 0; axis < rank; axis++) {
        int64_t extent = extents[axis];
        if (extent < smallest)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: shape[%" PRId32 "] is %" PRId64 "; it must be %" PRId64
                               " or more",
                               who, axis, extent, smallest);
        if (!neuron_multiply_count(count, extent, &count) || count > count_max)
            return neuron_fail(NEURON_E_ARGUMENT, "%s: more than %" PRId64 " elements", who,
                               count_max);
        made.extent[axis] = extent;
    }
    *shape = made;
    return NEURON_OK;
}

int64_t neuron_shape_count(const neuron_shape *shape)
{
    int64_t count = 1;
    for (int32_t axis = 0; axis < shape->rank; axis++)
        count *= shape->extent[axis];
    return count;
}

bool neuron_shape_equal(const neuron_shape *a, const neuron_shape *b)
{
    return a->rank == b->rank &&
           memcmp(a->extent, b->extent, (size_t)a->rank * sizeof a->extent[0]) == 0;
}

int neuron_shape_parse(neuron_shape *shape, const char *text, size_t size, const char *name,
                       const char *who)
{
    enum { SHOWN = 40 };
    int64_t extents[NEURON_RANK_MAX] = {0};
    int32_t rank = 0;
    bool digit = false, valid = size > 0;
    for (size_t i = 0; i < size && valid; i++) {
        if (text[i] >= '0' && text[i] <= '9') {
            extents[rank] = extents[rank] * 10 + (text[i] - '0');
            valid = extents[rank] < INT64_MAX / 16;
            digit = true;
        } else {
            valid = text[i] == 'x' && digit && ++rank < NEURON_RANK_MAX - 1;
            digit = false;
        }
    }
    if (valid && digit)
        return neuron_shape_set(shape, extents, rank + 1, 1, who);
    return neuron_fail(NEURON_E_ARGUMENT,
                       "%s: %s is %.*s; it must be 1 to %d extents, such as 28x28x1", who, name,
                       (int)(size < SHOWN ? size : SHOWN), text, NEURON_RANK_MAX - 1);
}

const char *neuron_shape_text(const neuron_shape *shape, char text[NEURON_SHAPE_TEXT])
{
    if (shape->rank == 0)
        snprintf(text, NEURON_SHAPE_TEXT, "scalar");
    size_t used = 0;
    for (int32_t axis = 0; axis < shape->rank; axis++) {
        int wrote = snprintf(text + used, NEURON_SHAPE_TEXT - used, "%s%" PRId64, axis ? "x" : "",
                             shape->extent[axis]);
        used += (size_t)wrote;
    }
    return text;
}

void neuron_shape_get(const neuron_shape *shape, int64_t *extents, int32_t *rank)
{
    *rank = shape->rank;
    for (int32_t axis = 0; axis < shape->rank; axis++)
        extents[axis] = shape->extent[axis];
}
