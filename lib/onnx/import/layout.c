/* Axes, their factors and the places of these: see layout.h. */
#include "onnx/import/layout.h"

#include "base/checked.h"

#include <string.h>

neuron_onnx_layout neuron_onnx_layout_plain(const int64_t *extents, int32_t rank, int32_t batch)
{
    neuron_onnx_layout layout = {.rank = rank, .batch = batch};
    for (int32_t axis = 0; axis < rank; axis++) {
        layout.extent[axis] = axis == batch ? 1 : extents[axis];
        if (layout.extent[axis] > 1) {
            layout.factor[layout.count] = (neuron_onnx_factor){extents[axis], axis, layout.count};
            layout.count++;
        }
    }
    return layout;
}

void neuron_onnx_layout_put_last(neuron_onnx_layout *layout, int32_t axis)
{
    int32_t factors[NEURON_ONNX_FACTORS], place = 0;
    neuron_onnx_layout_places(layout, factors);
    for (int last = 0; last < 2; last++)
        for (int32_t p = 0; p < layout->count; p++)
            if ((layout->factor[factors[p]].axis == axis) == last)
                layout->factor[factors[p]].place = place++;
}

/* Takes a factor away whose place is that behind the one before it. */
static void join_with_next(neuron_onnx_layout *layout, int32_t at)
{
    int32_t gone = layout->factor[at + 1].place;
    layout->factor[at].extent *= layout->factor[at + 1].extent;
    layout->count--;
    for (int32_t i = at + 1; i < layout->count; i++)
        layout->factor[i] = layout->factor[i + 1];
    for (int32_t i = 0; i < layout->count; i++)
        if (layout->factor[i].place > gone)
            layout->factor[i].place--;
}

void neuron_onnx_layout_simplify(neuron_onnx_layout *layout)
{
    for (int32_t i = 0; i + 1 < layout->count;) {
        const neuron_onnx_factor *factor = &layout->factor[i];
        if (factor[0].axis == factor[1].axis && factor[1].place == factor[0].place + 1)
            join_with_next(layout, i);
        else
            i++;
    }
}

/* Cuts a factor into one of `extent / least` and one of `least` behind it. */
static bool cut(neuron_onnx_layout *layout, int32_t at, int64_t least)
{
    neuron_onnx_factor *factor = &layout->factor[at];
    if (layout->count == NEURON_ONNX_FACTORS || factor->extent % least != 0)
        return false;
    for (int32_t i = 0; i < layout->count; i++)
        if (layout->factor[i].place > factor->place)
            layout->factor[i].place++;
    for (int32_t i = layout->count; i > at + 1; i--)
        layout->factor[i] = layout->factor[i - 1];
    factor[1] = (neuron_onnx_factor){least, factor->axis, factor->place + 1};
    factor[0].extent /= least;
    layout->count++;
    return true;
}

/* Goes through factors from the last one before `at` on, as many as make `left` values; cuts the
 * one that makes more, whose rest is met by the next call. Those met get an axis. */
static bool meet(neuron_onnx_layout *layout, int32_t *at, int64_t left, int32_t axis)
{
    while (left > 1 && *at > 0) {
        if (layout->factor[*at - 1].extent > left) {
            if (!cut(layout, *at - 1, left))
                return false;
            ++*at;
        }
        neuron_onnx_factor *factor = &layout->factor[--*at];
        if (left % factor->extent != 0)
            return false;
        left /= factor->extent;
        factor->axis = axis;
    }
    return left == 1;
}

bool neuron_onnx_layout_refine(neuron_onnx_layout *layout, const neuron_onnx_layout *like)
{
    int32_t at = layout->count;
    for (int32_t other = like->count - 1; other >= 0; other--)
        if (!meet(layout, &at, like->factor[other].extent, like->factor[other].axis))
            return false;
    return at == 0;
}

bool neuron_onnx_layout_reshape(neuron_onnx_layout *layout, const int64_t *extents, int32_t rank,
                                int32_t batch)
{
    /* Neighbours in memory may be joined across axes: those before the batch, and those behind. */
    neuron_onnx_layout made = *layout;
    for (int32_t i = 0; i < made.count; i++)
        made.factor[i].axis = made.factor[i].axis > layout->batch;
    neuron_onnx_layout_simplify(&made);
    int32_t at = made.count;
    for (int32_t axis = rank - 1; axis >= 0; axis--)
        if (axis != batch && !meet(&made, &at, extents[axis], axis))
            return false;
    if (at > 0)
        return false;
    made.rank = rank;
    made.batch = batch;
    for (int32_t axis = 0; axis < rank; axis++)
        made.extent[axis] = axis == batch ? 1 : extents[axis];
    neuron_onnx_layout_simplify(&made);
    *layout = made;
    return true;
}

void neuron_onnx_layout_transpose(neuron_onnx_layout *layout, const int32_t *order)
{
    neuron_onnx_layout made = {.rank = layout->rank, .batch = -1};
    for (int32_t axis = 0; axis < layout->rank; axis++) {
        made.extent[axis] = layout->extent[order[axis]];
        if (order[axis] == layout->batch)
            made.batch = axis;
        for (int32_t i = 0; i < layout->count; i++)
            if (layout->factor[i].axis == order[axis]) {
                made.factor[made.count] = layout->factor[i];
                made.factor[made.count++].axis = axis;
            }
    }
    *layout = made;
}

int64_t neuron_onnx_layout_size(const neuron_onnx_layout *layout)
{
    int64_t size = 1;
    for (int32_t i = 0; i < layout->count; i++)
        size *= layout->factor[i].extent;
    return size;
}

void neuron_onnx_layout_places(const neuron_onnx_layout *layout,
                               int32_t factors[NEURON_ONNX_FACTORS])
{
    for (int32_t i = 0; i < layout->count; i++)
        factors[layout->factor[i].place] = i;
}

int64_t neuron_onnx_layout_step(const neuron_onnx_layout *layout, int32_t factor)
{
    int64_t step = 1;
    for (int32_t i = factor + 1; i < layout->count; i++)
        if (layout->factor[i].axis == layout->factor[factor].axis)
            step *= layout->factor[i].extent;
    return step;
}

bool neuron_onnx_layout_equal(const neuron_onnx_layout *a, const neuron_onnx_layout *b)
{
    bool equal = a->rank == b->rank && a->batch == b->batch && a->count == b->count &&
                 memcmp(a->extent, b->extent, (size_t)a->rank * sizeof *a->extent) == 0;
    for (int32_t i = 0; equal && i < a->count; i++)
        equal = a->factor[i].extent == b->factor[i].extent &&
                a->factor[i].axis == b->factor[i].axis && a->factor[i].place == b->factor[i].place;
    return equal;
}
