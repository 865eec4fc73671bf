#include "layers/pieces.h"

static const neuron_option options[] = {
    {NEURON_NODE_RATE, "rate", false, 0.0, 0x1.fffffep-1, 0.5, NULL},
};

static int infer(neuron_spec *spec, const char *node)
{
    (void)node;
    spec->output = spec->inputs[0];
    return NEURON_OK;
}

static void plan(const neuron_spec *spec, int64_t batch, bool training, int32_t threads,
                 neuron_needs *needs)
{
    (void)threads;
    if (training) /* one byte a value: kept or not */
        needs->saved = (size_t)(batch * neuron_shape_count(&spec->output));
}

static float scale_of_kept(const neuron_run *run)
{
    return (float)(1.0 / (1.0 - neuron_spec_option(run->spec, NEURON_NODE_RATE)));
}

static void forward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    const float *x = run->inputs[0] + first;
    float *y = run->output + first;
    uint8_t *kept = (uint8_t *)run->saved + first;
    float scale = scale_of_kept(run);
    uint32_t threshold = (uint32_t)(neuron_spec_option(run->spec, NEURON_NODE_RATE) * 0x1p32);
    for (int64_t i = 0; i < count; i += 4) { /* pieces begin at multiples of 4 */
        uint32_t numbers[4];
        neuron_random_block(&run->random, run->random_first + (uint64_t)(first + i) / 4, numbers);
        for (int64_t j = i; j < i + 4 && j < count; j++) {
            kept[j] = numbers[j - i] >= threshold;
            y[j] = kept[j] ? x[j] * scale : 0;
        }
    }
}

static void backward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    const uint8_t *kept = (const uint8_t *)run->saved + first;
    const float *dy = run->output_gradient + first;
    float *dx = run->input_gradients[0] + first;
    float scale = scale_of_kept(run);
    for (int64_t i = 0; i < count; i++)
        dx[i] = kept[i] ? dy[i] * scale : 0;
}

static void forward(const neuron_run *run)
{
    neuron_run_pieces(run, run->batch * neuron_run_output_size(run), 1, forward_piece);
}

static void backward(const neuron_run *run)
{
    neuron_run_pieces(run, run->batch * neuron_run_output_size(run), 1, backward_piece);
}

const neuron_layer neuron_layer_dropout = {
    .name = "dropout",
    .flags = NEURON_LAYER_TRAINING_ONLY | NEURON_LAYER_IN_PLACE,
    .option_count = 1,
    .options = options,
    .infer = infer,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
