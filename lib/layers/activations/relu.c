#include "layers/pieces.h"

#include "kernels/kernels.h"

static void forward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    run->kernels->rectify(run->inputs[0] + first, count, run->output + first);
}

static void backward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    run->kernels->gate(run->output_gradient + first, run->output + first, count,
                       run->input_gradients[0] + first);
}

static void forward(const neuron_run *run)
{
    neuron_run_pieces(run, run->batch * neuron_run_output_size(run), 1, forward_piece);
}

static void backward(const neuron_run *run)
{
    neuron_run_pieces(run, run->batch * neuron_run_output_size(run), 1, backward_piece);
}

const neuron_layer neuron_layer_relu = {
    .name = "relu",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    .infer = neuron_layer_infer_same,
    .forward = forward,
    .backward = backward,
};
