/* Adds normal noise when training: see neuron_gaussian_noise(). */
#include "kernels/kernels.h"
#include "layers/pieces.h"

#include <float.h>
#include <string.h>

static const neuron_option options[] = {
    NEURON_REAL(NEURON_NODE_DEVIATION, "deviation", 0, FLT_MAX, 0.1,
                "standard deviation of the noise"),
};

static void forward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    const neuron_noise_work work = {
        .random = run->random,
        /* Pieces begin at whole blocks. */
        .first = run->random_first + (uint64_t)first / 4,
        .deviation = (float)neuron_spec_option(run->spec, NEURON_NODE_DEVIATION),
    };
    run->kernels->element->gaussian_noise(&work, run->inputs[0] + first, count,
                                          run->output + first);
}

static void backward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    const float *from = run->output_gradient + first;
    float *to = run->input_gradients[0] + first;
    if (to != from)
        memcpy(to, from, (size_t)count * sizeof *to);
}

static int forward(const neuron_run *run)
{
    neuron_run_pieces(run, 1, forward_piece);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    neuron_run_pieces(run, 1, backward_piece);
    return NEURON_OK;
}

const neuron_layer neuron_layer_gaussian_noise = {
    .name = "gaussian_noise",
    .flags = NEURON_LAYER_TRAINING_ONLY | NEURON_LAYER_IN_PLACE,
    .options = NEURON_OPTION_TABLE(options),
    .infer = neuron_layer_infer_same,
    .forward = forward,
    .backward = backward,
};
