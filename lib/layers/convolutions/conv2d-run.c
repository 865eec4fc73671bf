/* Runs conv2d forward and backward. Which way each of the three passes goes is decided by
 * neuron_conv2d_plan() and kept in the operation; the ways themselves are in ops/convolution.c,
 * ops/winograd.c and ops/scatter.c. */
#include "layers/convolutions/conv2d.h"

#include "base/checked.h"
#include "ops/scatter.h"
#include "ops/winograd.h"
#include "layers/image.h"
#include "layers/post.h"

#include <string.h>

/* What all batches are taken for where they must not differ: Winograd's way rounds otherwise. */
enum { INVARIANT_BATCH = 128 };

static neuron_conv2d_way forward_way(const neuron_plan_request *request,
                                     const neuron_convolution *forward)
{
    /* Winograd's way pools by windows of 2x2 when predicting, and keeps no argmax. */
    const neuron_pooling *pooling = neuron_post_pooling(&request->fused->post);
    bool pools = !pooling ||
                 (!request->training && pooling->window_rows == 2 && pooling->window_columns == 2);
    int64_t batch = request->invariant ? INVARIANT_BATCH : request->batch;
    return pools && neuron_winograd_fits(forward, batch, !request->training)
               ? NEURON_CONV2D_WINOGRAD
               : NEURON_CONV2D_DIRECT;
}

static neuron_conv2d_way input_gradient_way(const neuron_plan_request *request,
                                            const neuron_convolution *forward)
{
    /* Where strides make several phases of it, Winograd's way does not fit to the forward pass. */
    const neuron_conv2d_phase phase = neuron_conv2d_phase_at(forward, 0, 0);
    if (neuron_winograd_fits(forward, request->batch, false) &&
        neuron_winograd_fits(&phase.convolution, request->batch, false))
        return NEURON_CONV2D_WINOGRAD;
    return neuron_scatter_fits(forward) ? NEURON_CONV2D_SCATTER : NEURON_CONV2D_DIRECT;
}

static neuron_conv2d_way weight_gradient_way(const neuron_plan_request *request,
                                             const neuron_convolution *forward, bool by_rows)
{
    return !by_rows && neuron_winograd_fits(forward, request->batch, false) ? NEURON_CONV2D_WINOGRAD
                                                                            : NEURON_CONV2D_DIRECT;
}

/* Where weights and bias lie, as the kernels want them. */
typedef struct weights_layout {
    size_t weights, bias, total;
} weights_layout;

static weights_layout lay_out(const neuron_convolution *convolution, neuron_conv2d_way way)
{
    weights_layout layout = {.total = 0};
    if (way == NEURON_CONV2D_WINOGRAD)
        layout.weights =
            neuron_reserve(&layout.total, 1, neuron_winograd_weights_size(convolution));
    else
        layout.weights = neuron_reserve(
            &layout.total, convolution->groups * neuron_convolution_weights_step(convolution),
            sizeof(float));
    layout.bias =
        neuron_reserve(&layout.total, neuron_convolution_bias_size(convolution), sizeof(float));
    return layout;
}

static void keep_larger(size_t *size, size_t other)
{
    if (*size < other)
        *size = other;
}

static size_t phase_needs(const neuron_conv2d_operation *operation,
                          const neuron_plan_request *request, const neuron_conv2d_phase *phase)
{
    const neuron_convolution *convolution = &phase->convolution;
    size_t total = lay_out(convolution, operation->input_gradient).total;
    size_t more =
        operation->input_gradient == NEURON_CONV2D_WINOGRAD
            ? neuron_winograd_convolve_scratch(convolution, request->batch, request->threads)
            : neuron_convolve_scratch(convolution, request->batch, request->threads, NULL);
    return neuron_add_size(total, more, &total) ? total : SIZE_MAX;
}

static void plan_backward(neuron_conv2d_operation *operation, const neuron_plan_request *request,
                          neuron_needs *needs)
{
    const neuron_convolution *forward = &operation->geometry;
    const neuron_pooling *pooling = neuron_post_pooling(&request->fused->post);
    neuron_gradient_rows rows = {.multiple = request->fused->gradient_multiple};
    if (pooling)
        rows.multiple = pooling->window_rows;
    operation->input_gradient = input_gradient_way(request, forward);
    operation->weight_gradient = weight_gradient_way(request, forward, rows.multiple > 0);
    if (operation->weight_gradient == NEURON_CONV2D_WINOGRAD)
        keep_larger(&needs->scratch, neuron_winograd_weight_gradient_scratch(
                                         forward, request->batch, request->threads));
    else
        keep_larger(&needs->scratch,
                    neuron_weight_gradient_scratch(forward, request->batch, request->threads,
                                                   rows.multiple ? &rows : NULL));
    if (operation->input_gradient == NEURON_CONV2D_SCATTER) {
        keep_larger(&needs->scratch, neuron_scatter_scratch(forward, request->threads));
        return;
    }
    for (int64_t y = 0; y < neuron_conv2d_phases(forward, 0); y++) {
        for (int64_t x = 0; x < neuron_conv2d_phases(forward, 1); x++) {
            neuron_conv2d_phase phase = neuron_conv2d_phase_at(forward, y, x);
            keep_larger(&needs->scratch, phase_needs(operation, request, &phase));
        }
    }
}

/* The call of what does each channel by itself. */
static neuron_run depthwise_of(const neuron_run *run)
{
    const neuron_conv2d_operation *operation = run->operation;
    neuron_run own = *run;
    own.operation = &operation->depthwise;
    return own;
}

int neuron_conv2d_plan(const neuron_plan_request *request, neuron_needs *needs)
{
    neuron_conv2d_operation *operation = request->operation;
    /* That needs an array of the output's gradient. */
    operation->by_channel =
        neuron_conv2d_is_depthwise(request->spec) && request->fused->gradient_multiple == 0;
    if (operation->by_channel) {
        neuron_plan_request own = *request;
        own.operation = &operation->depthwise;
        return neuron_depthwise_plan(&own, needs);
    }
    const neuron_pooling *pooling = neuron_post_pooling(&request->fused->post);
    operation->geometry = neuron_conv2d_forward(request->spec);
    const neuron_convolution *forward = &operation->geometry;
    operation->forward = forward_way(request, forward);
    const weights_layout layout = lay_out(forward, operation->forward);
    operation->weights = layout.weights;
    operation->bias = layout.bias;
    needs->prepared = layout.total;
    if (operation->forward == NEURON_CONV2D_WINOGRAD) {
        needs->scratch =
            neuron_winograd_convolve_scratch(forward, request->batch, request->threads);
    } else {
        needs->scratch =
            neuron_convolve_scratch(forward, request->batch, request->threads, pooling);
        needs->chunks = neuron_convolve_chunks(forward, request->batch);
    }
    if (request->training && pooling) /* argmax */
        neuron_reserve(&needs->saved,
                       pooling->rows * pooling->columns * forward->filters * request->batch, 1);
    if (request->training)
        plan_backward(operation, request, needs);
    return NEURON_OK;
}

static float *weights_at(void *memory, size_t place)
{
    return (float *)(void *)((char *)memory + place);
}

static void set_bias(const neuron_convolution *convolution, const float *bias, float *padded)
{
    memset(padded, 0, (size_t)neuron_convolution_bias_size(convolution) * sizeof *padded);
    if (bias)
        memcpy(padded, bias, (size_t)convolution->filters * sizeof *padded);
}

/* Makes a scale and shift of the sums part of what they are made of. */
static void fold(const neuron_run *run, const neuron_post_op *op, float *weights, float *bias)
{
    const neuron_conv2d_operation *operation = run->operation;
    const neuron_convolution *geometry = &operation->geometry;
    int32_t lanes = run->kernels->lanes;
    int64_t filters = neuron_group_filters(geometry);
    if (operation->forward == NEURON_CONV2D_WINOGRAD)
        neuron_winograd_scale_weights(geometry, lanes, op->scale, weights);
    else
        for (int64_t group = 0; group < geometry->groups; group++)
            neuron_scale_columns(weights + group * neuron_convolution_weights_step(geometry),
                                 neuron_convolution_depth(geometry), filters,
                                 op->scale + group * filters, lanes);
    for (int64_t f = 0; f < geometry->filters; f++)
        bias[f] = bias[f] * op->scale[f] + op->shift[f];
}

void neuron_conv2d_prepare(const neuron_run *run)
{
    const neuron_conv2d_operation *operation = run->operation;
    if (operation->by_channel) {
        const neuron_run own = depthwise_of(run);
        neuron_depthwise_prepare(&own);
        return;
    }
    float *weights = weights_at(run->prepared, operation->weights);
    if (operation->forward == NEURON_CONV2D_WINOGRAD)
        neuron_winograd_transform_weights(&operation->geometry, run->kernels, run->pool,
                                          run->values[0], false, weights);
    else
        neuron_conv2d_pack(run, &operation->geometry, weights);
    float *bias = weights_at(run->prepared, operation->bias);
    set_bias(&operation->geometry, run->spec->array_count > 1 ? run->values[1] : NULL, bias);
    const neuron_post_op *folded = neuron_post_folded(run->fused, run->training);
    if (folded)
        fold(run, folded, weights, bias);
}

/* What is left to do to the sums. Tells the pooling where its values go, and in training which
 * of each window they were. */
static neuron_post_ops post_of(const neuron_run *run)
{
    neuron_post_ops post = run->fused->post;
    if (neuron_post_folded(run->fused, run->training)) {
        post.count--;
        memmove(post.list, post.list + 1, (size_t)post.count * sizeof *post.list);
    }
    for (int32_t i = 0; i < post.count; i++) {
        if (post.list[i].kind != NEURON_POST_MAX_POOL)
            continue;
        post.list[i].pooling.output = run->output;
        post.list[i].pooling.argmax = run->training ? run->saved : NULL;
    }
    return post;
}

static void convolve(neuron_conv2d_way way, const neuron_convolution *convolution,
                     const neuron_convolution_run *work, const float *weights, const float *bias,
                     float *output)
{
    (way == NEURON_CONV2D_WINOGRAD ? neuron_winograd_convolve
                                   : neuron_convolve)(convolution, work, weights, bias, output);
}

int neuron_conv2d_run_forward(const neuron_run *run)
{
    const neuron_conv2d_operation *operation = run->operation;
    if (operation->by_channel) {
        const neuron_run own = depthwise_of(run);
        return neuron_depthwise_forward(&own);
    }
    const neuron_post_ops post = post_of(run);
    const neuron_convolution_run work = {
        .kernels = run->kernels,
        .pool = run->pool,
        .batch = run->batch,
        .source = run->inputs[0],
        .scratch = run->scratch,
        .post = &post,
    };
    convolve(operation->forward, &operation->geometry, &work,
             weights_at(run->prepared, operation->weights),
             weights_at(run->prepared, operation->bias), run->output);
    return NEURON_OK;
}

static void phase_gradient(const neuron_run *run, const neuron_conv2d_phase *phase)
{
    const neuron_conv2d_operation *operation = run->operation;
    const neuron_convolution *convolution = &phase->convolution;
    const neuron_convolution *forward = &operation->geometry;
    int64_t first = (phase->down.first * forward->width + phase->along.first) * forward->channels;
    const weights_layout layout = lay_out(convolution, operation->input_gradient);
    float *weights = weights_at(run->scratch, layout.weights);
    float *bias = weights_at(run->scratch, layout.bias);
    if (operation->input_gradient == NEURON_CONV2D_WINOGRAD)
        neuron_winograd_transform_weights(convolution, run->kernels, run->pool, run->values[0],
                                          true, weights);
    else
        neuron_conv2d_pack_phase(run, forward, phase, weights);
    set_bias(convolution, NULL, bias);
    const neuron_post_ops post = neuron_post_back_at(run, first);
    const neuron_convolution_run work = {
        .kernels = run->kernels,
        .pool = run->pool,
        .batch = run->batch,
        .source = run->output_gradient,
        .scratch = (char *)run->scratch + layout.total,
        .post = &post,
    };
    convolve(operation->input_gradient, convolution, &work, weights, bias,
             run->input_gradients[0] + first);
}

static void scatter_gradient(const neuron_run *run)
{
    const neuron_conv2d_operation *operation = run->operation;
    const neuron_post_ops post = neuron_post_back_at(run, 0);
    const neuron_convolution_run work = {
        .kernels = run->kernels,
        .pool = run->pool,
        .batch = run->batch,
        .source = run->output_gradient,
        .scratch = run->scratch,
        .post = &post,
    };
    neuron_scatter(&operation->geometry, &work, run->values[0], run->input_gradients[0]);
}

static void input_gradient(const neuron_run *run)
{
    const neuron_conv2d_operation *operation = run->operation;
    if (operation->input_gradient == NEURON_CONV2D_SCATTER) {
        scatter_gradient(run);
        return;
    }
    const neuron_convolution *forward = &operation->geometry;
    for (int64_t y = 0; y < neuron_conv2d_phases(forward, 0); y++) {
        for (int64_t x = 0; x < neuron_conv2d_phases(forward, 1); x++) {
            neuron_conv2d_phase phase = neuron_conv2d_phase_at(forward, y, x);
            phase_gradient(run, &phase);
        }
    }
}

/* The gradient of rows of the output from that of its pooled values. */
static void unpool_rows(const void *producer, int64_t image, int64_t first, int64_t rows, float *to)
{
    const neuron_run *run = producer;
    const neuron_image output = neuron_image_of(&run->spec->output);
    const neuron_pooling windows = *neuron_post_pooling(&run->fused->post);
    int64_t width = windows.columns * output.channels;
    int64_t at = (image * windows.rows + first / windows.window_rows) * width;
    neuron_pool_work work = {
        .windows = windows.columns,
        .window_rows = windows.window_rows,
        .window_columns = windows.window_columns,
        .channels = output.channels,
        .row_step = output.width * output.channels,
        .argmax = (uint8_t *)run->saved + at,
        .gradients = run->output_gradient + at,
    };
    int64_t covered = work.windows * work.window_columns * work.channels, y = first;
    int64_t end = neuron_min_count(first + rows, windows.rows * work.window_rows);
    for (; y < end; y += work.window_rows) {
        work.value_gradients = to;
        run->kernels->pool->max_pool_row_back(&work);
        for (int64_t i = 0; i < work.window_rows; i++, to += work.row_step)
            memset(to + covered, 0, (size_t)(work.row_step - covered) * sizeof *to);
        work.gradients += width;
        work.argmax += width;
    }
    memset(to, 0, (size_t)((first + rows - y) * work.row_step) * sizeof *to);
}

static void consumer_rows(const void *producer, int64_t image, int64_t first, int64_t rows,
                          float *to)
{
    const neuron_run *consumer = producer;
    consumer->spec->layer->gradient_rows(consumer, image, first, rows, to);
}

/* Where the gradient of the output comes from, if it is no array. */
static neuron_gradient_rows rows_of(const neuron_run *run)
{
    const neuron_pooling *pooling = neuron_post_pooling(&run->fused->post);
    if (pooling)
        return (neuron_gradient_rows){unpool_rows, run, pooling->window_rows};
    if (run->fused->consumer)
        return (neuron_gradient_rows){consumer_rows, run->fused->consumer,
                                      run->fused->gradient_multiple};
    return (neuron_gradient_rows){0};
}

static void weight_gradient(const neuron_run *run)
{
    const neuron_conv2d_operation *operation = run->operation;
    const neuron_convolution *convolution = &operation->geometry;
    float *kernel = run->gradients[0];
    float *bias = run->spec->array_count > 1 ? run->gradients[1] : NULL;
    neuron_gradient_rows rows = rows_of(run);
    neuron_convolution_run work = {.kernels = run->kernels,
                                   .pool = run->pool,
                                   .batch = run->batch,
                                   .source = run->inputs[0],
                                   .scratch = run->scratch,
                                   .gradient_rows = rows.make ? &rows : NULL};
    if (!kernel && !bias)
        return;
    if (operation->weight_gradient == NEURON_CONV2D_WINOGRAD)
        neuron_winograd_weight_gradient(convolution, &work, run->output_gradient, kernel, bias);
    else
        neuron_weight_gradient(convolution, &work, run->output_gradient, kernel, bias);
}

int neuron_conv2d_run_backward(const neuron_run *run)
{
    const neuron_conv2d_operation *operation = run->operation;
    if (operation->by_channel) {
        const neuron_run own = depthwise_of(run);
        return neuron_depthwise_backward(&own);
    }
    weight_gradient(run);
    if (run->input_gradients[0])
        input_gradient(run);
    return NEURON_OK;
}
