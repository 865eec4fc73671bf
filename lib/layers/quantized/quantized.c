/* What quantised layers share: see quantized.h. */
#include "layers/quantized/quantized.h"

#include "layers/post.h"

enum { KERNEL, SCALE, BIAS, ARRAYS };

int neuron_quantized_set_arrays(neuron_spec *spec, const int64_t *kernel, int32_t rank,
                                const char *node)
{
    int64_t rows = 1;
    RETURN_IF_ERROR(neuron_shape_set(&spec->arrays[KERNEL].shape, kernel, rank, 1, node));
    for (int32_t axis = 0; axis + 1 < rank; axis++)
        rows *= kernel[axis];
    if (rows > NEURON_BYTES_DEPTH_MAX)
        return neuron_fail(NEURON_E_SHAPE, "%s: more than %d weights for each output", node,
                           NEURON_BYTES_DEPTH_MAX);
    spec->arrays[KERNEL].name = "kernel";
    spec->arrays[KERNEL].initializer = NEURON_INITIALIZER_ZEROS;
    spec->arrays[KERNEL].bytes = true;
    spec->arrays[SCALE] = (neuron_array){.name = "scale", .initializer = NEURON_INITIALIZER_ONES};
    spec->arrays[BIAS] = (neuron_array){.name = "bias", .initializer = NEURON_INITIALIZER_ZEROS};
    RETURN_IF_ERROR(neuron_shape_set(&spec->arrays[SCALE].shape, &kernel[rank - 1], 1, 1, node));
    spec->arrays[BIAS].shape = spec->arrays[SCALE].shape;
    spec->array_count = ARRAYS;
    return NEURON_OK;
}

neuron_quantizer neuron_quantized_quantizer(const neuron_spec *spec)
{
    return (neuron_quantizer){
        (float)(1 / neuron_spec_option(spec, NEURON_NODE_INPUT_SCALE)),
        (int32_t)neuron_spec_option(spec, NEURON_NODE_INPUT_ZERO_POINT),
    };
}

neuron_bytes_weights neuron_quantized_weights(const neuron_spec *spec, int64_t stretches,
                                              int64_t stretch, void *prepared)
{
    neuron_bytes_weights weights = {
        .stretches = stretches,
        .stretch = stretch,
        .columns = spec->arrays[SCALE].shape.extent[0],
    };
    neuron_bytes_lay_out(&weights, prepared);
    return weights;
}

void neuron_quantized_pack(const neuron_run *run, const neuron_bytes_weights *weights)
{
    const neuron_bytes_values values = {
        .kernel = run->values[KERNEL],
        .scale = run->values[SCALE],
        .bias = run->values[BIAS],
        .input_scale = (float)neuron_spec_option(run->spec, NEURON_NODE_INPUT_SCALE),
        .zero_point = (int32_t)neuron_spec_option(run->spec, NEURON_NODE_INPUT_ZERO_POINT),
        .post = &run->fused->post,
    };
    neuron_bytes_pack(weights, &values, run->kernels->lanes);
}

neuron_bytes_run neuron_quantized_run(const neuron_run *run, const neuron_bytes_weights *weights)
{
    bool bytes = run->fused->reads_bytes;
    return (neuron_bytes_run){
        .kernels = run->kernels,
        .pool = run->pool,
        .batch = run->batch,
        .values = bytes ? NULL : run->inputs[0],
        .bytes = bytes ? (const uint8_t *)(const void *)run->inputs[0] : NULL,
        .quantizer = neuron_quantized_quantizer(run->spec),
        .weights = weights,
        .post = &run->fused->post,
        .output = run->output,
        .scratch = run->scratch,
    };
}

/* Whether sums can become bytes in registers. */
static bool is_short(const neuron_post_ops *post)
{
    const neuron_bytes_post by = neuron_bytes_post_of(post);
    return post->count == by.done + (by.pooling != NULL);
}

const char *neuron_quantized_refuse(const neuron_fuse_request *request)
{
    if (request->op.kind != NEURON_POST_QUANTIZE || request->post->count == NEURON_POST_OPS_MAX)
        return neuron_post_refuse(request);
    return is_short(request->post) ? NULL : "more than a ReLU and a normalisation stand between";
}
