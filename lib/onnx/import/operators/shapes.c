/* Operators that change what axes a value has, and nothing of it: they become no layers but
 * views. */
#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"

#include <string.h>

/* A value under other axes: a node of that shape is made where its axes lie in their order, and
 * left to what reads it where they do not. */
static int out_view(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                    const neuron_onnx_item *item, const neuron_onnx_layout *layout)
{
    int64_t extents[NEURON_RANK_MAX];
    int32_t rank = 0, last = -1;
    bool ordered = true;
    /* Factors are told axis by axis, so that each axis must lie behind all of the one before. */
    for (int32_t axis = 0; axis < layout->rank; axis++) {
        int32_t most = last;
        for (int32_t i = 0; i < layout->count; i++) {
            if (layout->factor[i].axis != axis)
                continue;
            ordered = ordered && layout->factor[i].place > last;
            most = layout->factor[i].place > most ? layout->factor[i].place : most;
        }
        last = most;
        if (axis != layout->batch)
            extents[rank++] = layout->extent[axis];
    }
    neuron_node_t *node = item->node;
    if (ordered)
        RETURN_IF_ERROR(neuron_onnx_view(&node, reader, from, true, node, extents, rank));
    return neuron_onnx_out(reader, from, 0, node, layout);
}

/* Gives a value other extents, through a plain order where its factors cannot be cut. */
static int reshape(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                   const neuron_onnx_item *item, const int64_t *extents, int32_t rank,
                   int32_t batch)
{
    neuron_onnx_item plain = *item;
    neuron_onnx_layout layout = item->layout;
    if (!neuron_onnx_layout_reshape(&layout, extents, rank, batch)) {
        int32_t order[NEURON_ONNX_FACTORS];
        for (int32_t i = 0; i < layout.count; i++)
            order[i] = i;
        RETURN_IF_ERROR(neuron_onnx_reorder(&plain.node, &plain.layout, reader, from, order));
        layout = plain.layout;
        if (!neuron_onnx_layout_reshape(&layout, extents, rank, batch))
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED, "makes too many axes");
    }
    return out_view(reader, from, &plain, &layout);
}

int neuron_onnx_import_identity(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item = neuron_onnx_in(reader, from, 0);
    if (item)
        return neuron_onnx_out_part(reader, from, item);
    return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "input 0 is missing");
}

/* Between kinds of floats nothing changes; values here are float32. */
int neuron_onnx_import_cast(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    int64_t type;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&type, reader, from, "to", 0));
    if (!neuron_onnx_is_real(type))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "attribute to is %" PRId64 ", no type of floats", type);
    return neuron_onnx_out_part(reader, from, item);
}

/* To the type of another value: of those here, floats. */
int neuron_onnx_import_cast_like(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item = neuron_onnx_in(reader, from, 0), *like;
    const neuron_onnx_constant *constant = item ? item->constant : NULL;
    if (!constant || constant->integer) {
        RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
        return neuron_onnx_out_part(reader, from, item);
    }
    RETURN_IF_ERROR(neuron_onnx_value_in(&like, reader, from, 1));
    neuron_onnx_constant *same = neuron_onnx_reader_get(reader, 1, sizeof *same);
    if (!same)
        return NEURON_E_MEMORY;
    *same = *constant;
    return neuron_onnx_out_constant(reader, from, 0, same);
}

/* ---- Reshape ---- */

/* An extent that is wanted: so many, or so many times the batch. */
typedef struct wanted {
    int64_t extent;
    bool batch;
} wanted;

/* Puts the batch where it must be: it is told as such, by -1, or, in files with a fixed batch, by
 * its number. */
static bool find_batch(wanted *list, int32_t rank, int32_t open, int64_t others, int64_t size,
                       int64_t fixed)
{
    for (int32_t i = 0; i < rank; i++)
        if (list[i].batch)
            return list[i].extent == 1;
    if (open >= 0 && others == size) {
        list[open] = (wanted){1, true};
        return true;
    }
    for (int32_t i = 0; i < rank && i < 1; i++)
        if (list[i].extent == fixed && i != open) {
            list[i] = (wanted){1, true};
            return true;
        }
    return false;
}

static int read_shape(wanted *list, int32_t *rank, neuron_onnx_reader *reader,
                      const neuron_onnx_operator *from, const neuron_onnx_layout *layout)
{
    const neuron_onnx_constant *shape;
    const int64_t *given;
    int64_t keeps_zero;
    RETURN_IF_ERROR(neuron_onnx_constant_in(&shape, reader, from, 1));
    RETURN_IF_ERROR(neuron_onnx_integers_of(&given, reader, from, shape));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&keeps_zero, reader, from, "allowzero", 0));
    if (shape->rank > 1 || shape->count > NEURON_RANK_MAX)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "has a shape of %" PRId64 " axes; there may be %d", shape->count,
                                  NEURON_RANK_MAX);
    *rank = (int32_t)shape->count;
    for (int32_t i = 0; i < *rank; i++) {
        bool copies = given[i] == 0 && !keeps_zero;
        if (given[i] < -1 || (given[i] == 0 && (keeps_zero || i >= layout->rank)))
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "has a shape with the extent %" PRId64, given[i]);
        list[i] = (wanted){copies ? layout->extent[i] : given[i],
                           copies ? i == layout->batch : shape->batch && shape->batch[i]};
    }
    return NEURON_OK;
}

int neuron_onnx_import_reshape(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    wanted list[NEURON_RANK_MAX];
    int64_t extents[NEURON_RANK_MAX], others = 1;
    int32_t rank = 0, batch = -1, open = -1;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    const neuron_onnx_layout *layout = &item->layout;
    int64_t size = neuron_onnx_layout_size(layout);
    RETURN_IF_ERROR(read_shape(list, &rank, reader, from, layout));
    bool fits = true;
    for (int32_t i = 0; i < rank; i++) {
        if (list[i].extent == -1 && open >= 0)
            return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "has a shape with two -1");
        if (list[i].extent == -1)
            open = i;
        else if (!list[i].batch)
            fits = fits && neuron_multiply_count(others, list[i].extent, &others);
    }
    if (layout->batch >= 0 && !find_batch(list, rank, open, others, size, reader->fixed_batch))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "has a shape that joins the batch with other axes");
    others = 1;
    for (int32_t i = 0; i < rank; i++) {
        extents[i] = list[i].batch ? 1 : list[i].extent;
        batch = list[i].batch ? i : batch;
        if (extents[i] > 0)
            fits = fits && neuron_multiply_count(others, extents[i], &others);
    }
    for (int32_t i = 0; i < rank; i++)
        if (extents[i] == -1 && others > 0)
            extents[i] = size / others;
    int64_t made = 1;
    for (int32_t i = 0; i < rank; i++)
        fits = fits && neuron_multiply_count(made, extents[i], &made);
    if (!fits || made != size)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "has a shape of %" PRId64 " values for %" PRId64, made, size);
    return neuron_onnx_reshape_item(reader, from, item, extents, rank, batch);
}

int neuron_onnx_reshape_item(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                             const neuron_onnx_item *item, const int64_t *extents, int32_t rank,
                             int32_t batch)
{
    int64_t before[2] = {1, 1};
    for (int32_t i = 0; i < item->layout.batch; i++)
        before[0] *= item->layout.extent[i];
    for (int32_t i = 0; i < batch; i++)
        before[1] *= extents[i];
    if (before[0] != before[1])
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "has a shape that joins the batch with other axes");
    return reshape(reader, from, item, extents, rank, batch);
}

/* [axes before, axes from that one on] */
int neuron_onnx_import_flatten(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    int64_t given, extents[2] = {1, 1};
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    const neuron_onnx_layout *layout = &item->layout;
    RETURN_IF_ERROR(neuron_onnx_read_integer(&given, reader, from, "axis", 1));
    given = given < 0 ? given + layout->rank : given;
    if (given < 0 || given > layout->rank)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "attribute axis: there is no axis %" PRId64, given);
    bool alone = true;
    for (int32_t axis = 0; axis < layout->rank; axis++) {
        extents[axis >= given] *= layout->extent[axis];
        alone = alone && ((axis >= given) != (layout->batch >= given) || layout->extent[axis] == 1);
    }
    if (layout->batch >= 0 && !alone)
        return neuron_onnx_refuse(
            reader, from, NEURON_E_UNSUPPORTED,
            "attribute axis is %" PRId64 ", which joins the batch with other axes", given);
    return neuron_onnx_reshape_item(reader, from, item, extents, 2,
                                    layout->batch < 0 ? -1 : layout->batch >= given);
}

/* Costs nothing: what reads the value finds its axes in the other order. */
int neuron_onnx_import_transpose(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    const int64_t *given;
    size_t count;
    int32_t order[NEURON_RANK_MAX];
    uint32_t seen = 0;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_read_integers(&given, &count, reader, from, "perm"));
    int32_t rank = item->layout.rank;
    bool reverses = !neuron_onnx_attribute(from, "perm");
    if (!reverses && count != (size_t)rank)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "attribute perm has %zu axes for %" PRId32, count, rank);
    for (int32_t axis = 0; axis < rank; axis++) {
        int64_t old = reverses ? rank - 1 - axis : given[axis];
        if (old < 0 || old >= rank || seen >> old & 1)
            return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                      "attribute perm is no order of %" PRId32 " axes", rank);
        order[axis] = (int32_t)old;
        seen |= UINT32_C(1) << old;
    }
    neuron_onnx_layout layout = item->layout;
    neuron_onnx_layout_transpose(&layout, order);
    return neuron_onnx_out(reader, from, 0, item->node, &layout);
}

/* ---- Axes of extent 1 ---- */

int neuron_onnx_import_squeeze(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    uint32_t axes;
    int64_t count, extents[NEURON_RANK_MAX];
    int32_t rank = 0, batch = -1;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    const neuron_onnx_layout *layout = &item->layout;
    RETURN_IF_ERROR(neuron_onnx_axes_in(&axes, &count, reader, from, layout->rank));
    for (int32_t axis = 0; axis < layout->rank; axis++) {
        bool told = axes >> axis & 1;
        if (told && (axis == layout->batch || layout->extent[axis] != 1))
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "takes away axis %" PRId32 ", which is %s", axis,
                                      axis == layout->batch ? "the batch" : "not of extent 1");
        if (told || (count == 0 && axis != layout->batch && layout->extent[axis] == 1))
            continue;
        batch = axis == layout->batch ? rank : batch;
        extents[rank++] = layout->extent[axis];
    }
    return neuron_onnx_reshape_item(reader, from, item, extents, rank, batch);
}

int neuron_onnx_import_unsqueeze(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    uint32_t axes;
    int64_t count, extents[NEURON_RANK_MAX];
    int32_t batch = -1, old = 0, more;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    const neuron_onnx_layout *layout = &item->layout;
    RETURN_IF_ERROR(neuron_onnx_axes_to_add(&more, reader, from, layout->rank));
    int32_t rank = layout->rank + more;
    RETURN_IF_ERROR(neuron_onnx_axes_in(&axes, &count, reader, from, rank));
    for (int32_t axis = 0; axis < rank; axis++) {
        extents[axis] = 1;
        if (axes >> axis & 1)
            continue;
        if (old == layout->rank)
            return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "adds an axis twice");
        batch = old == layout->batch ? axis : batch;
        extents[axis] = layout->extent[old++];
    }
    return neuron_onnx_reshape_item(reader, from, item, extents, rank, batch);
}

/* ---- Shapes as numbers ---- */

/* The extents, of which one stands for as many examples as there are. */
int neuron_onnx_import_shape(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    int64_t start, end;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    const neuron_onnx_layout *layout = &item->layout;
    RETURN_IF_ERROR(neuron_onnx_read_integer(&start, reader, from, "start", 0));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&end, reader, from, "end", layout->rank));
    start = neuron_onnx_bounded(start, layout->rank);
    end = neuron_onnx_bounded(end, layout->rank);
    int64_t extent = end > start ? end - start : 0;
    neuron_onnx_constant *made = neuron_onnx_constant_new(reader, &extent, 1);
    int64_t *numbers = neuron_onnx_reader_get(reader, NEURON_RANK_MAX, sizeof *numbers);
    bool *batch = neuron_onnx_reader_get(reader, NEURON_RANK_MAX, sizeof *batch);
    if (!made || !numbers || !batch)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < extent; i++) {
        numbers[i] = layout->extent[start + i];
        batch[i] = start + i == layout->batch;
    }
    made->integer = true;
    made->integers = numbers;
    made->batch = layout->batch >= 0 ? batch : NULL;
    return neuron_onnx_out_constant(reader, from, 0, made);
}
