/* A convolution of bytes, which neuron_graph_quantize() makes: see quantized.h. */
#include "layers/quantized/quantized.h"

#include "layers/convolutions/conv2d.h"
#include "layers/image.h"
#include "layers/post.h"
#include "ops/bytes-convolution.h"

static const neuron_option options[] = {
    NEURON_INTEGER(NEURON_NODE_FILTERS, "filters", 1, INT32_MAX, 1, "output channels"),
    NEURON_OPTIONS_KERNEL,
    NEURON_OPTIONS_STRIDES,
    NEURON_OPTIONS_ZEROS,
    NEURON_OPTIONS_QUANTIZED,
};

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_check_image(&spec->inputs[0], node));
    RETURN_IF_ERROR(neuron_check_window(spec, "kernel", node));
    neuron_window down = neuron_window_of(spec, 0), along = neuron_window_of(spec, 1);
    RETURN_IF_ERROR(neuron_check_places(down.kernel, along.kernel, node));
    int64_t filters = (int64_t)neuron_spec_option(spec, NEURON_NODE_FILTERS);
    const int64_t output[3] = {down.output, along.output, filters};
    const int64_t kernel[4] = {down.kernel, along.kernel, spec->inputs[0].extent[2], filters};
    RETURN_IF_ERROR(neuron_shape_set(&spec->output, output, 3, 1, node));
    return neuron_quantized_set_arrays(spec, kernel, 4, node);
}

static neuron_bytes_weights weights_of(const neuron_spec *spec, void *prepared)
{
    neuron_convolution convolution = neuron_conv2d_forward(spec);
    return neuron_quantized_weights(spec, convolution.kernel_height,
                                    convolution.kernel_width * convolution.channels, prepared);
}

static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    const neuron_convolution convolution = neuron_conv2d_forward(request->spec);
    neuron_bytes_weights weights = weights_of(request->spec, NULL);
    needs->prepared = neuron_bytes_lay_out(&weights, NULL);
    needs->scratch = neuron_bytes_convolve_scratch(&convolution, request->batch, request->threads,
                                                   &request->fused->post);
    return NEURON_OK;
}

static void prepare(const neuron_run *run)
{
    const neuron_bytes_weights weights = weights_of(run->spec, run->prepared);
    neuron_quantized_pack(run, &weights);
}

static int forward(const neuron_run *run)
{
    const neuron_convolution convolution = neuron_conv2d_forward(run->spec);
    const neuron_bytes_weights weights = weights_of(run->spec, run->prepared);
    const neuron_bytes_run work = neuron_quantized_run(run, &weights);
    neuron_bytes_convolve(&convolution, &work);
    return NEURON_OK;
}

static const char *refuse(const neuron_fuse_request *request)
{
    const neuron_post_ops *post = request->post;
    if (request->op.kind == NEURON_POST_MAX_POOL && post->count < NEURON_POST_OPS_MAX &&
        !neuron_post_pooling(post))
        return NULL;
    return neuron_quantized_refuse(request);
}

const neuron_layer neuron_layer_quantized_conv2d = {
    .name = "quantized_conv2d",
    .flags = NEURON_LAYER_NO_GRADIENT,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .plan = plan,
    .prepare = prepare,
    .forward = forward,
    .refuse = refuse,
    .quantizer = neuron_quantized_quantizer,
};
