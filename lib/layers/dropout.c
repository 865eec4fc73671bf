/* Dropout: see neuron_dropout(). */
#include "layers/pieces.h"

#include "kernels/kernels.h"

static const neuron_option options[] = {
    NEURON_REAL(NEURON_NODE_RATE, "rate", 0.0, 0x1.fffffep-1, 0.5, "share of values that become 0"),
};

/* What is kept is drawn anew for the gradient: that is cheaper than to
 * write it down and read it. */
static void drop(const neuron_run *run, const float *values, float *output, int64_t first,
                 int64_t count)
{
    double rate = neuron_spec_option(run->spec, NEURON_NODE_RATE);
    neuron_dropout_work work = {
        .random = run->random,
        /* Pieces begin at whole groups. */
        .first = run->random_first + (uint64_t)first / 8,
        .threshold = (uint32_t)(rate * 0x1p16 + 0.5),
        .scale = (float)(1.0 / (1.0 - rate)),
    };
    run->kernels->element->dropout(&work, values + first, count, output + first);
}

static void forward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    drop(run, run->inputs[0], run->output, first, count);
}

static void backward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    drop(run, run->output_gradient, run->input_gradients[0], first, count);
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

const neuron_layer neuron_layer_dropout = {
    .name = "dropout",
    .flags = NEURON_LAYER_TRAINING_ONLY | NEURON_LAYER_IN_PLACE,
    .options = NEURON_OPTION_TABLE(options),
    .infer = neuron_layer_infer_same,
    .forward = forward,
    .backward = backward,
};
