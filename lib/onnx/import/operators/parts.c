/* Operators that take parts of values, put values together, and put zeros around them. */
#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"
#include "onnx/import/operators/windows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int neuron_onnx_integers_in(const int64_t **values, int64_t *count, neuron_onnx_reader *reader,
                            const neuron_onnx_operator *from, size_t index, const char *attribute)
{
    const neuron_onnx_constant *constant;
    size_t given = 0;
    if (!neuron_onnx_in(reader, from, index)) {
        RETURN_IF_ERROR(neuron_onnx_read_integers(values, &given, reader, from, attribute));
        *count = (int64_t)given;
        return NEURON_OK;
    }
    RETURN_IF_ERROR(neuron_onnx_constant_in(&constant, reader, from, index));
    RETURN_IF_ERROR(neuron_onnx_integers_of(values, reader, from, constant));
    *count = constant->count;
    if (constant->rank <= 1 && !constant->batch)
        return NEURON_OK;
    return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                              constant->batch ? "input %zu depends on the number of examples"
                                              : "input %zu has more than one axis",
                              index);
}

int neuron_onnx_axes_in(uint32_t *axes, int64_t *count, neuron_onnx_reader *reader,
                        const neuron_onnx_operator *from, int32_t rank)
{
    const int64_t *given;
    RETURN_IF_ERROR(neuron_onnx_integers_in(&given, count, reader, from, 1, "axes"));
    *axes = 0;
    for (int64_t i = 0; i < *count; i++) {
        int32_t axis;
        RETURN_IF_ERROR(neuron_onnx_axis_of(&axis, reader, from, given[i], rank));
        *axes |= UINT32_C(1) << axis;
    }
    return NEURON_OK;
}

int neuron_onnx_axes_to_add(int32_t *count, neuron_onnx_reader *reader,
                            const neuron_onnx_operator *from, int32_t rank)
{
    const int64_t *given;
    int64_t more;
    RETURN_IF_ERROR(neuron_onnx_integers_in(&given, &more, reader, from, 1, "axes"));
    if (more < 1 || more > NEURON_RANK_MAX - rank)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "adds %" PRId64 " axes to %" PRId32 "; there may be %d", more,
                                  rank, NEURON_RANK_MAX);
    *count = (int32_t)more;
    return NEURON_OK;
}

int neuron_onnx_number_in(double *value, neuron_onnx_reader *reader,
                          const neuron_onnx_operator *from, size_t index, const char *attribute,
                          double standard)
{
    const neuron_onnx_constant *constant;
    RETURN_IF_ERROR(neuron_onnx_read_real(value, reader, from, attribute, standard));
    if (!neuron_onnx_in(reader, from, index))
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_onnx_constant_in(&constant, reader, from, index));
    if (neuron_onnx_single(value, constant))
        return NEURON_OK;
    return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "input %zu is no number", index);
}

int64_t neuron_onnx_bounded(int64_t value, int64_t extent)
{
    return neuron_between(0, value < 0 ? value + extent : value, extent);
}

/* The axes of a node that is an image, by those of the file. */
static const int32_t image_dimension[NEURON_RANK_MAX] = {-1, 2, 0, 1};

/* The layout of a node once an axis has another extent; `dimension` tells which axis of the node
 * each of the file is, also those of extent 1, which have no factor. */
static neuron_onnx_layout resized(const neuron_onnx_layout *layout, const int32_t *dimension,
                                  int32_t axis, int64_t extent)
{
    neuron_onnx_layout made = *layout;
    int32_t kept = 0, at = -1, place = -1;
    /* One factor for all that the axis had. */
    for (int32_t i = 0; i < layout->count; i++) {
        if (layout->factor[i].axis == axis) {
            at = at < 0 ? kept : at;
            if (place < 0 || layout->factor[i].place < place)
                place = layout->factor[i].place;
            continue;
        }
        made.factor[kept++] = layout->factor[i];
    }
    int32_t gone = layout->count - kept;
    for (int32_t i = 0; i < kept; i++)
        if (at >= 0 && made.factor[i].place > place)
            made.factor[i].place -= gone;
    made.count = kept;
    made.extent[axis] = extent;
    if (extent == 1)
        return made;
    if (at < 0) { /* it had no factor: it lies behind those of the node's axes before it */
        for (at = 0; at < kept && made.factor[at].axis < axis; at++)
            continue;
        place = 0;
        for (int32_t i = 0; i < kept; i++)
            place += dimension[made.factor[i].axis] < dimension[axis];
    }
    for (int32_t i = 0; i < kept; i++)
        if (made.factor[i].place >= place)
            made.factor[i].place++;
    for (int32_t i = kept; i > at; i--)
        made.factor[i] = made.factor[i - 1];
    made.factor[at] = (neuron_onnx_factor){extent, axis, place};
    made.count++;
    return made;
}

/* A value as an image: its columns are the places of an axis, its rows all that lies before it, and
 * its channels what lies behind. Tells what axes there were. */
static int view_columns(neuron_onnx_item *item, neuron_onnx_layout *layout, int32_t *dimension,
                        neuron_shape *shape, neuron_onnx_reader *reader,
                        const neuron_onnx_operator *from, int32_t axis)
{
    int64_t image[3];
    RETURN_IF_ERROR(neuron_onnx_spread(&item->node, layout, dimension, reader, from, item, 0));
    *shape = item->node->spec.output;
    neuron_onnx_cut_at(item->node, dimension[axis], image);
    return neuron_onnx_view(&item->node, reader, from, false, item->node, image, 3);
}

/* ---- Concat ---- */

/* Constants may be joined with constants alone; see fold.c. */
static int read_values(const neuron_onnx_item **items, neuron_onnx_reader *reader,
                       const neuron_onnx_operator *from)
{
    for (size_t i = 0; i < from->n_input; i++) {
        neuron_onnx_item *item;
        RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, i));
        items[i] = item;
        if (item->layout.rank != items[0]->layout.rank ||
            item->layout.batch != items[0]->layout.batch)
            return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                      "joins values of different axes");
    }
    if (from->n_input > 0)
        return NEURON_OK;
    return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "has no inputs");
}

/* All extents but those of the axis are equal. */
static int check_extents(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                         const neuron_onnx_item *const *items, int32_t axis)
{
    for (size_t i = 1; i < from->n_input; i++)
        for (int32_t a = 0; a < items[0]->layout.rank; a++)
            if (a != axis && items[i]->layout.extent[a] != items[0]->layout.extent[a])
                return neuron_onnx_refuse(
                    reader, from, NEURON_E_FORMAT,
                    "joins values with %" PRId64 " and %" PRId64 " places of axis %" PRId32,
                    items[0]->layout.extent[a], items[i]->layout.extent[a], a);
    return NEURON_OK;
}

int neuron_onnx_import_concat(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    int64_t given, extent = 0;
    int32_t axis, dimension[NEURON_RANK_MAX], order[NEURON_RANK_MAX], axes = 0;
    neuron_onnx_layout layout, own;
    neuron_onnx_group groups[NEURON_RANK_MAX] = {{0}};
    size_t count = from->n_input;
    const neuron_onnx_item **items =
        neuron_onnx_reader_get(reader, (int64_t)count + 1, sizeof *items);
    neuron_node_t *node,
        **nodes = neuron_onnx_reader_get(reader, (int64_t)count + 1, sizeof(neuron_node_t *));
    if (!items || !nodes)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(read_values(items, reader, from));
    int32_t rank = items[0]->layout.rank, batch = items[0]->layout.batch;
    RETURN_IF_ERROR(neuron_onnx_read_integer(&given, reader, from, "axis", 1));
    RETURN_IF_ERROR(neuron_onnx_axis_of(&axis, reader, from, given, rank));
    if (axis == batch)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "attribute axis: joins along the batch");
    if (count == 1)
        return neuron_onnx_out_part(reader, from, items[0]);
    RETURN_IF_ERROR(check_extents(reader, from, items, axis));
    RETURN_IF_ERROR(neuron_onnx_spread(&nodes[0], &layout, dimension, reader, from, items[0], 0));
    for (int32_t a = 0; a < rank; a++)
        if (a != batch) {
            order[dimension[a]] = a;
            axes++;
        }
    for (int32_t g = 0; g < axes; g++)
        groups[g].axes = UINT32_C(1) << order[g];
    for (size_t i = 0; i < count; i++) {
        extent += items[i]->layout.extent[axis];
        if (i > 0)
            RETURN_IF_ERROR(
                neuron_onnx_arrange(&nodes[i], &own, reader, from, items[i], groups, axes));
    }
    char options[40];
    snprintf(options, sizeof options, "axis=%" PRId32, dimension[axis]);
    RETURN_IF_ERROR(
        neuron_onnx_layer(&node, reader, from, true, "concat", nodes, (int64_t)count, options));
    layout = resized(&layout, dimension, axis, extent);
    return neuron_onnx_out(reader, from, 0, node, &layout);
}

/* ---- Slice, Split and Gather ---- */

/* Some places of an axis, which need not be fewer than there are. */
static int take(neuron_onnx_item *item, neuron_onnx_reader *reader,
                const neuron_onnx_operator *from, bool last, int32_t axis, int64_t begin,
                int64_t count)
{
    int32_t dimension[NEURON_RANK_MAX];
    char options[120];
    neuron_onnx_layout layout;
    if (begin == 0 && count == item->layout.extent[axis])
        return NEURON_OK;
    if (count < 1)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED, "takes nothing of an axis");
    RETURN_IF_ERROR(neuron_onnx_spread(&item->node, &layout, dimension, reader, from, item, 0));
    snprintf(options, sizeof options, "axis=%" PRId32 ", begin=%" PRId64 ", count=%" PRId64,
             dimension[axis], begin, count);
    RETURN_IF_ERROR(
        neuron_onnx_layer(&item->node, reader, from, last, "slice", &item->node, 1, options));
    item->layout = resized(&layout, dimension, axis, count);
    item->part = NEURON_ONNX_WHOLE;
    return NEURON_OK;
}

/* Each place that is so many behind the one before: as pooling does of windows of one column, of an
 * image whose rows are all that lies before. */
static int take_each(neuron_onnx_item *item, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, bool last, int32_t axis, int64_t step)
{
    int64_t count = (item->layout.extent[axis] - 1) / step + 1;
    int32_t dimension[NEURON_RANK_MAX];
    char options[120];
    neuron_shape shape;
    neuron_onnx_layout layout;
    if (step == 1 || item->layout.extent[axis] == 1)
        return NEURON_OK;
    RETURN_IF_ERROR(view_columns(item, &layout, dimension, &shape, reader, from, axis));
    step = step < item->layout.extent[axis] ? step : item->layout.extent[axis];
    snprintf(options, sizeof options,
             "kernel_height=1, kernel_width=1, stride_height=1, stride_width=%" PRId64, step);
    RETURN_IF_ERROR(
        neuron_onnx_layer(&item->node, reader, from, last, "max_pool2d", &item->node, 1, options));
    shape.extent[dimension[axis]] = count;
    item->layout = resized(&layout, dimension, axis, count);
    item->part = NEURON_ONNX_WHOLE;
    return neuron_onnx_view(&item->node, reader, from, false, item->node, shape.extent, shape.rank);
}

int neuron_onnx_import_slice(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    const int64_t *starts, *ends, *axes, *steps;
    int64_t counts[4];
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_integers_in(&starts, &counts[0], reader, from, 1, "starts"));
    RETURN_IF_ERROR(neuron_onnx_integers_in(&ends, &counts[1], reader, from, 2, "ends"));
    RETURN_IF_ERROR(neuron_onnx_integers_in(&axes, &counts[2], reader, from, 3, "axes"));
    RETURN_IF_ERROR(neuron_onnx_integers_in(&steps, &counts[3], reader, from, 4, "steps"));
    neuron_onnx_item result = *item;
    if (counts[0] != counts[1] || (counts[2] != 0 && counts[2] != counts[0]) ||
        (counts[3] != 0 && counts[3] != counts[0]) ||
        (counts[2] == 0 && counts[0] > item->layout.rank))
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "has %" PRId64 " starts and %" PRId64 " ends", counts[0],
                                  counts[1]);
    for (int64_t i = 0; i < counts[0]; i++) {
        int32_t axis;
        RETURN_IF_ERROR(
            neuron_onnx_axis_of(&axis, reader, from, counts[2] ? axes[i] : i, item->layout.rank));
        int64_t extent = axis == item->layout.batch ? INT64_MAX : result.layout.extent[axis];
        int64_t begin = neuron_onnx_bounded(starts[i], extent);
        int64_t end = neuron_onnx_bounded(ends[i], extent);
        bool whole =
            begin == 0 && (end == extent || (axis == item->layout.batch && ends[i] >= INT32_MAX));
        int64_t step = counts[3] ? steps[i] : 1;
        bool final = i + 1 == counts[0];
        if (step < 1 || step > INT32_MAX)
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "has a step of %" PRId64 "; it must be 1 or more", step);
        if (axis == item->layout.batch && (!whole || step != 1))
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "takes a part of the batch");
        if (axis == item->layout.batch)
            continue;
        RETURN_IF_ERROR(take(&result, reader, from, final && step == 1, axis, begin, end - begin));
        RETURN_IF_ERROR(take_each(&result, reader, from, final, axis, step));
    }
    return neuron_onnx_out_part(reader, from, &result);
}

int neuron_onnx_import_split(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    const int64_t *sizes;
    int64_t given, count, begin = 0, parts = (int64_t)from->n_output;
    int32_t axis;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&given, reader, from, "axis", 0));
    RETURN_IF_ERROR(neuron_onnx_axis_of(&axis, reader, from, given, item->layout.rank));
    RETURN_IF_ERROR(neuron_onnx_integers_in(&sizes, &count, reader, from, 1, "split"));
    int64_t extent = item->layout.extent[axis];
    if (axis == item->layout.batch)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "attribute axis: splits the batch");
    if (parts == 0 || (count != 0 && count != parts))
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "has %" PRId64 " sizes for %" PRId64 " outputs", count, parts);
    int64_t equal = (extent + parts - 1) / parts;
    for (int64_t i = 0; i < parts; i++, begin += count ? sizes[i - 1] : equal) {
        int64_t size = count ? sizes[i] : equal < extent - begin ? equal : extent - begin;
        neuron_onnx_item part = *item;
        if (size < 0 || size > extent - begin || (i + 1 == parts && size != extent - begin))
            return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                      "has sizes that are not those of the axis, %" PRId64, extent);
        if (!neuron_onnx_needs_out(reader, from, (size_t)i))
            continue;
        RETURN_IF_ERROR(take(&part, reader, from, true, axis, begin, size));
        RETURN_IF_ERROR(neuron_onnx_out(reader, from, (size_t)i, part.node, &part.layout));
    }
    return NEURON_OK;
}

/* One place of an axis, which goes. */
int neuron_onnx_import_gather(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    const neuron_onnx_constant *index;
    int64_t given, extents[NEURON_RANK_MAX];
    int32_t axis, rank = 0, batch = -1;
    double place;
    bool column =
        from->op_type[0] == 'A'; /* ArrayFeatureExtractor, of the last axis, which it keeps */
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_constant_in(&index, reader, from, 1));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&given, reader, from, "axis", column ? -1 : 0));
    RETURN_IF_ERROR(neuron_onnx_axis_of(&axis, reader, from, given, item->layout.rank));
    if (!neuron_onnx_single(&place, index) || axis == item->layout.batch ||
        (index->rank > 1 && !column))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "takes more than one place of an axis, or examples of a batch");
    int64_t extent = item->layout.extent[axis];
    place = place < 0 ? place + (double)extent : place;
    if (!(place >= 0 && place < (double)extent))
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "takes a place that is not among %" PRId64, extent);
    neuron_onnx_item part = *item;
    RETURN_IF_ERROR(take(&part, reader, from, true, axis, (int64_t)place, 1));
    if (index->rank == 1 || column)
        return neuron_onnx_out(reader, from, 0, part.node, &part.layout);
    for (int32_t a = 0; a < part.layout.rank; a++) {
        if (a == axis)
            continue;
        batch = a == part.layout.batch ? rank : batch;
        extents[rank++] = part.layout.extent[a];
    }
    return neuron_onnx_reshape_item(reader, from, &part, extents, rank, batch);
}

/* ---- Tile and Expand ---- */

/* Repeats the one place of an axis: rows that are all that lies behind it, as in a larger image. */
static int repeat_one(neuron_onnx_item *item, neuron_onnx_reader *reader,
                      const neuron_onnx_operator *from, bool last, int32_t axis, int64_t times)
{
    int32_t dimension[NEURON_RANK_MAX];
    char options[80];
    neuron_shape shape;
    neuron_onnx_layout layout;
    RETURN_IF_ERROR(view_columns(item, &layout, dimension, &shape, reader, from, axis));
    snprintf(options, sizeof options, "factor_height=%" PRId64 ", factor_width=1", times);
    RETURN_IF_ERROR(
        neuron_onnx_layer(&item->node, reader, from, last, "upsample2d", &item->node, 1, options));
    shape.extent[dimension[axis]] = times;
    item->layout = resized(&layout, dimension, axis, times);
    item->part = NEURON_ONNX_WHOLE;
    return neuron_onnx_view(&item->node, reader, from, false, item->node, shape.extent, shape.rank);
}

/* Repeats all places of an axis. */
static int repeat(neuron_onnx_item *item, neuron_onnx_reader *reader,
                  const neuron_onnx_operator *from, bool last, int32_t axis, int64_t times)
{
    int32_t dimension[NEURON_RANK_MAX];
    char options[40];
    neuron_onnx_layout layout;
    if (item->layout.extent[axis] == 1)
        return repeat_one(item, reader, from, last, axis, times);
    if (times > NEURON_NODES_MAX)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "repeats values %" PRId64 " times", times);
    RETURN_IF_ERROR(neuron_onnx_spread(&item->node, &layout, dimension, reader, from, item, 0));
    neuron_node_t **copies = neuron_onnx_reader_get(reader, times, sizeof(neuron_node_t *));
    if (!copies)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < times; i++)
        copies[i] = item->node;
    snprintf(options, sizeof options, "axis=%" PRId32, dimension[axis]);
    item->layout = resized(&layout, dimension, axis, times * item->layout.extent[axis]);
    item->part = NEURON_ONNX_WHOLE;
    return neuron_onnx_layer(&item->node, reader, from, last, "concat", copies, times, options);
}

int neuron_onnx_import_tile(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    const int64_t *times;
    int64_t count;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_integers_in(&times, &count, reader, from, 1, "repeats"));
    neuron_onnx_item result = *item;
    if (count != item->layout.rank)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "has %" PRId64 " numbers for %" PRId32 " axes", count,
                                  item->layout.rank);
    for (int32_t axis = 0; axis < count; axis++) {
        if (times[axis] < 1 || (axis == item->layout.batch && times[axis] != 1))
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "repeats axis %" PRId32 " %" PRId64 " times", axis,
                                      times[axis]);
        if (times[axis] > 1)
            RETURN_IF_ERROR(repeat(&result, reader, from, true, axis, times[axis]));
    }
    return neuron_onnx_out_part(reader, from, &result);
}

/* To a shape; an axis of one place is repeated. */
int neuron_onnx_import_expand(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    const neuron_onnx_constant *shape;
    const int64_t *given;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_constant_in(&shape, reader, from, 1));
    RETURN_IF_ERROR(neuron_onnx_integers_of(&given, reader, from, shape));
    neuron_onnx_item result = *item;
    int64_t shift = item->layout.rank - shape->count;
    for (int64_t i = 0; i < shape->count; i++) {
        int32_t axis = (int32_t)(shift + i);
        bool batch = shape->batch && shape->batch[i], own = axis == item->layout.batch;
        if (shift < 0 || batch != (own && given[i] == 1 && batch) || given[i] < 1 ||
            (own && given[i] != 1) ||
            (!own && given[i] != 1 && item->layout.extent[axis] != 1 &&
             given[i] != item->layout.extent[axis]))
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "repeats values along the batch, or along an axis of more "
                                      "than one");
        if (!own && given[i] > 1 && item->layout.extent[axis] == 1)
            RETURN_IF_ERROR(repeat(&result, reader, from, true, axis, given[i]));
    }
    return neuron_onnx_out_part(reader, from, &result);
}

/* ---- Pad ---- */

/* Zeros before and behind one axis. */
static int pad_axis(neuron_onnx_item *item, neuron_onnx_reader *reader,
                    const neuron_onnx_operator *from, int32_t axis, int64_t before, int64_t behind)
{
    int32_t dimension[NEURON_RANK_MAX];
    char options[120];
    neuron_shape shape;
    neuron_onnx_layout layout;
    RETURN_IF_ERROR(view_columns(item, &layout, dimension, &shape, reader, from, axis));
    snprintf(options, sizeof options, "left=%" PRId64 ", right=%" PRId64, before, behind);
    RETURN_IF_ERROR(
        neuron_onnx_layer(&item->node, reader, from, true, "zero_pad2d", &item->node, 1, options));
    shape.extent[dimension[axis]] += before + behind;
    item->layout = resized(&layout, dimension, axis, shape.extent[dimension[axis]]);
    return neuron_onnx_view(&item->node, reader, from, false, item->node, shape.extent, shape.rank);
}

/* Rows and columns of an image at once. */
static int pad_image(neuron_onnx_item *item, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, const int64_t *before, const int64_t *behind)
{
    const neuron_onnx_group image[] = {{1 << 2, false}, {1 << 3, false}, {1 << 1, false}};
    char options[160];
    neuron_onnx_layout layout;
    RETURN_IF_ERROR(neuron_onnx_arrange(&item->node, &layout, reader, from, item, image, 3));
    snprintf(options, sizeof options,
             "top=%" PRId64 ", bottom=%" PRId64 ", left=%" PRId64 ", right=%" PRId64, before[2],
             behind[2], before[3], behind[3]);
    RETURN_IF_ERROR(
        neuron_onnx_layer(&item->node, reader, from, true, "zero_pad2d", &item->node, 1, options));
    layout = resized(&layout, image_dimension, 2, layout.extent[2] + before[2] + behind[2]);
    item->layout = resized(&layout, image_dimension, 3, layout.extent[3] + before[3] + behind[3]);
    return NEURON_OK;
}

/* Numbers of rows and columns for each axis; those below 0 are taken away. */
static int read_pads(int64_t before[NEURON_RANK_MAX], int64_t behind[NEURON_RANK_MAX],
                     neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                     const neuron_onnx_layout *layout)
{
    const int64_t *pads, *axes;
    int64_t count, axis_count, most = INT32_MAX;
    RETURN_IF_ERROR(
        neuron_onnx_integers_in(&pads, &count, reader, from, 1,
                                neuron_onnx_attribute(from, "paddings") ? "paddings" : "pads"));
    RETURN_IF_ERROR(neuron_onnx_integers_in(&axes, &axis_count, reader, from, 3, "axes"));
    int64_t told = neuron_onnx_in(reader, from, 3) ? axis_count : layout->rank;
    if (count != 2 * told)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "has %" PRId64 " numbers of padding for %" PRId64 " axes", count,
                                  told);
    for (int64_t i = 0; i < told; i++) {
        int32_t axis;
        RETURN_IF_ERROR(
            neuron_onnx_axis_of(&axis, reader, from, axis_count ? axes[i] : i, layout->rank));
        before[axis] = pads[i];
        behind[axis] = pads[told + i];
        if (pads[i] > most || pads[i] < -most || pads[told + i] > most || pads[told + i] < -most ||
            (axis == layout->batch && (pads[i] != 0 || pads[told + i] != 0)))
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      axis == layout->batch ? "pads the batch"
                                                            : "has too much padding");
    }
    return NEURON_OK;
}

/* What is put there: zeros alone, or another number, by which all is shifted meanwhile. */
static int read_pad_value(double *value, neuron_onnx_reader *reader,
                          const neuron_onnx_operator *from)
{
    char mode[16];
    RETURN_IF_ERROR(neuron_onnx_read_word(mode, sizeof mode, reader, from, "mode", "constant"));
    if (strcmp(mode, "constant") != 0)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "attribute mode is \"%s\"; it must be \"constant\"", mode);
    return neuron_onnx_number_in(value, reader, from, 2, "value", 0);
}

int neuron_onnx_import_pad(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    int64_t before[NEURON_RANK_MAX] = {0}, behind[NEURON_RANK_MAX] = {0};
    double value;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(read_pad_value(&value, reader, from));
    RETURN_IF_ERROR(read_pads(before, behind, reader, from, &item->layout));
    if (!(fabs(value) < 1e3))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED, "pads with %g", value);
    neuron_onnx_item result = *item;
    bool pads = false;
    for (int32_t axis = 0; axis < item->layout.rank; axis++) {
        int64_t first = before[axis] < 0 ? -before[axis] : 0;
        int64_t last = behind[axis] < 0 ? -behind[axis] : 0;
        if (first + last > 0)
            RETURN_IF_ERROR(take(&result, reader, from, false, axis, first,
                                 result.layout.extent[axis] - first - last));
        before[axis] = before[axis] < 0 ? 0 : before[axis];
        behind[axis] = behind[axis] < 0 ? 0 : behind[axis];
        pads = pads || before[axis] > 0 || behind[axis] > 0;
    }
    if (!pads)
        return neuron_onnx_out_part(reader, from, &result);
    RETURN_IF_ERROR(neuron_onnx_rescale(&result.node, reader, from, false, 1, -value));
    if (result.layout.rank == 4 && neuron_onnx_is_image(&result.layout) &&
        before[2] + behind[2] > 0 && before[3] + behind[3] > 0) {
        RETURN_IF_ERROR(pad_image(&result, reader, from, before, behind));
        before[2] = behind[2] = before[3] = behind[3] = 0;
    }
    for (int32_t axis = 0; axis < result.layout.rank; axis++)
        if (before[axis] + behind[axis] > 0)
            RETURN_IF_ERROR(pad_axis(&result, reader, from, axis, before[axis], behind[axis]));
    RETURN_IF_ERROR(neuron_onnx_rescale(&result.node, reader, from, true, 1, value));
    result.part = NEURON_ONNX_WHOLE;
    return neuron_onnx_out_part(reader, from, &result);
}

/* ---- Resize ---- */

/* By how much rows and columns grow: whole times. */
static int read_factors(int64_t factors[NEURON_RANK_MAX], neuron_onnx_reader *reader,
                        const neuron_onnx_operator *from, const neuron_onnx_layout *layout)
{
    bool old = strcmp(from->op_type, "Upsample") == 0 || reader->version < 11;
    const neuron_onnx_constant *scales = NULL, *sizes = NULL;
    const Neuron__Onnx__Attribute *attribute = neuron_onnx_attribute(from, "scales");
    size_t at = old ? 1 : 2;
    const float *numbers = attribute ? attribute->floats : NULL;
    const int64_t *extents = NULL;
    int64_t count = attribute ? (int64_t)attribute->n_floats : 0;
    if (neuron_onnx_in(reader, from, at))
        RETURN_IF_ERROR(neuron_onnx_constant_in(&scales, reader, from, at));
    if (scales && scales->count > 0) {
        RETURN_IF_ERROR(neuron_onnx_floats_of(&numbers, reader, from, scales));
        count = scales->count;
    } else if (neuron_onnx_in(reader, from, 3)) {
        RETURN_IF_ERROR(neuron_onnx_constant_in(&sizes, reader, from, 3));
        RETURN_IF_ERROR(neuron_onnx_integers_of(&extents, reader, from, sizes));
        count = sizes->count;
    }
    if (count != layout->rank)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "has %" PRId64 " scales or sizes for %" PRId32 " axes", count,
                                  layout->rank);
    for (int32_t axis = 0; axis < layout->rank; axis++) {
        bool batch = axis == layout->batch;
        double factor = !extents ? (double)numbers[axis]
                        : batch  ? 1
                                 : (double)extents[axis] / (double)layout->extent[axis];
        if (factor != floor(factor) || factor < 1 || factor > 1024 ||
            ((axis < 2 || batch) && factor != 1))
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "makes %g times as much of axis %" PRId32
                                      "; it must be whole times, of rows and columns alone",
                                      factor, axis);
        factors[axis] = (int64_t)factor;
    }
    return NEURON_OK;
}

/* Whether pixels are repeated, or mixed as this library does. */
static int read_mode(bool *nearest, neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    char mode[16], where[32], rounding[24], ratio[16];
    int64_t antialias;
    bool old = strcmp(from->op_type, "Upsample") == 0 || reader->version < 11;
    const char *standard = old ? "asymmetric" : "half_pixel";
    RETURN_IF_ERROR(neuron_onnx_read_word(mode, sizeof mode, reader, from, "mode", "nearest"));
    RETURN_IF_ERROR(neuron_onnx_read_word(where, sizeof where, reader, from,
                                          "coordinate_transformation_mode", standard));
    RETURN_IF_ERROR(neuron_onnx_read_word(rounding, sizeof rounding, reader, from, "nearest_mode",
                                          old ? "floor" : "round_prefer_floor"));
    RETURN_IF_ERROR(neuron_onnx_read_word(ratio, sizeof ratio, reader, from,
                                          "keep_aspect_ratio_policy", "stretch"));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&antialias, reader, from, "antialias", 0));
    *nearest = strcmp(mode, "nearest") == 0;
    bool halves = strcmp(where, "half_pixel") == 0 || strcmp(where, "pytorch_half_pixel") == 0 ||
                  strcmp(where, "half_pixel_symmetric") == 0;
    bool rounds = strncmp(rounding, "round", 5) == 0;
    bool repeats =
        (halves && rounds) || (strcmp(where, "asymmetric") == 0 && strcmp(rounding, "floor") == 0);
    bool linear = strcmp(mode, "linear") == 0 && halves;
    if (strcmp(ratio, "stretch") != 0 || antialias != 0)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "attribute keep_aspect_ratio_policy is \"%s\" and antialias "
                                  "%" PRId64 "; they must be \"stretch\" and 0",
                                  ratio, antialias);
    if (*nearest ? repeats : linear)
        return NEURON_OK;
    return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                              "attribute mode is \"%s\", coordinate_transformation_mode \"%s\" and "
                              "nearest_mode \"%s\"; only nearest, and linear by half_pixel, can be",
                              mode, where, rounding);
}

int neuron_onnx_import_resize(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    neuron_node_t *node;
    int64_t factors[NEURON_RANK_MAX] = {0};
    bool nearest;
    neuron_onnx_layout layout;
    const neuron_onnx_group groups[] = {{1 << 2, false}, {1 << 3, false}, {1 << 1, false}};
    char options[160];
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    if (item->layout.rank != 4 || !neuron_onnx_is_image(&item->layout))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "reads a value of %" PRId32 " axes; there must be four, of an "
                                  "image, whose first is the batch",
                                  item->layout.rank);
    RETURN_IF_ERROR(read_mode(&nearest, reader, from));
    RETURN_IF_ERROR(read_factors(factors, reader, from, &item->layout));
    RETURN_IF_ERROR(neuron_onnx_arrange(&node, &layout, reader, from, item, groups, 3));
    snprintf(options, sizeof options,
             "factor_height=%" PRId64 ", factor_width=%" PRId64 ", interpolation=%s", factors[2],
             factors[3], nearest ? "nearest" : "bilinear");
    RETURN_IF_ERROR(neuron_onnx_layer(&node, reader, from, true, "upsample2d", &node, 1, options));
    layout = resized(&layout, image_dimension, 2, layout.extent[2] * factors[2]);
    layout = resized(&layout, image_dimension, 3, layout.extent[3] * factors[3]);
    return neuron_onnx_out(reader, from, 0, node, &layout);
}
