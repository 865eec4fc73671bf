/* Fully connected layer: see neuron_dense(). The sums are in ops/gemm.c. */
#include "base/bump.h"
#include "layers/post.h"

#include "ops/gemm.h"

static const neuron_option options[] = {
    NEURON_INTEGER(NEURON_NODE_UNITS, "units", 1, INT32_MAX, 1, "outputs of each example"),
    NEURON_OPTIONS_BIAS,
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

typedef struct dense_operation {
    bool packs;  /* predictions pack the weights once, */
    bool aligns; /* or let their rows begin where vectors do */
    bool invariant;
} dense_operation;

static neuron_gemm product_of(const neuron_run *run)
{
    const dense_operation *operation = run->operation;
    int64_t inputs = run->spec->inputs[0].extent[0], units = run->spec->output.extent[0];
    return (neuron_gemm){
        .kernels = run->kernels,
        .pool = run->pool,
        .by_cblas =
            !operation->invariant && neuron_gemm_by_cblas(run->kernels, run->batch, inputs, units),
        .invariant = operation->invariant,
        .batch = run->batch,
        .inputs = inputs,
        .units = units,
        .scratch = run->scratch,
    };
}

static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    const neuron_spec *spec = request->spec;
    int64_t inputs = spec->inputs[0].extent[0], units = spec->output.extent[0];
    int64_t batch = request->batch;
    int32_t threads = request->threads;
    dense_operation *operation = request->operation;
    bool invariant = request->invariant;
    operation->invariant = invariant;
    operation->packs = !request->training && neuron_gemm_packs(batch, inputs, units, invariant);
    operation->aligns =
        !request->training && !invariant && neuron_gemm_aligns(batch, inputs, units);
    needs->scratch =
        neuron_gemm_forward_scratch(batch, inputs, units, threads, operation->packs, invariant);
    size_t backward =
        request->training ? neuron_gemm_backward_scratch(batch, inputs, units, threads) : 0;
    if (backward > needs->scratch)
        needs->scratch = backward;
    int64_t row = operation->packs ? neuron_panel_round(units) : neuron_gemm_aligned_row(units);
    if (operation->packs || operation->aligns)
        neuron_reserve(&needs->prepared, inputs * row, sizeof(float));
    return NEURON_OK;
}

static void prepare(const neuron_run *run)
{
    const dense_operation *operation = run->operation;
    neuron_gemm product = product_of(run);
    if (operation->packs)
        neuron_gemm_pack(&product, run->values[0], run->prepared);
    if (operation->aligns)
        neuron_gemm_align(&product, run->values[0], run->prepared);
}

/* y = x W + b */
static int forward(const neuron_run *run)
{
    const dense_operation *operation = run->operation;
    neuron_gemm product = product_of(run);
    const neuron_gemm_weights weights = {.rows = run->values[0],
                                         .packed = operation->packs ? run->prepared : NULL,
                                         .aligned = operation->aligns ? run->prepared : NULL};
    neuron_gemm_forward(&product, run->inputs[0], &weights,
                        run->spec->array_count == 2 ? run->values[1] : NULL, &run->fused->post,
                        run->output);
    return NEURON_OK;
}

static void sink_kernel(const void *user, const float *slice, int64_t first, int64_t count)
{
    const neuron_run *run = user;
    run->fused->on_gradient(run, 0, slice, first, count);
}

/* dx = dy W', dW = x' dy, db = sum of dy over the batch. The first must be done before W may be
 * changed by who takes dW. */
static int backward(const neuron_run *run)
{
    neuron_gemm product = product_of(run);
    const neuron_post_ops back = neuron_post_back_at(run, 0);
    if (run->input_gradients[0])
        neuron_gemm_input_gradient(&product, run->output_gradient, run->values[0], &back,
                                   run->input_gradients[0]);
    neuron_gemm_gradients arrays = {
        .input = run->inputs[0],
        .output_gradient = run->output_gradient,
        .gradient = run->gradients[0],
        .bias_gradient = run->spec->array_count == 2 ? run->gradients[1] : NULL,
        .on_gradient = run->fused->on_gradient ? sink_kernel : NULL,
        .sink = run,
    };
    if (arrays.gradient || arrays.bias_gradient || arrays.on_gradient)
        neuron_gemm_weight_gradient(&product, &arrays);
    return NEURON_OK;
}

const neuron_layer neuron_layer_dense = {
    .name = "dense",
    .flags = NEURON_LAYER_READS_INPUT | NEURON_LAYER_SINKS,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .plan = plan,
    .operation_size = sizeof(dense_operation),
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
    .refuse = neuron_post_refuse,
    .back_kinds = NEURON_POST_ACTIVATIONS,
};
