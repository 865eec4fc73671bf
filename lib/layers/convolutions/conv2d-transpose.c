/* Transposed convolution: see neuron_conv2d_transpose().
 *
 * It is the way back through a convolution, which leads from the output here to the input: forward
 * is what conv2d does for the gradient of its input, phase by phase (conv2d.c), and the gradient
 * of the input is that convolution. Its kernel is the convolution's. */
#include "layers/convolutions/conv2d.h"

#include "base/bump.h"
#include "base/checked.h"
#include "layers/image.h"
#include "layers/post.h"

#include <string.h>

enum { KERNEL, BIAS };

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

/* The window of the convolution along an axis, from the output here to the input. */
static neuron_window window_of(const neuron_spec *spec, int axis)
{
    bool down = axis == 0, same = option(spec, NEURON_NODE_PADDING) == NEURON_PADDING_SAME;
    int64_t kernel = option(spec, down ? NEURON_NODE_KERNEL_HEIGHT : NEURON_NODE_KERNEL_WIDTH);
    int64_t stride = option(spec, down ? NEURON_NODE_STRIDE_HEIGHT : NEURON_NODE_STRIDE_WIDTH);
    int64_t more = !same && kernel > stride ? kernel - stride : 0;
    return neuron_window_set(spec->inputs[0].extent[axis] * stride + more, kernel, stride, same);
}

static neuron_convolution convolution_of(const neuron_spec *spec)
{
    const neuron_window down = window_of(spec, 0), along = window_of(spec, 1);
    neuron_convolution convolution = {
        .height = down.input,
        .width = along.input,
        .channels = option(spec, NEURON_NODE_FILTERS),
        .kernel_height = down.kernel,
        .kernel_width = along.kernel,
        .stride_height = down.stride,
        .stride_width = along.stride,
        .dilation_height = 1,
        .dilation_width = 1,
        .groups = 1,
        .top = down.padding,
        .left = along.padding,
        .rows = down.output,
        .columns = along.output,
        .filters = spec->inputs[0].extent[2],
    };
    convolution.pixel_step = convolution.filters;
    convolution.row_step = convolution.columns * convolution.pixel_step;
    convolution.image_step = convolution.rows * convolution.row_step;
    return convolution;
}

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_check_image(&spec->inputs[0], node));
    const neuron_window down = window_of(spec, 0), along = window_of(spec, 1);
    int64_t filters = option(spec, NEURON_NODE_FILTERS);
    const int64_t output[3] = {down.input, along.input, filters};
    const int64_t shape[4] = {down.kernel, along.kernel, filters, spec->inputs[0].extent[2]};
    neuron_array *kernel = &spec->arrays[KERNEL], *bias = &spec->arrays[BIAS];
    *kernel = (neuron_array){.name = "kernel", .trainable = true};
    *bias =
        (neuron_array){.name = "bias", .trainable = true, .initializer = NEURON_INITIALIZER_ZEROS};
    RETURN_IF_ERROR(neuron_shape_set(&spec->output, output, 3, 1, node));
    RETURN_IF_ERROR(neuron_shape_set(&kernel->shape, shape, 4, 1, node));
    RETURN_IF_ERROR(neuron_shape_set(&bias->shape, &filters, 1, 1, node));
    /* As of any kernel of this shape in Keras, although it is used the other way round. */
    kernel->initializer = (int32_t)option(spec, NEURON_NODE_INITIALIZER);
    kernel->fan_in = (double)shape[0] * (double)shape[1] * (double)filters;
    kernel->fan_out = (double)shape[0] * (double)shape[1] * (double)shape[3];
    spec->array_count = option(spec, NEURON_NODE_USE_BIAS) ? 2 : 1;
    return NEURON_OK;
}

typedef struct transpose_operation {
    neuron_convolution geometry;
    size_t bias;     /* where what prepare makes lies: the bias, and the weights phase by phase */
    size_t backward; /* where the weights for the way back end in the scratch, after zeros */
} transpose_operation;

/* Weights of one convolution, packed. */
static size_t reserve_weights(size_t *used, const neuron_convolution *convolution)
{
    return neuron_reserve(used, neuron_convolution_weights_step(convolution), sizeof(float));
}

/* What the bias of a batch is summed by: a convolution of 1x1 pixels, of which only that is asked
 * for. */
static neuron_convolution pixels_of(const neuron_convolution *geometry)
{
    neuron_convolution pixels = *geometry;
    pixels.kernel_height = pixels.kernel_width = pixels.stride_height = pixels.stride_width = 1;
    pixels.top = pixels.left = 0;
    pixels.rows = pixels.height;
    pixels.columns = pixels.width;
    pixels.filters = pixels.pixel_step = pixels.channels;
    pixels.channels = 1;
    pixels.row_step = pixels.columns * pixels.pixel_step;
    pixels.image_step = pixels.rows * pixels.row_step;
    return pixels;
}

static void keep_larger(size_t *size, size_t other)
{
    *size = *size < other ? other : *size;
}

static void plan_backward(transpose_operation *operation, const neuron_plan_request *request,
                          neuron_needs *needs)
{
    const neuron_convolution *geometry = &operation->geometry;
    const neuron_convolution pixels = pixels_of(geometry);
    size_t used = 0;
    neuron_reserve(&used, neuron_convolution_bias_size(geometry), sizeof(float));
    reserve_weights(&used, geometry);
    operation->backward = used;
    size_t more = neuron_convolve_scratch(geometry, request->batch, request->threads, NULL);
    keep_larger(&needs->scratch, neuron_add_size(used, more, &used) ? used : SIZE_MAX);
    keep_larger(&needs->scratch,
                neuron_weight_gradient_scratch(geometry, request->batch, request->threads, NULL));
    keep_larger(&needs->scratch,
                neuron_weight_gradient_scratch(&pixels, request->batch, request->threads, NULL));
}

static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    transpose_operation *operation = request->operation;
    operation->geometry = convolution_of(request->spec);
    const neuron_convolution *geometry = &operation->geometry;
    operation->bias =
        neuron_reserve(&needs->prepared, neuron_panel_round(geometry->channels), sizeof(float));
    for (int64_t y = 0; y < neuron_conv2d_phases(geometry, 0); y++) {
        for (int64_t x = 0; x < neuron_conv2d_phases(geometry, 1); x++) {
            const neuron_conv2d_phase phase = neuron_conv2d_phase_at(geometry, y, x);
            reserve_weights(&needs->prepared, &phase.convolution);
            keep_larger(&needs->scratch, neuron_convolve_scratch(&phase.convolution, request->batch,
                                                                 request->threads, NULL));
        }
    }
    if (request->training)
        plan_backward(operation, request, needs);
    return NEURON_OK;
}

static float *floats_at(void *memory, size_t place)
{
    return (float *)(void *)((char *)memory + place);
}

static void prepare(const neuron_run *run)
{
    const transpose_operation *operation = run->operation;
    const neuron_convolution *geometry = &operation->geometry;
    float *bias = floats_at(run->prepared, operation->bias);
    int64_t room = neuron_panel_round(geometry->channels);
    size_t used = 0;
    neuron_reserve(&used, room, sizeof(float));
    memset(bias, 0, (size_t)room * sizeof *bias);
    if (run->spec->array_count > BIAS)
        memcpy(bias, run->values[BIAS], (size_t)geometry->channels * sizeof *bias);
    for (int64_t y = 0; y < neuron_conv2d_phases(geometry, 0); y++) {
        for (int64_t x = 0; x < neuron_conv2d_phases(geometry, 1); x++) {
            const neuron_conv2d_phase phase = neuron_conv2d_phase_at(geometry, y, x);
            size_t place = reserve_weights(&used, &phase.convolution);
            neuron_conv2d_pack_phase(run, geometry, &phase, floats_at(run->prepared, place));
        }
    }
}

/* The list for outputs that begin `first` floats behind the first: what is kept of them lies
 * there. */
static neuron_post_ops post_at(const neuron_run *run, int64_t first)
{
    neuron_post_ops post = run->fused->post;
    for (int32_t i = 0; i < post.count; i++)
        if (neuron_post_is_activation(post.list[i].kind) && post.list[i].before)
            post.list[i].before += first;
    return post;
}

static neuron_convolution_run work_of(const neuron_run *run, const float *source)
{
    return (neuron_convolution_run){.kernels = run->kernels,
                                    .pool = run->pool,
                                    .batch = run->batch,
                                    .source = source,
                                    .scratch = run->scratch};
}

static int forward(const neuron_run *run)
{
    const transpose_operation *operation = run->operation;
    const neuron_convolution *geometry = &operation->geometry;
    size_t used = 0;
    neuron_reserve(&used, neuron_panel_round(geometry->channels), sizeof(float));
    for (int64_t y = 0; y < neuron_conv2d_phases(geometry, 0); y++) {
        for (int64_t x = 0; x < neuron_conv2d_phases(geometry, 1); x++) {
            const neuron_conv2d_phase phase = neuron_conv2d_phase_at(geometry, y, x);
            size_t place = reserve_weights(&used, &phase.convolution);
            int64_t first = (y * geometry->width + x) * geometry->channels;
            const neuron_post_ops post = post_at(run, first);
            neuron_convolution_run work = work_of(run, run->inputs[0]);
            work.post = &post;
            neuron_convolve(&phase.convolution, &work, floats_at(run->prepared, place),
                            floats_at(run->prepared, operation->bias), run->output + first);
        }
    }
    return NEURON_OK;
}

static void weight_gradient(const neuron_run *run)
{
    const transpose_operation *operation = run->operation;
    const neuron_convolution_run work = work_of(run, run->output_gradient);
    if (run->gradients[KERNEL])
        neuron_weight_gradient(&operation->geometry, &work, run->inputs[0], run->gradients[KERNEL],
                               NULL);
    if (run->spec->array_count > BIAS && run->gradients[BIAS]) {
        const neuron_convolution pixels = pixels_of(&operation->geometry);
        neuron_weight_gradient(&pixels, &work, run->output_gradient, NULL, run->gradients[BIAS]);
    }
}

static void input_gradient(const neuron_run *run)
{
    const transpose_operation *operation = run->operation;
    const neuron_convolution *geometry = &operation->geometry;
    size_t used = 0;
    int64_t size = neuron_convolution_bias_size(geometry);
    float *zeros = floats_at(run->scratch, neuron_reserve(&used, size, sizeof(float)));
    float *weights = floats_at(run->scratch, reserve_weights(&used, geometry));
    memset(zeros, 0, (size_t)size * sizeof *zeros);
    neuron_conv2d_pack(run, geometry, weights);
    const neuron_post_ops post = neuron_post_back_at(run, 0);
    neuron_convolution_run work = work_of(run, run->output_gradient);
    work.scratch += operation->backward;
    work.post = &post;
    neuron_convolve(geometry, &work, weights, zeros, run->input_gradients[0]);
}

static int backward(const neuron_run *run)
{
    weight_gradient(run);
    if (run->input_gradients[0])
        input_gradient(run);
    return NEURON_OK;
}

const neuron_layer neuron_layer_conv2d_transpose = {
    .name = "conv2d_transpose",
    .flags = NEURON_LAYER_READS_INPUT,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .plan = plan,
    .operation_size = sizeof(transpose_operation),
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
    .refuse = neuron_post_refuse,
    .back_kinds = NEURON_POST_ACTIVATIONS,
};
