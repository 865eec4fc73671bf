/* The logarithm of softmax: see neuron_log_softmax(). Sums are in double, and no logarithm is taken
 * of a float that may have become 0. */
#include "kernels/kernels.h"
#include "layers/activations/softmax.h"
#include "layers/pieces.h"

#include <math.h>

static const neuron_option options[] = {
    NEURON_OPTION_SOFTMAX_AXIS,
};

/* Numbers that are worked on at once. */
enum { SOME = 64 };

/* exp(x - shift) of values that lie `step` apart, SOME at a time; returns their sum. Unless
 * `factor` is 0, what is in `to` becomes itself minus `factor` times that. */
static double sum_powers(const neuron_run *run, const float *values, neuron_softmax_rows rows,
                         double shift, double factor, float *to)
{
    double sum = 0, powers[SOME];
    for (int64_t first = 0; first < rows.width; first += SOME) {
        int64_t count = rows.width - first < SOME ? rows.width - first : SOME;
        for (int64_t i = 0; i < count; i++)
            powers[i] = (double)values[(first + i) * rows.step] - shift;
        run->kernels->element->exponentials(powers, count, powers);
        for (int64_t i = 0; i < count; i++) {
            float *changed = to + (first + i) * rows.step;
            sum += powers[i];
            if (factor != 0)
                *changed = (float)((double)*changed - factor * powers[i]);
        }
    }
    return sum;
}

/* y = x - log(sum(exp(x))), where the largest is taken away first, so that nothing overflows */
static void forward_blocks(const neuron_run *run, int64_t first, int64_t count)
{
    const neuron_softmax_rows rows = neuron_softmax_rows_of(run);
    int64_t block = neuron_softmax_block(&rows);
    for (int64_t at = first * block; at < (first + count) * block; at += block)
        for (int64_t c = at; c < at + rows.step; c++) {
            const float *x = run->inputs[0] + c;
            float *y = run->output + c;
            double largest = (double)x[0];
            for (int64_t i = 0; i < block; i += rows.step)
                largest = (double)x[i] > largest ? (double)x[i] : largest;
            double rest = log(sum_powers(run, x, rows, largest, 0, y));
            for (int64_t i = 0; i < block; i += rows.step)
                y[i] = (float)((double)x[i] - largest - rest);
        }
}

/* dx = dy - exp(y) sum(dy) */
static void backward_blocks(const neuron_run *run, int64_t first, int64_t count)
{
    const neuron_softmax_rows rows = neuron_softmax_rows_of(run);
    int64_t block = neuron_softmax_block(&rows);
    for (int64_t at = first * block; at < (first + count) * block; at += block)
        for (int64_t c = at; c < at + rows.step; c++) {
            const float *dy = run->output_gradient + c;
            float *dx = run->input_gradients[0] + c;
            double sum = 0;
            for (int64_t i = 0; i < block; i += rows.step) {
                sum += (double)dy[i];
                dx[i] = dy[i];
            }
            sum_powers(run, run->output + c, rows, 0, sum, dx);
        }
}

static int forward(const neuron_run *run)
{
    const neuron_softmax_rows rows = neuron_softmax_rows_of(run);
    neuron_run_rows(run, neuron_softmax_block(&rows), forward_blocks);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    const neuron_softmax_rows rows = neuron_softmax_rows_of(run);
    neuron_run_rows(run, neuron_softmax_block(&rows), backward_blocks);
    return NEURON_OK;
}

static neuron_output_kind output_kind(const neuron_spec *spec)
{
    return neuron_softmax_is_of_classes(spec) ? NEURON_OUTPUT_LOGITS : NEURON_OUTPUT_OTHER;
}

const neuron_layer neuron_layer_log_softmax = {
    .name = "log_softmax",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    .options = NEURON_OPTION_TABLE(options),
    .infer = neuron_softmax_infer,
    .forward = forward,
    .backward = backward,
    .output_kind = output_kind,
};
