/* What the layers over images share: checks of shapes, and windows with strides and padding. */
#include "layers/image.h"

#include "base/checked.h"

#include <inttypes.h>
#include <stdio.h>

neuron_image neuron_image_of(const neuron_shape *shape)
{
    const int64_t *extent = shape->extent;
    if (shape->rank == 2)
        return (neuron_image){extent[0], 1, extent[1]};
    return (neuron_image){extent[0], extent[1], extent[2]};
}

static int check_rank(const neuron_shape *shape, int32_t rank, const char *axes, const char *node)
{
    char text[NEURON_SHAPE_TEXT];
    if (shape->rank == rank)
        return NEURON_OK;
    return neuron_fail(NEURON_E_SHAPE, "%s: needs an input of rank %" PRId32 " (%s), not %s", node,
                       rank, axes, neuron_shape_text(shape, text));
}

int neuron_check_image(const neuron_shape *shape, const char *node)
{
    return check_rank(shape, 3, "height x width x channels", node);
}

int neuron_check_sequence(const neuron_shape *shape, const char *node)
{
    return check_rank(shape, 2, "length x channels", node);
}

/* Whether a layer has windows of two axes. */
static bool has_two_axes(const neuron_spec *spec)
{
    return neuron_options_find(spec->options.table, NEURON_NODE_KERNEL_WIDTH);
}

int neuron_check_windowed(const neuron_spec *spec, const char *node)
{
    return (has_two_axes(spec) ? neuron_check_image : neuron_check_sequence)(&spec->inputs[0],
                                                                             node);
}

int neuron_set_windowed(neuron_spec *spec, int64_t rows, int64_t columns, int64_t channels,
                        const char *node)
{
    const int64_t image[3] = {rows, columns, channels}, sequence[2] = {rows, channels};
    if (has_two_axes(spec))
        return neuron_shape_set(&spec->output, image, 3, 1, node);
    return neuron_shape_set(&spec->output, sequence, 2, 1, node);
}

/* The value of an option, or of a layer that does not have it, what stands for it. */
static int64_t option_or(const neuron_spec *spec, int32_t key, int64_t otherwise)
{
    return neuron_options_find(spec->options.table, key) ? (int64_t)neuron_spec_option(spec, key)
                                                         : otherwise;
}

neuron_window neuron_window_of(const neuron_spec *spec, int axis)
{
    static const int32_t keys[3][5] = {
        {NEURON_NODE_KERNEL_HEIGHT, NEURON_NODE_STRIDE_HEIGHT, NEURON_NODE_DILATION_HEIGHT,
         NEURON_NODE_PADDING_TOP, NEURON_NODE_PADDING_BOTTOM},
        {NEURON_NODE_KERNEL_WIDTH, NEURON_NODE_STRIDE_WIDTH, NEURON_NODE_DILATION_WIDTH,
         NEURON_NODE_PADDING_LEFT, NEURON_NODE_PADDING_RIGHT},
        {NEURON_NODE_KERNEL_SIZE, NEURON_NODE_STRIDE, NEURON_NODE_DILATION,
         NEURON_NODE_PADDING_BEFORE, NEURON_NODE_PADDING_BEHIND}};
    const int32_t *own = keys[has_two_axes(spec) || axis > 0 ? axis : 2];
    const neuron_image image = neuron_image_of(&spec->inputs[0]);
    bool same = neuron_spec_option(spec, NEURON_NODE_PADDING) == NEURON_PADDING_SAME;
    const neuron_zeros zeros = {option_or(spec, own[3], 0), option_or(spec, own[4], 0)};
    return neuron_window_set_dilated(axis == 0 ? image.height : image.width,
                                     option_or(spec, own[0], 1), option_or(spec, own[1], 1),
                                     option_or(spec, own[2], 1), zeros, same);
}

/* "3x3", or of one axis "3". */
enum { SIZE_TEXT = 48 };

static const char *size_text(const neuron_spec *spec, int64_t down, int64_t along,
                             char text[SIZE_TEXT])
{
    if (has_two_axes(spec))
        snprintf(text, SIZE_TEXT, "%" PRId64 "x%" PRId64, down, along);
    else
        snprintf(text, SIZE_TEXT, "%" PRId64, down);
    return text;
}

int neuron_check_window(const neuron_spec *spec, const char *what, const char *node)
{
    char kernel[SIZE_TEXT], dilated[SIZE_TEXT], padded[SIZE_TEXT];
    const neuron_window down = neuron_window_of(spec, 0), along = neuron_window_of(spec, 1);
    if (down.output >= 1 && along.output >= 1)
        return NEURON_OK;
    bool spreads = down.dilation > 1 || along.dilation > 1;
    size_text(spec, down.kernel, along.kernel, kernel);
    size_text(spec, neuron_dilated(down.kernel, down.dilation),
              neuron_dilated(along.kernel, along.dilation), dilated);
    size_text(spec, down.padded, along.padded, padded);
    return neuron_fail(
        NEURON_E_SHAPE, "%s: a %s of %s%s%s%s does not fit into %s with padding valid", node, what,
        kernel, spreads ? ", dilated to " : "", spreads ? dilated : "", spreads ? "," : "", padded);
}

const neuron_option neuron_pool2d_options[NEURON_POOL2D_OPTIONS] = {
    NEURON_OPTIONS_KERNEL,
    NEURON_OPTIONS_STRIDES,
    NEURON_OPTIONS_ZEROS,
};

int neuron_check_places(int64_t rows, int64_t columns, const char *node)
{
    int64_t places;
    if (neuron_multiply_count(rows, columns, &places) && places <= INT32_MAX)
        return NEURON_OK;
    return neuron_fail(NEURON_E_ARGUMENT,
                       "%s: a window of %" PRId64 "x%" PRId64 " has more than %d places", node,
                       rows, columns, INT32_MAX);
}

const neuron_option neuron_pool1d_options[NEURON_POOL1D_OPTIONS] = {
    NEURON_OPTIONS_KERNEL_1D,
    NEURON_OPTIONS_STRIDE_1D,
    NEURON_OPTIONS_ZEROS_1D,
};

/* Whether the first window or the last one lies outside of all pixels. */
static bool sees_nothing(const neuron_window *window)
{
    return window->padding >= window->kernel ||
           (window->output - 1) * window->stride - window->padding >= window->input;
}

int neuron_pool_infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_check_windowed(spec, node));
    RETURN_IF_ERROR(neuron_check_window(spec, "window", node));
    neuron_window down = neuron_window_of(spec, 0), along = neuron_window_of(spec, 1);
    RETURN_IF_ERROR(neuron_check_places(down.kernel, along.kernel, node));
    if (sees_nothing(&down) || sees_nothing(&along))
        return neuron_fail(NEURON_E_SHAPE, "%s: a window sees nothing but padding", node);
    return neuron_set_windowed(spec, down.output, along.output,
                               neuron_image_of(&spec->inputs[0]).channels, node);
}

static int infer_global(neuron_spec *spec, const char *node)
{
    const neuron_image image = neuron_image_of(&spec->inputs[0]);
    RETURN_IF_ERROR(neuron_check_places(image.height, image.width, node));
    return neuron_shape_set(&spec->output, &image.channels, 1, 1, node);
}

int neuron_global_pool2d_infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_check_image(&spec->inputs[0], node));
    return infer_global(spec, node);
}

int neuron_global_pool1d_infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_check_sequence(&spec->inputs[0], node));
    return infer_global(spec, node);
}

neuron_window_job neuron_window_job_of(const neuron_run *run)
{
    const neuron_spec *spec = run->spec;
    const neuron_window down = neuron_window_of(spec, 0), along = neuron_window_of(spec, 1);
    int64_t channels = neuron_image_of(&spec->inputs[0]).channels;
    if (spec->inputs[0].rank == 2)
        return (neuron_window_job){run, along, down, channels};
    return (neuron_window_job){run, down, along, channels};
}

neuron_window_job neuron_global_job_of(const neuron_run *run)
{
    const neuron_image image = neuron_image_of(&run->spec->inputs[0]);
    const neuron_window down = neuron_window_set(image.height, image.height, 1, false);
    const neuron_window along = neuron_window_set(image.width, image.width, 1, false);
    if (run->spec->inputs[0].rank == 2)
        return (neuron_window_job){run, along, down, image.channels};
    return (neuron_window_job){run, down, along, image.channels};
}

static neuron_pool_axis axis_of(const neuron_window *window)
{
    return (neuron_pool_axis){window->input, window->output, window->kernel, window->stride,
                              window->padding};
}

neuron_pool_image neuron_window_image_of(const neuron_window_job *job)
{
    return (neuron_pool_image){
        .down = axis_of(&job->down), .along = axis_of(&job->along), .channels = job->channels};
}

int64_t neuron_window_input_size(const neuron_window_job *job)
{
    return job->down.input * job->along.input * job->channels;
}

int64_t neuron_window_output_size(const neuron_window_job *job)
{
    return job->down.output * job->along.output * job->channels;
}
