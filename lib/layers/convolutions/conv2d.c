/* Two-dimensional convolution: see neuron_conv2d(). (What the field calls so is a
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
 *     output 2                  a   b   c        so 2 has c from output 0 and a from output 1 */
#include "layers/convolutions/conv2d.h"

#include "base/checked.h"
#include "layers/image.h"
#include "layers/post.h"

static const neuron_option options[] = {
    NEURON_INTEGER(NEURON_NODE_FILTERS, "filters", 1, INT32_MAX, 1, "output channels"),
    NEURON_OPTIONS_KERNEL,
    NEURON_OPTIONS_STRIDES,
    NEURON_OPTIONS_BIAS,
};

static int64_t option(const neuron_spec *spec, int32_t key)
{
    return (int64_t)neuron_spec_option(spec, key);
}

static int set_arrays(neuron_spec *spec, const char *node)
{
    int64_t filters = option(spec, NEURON_NODE_FILTERS);
    int64_t extents[4] = {option(spec, NEURON_NODE_KERNEL_HEIGHT),
                          option(spec, NEURON_NODE_KERNEL_WIDTH), spec->inputs[0].extent[2],
                          filters};
    neuron_array *kernel = &spec->arrays[0], *bias = &spec->arrays[1];
    *kernel = (neuron_array){.name = "kernel", .trainable = true};
    *bias =
        (neuron_array){.name = "bias", .trainable = true, .initializer = NEURON_INITIALIZER_ZEROS};
    RETURN_IF_ERROR(neuron_shape_set(&kernel->shape, extents, 4, 1, node));
    RETURN_IF_ERROR(neuron_shape_set(&bias->shape, &filters, 1, 1, node));
    double window_size = (double)extents[0] * (double)extents[1];
    kernel->initializer = (int32_t)option(spec, NEURON_NODE_INITIALIZER);
    kernel->fan_in = window_size * (double)extents[2];
    kernel->fan_out = window_size * (double)filters;
    spec->array_count = option(spec, NEURON_NODE_USE_BIAS) ? 2 : 1;
    return NEURON_OK;
}

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_check_image(&spec->inputs[0], node));
    neuron_window down = neuron_window_of(spec, 0), along = neuron_window_of(spec, 1);
    RETURN_IF_ERROR(neuron_check_window(&down, &along, "kernel", node));
    int64_t extents[3] = {down.output, along.output, option(spec, NEURON_NODE_FILTERS)};
    RETURN_IF_ERROR(neuron_shape_set(&spec->output, extents, 3, 1, node));
    return set_arrays(spec, node);
}

neuron_convolution neuron_conv2d_forward(const neuron_spec *spec)
{
    neuron_window down = neuron_window_of(spec, 0), along = neuron_window_of(spec, 1);
    neuron_convolution convolution = {
        .height = down.input,
        .width = along.input,
        .channels = spec->inputs[0].extent[2],
        .kernel_height = down.kernel,
        .kernel_width = along.kernel,
        .stride_height = down.stride,
        .stride_width = along.stride,
        .top = down.padding,
        .left = along.padding,
        .rows = down.output,
        .columns = along.output,
        .filters = spec->output.extent[2],
    };
    convolution.pixel_step = convolution.filters;
    convolution.row_step = convolution.columns * convolution.pixel_step;
    convolution.image_step = convolution.rows * convolution.row_step;
    return convolution;
}

static neuron_conv2d_axis phase_of(const neuron_window *window, int64_t first)
{
    neuron_conv2d_axis phase = {.first = first};
    phase.count =
        first < window->input ? neuron_ceil_divide(window->input - first, window->stride) : 0;
    phase.tap = (first + window->padding) % window->stride;
    if (phase.tap < window->kernel)
        phase.taps = neuron_ceil_divide(window->kernel - phase.tap, window->stride);
    phase.padding = phase.taps - 1 - (first + window->padding) / window->stride;
    return phase;
}

static neuron_convolution phase_convolution(const neuron_spec *spec, const neuron_conv2d_axis *down,
                                            const neuron_conv2d_axis *along)
{
    neuron_convolution forward = neuron_conv2d_forward(spec);
    bool met = down->taps > 0 && along->taps > 0;
    neuron_convolution convolution = {
        .height = forward.rows,
        .width = forward.columns,
        .channels = forward.filters,
        .kernel_height = met ? down->taps : 0,
        .kernel_width = met ? along->taps : 0,
        .stride_height = met,
        .stride_width = met,
        .top = met ? down->padding : 0,
        .left = met ? along->padding : 0,
        .rows = down->count,
        .columns = along->count,
        .filters = forward.channels,
    };
    convolution.pixel_step = forward.stride_width * forward.channels;
    convolution.row_step = forward.stride_height * forward.width * forward.channels;
    convolution.image_step = forward.height * forward.width * forward.channels;
    return convolution;
}

int64_t neuron_conv2d_phases(const neuron_spec *spec, int axis)
{
    neuron_window window = neuron_window_of(spec, axis);
    return neuron_min_count(window.stride, window.input);
}

neuron_conv2d_phase neuron_conv2d_phase_at(const neuron_spec *spec, int64_t row, int64_t column)
{
    neuron_window down = neuron_window_of(spec, 0), along = neuron_window_of(spec, 1);
    neuron_conv2d_phase phase = {.down = phase_of(&down, row), .along = phase_of(&along, column)};
    phase.convolution = phase_convolution(spec, &phase.down, &phase.along);
    return phase;
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

static const char *refuse(const neuron_fuse_request *request)
{
    const neuron_post_ops *post = request->post;
    const neuron_post_kind kind = request->op.kind;
    if (post->count == NEURON_POST_OPS_MAX || neuron_post_find(post, NEURON_POST_MAX_POOL))
        return neuron_post_refuse(request);
    if (kind == NEURON_POST_MAX_POOL)
        return refuse_pooling(request);
    return kind == NEURON_POST_STATISTICS ? NULL : neuron_post_refuse(request);
}

const neuron_layer neuron_layer_conv2d = {
    .name = "conv2d",
    .flags = NEURON_LAYER_READS_INPUT | NEURON_LAYER_READS_ROWS,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .plan = neuron_conv2d_plan,
    .operation_size = sizeof(neuron_conv2d_operation),
    .prepare = neuron_conv2d_prepare,
    .forward = neuron_conv2d_run_forward,
    .backward = neuron_conv2d_run_backward,
    .refuse = refuse,
    .back_kinds = NEURON_POST_ACTIVATIONS,
};
