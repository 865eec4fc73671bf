/* Convolution of each channel by itself: see neuron_depthwise_conv2d().
 *
 * With a depth multiplier each value of the input is written down that often first, so that input
 * and output have the same channels and everything else is the work of one multiplier of 1. */
#include "base/checked.h"
#include "base/bump.h"
#include "kernels/kernels.h"
#include "layers/image.h"
#include "layers/post.h"

#include <string.h>

static const neuron_option options[] = {
    NEURON_OPTIONS_KERNEL,
    NEURON_INTEGER(NEURON_NODE_DEPTH_MULTIPLIER, "depth_multiplier", 1, 1024, 1,
                   "filters for each channel"),
    NEURON_OPTIONS_STRIDES,
    NEURON_OPTIONS_BIAS,
};

enum { KERNEL, BIAS };

static int64_t multiplier_of(const neuron_spec *spec)
{
    return (int64_t)neuron_spec_option(spec, NEURON_NODE_DEPTH_MULTIPLIER);
}

static int set_arrays(neuron_spec *spec, int64_t height, int64_t width, const char *node)
{
    int64_t channels = spec->inputs[0].extent[2], multiplier = multiplier_of(spec);
    int64_t extents[4] = {height, width, channels, multiplier};
    neuron_array *kernel = &spec->arrays[KERNEL], *bias = &spec->arrays[BIAS];
    *kernel = (neuron_array){.name = "kernel", .trainable = true};
    *bias =
        (neuron_array){.name = "bias", .trainable = true, .initializer = NEURON_INITIALIZER_ZEROS};
    RETURN_IF_ERROR(neuron_shape_set(&kernel->shape, extents, 4, 1, node));
    RETURN_IF_ERROR(neuron_shape_set(&bias->shape, &spec->output.extent[2], 1, 1, node));
    /* As of any kernel of this shape in Keras, although a channel has but one input. */
    kernel->initializer = (int32_t)neuron_spec_option(spec, NEURON_NODE_INITIALIZER);
    kernel->fan_in = (double)height * (double)width * (double)channels;
    kernel->fan_out = (double)height * (double)width * (double)multiplier;
    spec->array_count = neuron_spec_option(spec, NEURON_NODE_USE_BIAS) != 0 ? 2 : 1;
    return NEURON_OK;
}

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_check_image(&spec->inputs[0], node));
    neuron_window down = neuron_window_of(spec, 0), along = neuron_window_of(spec, 1);
    RETURN_IF_ERROR(neuron_check_window(&down, &along, "kernel", node));
    int64_t extents[3] = {down.output, along.output,
                          spec->inputs[0].extent[2] * multiplier_of(spec)};
    RETURN_IF_ERROR(neuron_check_places(down.kernel, along.kernel, node));
    RETURN_IF_ERROR(neuron_shape_set(&spec->output, extents, 3, 1, node));
    return set_arrays(spec, down.kernel, along.kernel, node);
}

/* The gradient of the parameters is summed over so many parts of a batch at most, and these sums in
 * their order. */
enum { PARTS = 16 };

static int64_t parts_of(int64_t batch)
{
    return neuron_min_count(batch, PARTS);
}

/* Floats of the kernel and the bias together. */
static int64_t sums_of(const neuron_spec *spec)
{
    return neuron_shape_count(&spec->arrays[KERNEL].shape) + spec->output.extent[2];
}

/* Of an image with each value written down as often as the multiplier says; 0 for once. */
static int64_t spread_size(const neuron_spec *spec)
{
    return multiplier_of(spec) > 1 ? neuron_shape_count(&spec->inputs[0]) * multiplier_of(spec) : 0;
}

typedef struct depthwise_operation {
    size_t spread; /* where the spread images begin in the scratch */
} depthwise_operation;

static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    const neuron_spec *spec = request->spec;
    depthwise_operation *operation = request->operation;
    if (request->training)
        neuron_reserve(&needs->scratch, sums_of(spec) * parts_of(request->batch), sizeof(float));
    /* One image for each thread, and another for its gradient. */
    operation->spread =
        neuron_reserve(&needs->scratch, spread_size(spec) * request->threads, 2 * sizeof(float));
    return NEURON_OK;
}

typedef struct depthwise_job {
    neuron_window_job windows; /* with the channels of the output */
    int64_t multiplier, parts, part_images;
    int64_t spread; /* floats of a spread image; 0 if none is needed */
    float *room;    /* for two of them for each thread */
    float *sums;    /* of each part, when training */
} depthwise_job;

static depthwise_job job_of(const neuron_run *run)
{
    depthwise_job job = {.windows = neuron_window_job_of(run),
                         .multiplier = multiplier_of(run->spec),
                         .parts = parts_of(run->batch),
                         .spread = spread_size(run->spec),
                         .sums = run->scratch};
    const depthwise_operation *operation = run->operation;
    job.windows.channels *= job.multiplier;
    job.part_images = neuron_ceil_divide(run->batch, job.parts);
    if (job.spread)
        job.room = (float *)(void *)((char *)run->scratch + operation->spread);
    return job;
}

/* The input image, spread if need be. */
static const float *image_of(const depthwise_job *job, int64_t image, int32_t worker)
{
    int64_t count = neuron_shape_count(&job->windows.run->spec->inputs[0]);
    const float *from = job->windows.run->inputs[0] + image * count;
    if (!job->spread)
        return from;
    float *spread = job->room + 2 * worker * job->spread, *to = spread;
    for (int64_t i = 0; i < count; i++)
        for (int64_t m = 0; m < job->multiplier; m++)
            *to++ = from[i];
    return spread;
}

static void forward_image(void *work, int64_t image, int32_t worker)
{
    const depthwise_job *job = work;
    const neuron_window_job *windows = &job->windows;
    const neuron_run *run = windows->run;
    const float *from = image_of(job, image, worker);
    const float *bias = run->spec->array_count > BIAS ? run->values[BIAS] : NULL;
    float *to = run->output + image * neuron_window_output_size(windows);
    for (int64_t y = 0; y < windows->down.output; y++) {
        for (int64_t x = 0; x < windows->along.output; x++, to += windows->channels) {
            neuron_window_part part;
            int64_t first = neuron_window_part_of(windows, y, x, &part);
            run->kernels->conv->depthwise(&part, from + first, run->values[KERNEL], bias, to);
        }
    }
    int64_t size = neuron_window_output_size(windows);
    neuron_post_finish(run, 0, image * size, size);
}

static void add_to(float *sum, const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        sum[i] += values[i];
}

/* Adds an image to the sums of the parameters' gradients. */
static void sum_image(const depthwise_job *job, int64_t image, int32_t worker, float *sums)
{
    const neuron_window_job *windows = &job->windows;
    const neuron_run *run = windows->run;
    const float *from = image_of(job, image, worker);
    const float *gradient = run->output_gradient + image * neuron_window_output_size(windows);
    float *bias = sums + neuron_shape_count(&run->spec->arrays[KERNEL].shape);
    for (int64_t y = 0; y < windows->down.output; y++) {
        for (int64_t x = 0; x < windows->along.output; x++, gradient += windows->channels) {
            neuron_window_part part;
            int64_t first = neuron_window_part_of(windows, y, x, &part);
            run->kernels->conv->depthwise_sums(&part, from + first, gradient, sums);
            add_to(bias, gradient, windows->channels);
        }
    }
}

static void input_gradient(const depthwise_job *job, int64_t image, int32_t worker)
{
    const neuron_window_job *windows = &job->windows;
    const neuron_run *run = windows->run;
    int64_t count = neuron_shape_count(&run->spec->inputs[0]);
    const float *gradient = run->output_gradient + image * neuron_window_output_size(windows);
    float *to = run->input_gradients[0] + image * count;
    float *all = job->spread ? job->room + (2 * worker + 1) * job->spread : to;
    memset(all, 0, (size_t)neuron_window_input_size(windows) * sizeof *all);
    for (int64_t y = 0; y < windows->down.output; y++) {
        for (int64_t x = 0; x < windows->along.output; x++, gradient += windows->channels) {
            neuron_window_part part;
            int64_t first = neuron_window_part_of(windows, y, x, &part);
            run->kernels->conv->depthwise_back(&part, all + first, run->values[KERNEL], gradient);
        }
    }
    for (int64_t i = 0; job->spread && i < count; i++) {
        to[i] = 0;
        for (int64_t m = 0; m < job->multiplier; m++)
            to[i] += *all++;
    }
}

static void backward_part(void *work, int64_t number, int32_t worker)
{
    const depthwise_job *job = work;
    const neuron_run *run = job->windows.run;
    int64_t first = number * job->part_images, size = sums_of(run->spec);
    int64_t end = neuron_min_count(first + job->part_images, run->batch);
    float *sums = job->sums + number * size;
    memset(sums, 0, (size_t)size * sizeof *sums);
    for (int64_t image = first; image < end; image++) {
        if (!run->frozen)
            sum_image(job, image, worker, sums);
        if (run->input_gradients[0])
            input_gradient(job, image, worker);
    }
}

/* Adds up the sums of all parts. */
static void join_sums(const depthwise_job *job)
{
    const neuron_run *run = job->windows.run;
    int64_t size = sums_of(run->spec), weights = neuron_shape_count(&run->spec->arrays[0].shape);
    for (int64_t part = 1; part < job->parts; part++)
        add_to(job->sums, job->sums + part * size, size);
    memcpy(run->gradients[KERNEL], job->sums, (size_t)weights * sizeof(float));
    if (run->spec->array_count > BIAS)
        memcpy(run->gradients[BIAS], job->sums + weights, (size_t)(size - weights) * sizeof(float));
}

static int forward(const neuron_run *run)
{
    depthwise_job job = job_of(run);
    neuron_pool_run(run->pool, run->batch, forward_image, &job);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    depthwise_job job = job_of(run);
    neuron_pool_run(run->pool, job.parts, backward_part, &job);
    if (!run->frozen)
        join_sums(&job);
    return NEURON_OK;
}

const neuron_layer neuron_layer_depthwise_conv2d = {
    .name = "depthwise_conv2d",
    .flags = NEURON_LAYER_READS_INPUT,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .plan = plan,
    .operation_size = sizeof(depthwise_operation),
    .refuse = neuron_post_refuse,
    .forward = forward,
    .backward = backward,
};
