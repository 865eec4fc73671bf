/* Convolution of each channel by itself: see neuron_depthwise_conv2d().
 *
 * With a depth multiplier each value of the input is written down that often first, so that
 * input and output have the same channels and everything else is the work of one multiplier of
 * 1. Rows of the output are ops/depthwise.c's. */
#include "base/bump.h"
#include "base/checked.h"
#include "base/compiler/attributes.h"
#include "layers/convolutions/depthwise-conv2d.h"
#include "layers/image.h"
#include "layers/post.h"
#include "ops/statistics.h"

#include <math.h>
#include <string.h>

static const neuron_option options[] = {
    NEURON_OPTIONS_KERNEL,
    NEURON_INTEGER(NEURON_NODE_DEPTH_MULTIPLIER, "depth_multiplier", 1, 1024, 1,
                   "filters for each channel"),
    NEURON_OPTIONS_STRIDES,
    NEURON_OPTIONS_DILATION,
    NEURON_OPTIONS_ZEROS,
    NEURON_OPTIONS_BIAS,
};

enum { KERNEL, BIAS };

static int64_t multiplier_of(const neuron_spec *spec)
{
    return neuron_image_of(&spec->output).channels / neuron_image_of(&spec->inputs[0]).channels;
}

static int set_arrays(neuron_spec *spec, int64_t height, int64_t width, const char *node)
{
    int64_t channels = spec->inputs[0].extent[2];
    int64_t multiplier = (int64_t)neuron_spec_option(spec, NEURON_NODE_DEPTH_MULTIPLIER);
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

NEURON_COLD static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_check_image(&spec->inputs[0], node));
    RETURN_IF_ERROR(neuron_check_window(spec, "kernel", node));
    neuron_window down = neuron_window_of(spec, 0), along = neuron_window_of(spec, 1);
    int64_t extents[3] = {down.output, along.output,
                          spec->inputs[0].extent[2] *
                              (int64_t)neuron_spec_option(spec, NEURON_NODE_DEPTH_MULTIPLIER)};
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
    return neuron_shape_count(&spec->arrays[KERNEL].shape) +
           neuron_image_of(&spec->output).channels;
}

/* Of an image with each value written down as often as the multiplier says; 0 for once. */
static int64_t spread_size(const neuron_spec *spec)
{
    return multiplier_of(spec) > 1 ? neuron_shape_count(&spec->inputs[0]) * multiplier_of(spec) : 0;
}

/* With the channels of the output. A sequence is a row. */
static neuron_depthwise geometry_of(const neuron_spec *spec)
{
    const neuron_window down = neuron_window_of(spec, 0), along = neuron_window_of(spec, 1);
    neuron_depthwise geometry = {.channels = neuron_image_of(&spec->output).channels};
    geometry.down = spec->output.rank == 2 ? along : down;
    geometry.along = spec->output.rank == 2 ? down : along;
    return geometry;
}

/* Products that make handing them to a thread worth while; flat rows take half the time or less. */
enum { TASK_PRODUCTS = 1 << 18, FLAT_TASK_PRODUCTS = 2 * TASK_PRODUCTS };

/* Rows of the output that are one task of the forward pass. */
static int64_t task_rows(const neuron_spec *spec, bool flat)
{
    const neuron_depthwise geometry = geometry_of(spec);
    int64_t output = geometry.down.output;
    if (multiplier_of(spec) > 1) /* all of an image, which is spread once */
        return output;
    double products =
        (double)geometry.along.output * (double)neuron_shape_count(&spec->arrays[KERNEL].shape);
    double rows = (flat ? FLAT_TASK_PRODUCTS : TASK_PRODUCTS) / products;
    if (rows >= (double)output)
        return output;
    int64_t whole = rows > 1 ? (int64_t)rows : 1;
    return flat ? neuron_ceil_divide(whole, NEURON_DEPTHWISE_FLAT_ROWS) * NEURON_DEPTHWISE_FLAT_ROWS
                : whole;
}

static void plan_flat(const neuron_plan_request *request, neuron_needs *needs)
{
    neuron_depthwise_operation *operation = request->operation;
    const neuron_depthwise *geometry = &operation->geometry;
    const neuron_depthwise back = neuron_depthwise_reversed(geometry);
    int64_t weights = neuron_depthwise_flat_weights(geometry);
    operation->flat = true;
    operation->laid_out = neuron_reserve(&needs->prepared, weights, sizeof(float));
    operation->room_size = neuron_depthwise_flat_room(geometry);
    if (request->training) {
        operation->reversed_out = neuron_reserve(&needs->scratch, weights, sizeof(float));
        int64_t more = neuron_depthwise_flat_room(&back);
        operation->room_size = operation->room_size < more ? more : operation->room_size;
    }
    operation->room =
        neuron_reserve(&needs->scratch, operation->room_size * request->threads, sizeof(float));
}

NEURON_COLD int neuron_depthwise_plan(const neuron_plan_request *request, neuron_needs *needs)
{
    const neuron_spec *spec = request->spec;
    neuron_depthwise_operation *operation = request->operation;
    operation->geometry = geometry_of(spec);
    operation->geometry.kernels = request->kernels;
    operation->reverses =
        operation->geometry.down.stride == 1 && operation->geometry.along.stride == 1;
    if (request->training) {
        neuron_reserve(&needs->scratch, sums_of(spec) * parts_of(request->batch), sizeof(float));
        operation->reversed = neuron_reserve(
            &needs->scratch, neuron_shape_count(&spec->arrays[KERNEL].shape), sizeof(float));
    }
    /* One image for each thread, and another for its gradient. */
    operation->spread =
        neuron_reserve(&needs->scratch, spread_size(spec) * request->threads, 2 * sizeof(float));
    operation->folds = neuron_post_folded(request->fused, request->training) != NULL;
    if (operation->folds)
        neuron_reserve(&needs->prepared, sums_of(spec), sizeof(float));
    if (neuron_depthwise_is_flat(&operation->geometry))
        plan_flat(request, needs);
    int64_t rows = task_rows(spec, operation->flat);
    operation->task_rows = rows;
    operation->tasks = neuron_ceil_divide(operation->geometry.down.output, rows);
    needs->chunks = operation->tasks * request->batch;
    return NEURON_OK;
}

static float *floats_at(void *memory, size_t place)
{
    return (float *)(void *)((char *)memory + place);
}

/* As they are, or with a scale and shift in them. */
static const float *weights_of(const neuron_run *run)
{
    const neuron_depthwise_operation *operation = run->operation;
    return operation->folds ? run->prepared : run->values[KERNEL];
}

static const float *bias_of(const neuron_run *run)
{
    const neuron_depthwise_operation *operation = run->operation;
    if (operation->folds)
        return weights_of(run) + neuron_shape_count(&run->spec->arrays[KERNEL].shape);
    return run->spec->array_count > BIAS ? run->values[BIAS] : NULL;
}

static void fold(const neuron_run *run)
{
    const neuron_depthwise_operation *operation = run->operation;
    const neuron_post_op *op = neuron_post_folded(run->fused, run->training);
    int64_t channels = operation->geometry.channels;
    int64_t count = neuron_shape_count(&run->spec->arrays[KERNEL].shape);
    float *weights = run->prepared, *bias = weights + count;
    for (int64_t i = 0; i < count; i++)
        weights[i] = run->values[KERNEL][i] * op->scale[i % channels];
    for (int64_t c = 0; c < channels; c++)
        bias[c] = (run->spec->array_count > BIAS ? run->values[BIAS][c] * op->scale[c] : 0) +
                  op->shift[c];
}

void neuron_depthwise_prepare(const neuron_run *run)
{
    const neuron_depthwise_operation *operation = run->operation;
    if (operation->folds)
        fold(run);
    if (operation->flat)
        neuron_depthwise_flat_lay_out(&operation->geometry, weights_of(run), bias_of(run),
                                      floats_at(run->prepared, operation->laid_out));
}

/* One convolution. */
typedef struct filter {
    neuron_depthwise geometry;
    const float *weights, *bias; /* or all of it laid out for flat rows */
    float floor;
} filter;

typedef struct depthwise_job {
    const neuron_run *run;
    filter forward, back; /* `back` has no weights if the input's gradient is not one */
    int64_t multiplier, parts, part_images;
    int32_t post;        /* what is left to do begins with this entry of the list */
    int64_t tasks, rows; /* of an image, and of a task */
    int64_t spread;      /* floats of a spread image; 0 if none is needed */
    float *room;         /* for two of them for each thread */
    float *sums;         /* of each part, when training */
    float *flat_room;    /* not NULL: rows are made flat */
    const neuron_post_op *statistics;
} depthwise_job;

static depthwise_job job_of(const neuron_run *run)
{
    const neuron_depthwise_operation *operation = run->operation;
    depthwise_job job = {
        .run = run,
        .forward = {operation->geometry, weights_of(run), bias_of(run), -INFINITY},
        .multiplier = multiplier_of(run->spec),
        .parts = parts_of(run->batch),
        .tasks = operation->tasks,
        .rows = operation->task_rows,
        .spread = spread_size(run->spec),
        .sums = run->scratch,
        .statistics = neuron_post_find(&run->fused->post, NEURON_POST_STATISTICS),
    };
    job.post = operation->folds;
    if (operation->flat) {
        job.forward.weights = floats_at(run->prepared, operation->laid_out);
        job.flat_room = floats_at(run->scratch, operation->room);
    }
    if (neuron_post_is_floor(&run->fused->post, job.post)) {
        job.forward.floor = 0;
        job.post++;
    }
    job.part_images = neuron_ceil_divide(run->batch, job.parts);
    if (job.spread)
        job.room = floats_at(run->scratch, operation->spread);
    return job;
}

static int64_t output_row(const depthwise_job *job)
{
    return job->forward.geometry.along.output * job->forward.geometry.channels;
}

/* Rows first .. end - 1 of the output. */
static void make_rows(const depthwise_job *job, const filter *by, int64_t first, int64_t end,
                      const float *image, float *output, int32_t worker)
{
    const neuron_depthwise_operation *operation = job->run->operation;
    int64_t row = by->geometry.along.output * by->geometry.channels;
    if (job->flat_room)
        neuron_depthwise_flat_rows(&by->geometry, first, end, image, by->weights, by->floor, output,
                                   job->flat_room + worker * operation->room_size);
    else
        for (int64_t y = first; y < end; y++, output += row)
            neuron_depthwise_row(&by->geometry, y, image, by->weights, by->bias, by->floor, output);
}

/* The input image, spread if need be. */
static const float *image_of(const depthwise_job *job, int64_t image, int32_t worker)
{
    int64_t count = neuron_shape_count(&job->run->spec->inputs[0]);
    const float *from = job->run->inputs[0] + image * count;
    if (!job->spread)
        return from;
    float *spread = job->room + 2 * worker * job->spread, *to = spread;
    for (int64_t i = 0; i < count; i++)
        for (int64_t m = 0; m < job->multiplier; m++)
            *to++ = from[i];
    return spread;
}

static void forward_rows(void *work, int64_t task, int32_t worker)
{
    const depthwise_job *job = work;
    const neuron_run *run = job->run;
    int64_t image = task / job->tasks, first = task % job->tasks * job->rows;
    int64_t rows = job->forward.geometry.down.output, row = output_row(job);
    int64_t end = neuron_min_count(first + job->rows, rows);
    int64_t strip = job->flat_room ? end - first : 1;
    const float *from = image_of(job, image, worker);
    for (int64_t y = first; y < end; y += strip) {
        int64_t place = (image * rows + y) * row;
        make_rows(job, &job->forward, y, y + strip, from, run->output + place, worker);
        neuron_post_finish(run, job->post, place, strip * row);
    }
    if (job->statistics)
        neuron_statistics_measure(job->statistics->statistics, run->kernels, task,
                                  run->output + (image * rows + first) * row,
                                  (end - first) * job->forward.geometry.along.output);
}

/* Adds an image to the sums of the parameters' gradients. */
static void sum_image(const depthwise_job *job, int64_t image, int32_t worker, float *sums)
{
    const neuron_run *run = job->run;
    const float *from = image_of(job, image, worker);
    float *bias = sums + neuron_shape_count(&run->spec->arrays[KERNEL].shape);
    int64_t rows = job->forward.geometry.down.output;
    const float *gradient = run->output_gradient + image * rows * output_row(job);
    for (int64_t y = 0; y < rows; y++, gradient += output_row(job))
        neuron_depthwise_row_sums(&job->forward.geometry, y, from, gradient, sums, bias);
}

/* The gradient of an image's values, as often as the multiplier says. */
static void make_gradient(const depthwise_job *job, const float *gradient, float *to,
                          int32_t worker)
{
    const neuron_depthwise *geometry = &job->forward.geometry;
    int64_t row = geometry->along.input * geometry->channels;
    if (job->back.weights) {
        make_rows(job, &job->back, 0, geometry->down.input, gradient, to, worker);
        return;
    }
    memset(to, 0, (size_t)(geometry->down.input * row) * sizeof *to);
    for (int64_t y = 0; y < geometry->down.output; y++, gradient += output_row(job))
        neuron_depthwise_row_back(geometry, y, gradient, job->run->values[KERNEL], to);
}

static void input_gradient(const depthwise_job *job, int64_t image, int32_t worker)
{
    const neuron_run *run = job->run;
    int64_t count = neuron_shape_count(&run->spec->inputs[0]);
    const float *gradient =
        run->output_gradient + image * job->forward.geometry.down.output * output_row(job);
    float *to = run->input_gradients[0] + image * count;
    float *all = job->spread ? job->room + (2 * worker + 1) * job->spread : to;
    make_gradient(job, gradient, all, worker);
    for (int64_t i = 0; job->spread && i < count; i++) {
        to[i] = 0;
        for (int64_t m = 0; m < job->multiplier; m++)
            to[i] += *all++;
    }
    neuron_post_finish_back(run, image * count, count, to);
}

static void backward_part(void *work, int64_t number, int32_t worker)
{
    const depthwise_job *job = work;
    const neuron_run *run = job->run;
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
    const neuron_run *run = job->run;
    int64_t size = sums_of(run->spec), weights = neuron_shape_count(&run->spec->arrays[0].shape);
    for (int64_t part = 1; part < job->parts; part++)
        run->kernels->element->sum(job->sums, job->sums + part * size, size, job->sums);
    memcpy(run->gradients[KERNEL], job->sums, (size_t)weights * sizeof(float));
    if (run->spec->array_count > BIAS)
        memcpy(run->gradients[BIAS], job->sums + weights, (size_t)(size - weights) * sizeof(float));
}

int neuron_depthwise_forward(const neuron_run *run)
{
    depthwise_job job = job_of(run);
    if (job.statistics)
        job.statistics->statistics->count = run->batch * job.tasks;
    neuron_pool_run(run->pool, run->batch * job.tasks, forward_rows, &job);
    return NEURON_OK;
}

int neuron_depthwise_backward(const neuron_run *run)
{
    depthwise_job job = job_of(run);
    const neuron_depthwise_operation *operation = run->operation;
    if (operation->reverses && run->input_gradients[0]) {
        float *reversed = floats_at(run->scratch, operation->reversed);
        float *laid_out = floats_at(run->scratch, operation->reversed_out);
        neuron_depthwise_reverse(&operation->geometry, run->values[KERNEL], reversed);
        if (operation->flat)
            neuron_depthwise_flat_lay_out(&operation->geometry, reversed, NULL, laid_out);
        job.back = (filter){neuron_depthwise_reversed(&operation->geometry),
                            operation->flat ? laid_out : reversed, NULL, -INFINITY};
    }
    neuron_pool_run(run->pool, job.parts, backward_part, &job);
    if (!run->frozen)
        join_sums(&job);
    return NEURON_OK;
}

/* What it writes is measured, too. */
const char *neuron_depthwise_refuse(const neuron_fuse_request *request)
{
    bool measures =
        request->op.kind == NEURON_POST_STATISTICS && request->post->count < NEURON_POST_OPS_MAX;
    return measures ? NULL : neuron_post_refuse(request);
}

const neuron_layer neuron_layer_depthwise_conv2d = {
    .name = "depthwise_conv2d",
    .flags = NEURON_LAYER_READS_INPUT,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .plan = neuron_depthwise_plan,
    .operation_size = sizeof(neuron_depthwise_operation),
    .refuse = neuron_depthwise_refuse,
    .prepare = neuron_depthwise_prepare,
    .forward = neuron_depthwise_forward,
    .backward = neuron_depthwise_backward,
    .back_kinds = NEURON_POST_ACTIVATIONS,
};
