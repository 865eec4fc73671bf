/* Convolution of images, and of sequences, which are images of one column: see neuron_conv2d() and
 * conv1d.c. (What the field calls so is a
 * cross-correlation: the kernel is not mirrored.) The sums are in ops/convolution.c and
 * ops/winograd.c; here is what they are sums of.
 *
 * The input gradient is a convolution too, of the output's gradient with the kernel mirrored. With
 * strides it is several: a pixel meets only every stride-th row and column of the kernel, those of
 * its phase. Along one axis with stride 2, kernel a b c and no padding:
 *
 *     input     0   1   2   3   4   5   6        phase 0, pixels 0 2 4 6: taps a and c
 *     output 0  a   b   c                        phase 1, pixels 1 3 5:   tap b
 *     output 1          a   b   c
 *     output 2                  a   b   c        so 2 has c from output 0 and a from output 1
 *
 * With a dilation the taps that a phase meets are further apart, and so are the outputs. */
#include "layers/convolutions/conv2d.h"

#include "base/checked.h"
#include "layers/image.h"
#include "layers/post.h"

#include <inttypes.h>

static const neuron_option options[] = {
    NEURON_INTEGER(NEURON_NODE_FILTERS, "filters", 1, INT32_MAX, 1, "output channels"),
    NEURON_OPTIONS_KERNEL,
    NEURON_OPTIONS_STRIDES,
    NEURON_OPTIONS_DILATION,
    NEURON_OPTIONS_ZEROS,
    NEURON_OPTION_GROUPS,
    NEURON_OPTIONS_BIAS,
};

static int64_t option(const neuron_spec *spec, int32_t key)
{
    return (int64_t)neuron_spec_option(spec, key);
}

static int set_arrays(neuron_spec *spec, const neuron_convolution *convolution, const char *node)
{
    int64_t filters = convolution->filters, channels = neuron_group_channels(convolution);
    const int64_t image[4] = {convolution->kernel_height, convolution->kernel_width, channels,
                              filters};
    const int64_t sequence[3] = {convolution->kernel_height, channels, filters};
    bool two_axes = spec->output.rank == 3;
    neuron_array *kernel = &spec->arrays[0], *bias = &spec->arrays[1];
    *kernel = (neuron_array){.name = "kernel", .trainable = true};
    *bias =
        (neuron_array){.name = "bias", .trainable = true, .initializer = NEURON_INITIALIZER_ZEROS};
    RETURN_IF_ERROR(
        neuron_shape_set(&kernel->shape, two_axes ? image : sequence, two_axes ? 4 : 3, 1, node));
    RETURN_IF_ERROR(neuron_shape_set(&bias->shape, &filters, 1, 1, node));
    double window_size = (double)image[0] * (double)image[1];
    kernel->initializer = (int32_t)option(spec, NEURON_NODE_INITIALIZER);
    kernel->fan_in = window_size * (double)channels;
    kernel->fan_out = window_size * (double)filters;
    spec->array_count = option(spec, NEURON_NODE_USE_BIAS) ? 2 : 1;
    return NEURON_OK;
}

static int check_groups(const neuron_convolution *convolution, const char *node)
{
    int64_t groups = convolution->groups;
    if (convolution->channels % groups == 0 && convolution->filters % groups == 0)
        return NEURON_OK;
    return neuron_fail(NEURON_E_ARGUMENT,
                       "%s: groups is %" PRId64 "; it must divide the %" PRId64
                       " channels and the %" PRId64 " filters",
                       node, groups, convolution->channels, convolution->filters);
}

int neuron_conv2d_infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_check_windowed(spec, node));
    RETURN_IF_ERROR(neuron_check_window(spec, "kernel", node));
    const neuron_convolution convolution = neuron_conv2d_forward(spec);
    RETURN_IF_ERROR(check_groups(&convolution, node));
    RETURN_IF_ERROR(neuron_set_windowed(spec, convolution.rows, convolution.columns,
                                        convolution.filters, node));
    return set_arrays(spec, &convolution, node);
}

neuron_convolution neuron_conv2d_forward(const neuron_spec *spec)
{
    neuron_window down = neuron_window_of(spec, 0), along = neuron_window_of(spec, 1);
    bool has_groups = neuron_options_find(spec->options.table, NEURON_NODE_GROUPS);
    neuron_convolution convolution = {
        .height = down.input,
        .width = along.input,
        .channels = neuron_image_of(&spec->inputs[0]).channels,
        .kernel_height = down.kernel,
        .kernel_width = along.kernel,
        .stride_height = down.stride,
        .stride_width = along.stride,
        .dilation_height = down.dilation,
        .dilation_width = along.dilation,
        .groups = has_groups ? option(spec, NEURON_NODE_GROUPS) : 1,
        .top = down.padding,
        .left = along.padding,
        .rows = down.output,
        .columns = along.output,
        .filters = option(spec, NEURON_NODE_FILTERS),
    };
    if (along.input == 1 && along.output == 1) /* any stride does: see ops/convolution.c */
        convolution.stride_width = down.stride;
    convolution.pixel_step = convolution.filters;
    convolution.row_step = convolution.columns * convolution.pixel_step;
    convolution.image_step = convolution.rows * convolution.row_step;
    return convolution;
}

/* The largest number that divides both. */
static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b > 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* One axis of a convolution. */
typedef struct extents {
    int64_t input, kernel, stride, dilation, padding;
} extents;

static neuron_conv2d_axis phase_of(const extents *axis, int64_t first)
{
    int64_t divisor = common_divisor(axis->stride, axis->dilation), place = first + axis->padding;
    neuron_conv2d_axis phase = {
        .first = first, .step = axis->stride / divisor, .dilation = axis->dilation / divisor};
    phase.count = first < axis->input ? neuron_ceil_divide(axis->input - first, axis->stride) : 0;
    /* The first tap that lies a multiple of the stride before the place, if any does. */
    while (phase.tap < phase.step && (place - phase.tap * axis->dilation) % axis->stride != 0)
        phase.tap++;
    if (phase.tap < phase.step && phase.tap < axis->kernel)
        phase.taps = neuron_ceil_divide(axis->kernel - phase.tap, phase.step);
    phase.padding =
        (phase.taps - 1) * phase.dilation - (place - phase.tap * axis->dilation) / axis->stride;
    return phase;
}

static neuron_convolution phase_convolution(const neuron_convolution *forward,
                                            const neuron_conv2d_axis *down,
                                            const neuron_conv2d_axis *along)
{
    bool met = down->taps > 0 && along->taps > 0;
    neuron_convolution convolution = {
        .height = forward->rows,
        .width = forward->columns,
        .channels = forward->filters,
        .kernel_height = met ? down->taps : 0,
        .kernel_width = met ? along->taps : 0,
        .stride_height = met,
        .stride_width = met,
        .dilation_height = met ? down->dilation : 1,
        .dilation_width = met ? along->dilation : 1,
        .groups = forward->groups,
        .top = met ? down->padding : 0,
        .left = met ? along->padding : 0,
        .rows = down->count,
        .columns = along->count,
        .filters = forward->channels,
    };
    convolution.pixel_step = forward->stride_width * forward->channels;
    convolution.row_step = forward->stride_height * forward->width * forward->channels;
    convolution.image_step = forward->height * forward->width * forward->channels;
    return convolution;
}

int64_t neuron_conv2d_phases(const neuron_convolution *forward, int axis)
{
    return axis == 0 ? neuron_min_count(forward->stride_height, forward->height)
                     : neuron_min_count(forward->stride_width, forward->width);
}

neuron_conv2d_phase neuron_conv2d_phase_at(const neuron_convolution *forward, int64_t row,
                                           int64_t column)
{
    const extents down = {forward->height, forward->kernel_height, forward->stride_height,
                          forward->dilation_height, forward->top};
    const extents along = {forward->width, forward->kernel_width, forward->stride_width,
                           forward->dilation_width, forward->left};
    neuron_conv2d_phase phase = {.down = phase_of(&down, row), .along = phase_of(&along, column)};
    phase.convolution = phase_convolution(forward, &phase.down, &phase.along);
    return phase;
}

bool neuron_conv2d_is_depthwise(const neuron_spec *spec)
{
    const neuron_convolution forward = neuron_conv2d_forward(spec);
    return forward.groups > 1 && forward.groups == forward.channels;
}

/* The gradient of what was pooled is made a few rows at a time, which only the way to the weights
 * can read; and it finds the slope of an activation at the pooled values. */
static const char *refuse_pooling(const neuron_fuse_request *request)
{
    if (request->training && !request->first)
        return "a convolution whose input wants a gradient does not pool";
    for (int32_t i = 0; request->training && i < request->post->count; i++)
        if (neuron_post_sees_input(request->post->list[i].kind))
            return "the slope of the activation before it follows from values that are not kept";
    return NULL;
}

const char *neuron_conv2d_refuse(const neuron_fuse_request *request)
{
    const neuron_post_ops *post = request->post;
    const neuron_post_kind kind = request->op.kind;
    if (neuron_conv2d_is_depthwise(request->spec))
        return neuron_depthwise_refuse(request);
    if (post->count == NEURON_POST_OPS_MAX || neuron_post_find(post, NEURON_POST_MAX_POOL))
        return neuron_post_refuse(request);
    if (kind == NEURON_POST_MAX_POOL)
        return refuse_pooling(request);
    return kind == NEURON_POST_STATISTICS ? NULL : neuron_post_refuse(request);
}

const neuron_layer neuron_layer_conv2d = {
    .name = "conv2d",
    .options = NEURON_OPTION_TABLE(options),
    NEURON_CONV2D_CALLS,
};
