/* Conv and ConvTranspose of images and of sequences, with constant kernels. */
#include "onnx/import/constant.h"
#include "onnx/import/operators/operators.h"
#include "onnx/import/operators/quantized.h"
#include "onnx/import/weights.h"
#include "onnx/import/operators/windows.h"

#include <stdio.h>
#include <string.h>

/* A kernel [filters, channels / groups, rows, columns], of a transposed one [channels, filters /
 * groups, rows, columns]; with one axis less of a sequence. */
typedef struct kernel {
    const neuron_onnx_constant *constant;
    const float *numbers;
    int64_t groups, filters, channels; /* of all groups */
    neuron_onnx_windows windows;
    bool transposed;
} kernel;

static int read_kernel(kernel *k, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                       const neuron_onnx_item *item)
{
    RETURN_IF_ERROR(neuron_onnx_constant_in(&k->constant, reader, from, 1));
    RETURN_IF_ERROR(neuron_onnx_read_integer(&k->groups, reader, from, "group", 1));
    const neuron_onnx_layout *layout = &item->layout;
    const int64_t *extent = k->constant->extent;
    if (k->constant->rank != layout->rank || layout->rank < 3 || k->constant->count == 0)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "has a kernel of %" PRId32 " axes for a value of %" PRId32,
                                  k->constant->rank, layout->rank);
    bool fits =
        k->groups >= 1 && extent[0] % k->groups == 0 &&
        neuron_multiply_count(extent[1], k->groups, k->transposed ? &k->filters : &k->channels);
    *(k->transposed ? &k->channels : &k->filters) = extent[0];
    if (!fits || k->channels != layout->extent[1])
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "has a kernel of %" PRId64 " x %" PRId64 " channels in %" PRId64
                                  " groups for %" PRId64 " channels",
                                  extent[0], extent[1], k->groups, layout->extent[1]);
    RETURN_IF_ERROR(neuron_onnx_floats_of(&k->numbers, reader, from, k->constant));
    return neuron_onnx_windows_read(&k->windows, reader, from, layout, extent + 2, 2);
}

/* The kernel as it is here: [rows, columns, channels / groups, filters], of a transposed one [rows,
 * columns, filters, channels]; of a depthwise one [rows, columns, channels, multiplier]. */
static neuron_onnx_weights kernel_weights(const kernel *k, bool depthwise)
{
    neuron_onnx_weights weights = {.array = "kernel", .numbers = k->numbers, .scale = 1};
    const int64_t *extent = k->constant->extent;
    int32_t axes = k->windows.axes;
    int64_t place = 1, inner = 1; /* numbers of one kernel of one channel, and of its rest */
    for (int32_t i = 0; i < axes; i++)
        place *= extent[2 + i];
    inner = place;
    for (int32_t i = 0; i < axes; i++) {
        inner /= extent[2 + i];
        neuron_onnx_weights_axis(&weights, extent[2 + i], inner);
    }
    if (depthwise) { /* [channels * multiplier, 1, rows, columns] */
        int64_t multiplier = k->filters / k->channels;
        neuron_onnx_weights_axis(&weights, k->channels, multiplier * place);
        neuron_onnx_weights_axis(&weights, multiplier, place);
        return weights;
    }
    neuron_onnx_weights_axis(&weights, extent[1], place);
    neuron_onnx_weights_axis(&weights, extent[0], place * extent[1]);
    return weights;
}

/* The bias: the third input, or what is added behind. */
static int read_bias(neuron_onnx_weights *weights, const neuron_onnx_operator **adds,
                     neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                     const neuron_onnx_layout *result)
{
    const neuron_onnx_constant *bias = NULL;
    int64_t filters = result->extent[1];
    *weights = (neuron_onnx_weights){.array = "bias", .scale = 1};
    *adds = NULL;
    if (neuron_onnx_in(reader, from, 2)) {
        RETURN_IF_ERROR(neuron_onnx_constant_in(&bias, reader, from, 2));
        if (bias->count != filters)
            return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                      "has %" PRId64 " biases for %" PRId64 " filters", bias->count,
                                      filters);
    } else {
        RETURN_IF_ERROR(neuron_onnx_bias_behind(&bias, adds, reader, from, result, 1));
    }
    if (!bias)
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_onnx_floats_of(&weights->numbers, reader, from, bias));
    neuron_onnx_weights_axis(weights, filters, bias->count > 1);
    return NEURON_OK;
}

/* Whether it can be a layer of bytes, which knows images without groups and dilations. */
static bool has_bytes(neuron_onnx_quantized *quantized, neuron_onnx_reader *reader,
                      const neuron_onnx_operator *from, const neuron_onnx_item *item,
                      const kernel *k)
{
    const neuron_onnx_windows *w = &k->windows;
    return w->axes == 2 && k->groups == 1 && w->dilation[0] == 1 && w->dilation[1] == 1 &&
           neuron_onnx_can_quantize(quantized, reader, from, item, k->constant, 0);
}

/* Adds the layer; images have their channels last. */
static int add_layer(neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                     const neuron_onnx_item *item, const kernel *k, const char *layer,
                     const char *options)
{
    neuron_node_t *node;
    const neuron_onnx_operator *adds;
    neuron_onnx_quantized quantized;
    bool depthwise = strcmp(layer, "depthwise_conv2d") == 0;
    char all[NEURON_ONNX_WINDOW_TEXT + 200];
    const neuron_onnx_layout result =
        neuron_onnx_windows_result(&k->windows, &item->layout, k->filters);
    neuron_onnx_weights arrays[3] = {kernel_weights(k, depthwise)};
    RETURN_IF_ERROR(read_bias(&arrays[1], &adds, reader, from, &result));
    if (has_bytes(&quantized, reader, from, item, k)) {
        const neuron_onnx_weights bias = arrays[1];
        arrays[0].numbers = quantized.weights;
        neuron_onnx_quantized_arrays(arrays + 1, &quantized, k->filters, &bias);
        snprintf(all, sizeof all, "%s, %s", options, quantized.options);
        RETURN_IF_ERROR(neuron_onnx_image_of(&node, reader, from, quantized.input));
        RETURN_IF_ERROR(neuron_onnx_weighted_layer(&node, reader, from, true, "quantized_conv2d",
                                                   node, all, arrays, 3));
        return neuron_onnx_out_biased(reader, from, adds, node, &result);
    }
    snprintf(all, sizeof all, "%s%s", options, arrays[1].numbers ? "" : ", use_bias=no");
    RETURN_IF_ERROR(neuron_onnx_image_of(&node, reader, from, item));
    RETURN_IF_ERROR(neuron_onnx_weighted_layer(&node, reader, from, true, layer, node, all, arrays,
                                               arrays[1].numbers ? 2 : 1));
    return neuron_onnx_out_biased(reader, from, adds, node, &result);
}

int neuron_onnx_import_conv(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    kernel k = {.transposed = false};
    char windows[NEURON_ONNX_WINDOW_TEXT], options[NEURON_ONNX_WINDOW_TEXT + 80];
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(read_kernel(&k, reader, from, item));
    RETURN_IF_ERROR(neuron_onnx_windows_place(&k.windows, reader, from));
    neuron_onnx_windows_text(&k.windows, windows);
    bool sequence = k.windows.axes == 1;
    bool depthwise = !sequence && k.groups > 1 && k.groups == k.channels;
    if (depthwise)
        snprintf(options, sizeof options, "depth_multiplier=%" PRId64 ", %s",
                 k.filters / k.channels, windows);
    else if (k.groups > 1)
        snprintf(options, sizeof options, "filters=%" PRId64 ", groups=%" PRId64 ", %s", k.filters,
                 k.groups, windows);
    else
        snprintf(options, sizeof options, "filters=%" PRId64 ", %s", k.filters, windows);
    return add_layer(reader, from, item, &k,
                     depthwise  ? "depthwise_conv2d"
                     : sequence ? "conv1d"
                                : "conv2d",
                     options);
}

/* ---- Transposed ---- */

/* One axis: all that kernels reach, what this library makes of it, and which part of it is
 * wanted. */
typedef struct reach {
    int64_t all, made, begin, count;
    bool same; /* that part is what the layer's own padding `same` leaves */
} reach;

/* Padding to a shape that is given, or to a step for each pixel. What is missing is added
 * behind. */
static void pad_to(neuron_onnx_windows *w, int32_t i, int64_t all, int64_t wanted)
{
    int64_t taken = all - wanted;
    bool upper = strcmp(w->padding, "SAME_UPPER") == 0;
    w->before[i] = taken < 0 ? 0 : upper ? taken / 2 : taken - taken / 2;
    w->behind[i] = taken - w->before[i];
}

static int reach_along(reach *r, neuron_onnx_windows *w, int32_t i, int64_t more, int64_t shape,
                       const neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    int64_t steps, most = INT32_MAX, extent = neuron_dilated(w->kernel[i], w->dilation[i]);
    if (!neuron_multiply_count(w->input[i], w->stride[i], &steps) || steps > most || more < 0 ||
        more > most || shape < 0 || shape > most)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED, "makes too large an image");
    r->all = steps - w->stride[i] + extent;
    r->made = r->all > steps ? r->all : steps;
    if (strcmp(w->padding, "VALID") == 0)
        w->before[i] = w->behind[i] = 0;
    else if (shape > 0 || strcmp(w->padding, "NOTSET") != 0)
        pad_to(w, i, r->all + more, shape > 0 ? shape : steps);
    r->begin = w->before[i];
    r->count = w->output[i] = r->all + more - w->before[i] - w->behind[i];
    r->same = r->count == steps && r->begin == (r->made - steps) / 2;
    if (r->count < 1 || r->count > most)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "makes %" PRId64 " values along an axis", r->count);
    return NEURON_OK;
}

static int read_reach(reach reaches[NEURON_ONNX_WINDOW_AXES], neuron_onnx_windows *w,
                      const neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    static const char *const words[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
    const int64_t *shape, *more;
    size_t shape_count, more_count, axes = (size_t)w->axes;
    RETURN_IF_ERROR(neuron_onnx_read_integers(&shape, &shape_count, reader, from, "output_shape"));
    RETURN_IF_ERROR(neuron_onnx_read_integers(&more, &more_count, reader, from, "output_padding"));
    bool known = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        known = known || strcmp(words[i], w->padding) == 0;
    if (!known || (shape_count != 0 && shape_count != axes) ||
        (more_count != 0 && more_count != axes))
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "attributes auto_pad, output_shape and output_padding are no "
                                  "padding of %zu axes",
                                  axes);
    for (int32_t i = 0; i < w->axes; i++)
        RETURN_IF_ERROR(reach_along(&reaches[i], w, i, more_count ? more[i] : 0,
                                    shape_count ? shape[i] : 0, reader, from));
    return NEURON_OK;
}

/* Takes the wanted part of an image; what lies behind all that kernels reach are zeros. */
static int take_part(neuron_node_t **node, neuron_onnx_reader *reader,
                     const neuron_onnx_operator *from, const reach reaches[2], bool biased)
{
    char options[200];
    int64_t missing[2];
    for (int i = 0; i < 2; i++) {
        int64_t end = reaches[i].begin + reaches[i].count;
        missing[i] = end > reaches[i].made ? end - reaches[i].made : 0;
    }
    if ((missing[0] > 0 || missing[1] > 0) && biased)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "attribute output_padding goes beyond what its kernels reach, "
                                  "and there is a bias");
    if (missing[0] > 0 || missing[1] > 0) {
        snprintf(options, sizeof options, "bottom=%" PRId64 ", right=%" PRId64, missing[0],
                 missing[1]);
        RETURN_IF_ERROR(
            neuron_onnx_layer(node, reader, from, false, "zero_pad2d", node, 1, options));
    }
    for (int i = 0; i < 2; i++) {
        if (reaches[i].begin == 0 && reaches[i].count == reaches[i].made + missing[i])
            continue;
        snprintf(options, sizeof options, "axis=%d, begin=%" PRId64 ", count=%" PRId64, i,
                 reaches[i].begin, reaches[i].count);
        RETURN_IF_ERROR(neuron_onnx_layer(node, reader, from, false, "slice", node, 1, options));
    }
    return NEURON_OK;
}

/* The layer for one group of channels. */
static int add_transposed(neuron_node_t **node, neuron_onnx_reader *reader,
                          const neuron_onnx_operator *from, const kernel *k, int64_t group,
                          const neuron_onnx_weights *bias, bool same, bool last)
{
    char options[240];
    kernel part = *k;
    const int64_t *extent = k->constant->extent;
    int64_t channels = extent[0] / k->groups, filters = extent[1];
    neuron_onnx_weights arrays[2] = {{.array = NULL}, *bias};
    part.numbers += group * (k->constant->count / k->groups);
    arrays[0] = kernel_weights(&part, false);
    /* [rows, columns, filters, channels]; a sequence has one column */
    if (k->windows.axes == 1) {
        for (int32_t i = arrays[0].rank++; i > 1; i--) {
            arrays[0].extent[i] = arrays[0].extent[i - 1];
            arrays[0].step[i] = arrays[0].step[i - 1];
        }
        arrays[0].extent[1] = 1;
        arrays[0].step[1] = 0;
    }
    arrays[0].extent[3] = channels;
    if (bias->numbers) {
        arrays[1].extent[0] = filters;
        arrays[1].numbers += group * filters * bias->step[0];
    }
    const neuron_onnx_windows *w = &k->windows;
    snprintf(options, sizeof options,
             "filters=%" PRId64 ", kernel_height=%" PRId64 ", kernel_width=%" PRId64
             ", stride_height=%" PRId64 ", stride_width=%" PRId64 "%s%s",
             filters, w->kernel[0], w->axes > 1 ? w->kernel[1] : 1, w->stride[0],
             w->axes > 1 ? w->stride[1] : 1, same ? ", padding=same" : "",
             bias->numbers ? "" : ", use_bias=no");
    return neuron_onnx_weighted_layer(node, reader, from, last, "conv2d_transpose", *node, options,
                                      arrays, bias->numbers ? 2 : 1);
}

/* Groups of channels are convolved one by one and joined. */
static int add_groups(neuron_node_t **node, neuron_onnx_reader *reader,
                      const neuron_onnx_operator *from, const kernel *k,
                      const neuron_onnx_weights *bias, bool same)
{
    int64_t channels = k->channels / k->groups;
    neuron_node_t **groups = neuron_onnx_reader_get(reader, k->groups, sizeof(neuron_node_t *));
    if (!groups)
        return NEURON_E_MEMORY;
    for (int64_t g = 0; g < k->groups; g++) {
        char options[80];
        snprintf(options, sizeof options, "begin=%" PRId64 ", count=%" PRId64, g * channels,
                 channels);
        RETURN_IF_ERROR(
            neuron_onnx_layer(&groups[g], reader, from, false, "slice", node, 1, options));
        RETURN_IF_ERROR(add_transposed(&groups[g], reader, from, k, g, bias, same, false));
    }
    return neuron_onnx_layer(node, reader, from, true, "concat", groups, k->groups, NULL);
}

/* Whether kernels are spread, and move by one: then they are those of a convolution, turned. */
static bool is_spread(const neuron_onnx_windows *w)
{
    bool spread = false, moves = false;
    for (int32_t i = 0; i < w->axes; i++) {
        spread = spread || w->dilation[i] > 1;
        moves = moves || w->stride[i] > 1;
    }
    return spread && !moves;
}

/* That convolution, over as many zeros as kernels reach beyond the image. */
static int add_turned(neuron_node_t **node, neuron_onnx_reader *reader,
                      const neuron_onnx_operator *from, const kernel *k,
                      const neuron_onnx_weights *bias)
{
    char windows[NEURON_ONNX_WINDOW_TEXT], options[NEURON_ONNX_WINDOW_TEXT + 80];
    neuron_onnx_windows w = k->windows;
    neuron_onnx_weights arrays[2] = {kernel_weights(k, false), *bias};
    for (int32_t i = 0; i < w.axes; i++) {
        int64_t beyond = (w.kernel[i] - 1) * w.dilation[i];
        w.before[i] = beyond - w.before[i];
        w.behind[i] = w.output[i] - w.input[i] + beyond - w.before[i];
        arrays[0].numbers += (arrays[0].extent[i] - 1) * arrays[0].step[i];
        arrays[0].step[i] = -arrays[0].step[i];
        if (w.before[i] < 0 || w.behind[i] < 0 || k->groups > 1)
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "attribute dilations goes with groups, or with more "
                                      "padding than kernels reach, and is not imported then");
    }
    /* [rows, columns, filters, channels] to [rows, columns, channels, filters] */
    int32_t last = arrays[0].rank - 1;
    int64_t step = arrays[0].step[last], extent = arrays[0].extent[last];
    arrays[0].step[last] = arrays[0].step[last - 1];
    arrays[0].extent[last] = arrays[0].extent[last - 1];
    arrays[0].step[last - 1] = step;
    arrays[0].extent[last - 1] = extent;
    neuron_onnx_windows_text(&w, windows);
    snprintf(options, sizeof options, "filters=%" PRId64 ", %s%s", k->filters, windows,
             bias->numbers ? "" : ", use_bias=no");
    return neuron_onnx_weighted_layer(node, reader, from, true, w.axes == 1 ? "conv1d" : "conv2d",
                                      *node, options, arrays, bias->numbers ? 2 : 1);
}

int neuron_onnx_import_conv_transpose(neuron_onnx_reader *reader, const neuron_onnx_operator *from)
{
    neuron_onnx_item *item;
    neuron_node_t *node;
    kernel k = {.transposed = true};
    reach reaches[NEURON_ONNX_WINDOW_AXES] = {{0}, {1, 1, 0, 1, true}};
    const neuron_onnx_operator *adds;
    neuron_onnx_weights bias;
    RETURN_IF_ERROR(neuron_onnx_value_in(&item, reader, from, 0));
    RETURN_IF_ERROR(read_kernel(&k, reader, from, item));
    RETURN_IF_ERROR(read_reach(reaches, &k.windows, reader, from));
    const neuron_onnx_layout result =
        neuron_onnx_windows_result(&k.windows, &item->layout, k.filters);
    RETURN_IF_ERROR(read_bias(&bias, &adds, reader, from, &result));
    RETURN_IF_ERROR(neuron_onnx_image_of(&node, reader, from, item));
    if (is_spread(&k.windows)) {
        RETURN_IF_ERROR(add_turned(&node, reader, from, &k, &bias));
        return neuron_onnx_out_biased(reader, from, adds, node, &result);
    }
    for (int32_t i = 0; i < k.windows.axes; i++)
        if (k.windows.dilation[i] > 1)
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "attribute dilations has %" PRId64 "; with strides it must "
                                      "be 1",
                                      k.windows.dilation[i]);
    if (k.windows.axes == 1) {
        const int64_t image[] = {k.windows.input[0], 1, k.channels};
        RETURN_IF_ERROR(neuron_onnx_view(&node, reader, from, false, node, image, 3));
    }
    bool same = reaches[0].same && reaches[1].same;
    if (k.groups > 1)
        RETURN_IF_ERROR(add_groups(&node, reader, from, &k, &bias, same));
    else
        RETURN_IF_ERROR(add_transposed(&node, reader, from, &k, 0, &bias, same, true));
    if (!same)
        RETURN_IF_ERROR(take_part(&node, reader, from, reaches, bias.numbers));
    return neuron_onnx_out_biased(reader, from, adds, node, &result);
}
