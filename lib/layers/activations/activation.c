/* Activations as layers of their own, over the pool. */
#include "layers/activations/activation.h"

#include "kernels/kernels.h"
#include "layers/pieces.h"

static void forward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    const neuron_post_op op = run->spec->layer->post_op(run->spec);
    run->kernels->element->activate(&op, run->inputs[0] + first, count, run->output + first);
}

static void backward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    const neuron_post_op op = run->spec->layer->post_op(run->spec);
    const float *seen = neuron_post_sees_input(op.kind) ? run->inputs[0] : run->output;
    run->kernels->element->activate_back(&op, run->output_gradient + first, seen + first, count,
                                         run->input_gradients[0] + first);
}

int neuron_activation_forward(const neuron_run *run)
{
    neuron_run_pieces(run, 1, forward_piece);
    return NEURON_OK;
}

int neuron_activation_backward(const neuron_run *run)
{
    neuron_run_pieces(run, 1, backward_piece);
    return NEURON_OK;
}
