/* Windows of convolutions and pooling: see windows.h. */
#include "onnx/import/operators/windows.h"

#include <stdio.h>
#include <string.h>

static const int64_t most = INT32_MAX;

void neuron_onnx_cut_at(const neuron_node_t *node, int32_t axis, int64_t extents[3])
{
    const neuron_shape *shape = &node->spec.output;
    extents[0] = extents[1] = extents[2] = 1;
    for (int32_t a = 0; a < shape->rank; a++)
        extents[a < axis ? 0 : a == axis ? 1 : 2] *= shape->extent[a];
}

bool neuron_onnx_is_image(const neuron_onnx_layout *layout)
{
    return layout->rank >= 3 && layout->batch <= 0 && layout->extent[0] == 1;
}

static int check_axes(const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                      const neuron_onnx_layout *layout, int32_t axes)
{
    if (layout->rank < 3 || layout->rank > axes + 2)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "reads a value of %" PRId32 " axes; there may be 3 to %" PRId32,
                                  layout->rank, axes + 2);
    if (neuron_onnx_is_image(layout))
        return NEURON_OK;
    return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                              "reads a value whose first axis is not the batch");
}

int neuron_onnx_image_of(neuron_node_t **node, neuron_onnx_reader *reader,
                         const neuron_onnx_operator *from, const neuron_onnx_item *item)
{
    neuron_onnx_layout layout;
    neuron_onnx_group groups[NEURON_RANK_MAX] = {{0}};
    int32_t count = item->layout.rank - 1;
    RETURN_IF_ERROR(check_axes(reader, from, &item->layout, NEURON_ONNX_WINDOW_AXES));
    for (int32_t g = 0; g < count; g++)
        groups[g].axes = g + 1 < count ? UINT32_C(1) << (g + 2) : 1 << 1;
    return neuron_onnx_arrange(node, &layout, reader, from, item, groups, count);
}

/* A list of an integer for each axis, or for each end of it. */
static int read_list(int64_t *first, int64_t *second, int32_t axes, int64_t least, int64_t standard,
                     const neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                     const char *name)
{
    const int64_t *given;
    size_t count, wanted = (size_t)axes * (second ? 2 : 1);
    RETURN_IF_ERROR(neuron_onnx_read_integers(&given, &count, reader, from, name));
    if (count != 0 && count != wanted)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "attribute %s has %zu numbers; it must have %zu", name, count,
                                  wanted);
    for (size_t i = 0; i < wanted; i++) {
        int64_t value = count ? given[i] : standard;
        if (value < least || value > most)
            return neuron_onnx_refuse(
                reader, from, NEURON_E_UNSUPPORTED,
                "attribute %s has %" PRId64 "; it must be %" PRId64 " or more", name, value, least);
        *((int32_t)i < axes ? &first[i] : &second[i - (size_t)axes]) = value;
    }
    return NEURON_OK;
}

int neuron_onnx_windows_read(neuron_onnx_windows *w, const neuron_onnx_reader *reader,
                             const neuron_onnx_operator *from, const neuron_onnx_layout *layout,
                             const int64_t *kernel, int32_t most_axes)
{
    int32_t axes = layout->rank - 2;
    RETURN_IF_ERROR(check_axes(reader, from, layout, most_axes));
    *w = (neuron_onnx_windows){.axes = axes};
    const int64_t *given;
    size_t count;
    RETURN_IF_ERROR(read_list(w->kernel, NULL, axes, 1, 1, reader, from, "kernel_shape"));
    RETURN_IF_ERROR(neuron_onnx_read_integers(&given, &count, reader, from, "kernel_shape"));
    if (!kernel && count == 0)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "attribute kernel_shape is missing");
    RETURN_IF_ERROR(read_list(w->stride, NULL, axes, 1, 1, reader, from, "strides"));
    RETURN_IF_ERROR(read_list(w->dilation, NULL, axes, 1, 1, reader, from, "dilations"));
    RETURN_IF_ERROR(read_list(w->before, w->behind, axes, 0, 0, reader, from, "pads"));
    RETURN_IF_ERROR(
        neuron_onnx_read_word(w->padding, sizeof w->padding, reader, from, "auto_pad", "NOTSET"));
    for (int32_t i = 0; i < axes; i++) {
        w->input[i] = layout->extent[2 + i];
        if (kernel && count > 0 && kernel[i] != w->kernel[i])
            return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                      "attribute kernel_shape is not that of the kernel");
        if (kernel)
            w->kernel[i] = kernel[i];
        if (w->kernel[i] > most)
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "the kernel is too large");
    }
    return NEURON_OK;
}

static bool pads_by_itself(const neuron_onnx_windows *w)
{
    return strcmp(w->padding, "SAME_UPPER") == 0 || strcmp(w->padding, "SAME_LOWER") == 0;
}

/* Padding with which there is a window for each step; an odd one goes behind, or with SAME_LOWER
 * before. */
static void place_same(neuron_onnx_windows *w, int32_t i, int64_t extent)
{
    int64_t count = neuron_ceil_divide(w->input[i], w->stride[i]);
    int64_t missing = (count - 1) * w->stride[i] + extent - w->input[i];
    missing = missing > 0 ? missing : 0;
    bool lower = strcmp(w->padding, "SAME_LOWER") == 0;
    w->before[i] = lower ? missing - missing / 2 : missing / 2;
    w->behind[i] = missing - w->before[i];
}

int neuron_onnx_windows_place(neuron_onnx_windows *w, const neuron_onnx_reader *reader,
                              const neuron_onnx_operator *from)
{
    int64_t ceiling;
    bool none = strcmp(w->padding, "VALID") == 0, same = pads_by_itself(w);
    if (!none && !same && strcmp(w->padding, "NOTSET") != 0)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT, "attribute auto_pad is \"%s\"",
                                  w->padding);
    RETURN_IF_ERROR(neuron_onnx_read_integer(&ceiling, reader, from, "ceil_mode", 0));
    for (int32_t i = 0; i < w->axes; i++) {
        int64_t extent = neuron_dilated(w->kernel[i], w->dilation[i]);
        if (none)
            w->before[i] = w->behind[i] = 0;
        if (same)
            place_same(w, i, extent);
        int64_t padded = w->before[i] + w->input[i] + w->behind[i];
        if (extent > padded && !(ceiling && padded > 0))
            return neuron_onnx_refuse(
                reader, from, NEURON_E_UNSUPPORTED,
                "a window of %" PRId64 " is larger than what it sees, %" PRId64, extent, padded);
        int64_t room = padded - extent, step = w->stride[i];
        w->output[i] = room < 0 ? 1 : room / step + 1;
        /* One more that begins before the padding behind. */
        if (ceiling && !same && room >= 0 && room % step != 0 &&
            w->output[i] * step < w->input[i] + w->before[i])
            w->output[i]++;
        int64_t covered = (w->output[i] - 1) * step + extent;
        w->more[i] = covered > padded ? covered - padded : 0;
    }
    return NEURON_OK;
}

/* Whether the layer's own padding `same` is the same. */
static bool is_same(const neuron_onnx_windows *w)
{
    for (int32_t i = 0; i < w->axes; i++) {
        neuron_onnx_windows wanted = *w;
        place_same(&wanted, i, neuron_dilated(w->kernel[i], w->dilation[i]));
        int64_t missing = wanted.before[i] + wanted.behind[i];
        if (w->before[i] != missing / 2 || w->behind[i] + w->more[i] != missing - missing / 2 ||
            w->output[i] != neuron_ceil_divide(w->input[i], w->stride[i]))
            return false;
    }
    return true;
}

void neuron_onnx_windows_text(const neuron_onnx_windows *w, char text[NEURON_ONNX_WINDOW_TEXT])
{
    static const char *const names[2][2][5] = {
        {{"kernel_size", "stride", "dilation", "padding_before", "padding_behind"}},
        {{"kernel_height", "stride_height", "dilation_height", "padding_top", "padding_bottom"},
         {"kernel_width", "stride_width", "dilation_width", "padding_left", "padding_right"}}};
    size_t size = NEURON_ONNX_WINDOW_TEXT, used = 0;
    bool same = is_same(w), padded = false;
    text[0] = '\0';
    for (int32_t i = 0; i < w->axes; i++) {
        const char *const *name = names[w->axes - 1][i];
        int64_t behind = w->behind[i] + w->more[i];
        padded = padded || w->before[i] != 0 || behind != 0;
        used += (size_t)snprintf(text + used, size - used, "%s%s=%" PRId64 ", %s=%" PRId64,
                                 i > 0 ? ", " : "", name[0], w->kernel[i], name[1], w->stride[i]);
        if (w->dilation[i] != 1)
            used += (size_t)snprintf(text + used, size - used, ", %s=%" PRId64, name[2],
                                     w->dilation[i]);
        if (!same && (w->before[i] != 0 || behind != 0))
            used += (size_t)snprintf(text + used, size - used, ", %s=%" PRId64 ", %s=%" PRId64,
                                     name[3], w->before[i], name[4], behind);
    }
    if (same && padded)
        snprintf(text + used, size - used, ", padding=same");
}

neuron_onnx_layout neuron_onnx_windows_result(const neuron_onnx_windows *w,
                                              const neuron_onnx_layout *layout, int64_t channels)
{
    int64_t extents[NEURON_RANK_MAX] = {1, channels};
    for (int32_t i = 0; i < w->axes; i++)
        extents[2 + i] = w->output[i];
    neuron_onnx_layout made = neuron_onnx_layout_plain(extents, layout->rank, layout->batch);
    neuron_onnx_layout_put_last(&made, 1);
    return made;
}
