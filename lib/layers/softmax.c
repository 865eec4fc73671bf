#include "layers/pieces.h"

#include <math.h>

static int infer(neuron_spec *spec, const char *node)
{
    if (spec->inputs[0].rank < 1)
        return neuron_fail(NEURON_E_SHAPE, "%s: needs an input of rank 1 or more", node);
    spec->output = spec->inputs[0];
    return NEURON_OK;
}

static int64_t row_width(const neuron_run *run)
{
    const neuron_shape *shape = &run->spec->output;
    return shape->extent[shape->rank - 1];
}

static void forward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    int64_t width = row_width(run);
    for (int64_t row = first; row < first + count; row++) {
        const float *x = run->inputs[0] + row * width;
        float *y = run->output + row * width;
        float largest = x[0];
        for (int64_t i = 1; i < width; i++)
            largest = x[i] > largest ? x[i] : largest;
        float sum = 0;
        for (int64_t i = 0; i < width; i++) {
            y[i] = expf(x[i] - largest);
            sum += y[i];
        }
        for (int64_t i = 0; i < width; i++)
            y[i] /= sum;
    }
}

/* dx = y (dy - sum(y dy)) */
static void backward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    int64_t width = row_width(run);
    for (int64_t row = first; row < first + count; row++) {
        const float *y = run->output + row * width, *dy = run->output_gradient + row * width;
        float *dx = run->input_gradients[0] + row * width;
        float sum = 0;
        for (int64_t i = 0; i < width; i++)
            sum += y[i] * dy[i];
        for (int64_t i = 0; i < width; i++)
            dx[i] = y[i] * (dy[i] - sum);
    }
}

static void forward(const neuron_run *run)
{
    int64_t width = row_width(run);
    neuron_run_pieces(run, run->batch * neuron_run_output_size(run) / width, width, forward_rows);
}

static void backward(const neuron_run *run)
{
    int64_t width = row_width(run);
    neuron_run_pieces(run, run->batch * neuron_run_output_size(run) / width, width, backward_rows);
}

const neuron_layer neuron_layer_softmax = {
    .name = "softmax",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
