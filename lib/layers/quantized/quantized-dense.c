/* A fully connected layer of bytes, which neuron_graph_quantize() makes: see quantized.h. */
#include "layers/quantized/quantized.h"

static const neuron_option options[] = {
    NEURON_INTEGER(NEURON_NODE_UNITS, "units", 1, INT32_MAX, 1, "outputs of each example"),
    NEURON_OPTIONS_QUANTIZED,
};

static int infer(neuron_spec *spec, const char *node)
{
    const neuron_shape *input = &spec->inputs[0];
    char text[NEURON_SHAPE_TEXT];
    if (input->rank != 1)
        return neuron_fail(NEURON_E_SHAPE, "%s: needs an input of rank 1, not %s", node,
                           neuron_shape_text(input, text));
    const int64_t kernel[2] = {input->extent[0],
                               (int64_t)neuron_spec_option(spec, NEURON_NODE_UNITS)};
    RETURN_IF_ERROR(neuron_shape_set(&spec->output, &kernel[1], 1, 1, node));
    return neuron_quantized_set_arrays(spec, kernel, 2, node);
}

static neuron_bytes_weights weights_of(const neuron_spec *spec, void *prepared)
{
    return neuron_quantized_weights(spec, 1, spec->inputs[0].extent[0], prepared);
}

static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    neuron_bytes_weights weights = weights_of(request->spec, NULL);
    needs->prepared = neuron_bytes_lay_out(&weights, NULL);
    needs->scratch = neuron_bytes_dense_scratch(request->batch, weights.stretch);
    return NEURON_OK;
}

static void prepare(const neuron_run *run)
{
    const neuron_bytes_weights weights = weights_of(run->spec, run->prepared);
    neuron_quantized_pack(run, &weights);
}

static int forward(const neuron_run *run)
{
    const neuron_bytes_weights weights = weights_of(run->spec, run->prepared);
    const neuron_bytes_run work = neuron_quantized_run(run, &weights);
    neuron_bytes_dense(&work);
    return NEURON_OK;
}

const neuron_layer neuron_layer_quantized_dense = {
    .name = "quantized_dense",
    .flags = NEURON_LAYER_NO_GRADIENT,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .plan = plan,
    .prepare = prepare,
    .forward = forward,
    .refuse = neuron_quantized_refuse,
    .quantizer = neuron_quantized_quantizer,
};
