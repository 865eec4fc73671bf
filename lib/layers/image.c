/* What the layers over images share: checks of shapes, and windows with strides and padding. */
#include "layers/image.h"

#include "base/checked.h"

#include <inttypes.h>

int neuron_check_image(const neuron_shape *shape, const char *node)
{
    char text[NEURON_SHAPE_TEXT];
    if (shape->rank == 3)
        return NEURON_OK;
    return neuron_fail(NEURON_E_SHAPE,
                       "%s: needs an input of rank 3 (height x width x channels), not %s", node,
                       neuron_shape_text(shape, text));
}

neuron_window neuron_window_of(const neuron_spec *spec, int axis)
{
    bool same = neuron_spec_option(spec, NEURON_NODE_PADDING) == NEURON_PADDING_SAME;
    int32_t kernel = axis == 0 ? NEURON_NODE_KERNEL_HEIGHT : NEURON_NODE_KERNEL_WIDTH;
    int32_t stride = axis == 0 ? NEURON_NODE_STRIDE_HEIGHT : NEURON_NODE_STRIDE_WIDTH;
    return neuron_window_set(spec->inputs[0].extent[axis],
                             (int64_t)neuron_spec_option(spec, kernel),
                             (int64_t)neuron_spec_option(spec, stride), same);
}

int neuron_check_window(const neuron_window *down, const neuron_window *along, const char *what,
                        const char *node)
{
    if (down->output >= 1 && along->output >= 1)
        return NEURON_OK;
    return neuron_fail(NEURON_E_SHAPE,
                       "%s: a %s of %" PRId64 "x%" PRId64 " does not fit into %" PRId64 "x%" PRId64
                       " with padding valid",
                       node, what, down->kernel, along->kernel, down->input, along->input);
}

const neuron_option neuron_pool2d_options[NEURON_POOL2D_OPTIONS] = {
    NEURON_OPTIONS_KERNEL,
    NEURON_OPTIONS_STRIDES,
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

int neuron_pool2d_infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_check_image(&spec->inputs[0], node));
    neuron_window down = neuron_window_of(spec, 0), along = neuron_window_of(spec, 1);
    RETURN_IF_ERROR(neuron_check_window(&down, &along, "window", node));
    RETURN_IF_ERROR(neuron_check_places(down.kernel, along.kernel, node));
    int64_t extents[3] = {down.output, along.output, spec->inputs[0].extent[2]};
    return neuron_shape_set(&spec->output, extents, 3, 1, node);
}

int neuron_global_pool2d_infer(neuron_spec *spec, const char *node)
{
    const neuron_shape *input = &spec->inputs[0];
    RETURN_IF_ERROR(neuron_check_image(input, node));
    RETURN_IF_ERROR(neuron_check_places(input->extent[0], input->extent[1], node));
    return neuron_shape_set(&spec->output, &input->extent[2], 1, 1, node);
}

neuron_window_job neuron_window_job_of(const neuron_run *run)
{
    const neuron_spec *spec = run->spec;
    return (neuron_window_job){run, neuron_window_of(spec, 0), neuron_window_of(spec, 1),
                               spec->inputs[0].extent[2]};
}

neuron_window_job neuron_global_job_of(const neuron_run *run)
{
    const int64_t *extent = run->spec->inputs[0].extent;
    return (neuron_window_job){run, neuron_window_set(extent[0], extent[0], 1, false),
                               neuron_window_set(extent[1], extent[1], 1, false), extent[2]};
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

/* The windows of one axis that lies inside: from pixel `first`, which is number `tap` of the
 * window, `count` of them. A window with none of its own takes no part. */
typedef struct inside {
    int64_t first, count;
    int32_t tap;
} inside;

static inside inside_of(const neuron_window *window, int64_t output)
{
    int64_t first = output * window->stride - window->padding;
    int64_t end = neuron_min_count(first + window->kernel, window->input);
    int64_t tap = first < 0 ? -first : 0;
    return (inside){first + tap, end - first - tap, (int32_t)tap};
}

int64_t neuron_window_part_of(const neuron_window_job *job, int64_t y, int64_t x,
                              neuron_window_part *part)
{
    inside down = inside_of(&job->down, y), along = inside_of(&job->along, x);
    int32_t width = (int32_t)job->along.kernel;
    *part = (neuron_window_part){
        .rows = down.count,
        .columns = along.count,
        .channels = job->channels,
        .row_step = job->along.input * job->channels,
        .first_tap = down.tap * width + along.tap,
        .tap_step = width,
    };
    return (down.first * job->along.input + along.first) * job->channels;
}

int64_t neuron_window_input_size(const neuron_window_job *job)
{
    return job->down.input * job->along.input * job->channels;
}

int64_t neuron_window_output_size(const neuron_window_job *job)
{
    return job->down.output * job->along.output * job->channels;
}
