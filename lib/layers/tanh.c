#include "layers/pieces.h"

#include <math.h>

static int infer(neuron_spec *spec, const char *node)
{
    (void)node;
    spec->output = spec->inputs[0];
    return NEURON_OK;
}

static void forward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    const float *x = run->inputs[0] + first;
    float *y = run->output + first;
    for (int64_t i = 0; i < count; i++)
        y[i] = tanhf(x[i]);
}

/* dx = dy (1 - y^2), as a product: near the ends 1 - y is exact, and 1 - y^2 is not. */
static void backward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    const float *y = run->output + first, *dy = run->output_gradient + first;
    float *dx = run->input_gradients[0] + first;
    for (int64_t i = 0; i < count; i++)
        dx[i] = dy[i] * ((1 - y[i]) * (1 + y[i]));
}

static void forward(const neuron_run *run)
{
    neuron_run_pieces(run, run->batch * neuron_run_output_size(run), 1, forward_piece);
}

static void backward(const neuron_run *run)
{
    neuron_run_pieces(run, run->batch * neuron_run_output_size(run), 1, backward_piece);
}

const neuron_layer neuron_layer_tanh = {
    .name = "tanh",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
