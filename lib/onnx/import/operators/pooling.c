/* MaxPool, AveragePool, the global ones, and ReduceMean and its like: the same over any axes. */
#include "onnx/import/operators/operators.h"
#include "onnx/import/operators/windows.h"

#include <stdio.h>
#include <string.h>

/* ---- Axis by axis ---- */

/* Windows of neighbours, or of places `dilation` apart. Those are neighbours once the axis is one
 * of rows of so many places: all windows are pooled then, and those taken that are wanted. */
static int pool_axis(neuron_node_t **node, const neuron_onnx_windows *w, int32_t axis,
                     const char *layer, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from)
{
    char options[200];
    int64_t extents[3], dilation = w->dilation[axis], step = w->stride[axis];
    int64_t rows = neuron_ceil_divide(w->input[axis], dilation);
    int64_t wanted = (w->output[axis] - 1) * step + 1; /* from the first window to the last */
    neuron_onnx_cut_at(*node, axis, extents);
    RETURN_IF_ERROR(neuron_onnx_view(node, reader, from, false, *node, extents, 3));
    if (dilation == 1) {
        snprintf(options, sizeof options,
                 "kernel_height=1, kernel_width=%" PRId64 ", stride_width=%" PRId64
                 ", padding_left=%" PRId64 ", padding_right=%" PRId64,
                 w->kernel[axis], step, w->before[axis], w->behind[axis] + w->more[axis]);
        return neuron_onnx_layer(node, reader, from, false, layer, node, 1, options);
    }
    snprintf(options, sizeof options, "right=%" PRId64, rows * dilation - w->input[axis]);
    if (rows * dilation > w->input[axis])
        RETURN_IF_ERROR(
            neuron_onnx_layer(node, reader, from, false, "zero_pad2d", node, 1, options));
    const int64_t cut[] = {extents[0], rows, dilation * extents[2]};
    RETURN_IF_ERROR(neuron_onnx_view(node, reader, from, false, *node, cut, 3));
    int64_t made = (wanted + dilation - 1) / dilation; /* rows of windows that are needed */
    int64_t more = made + w->kernel[axis] - 1 - rows;
    snprintf(options, sizeof options,
             "kernel_height=1, kernel_width=%" PRId64 ", stride_width=1, padding_right=%" PRId64,
             w->kernel[axis], more > 0 ? more : 0);
    RETURN_IF_ERROR(neuron_onnx_layer(node, reader, from, false, layer, node, 1, options));
    const int64_t joined[] = {extents[0], (*node)->spec.output.extent[1] * dilation, extents[2]};
    RETURN_IF_ERROR(neuron_onnx_view(node, reader, from, false, *node, joined, 3));
    snprintf(options, sizeof options, "axis=1, begin=0, count=%" PRId64, wanted);
    if (wanted < joined[1])
        RETURN_IF_ERROR(neuron_onnx_layer(node, reader, from, false, "slice", node, 1, options));
    snprintf(options, sizeof options, "kernel_height=1, kernel_width=1, stride_width=%" PRId64,
             step);
    return step == 1 ? NEURON_OK
                     : neuron_onnx_layer(node, reader, from, false, "max_pool2d", node, 1, options);
}

/* The largest value of a window, or its mean, is that of those along one axis after the other. */
static int pool_each_axis(neuron_node_t **node, const neuron_onnx_windows *w, bool average,
                          bool counts_zeros, neuron_onnx_reader *reader,
                          const neuron_onnx_operator *from)
{
    int64_t extents[NEURON_RANK_MAX];
    for (int32_t i = 0; i < w->axes; i++) {
        bool padded = w->before[i] > 0 || w->behind[i] > 0, dilated = w->dilation[i] > 1;
        bool cut = dilated && w->more[i] > 0 && w->input[i] % w->dilation[i] != 0;
        if ((padded && (dilated || (average && counts_zeros))) || cut)
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "attribute %s goes with padding, or ceil_mode, and is not "
                                      "imported then",
                                      dilated ? "dilations" : "count_include_pad");
    }
    for (int32_t i = 0; i < w->axes; i++) {
        const neuron_shape shape = (*node)->spec.output;
        for (int32_t a = 0; a < shape.rank; a++)
            extents[a] = a == i ? w->output[i] : shape.extent[a];
        RETURN_IF_ERROR(
            pool_axis(node, w, i, average ? "average_pool2d" : "max_pool2d", reader, from));
        RETURN_IF_ERROR(
            neuron_onnx_view(node, reader, from, i + 1 == w->axes, *node, extents, shape.rank));
    }
    return NEURON_OK;
}

/* ---- Images and sequences ---- */

/* Zeros that are counted in means are put around the image first. */
static int add_zeros(neuron_node_t **node, neuron_onnx_windows *w, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from)
{
    char options[160];
    bool sequence = w->axes == 1;
    int64_t channels = (*node)->spec.output.extent[sequence ? 1 : 2];
    const int64_t image[] = {w->input[0], 1, channels};
    snprintf(options, sizeof options,
             "top=%" PRId64 ", bottom=%" PRId64 ", left=%" PRId64 ", right=%" PRId64, w->before[0],
             w->behind[0], w->before[1], w->behind[1]);
    if (sequence)
        RETURN_IF_ERROR(neuron_onnx_view(node, reader, from, false, *node, image, 3));
    RETURN_IF_ERROR(neuron_onnx_layer(node, reader, from, false, "zero_pad2d", node, 1, options));
    for (int32_t i = 0; i < w->axes; i++) {
        w->input[i] += w->before[i] + w->behind[i];
        w->before[i] = w->behind[i] = 0;
    }
    const int64_t padded[] = {w->input[0], channels};
    return sequence ? neuron_onnx_view(node, reader, from, false, *node, padded, 2) : NEURON_OK;
}

int neuron_onnx_import_pool(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    neuron_node_t *node;
    neuron_onnx_windows w;
    int64_t counts_zeros;
    char options[NEURON_ONNX_WINDOW_TEXT];
    bool average = from->op_type[0] == 'A';
    RETURN_IF_ERROR(neuron_onnx_one_out(reader, from));
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_windows_read(&w, reader, from, &item->layout, NULL, 3));
    RETURN_IF_ERROR(neuron_onnx_windows_place(&w, reader, from));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&counts_zeros, reader, from, "count_include_pad", 0));
    RETURN_IF_ERROR(neuron_onnx_image_of(&node, reader, from, item));
    const neuron_onnx_layout result =
        neuron_onnx_windows_result(&w, &item->layout, item->layout.extent[1]);
    bool dilated = w.dilation[0] > 1 || (w.axes > 1 && w.dilation[1] > 1);
    if (w.axes > 2 || dilated) {
        RETURN_IF_ERROR(pool_each_axis(&node, &w, average, counts_zeros != 0, reader, from));
        return neuron_onnx_out(reader, from, 0, node, &result);
    }
    bool padded = w.before[0] + w.behind[0] + w.before[1] + w.behind[1] > 0;
    if (average && counts_zeros && padded)
        RETURN_IF_ERROR(add_zeros(&node, &w, reader, from));
    neuron_onnx_windows_text(&w, options);
    const char *layer = w.axes == 2 ? average ? "average_pool2d" : "max_pool2d"
                        : average   ? "average_pool1d"
                                    : "max_pool1d";
    RETURN_IF_ERROR(neuron_onnx_layer(&node, reader, from, true, layer, &node, 1, options));
    return neuron_onnx_out(reader, from, 0, node, &result);
}

/* ---- Over whole axes ---- */

/* Whether the axes of a set lie behind all others. */
static bool lies_last(const neuron_onnx_layout *layout, uint32_t axes)
{
    int32_t count = 0, first = layout->count;
    for (int32_t i = 0; i < layout->count; i++) {
        if (!(axes >> layout->factor[i].axis & 1))
            continue;
        count++;
        first = layout->factor[i].place < first ? layout->factor[i].place : first;
    }
    return first == layout->count - count;
}

/* The layout once some axes have one value, and are kept or gone. */
static neuron_onnx_layout reduced(const neuron_onnx_layout *layout, uint32_t axes, bool keep)
{
    neuron_onnx_layout made = {.rank = 0, .batch = -1};
    int32_t order[NEURON_ONNX_FACTORS];
    neuron_onnx_layout_places(layout, order);
    for (int32_t axis = 0; axis < layout->rank; axis++) {
        bool goes = axes >> axis & 1;
        if (goes && !keep)
            continue;
        if (axis == layout->batch)
            made.batch = made.rank;
        made.extent[made.rank] = goes ? 1 : layout->extent[axis];
        for (int32_t i = 0; i < layout->count; i++) {
            if (layout->factor[i].axis != axis || goes)
                continue;
            made.factor[made.count] = layout->factor[i];
            made.factor[made.count++].axis = made.rank;
        }
        made.rank++;
    }
    /* Places without gaps. */
    for (int32_t p = 0, place = 0; p < layout->count; p++)
        for (int32_t i = 0; i < made.count; i++)
            if (made.factor[i].place == p) {
                made.factor[i].place = place++;
                break;
            }
    return made;
}

/* The mean, or largest value, over some axes: pooling by one window over all of an image or a
 * sequence, or over the last axis of one. */
static int pool_axes(neuron_node_t **node, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, const neuron_onnx_item *item, uint32_t axes,
                     bool average, bool last, neuron_onnx_layout *layout)
{
    uint32_t others = neuron_onnx_all_axes(&item->layout) & ~axes;
    if (lies_last(&item->layout, axes) && !lies_last(&item->layout, others)) {
        char options[80];
        const neuron_onnx_group groups[] = {{others, true}, {axes, true}};
        RETURN_IF_ERROR(neuron_onnx_arrange(node, layout, reader, from, item, groups, 2));
        const int64_t *extent = (*node)->spec.output.extent;
        const int64_t image[] = {extent[0], extent[1], 1};
        RETURN_IF_ERROR(neuron_onnx_view(node, reader, from, false, *node, image, 3));
        snprintf(options, sizeof options,
                 "kernel_height=1, kernel_width=%" PRId64 ", stride_width=1", image[1]);
        return neuron_onnx_layer(node, reader, from, last,
                                 average ? "average_pool2d" : "max_pool2d", node, 1, options);
    }
    const neuron_onnx_group image[] = {{1 << 2, false}, {1 << 3, false}, {1 << 1, false}};
    const neuron_onnx_group sequence[] = {{axes, true}, {others, true}};
    bool is_image =
        item->layout.rank == 4 && axes == (1 << 2 | 1 << 3) && neuron_onnx_is_image(&item->layout);
    RETURN_IF_ERROR(neuron_onnx_arrange(node, layout, reader, from, item,
                                        is_image ? image : sequence, is_image ? 3 : 2));
    const char *layer = is_image  ? average ? "global_average_pool2d" : "global_max_pool2d"
                        : average ? "global_average_pool1d"
                                  : "global_max_pool1d";
    return neuron_onnx_layer(node, reader, from, last, layer, node, 1, NULL);
}

int neuron_onnx_import_global_pool(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    neuron_node_t *node;
    neuron_onnx_layout layout;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    if (!neuron_onnx_is_image(&item->layout))
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "reads a value that is no image");
    uint32_t axes = neuron_onnx_all_axes(&item->layout) & ~UINT32_C(3);
    RETURN_IF_ERROR(pool_axes(&node, reader, from, item, axes,
                              strcmp(from->op_type, "GlobalAveragePool") == 0, true, &layout));
    layout = reduced(&layout, axes, true);
    return neuron_onnx_out(reader, from, 0, node, &layout);
}

/* The axes that are reduced; all if none are told. */
static int read_axes(uint32_t *axes, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                     const neuron_onnx_layout *layout)
{
    int64_t count, does_nothing;
    RETURN_IF_ERROR(neuron_onnx_axes_in(axes, &count, reader, from, layout->rank));
    RETURN_IF_ERROR(
        neuron_onnx_read_integer(&does_nothing, reader, from, "noop_with_empty_axes", 0));
    if (count == 0 && !does_nothing)
        *axes = (UINT32_C(1) << layout->rank) - 1;
    if (layout->batch >= 0 && *axes >> layout->batch & 1)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED, "goes along the batch");
    return NEURON_OK;
}

/* A maximum may be the first part of a softmax, and a sum the third. */
static void set_softmax_part(neuron_onnx_item *made, const neuron_onnx_item *item, uint32_t axes,
                             bool sum)
{
    if (sum && item->part != NEURON_ONNX_EXPONENTS)
        return;
    made->part = sum ? NEURON_ONNX_TOTAL : NEURON_ONNX_MAXIMUM;
    made->of = item;
    made->axes = axes;
}

/* A mean may be the first or second part of a layer normalisation. */
static void set_part(neuron_onnx_item *mean, const neuron_onnx_item *item, uint32_t axes)
{
    bool of_squares = item->part == NEURON_ONNX_SQUARE && item->of->part == NEURON_ONNX_CENTERED &&
                      item->of->axes == axes;
    mean->part = of_squares ? NEURON_ONNX_VARIANCE : NEURON_ONNX_MEAN;
    mean->of = of_squares ? item->of : item;
    mean->axes = axes;
}

int neuron_onnx_import_reduce(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    neuron_node_t *node;
    neuron_onnx_layout layout;
    int64_t keeps, count = 1;
    uint32_t axes;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&keeps, reader, from, "keepdims", 1));
    RETURN_IF_ERROR(read_axes(&axes, reader, from, &item->layout));
    if (axes == 0)
        return neuron_onnx_out_part(reader, from, item);
    bool sum = strcmp(from->op_type, "ReduceSum") == 0;
    for (int32_t axis = 0; axis < item->layout.rank; axis++)
        count *= axes >> axis & 1 ? item->layout.extent[axis] : 1;
    RETURN_IF_ERROR(pool_axes(&node, reader, from, item, axes,
                              strcmp(from->op_type, "ReduceMax") != 0, !sum, &layout));
    if (sum)
        RETURN_IF_ERROR(neuron_onnx_rescale(&node, reader, from, true, (double)count, 0));
    neuron_onnx_item result = {.node = node, .layout = reduced(&layout, axes, keeps != 0)};
    if (keeps && strcmp(from->op_type, "ReduceMean") == 0)
        set_part(&result, item, axes);
    else if (keeps)
        set_softmax_part(&result, item, axes, sum);
    return neuron_onnx_out_part(reader, from, &result);
}
