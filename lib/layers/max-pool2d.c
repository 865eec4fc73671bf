/* Maximum pooling: see neuron_max_pool2d(). In training, forward keeps for each output where in the
 * window it came from. */
#include "layers/max-pool2d.h"

#include "base/checked.h"
#include "kernels/correlation.h"

#include <inttypes.h>
#include <string.h>

static const neuron_option options[] = {
    {NEURON_NODE_KERNEL_HEIGHT, "kernel_height", true, 1, INT32_MAX, 1, NULL},
    {NEURON_NODE_KERNEL_WIDTH, "kernel_width", true, 1, INT32_MAX, 1, NULL},
    {NEURON_NODE_STRIDE_HEIGHT, "stride_height", true, 1, 1024, 1, NULL},
    {NEURON_NODE_STRIDE_WIDTH, "stride_width", true, 1, 1024, 1, NULL},
    {NEURON_NODE_PADDING, "padding", true, NEURON_PADDING_VALID, NEURON_PADDING_SAME,
     NEURON_PADDING_VALID, neuron_paddings},
};

neuron_window neuron_max_pool2d_window(const neuron_spec *spec, int axis)
{
    bool same = neuron_spec_option(spec, NEURON_NODE_PADDING) == NEURON_PADDING_SAME;
    int32_t kernel = axis == 0 ? NEURON_NODE_KERNEL_HEIGHT : NEURON_NODE_KERNEL_WIDTH;
    int32_t stride = axis == 0 ? NEURON_NODE_STRIDE_HEIGHT : NEURON_NODE_STRIDE_WIDTH;
    return neuron_window_set(spec->inputs[0].extent[axis],
                             (int64_t)neuron_spec_option(spec, kernel),
                             (int64_t)neuron_spec_option(spec, stride), same);
}

static bool tiles_axis(const neuron_window *window)
{
    return window->kernel == window->stride && window->padding == 0 &&
           window->output * window->stride <= window->input;
}

bool neuron_max_pool2d_tiles(const neuron_spec *spec)
{
    neuron_window down = neuron_max_pool2d_window(spec, 0);
    neuron_window along = neuron_max_pool2d_window(spec, 1);
    return tiles_axis(&down) && tiles_axis(&along) &&
           down.kernel * along.kernel <= NEURON_POOL_PLACES;
}

static int infer(neuron_spec *spec, const char *node)
{
    char text[NEURON_SHAPE_TEXT];
    const neuron_shape *input = &spec->inputs[0];
    if (input->rank != 3)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: needs an input of rank 3 (height x width x channels), not %s", node,
                           neuron_shape_text(input, text));
    neuron_window down = neuron_max_pool2d_window(spec, 0),
                  along = neuron_max_pool2d_window(spec, 1);
    int64_t places;
    if (down.output < 1 || along.output < 1)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: a window of %" PRId64 "x%" PRId64 " does not fit into %" PRId64
                           "x%" PRId64 " with padding valid",
                           node, down.kernel, along.kernel, down.input, along.input);
    if (!neuron_multiply_count(down.kernel, along.kernel, &places) || places > INT32_MAX)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: a window of %" PRId64 "x%" PRId64 " has more than %d places", node,
                           down.kernel, along.kernel, INT32_MAX);
    int64_t extents[3] = {down.output, along.output, input->extent[2]};
    return neuron_shape_set(&spec->output, extents, 3, 1, node);
}

static void plan(const neuron_spec *spec, int64_t batch, bool training, int32_t threads,
                 neuron_needs *needs)
{
    (void)threads;
    int64_t count = neuron_shape_count(&spec->output) * batch;
    if (training)
        neuron_reserve(&needs->saved, count,
                       neuron_max_pool2d_tiles(spec) ? sizeof(uint8_t) : sizeof(int32_t));
}

typedef struct pool_job {
    const neuron_run *run;
    neuron_window down, along;
    int64_t channels;
} pool_job;

static pool_job job_of(const neuron_run *run)
{
    const neuron_spec *spec = run->spec;
    return (pool_job){run, neuron_max_pool2d_window(spec, 0), neuron_max_pool2d_window(spec, 1),
                      spec->output.extent[2]};
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

/* Sets the part of a window that lies inside and returns where in the image it begins. */
static int64_t part_of(const pool_job *job, int64_t y, int64_t x, neuron_window_part *part)
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

static void forward_image(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const pool_job *job = work;
    const neuron_run *run = job->run;
    int64_t channels = job->channels;
    const float *input = run->inputs[0] + image * job->down.input * job->along.input * channels;
    int64_t to = image * job->down.output * job->along.output * channels;
    int32_t *places = run->training ? run->saved : NULL;
    for (int64_t y = 0; y < job->down.output; y++) {
        for (int64_t x = 0; x < job->along.output; x++, to += channels) {
            neuron_window_part part;
            int64_t first = part_of(job, y, x, &part);
            run->kernels->maximum(&part, input + first, run->output + to,
                                  places ? places + to : NULL);
        }
    }
}

static void backward_image(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const pool_job *job = work;
    const neuron_run *run = job->run;
    int64_t channels = job->channels;
    int64_t size = job->down.input * job->along.input * channels;
    float *gradient = run->input_gradients[0] + image * size;
    memset(gradient, 0, (size_t)size * sizeof *gradient);
    int64_t from = image * job->down.output * job->along.output * channels;
    const int32_t *places = run->saved;
    for (int64_t y = 0; y < job->down.output; y++) {
        for (int64_t x = 0; x < job->along.output; x++, from += channels) {
            neuron_window_part part;
            int64_t first = part_of(job, y, x, &part);
            run->kernels->scatter(&part, gradient + first, run->output_gradient + from,
                                  run->gate ? run->output + from : NULL, places + from);
        }
    }
}

/* The first row of windows of an image, where they lie side by side. */
static neuron_pool_work first_row(const pool_job *job, int64_t image, bool back)
{
    const neuron_run *run = job->run;
    neuron_pool_work row = {
        .windows = job->along.output,
        .window_rows = job->down.kernel,
        .window_columns = job->along.kernel,
        .channels = job->channels,
        .row_step = job->along.input * job->channels,
        .gate = run->gate,
    };
    int64_t pooled = image * job->down.output * row.windows * row.channels;
    int64_t values = image * job->down.input * row.row_step;
    row.places = run->training ? (uint8_t *)run->saved + pooled : NULL;
    row.output = run->output + pooled;
    if (back) {
        row.gradients = run->output_gradient + pooled;
        row.value_gradients = run->input_gradients[0] + values;
    } else {
        row.values = run->inputs[0] + values;
    }
    return row;
}

static void forward_tiles(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const pool_job *job = work;
    neuron_pool_work row = first_row(job, image, false);
    int64_t width = row.windows * row.channels;
    for (int64_t y = 0; y < job->down.output; y++) {
        job->run->kernels->pool(&row);
        row.values += row.window_rows * row.row_step;
        row.output += width;
        if (row.places)
            row.places += width;
    }
}

static void clear(float *values, int64_t count)
{
    memset(values, 0, (size_t)count * sizeof *values);
}

static void backward_tiles(void *work, int64_t image, int32_t worker)
{
    (void)worker;
    const pool_job *job = work;
    neuron_pool_work row = first_row(job, image, true);
    int64_t width = row.windows * row.channels;
    int64_t covered = row.windows * row.window_columns * row.channels;
    for (int64_t y = 0; y < job->down.output; y++) {
        job->run->kernels->pool_back(&row);
        for (int64_t i = 0; i < row.window_rows; i++, row.value_gradients += row.row_step)
            clear(row.value_gradients + covered, row.row_step - covered);
        row.gradients += width;
        row.output += width;
        row.places += width;
    }
    int64_t rows = job->down.input - job->down.output * row.window_rows;
    clear(row.value_gradients, rows * row.row_step);
}

static void forward(const neuron_run *run)
{
    pool_job job = job_of(run);
    neuron_pool_run(run->pool, run->batch,
                    neuron_max_pool2d_tiles(run->spec) ? forward_tiles : forward_image, &job);
}

static void backward(const neuron_run *run)
{
    pool_job job = job_of(run);
    if (run->input_gradients[0])
        neuron_pool_run(run->pool, run->batch,
                        neuron_max_pool2d_tiles(run->spec) ? backward_tiles : backward_image, &job);
}

const neuron_layer neuron_layer_max_pool2d = {
    .name = "max_pool2d",
    .flags = NEURON_LAYER_GATES,
    .option_count = sizeof options / sizeof *options,
    .options = options,
    .infer = infer,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
