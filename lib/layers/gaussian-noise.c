/* Adds normal noise when training: see neuron_gaussian_noise(). */
#include "base/checked.h"
#include "layers/pieces.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const neuron_option options[] = {
    NEURON_REAL(NEURON_NODE_DEVIATION, "deviation", 0, FLT_MAX, 0.1,
                "standard deviation of the noise"),
};

/* Two normal numbers of deviation 1 (Box and Muller, 1958). */
static void draw_pair(uint32_t first, uint32_t second, float pair[2])
{
    float radius = sqrtf(-2.0f * logf(1.0f - neuron_random_float(first)));
    float angle = 6.2831853f * neuron_random_float(second);
    pair[0] = radius * cosf(angle);
    pair[1] = radius * sinf(angle);
}

/* Four values share a block of random numbers; pieces begin at whole blocks. */
static void forward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    float deviation = (float)neuron_spec_option(run->spec, NEURON_NODE_DEVIATION);
    const float *x = run->inputs[0] + first;
    float *y = run->output + first;
    uint64_t block = run->random_first + (uint64_t)first / 4;
    for (int64_t i = 0; i < count; i += 4, block++) {
        uint32_t numbers[4];
        float normal[4];
        neuron_random_block(&run->random, block, numbers);
        draw_pair(numbers[0], numbers[1], normal);
        draw_pair(numbers[2], numbers[3], normal + 2);
        for (int64_t k = 0; k < neuron_min_count(4, count - i); k++)
            y[i + k] = x[i + k] + deviation * normal[k];
    }
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
