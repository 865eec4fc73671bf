#include "layers/activations/activation.h"

#include "layers/pieces.h"

#include <math.h>

static void forward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    const neuron_spec *spec = run->spec;
    spec->layer->activation->values(spec, run->inputs[0] + first, count, run->output + first);
}

static void backward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    const neuron_spec *spec = run->spec;
    const float *seen =
        spec->layer->flags & NEURON_LAYER_READS_INPUT ? run->inputs[0] : run->output;
    spec->layer->activation->gradients(spec, seen + first, run->output_gradient + first, count,
                                       run->input_gradients[0] + first);
}

void neuron_activation_forward(const neuron_run *run)
{
    neuron_run_pieces(run, run->batch * neuron_run_output_size(run), 1, forward_piece);
}

void neuron_activation_backward(const neuron_run *run)
{
    neuron_run_pieces(run, run->batch * neuron_run_output_size(run), 1, backward_piece);
}

float neuron_logistic(float x)
{
    /* Of exp() only what is not above 1 is used: nothing overflows. */
    if (x >= 0)
        return 1 / (1 + expf(-x));
    float part = expf(x);
    return part / (1 + part);
}
