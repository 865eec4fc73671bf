/* The product of inputs, value by value: see neuron_multiply(). */
#include "layers/joins/broadcast.h"
#include "layers/joins/join.h"

#include "base/checked.h"
#include "layers/pieces.h"
#include "layers/post.h"

#include <string.h>

/* Values that are worked on while their product is in the nearest cache. */
enum { BLOCK = 256 };

static void copy(float *to, const float *from, int64_t count)
{
    memcpy(to, from, (size_t)count * sizeof *to);
}

static void multiply(const neuron_run *run, const float *values, const float *others, int64_t count,
                     float *output)
{
    run->kernels->element->product(values, others, count, output);
}

static void forward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    float *output = run->output + first;
    if (run->spec->input_count == 1)
        copy(output, run->inputs[0] + first, count);
    for (int32_t input = 1; input < run->spec->input_count; input++)
        multiply(run, run->inputs[input] + first, input > 1 ? output : run->inputs[0] + first,
                 count, output);
    neuron_post_finish(run, 0, first, count);
}

/* The gradient of an input is the output's times all other inputs: first those before it, then
 * those behind it. Divisions would be shorter, and wrong at 0. */
static void backward_block(const neuron_run *run, int64_t first, int64_t count)
{
    float product[BLOCK];
    int64_t inputs = run->spec->input_count;
    copy(product, run->output_gradient + first, count);
    for (int32_t i = 0; i < inputs; i++) {
        if (run->input_gradients[i])
            copy(run->input_gradients[i] + first, product, count);
        multiply(run, run->inputs[i] + first, product, count, product);
    }
    for (int64_t i = 0; i < count; i++)
        product[i] = 1;
    for (int64_t i = inputs - 1; i >= 0; i--) {
        if (run->input_gradients[i])
            multiply(run, product, run->input_gradients[i] + first, count,
                     run->input_gradients[i] + first);
        multiply(run, run->inputs[i] + first, product, count, product);
    }
}

static void backward_of_two(const neuron_run *run, int64_t first, int64_t count)
{
    for (int32_t i = 0; i < 2; i++)
        if (run->input_gradients[i])
            multiply(run, run->output_gradient + first, run->inputs[1 - i] + first, count,
                     run->input_gradients[i] + first);
}

static void backward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    for (int64_t i = 0; i < count; i += BLOCK)
        (run->spec->input_count == 2 ? backward_of_two : backward_block)(
            run, first + i, neuron_min_count(BLOCK, count - i));
}

static int forward(const neuron_run *run)
{
    if (neuron_broadcasts(run->spec)) {
        neuron_broadcast_forward(run, multiply);
        return NEURON_OK;
    }
    neuron_run_pieces(run, neuron_post_width(run), forward_piece);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    if (neuron_broadcasts(run->spec)) {
        neuron_broadcast_backward(run, multiply);
        return NEURON_OK;
    }
    neuron_run_pieces(run, 1, backward_piece);
    return NEURON_OK;
}

const neuron_layer neuron_layer_multiply = {
    .name = "multiply",
    .flags = NEURON_LAYER_MANY_INPUTS | NEURON_LAYER_READS_INPUT,
    .infer = neuron_broadcast_infer,
    .forward = forward,
    .backward = backward,
    .refuse = neuron_post_refuse,
};
