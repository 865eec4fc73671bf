#include "layers/layer.h"

#include <cblas.h>
#include <inttypes.h>
#include <string.h>

static const neuron_option options[] = {
    {NEURON_NODE_UNITS, "units", true, 1, INT32_MAX, 1, NULL},
    {NEURON_NODE_USE_BIAS, "use_bias", true, 0, 1, 1, NULL},
    {NEURON_NODE_INITIALIZER, "initializer", true, NEURON_INITIALIZER_GLOROT_UNIFORM,
     NEURON_INITIALIZER_ZEROS, NEURON_INITIALIZER_GLOROT_UNIFORM, neuron_initializers},
};

static int infer(neuron_spec *spec, const char *node)
{
    const neuron_shape *input = &spec->inputs[0];
    char text[NEURON_SHAPE_TEXT];
    if (input->rank != 1)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: needs an input of rank 1, not %s; put neuron_flatten() before it",
                           node, neuron_shape_text(input, text));
    int64_t in = input->extent[0];
    int64_t units = (int64_t)neuron_spec_option(spec, NEURON_NODE_UNITS);
    if (in > INT32_MAX) /* the CBLAS counts with int */
        return neuron_fail(NEURON_E_SHAPE, "%s: more than %d inputs", node, INT32_MAX);
    spec->output = (neuron_shape){.rank = 1, .extent = {units}};
    spec->arrays[0] = (neuron_array){
        .name = "kernel",
        .shape = {.rank = 2, .extent = {in, units}},
        .trainable = true,
        .initializer = (int32_t)neuron_spec_option(spec, NEURON_NODE_INITIALIZER),
        .fan_in = (double)in,
        .fan_out = (double)units,
    };
    spec->arrays[1] = (neuron_array){
        .name = "bias",
        .shape = {.rank = 1, .extent = {units}},
        .trainable = true,
        .initializer = NEURON_INITIALIZER_ZEROS,
    };
    spec->array_count = neuron_spec_option(spec, NEURON_NODE_USE_BIAS) != 0 ? 2 : 1;
    return NEURON_OK;
}

/* y = x W + b */
static void forward(const neuron_run *run)
{
    int batch = (int)run->batch;
    int in = (int)run->spec->inputs[0].extent[0], units = (int)run->spec->output.extent[0];
    bool has_bias = run->spec->array_count == 2;
    if (has_bias)
        for (int64_t row = 0; row < batch; row++)
            memcpy(run->output + row * units, run->values[1], (size_t)units * sizeof(float));
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, batch, units, in, 1, run->inputs[0], in,
                run->values[0], units, has_bias ? 1 : 0, run->output, units);
}

/* dW = x' dy, db = sum of dy over the batch, dx = dy W' */
static void backward(const neuron_run *run)
{
    int batch = (int)run->batch;
    int in = (int)run->spec->inputs[0].extent[0], units = (int)run->spec->output.extent[0];
    const float *dy = run->output_gradient;
    if (run->gradients[0])
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, in, units, batch, 1, run->inputs[0],
                    in, dy, units, 0, run->gradients[0], units);
    if (run->spec->array_count == 2 && run->gradients[1]) {
        float *db = run->gradients[1];
        memset(db, 0, (size_t)units * sizeof *db);
        for (int64_t row = 0; row < batch; row++)
            for (int64_t unit = 0; unit < units; unit++)
                db[unit] += dy[row * units + unit];
    }
    if (run->input_gradients[0])
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, batch, in, units, 1, dy, units,
                    run->values[0], units, 0, run->input_gradients[0], in);
}

const neuron_layer neuron_layer_dense = {
    .name = "dense",
    .flags = NEURON_LAYER_READS_INPUT,
    .option_count = 3,
    .options = options,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
