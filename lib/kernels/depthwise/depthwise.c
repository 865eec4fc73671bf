/* Convolution of each channel by itself, and its way back: outputs side by side of one row that see
 * the same places of the window. The channels fill the vectors; a block of outputs shares
 * the weights. What cuts an image into such runs is ops/depthwise.c; windows of 3x3 are
 * depthwise-3x3.c's. */
#include "kernels/store-tile.h"
#include "kernels/table.h"

#include <stdbool.h>

/* Outputs of a block: enough sums to keep the adders busy. */
enum { BLOCK = 8 };

/* Taps whose gradients are summed side by side, over as many outputs at a time. */
enum { TAPS = 3, OUTPUTS = 2 };

static ALWAYS_INLINE vector read(const float *from, bool whole, int64_t left)
{
    return whole ? load(from) : load_some(from, left);
}

static ALWAYS_INLINE void write(float *to, vector value, bool whole, int64_t left)
{
    if (whole)
        store(to, value);
    else
        store_some(to, value, left);
}

/* `count` outputs from `output` on, of one vector of channels. Unless the pixels of a row that one
 * sees are `dilated`, a step to the next is one to the next weight, too: a register less. */
static ALWAYS_INLINE void sum_block(const neuron_depthwise_work *work, int64_t output,
                                    int64_t channel, int count, bool whole, bool dilated)
{
    int64_t channels = work->channels, left = channels - channel;
    int64_t step = dilated ? work->column_step : channels;
    vector sums[BLOCK];
    UNROLL_FULLY
    for (int i = 0; i < count; i++)
        sums[i] = work->bias ? read(work->bias + channel, whole, left) : (vector){0};
    const float *source = work->source + output * work->output_step + channel;
    const float *weights = work->weights + channel;
    for (int64_t y = 0; y < work->window_rows; y++) {
        const float *from = source + y * work->row_step, *by = weights + y * work->weight_row;
        for (int64_t x = 0; x < work->window_columns; x++, from += step, by += channels) {
            vector weight = read(by, whole, left);
            UNROLL_FULLY
            for (int i = 0; i < count; i++)
                sums[i] += read(from + i * work->output_step, whole, left) * weight;
        }
    }
    vector floor = broadcast(work->floor);
    UNROLL_FULLY
    for (int i = 0; i < count; i++)
        write(work->output + (output + i) * channels + channel, at_least(floor, sums[i]), whole,
              left);
}

static VARIANT void sum_channels(const neuron_depthwise_work *work, int64_t channel, bool whole,
                                 bool dilated)
{
    int64_t output = 0, outputs = work->outputs;
    for (; output + BLOCK <= outputs; output += BLOCK)
        sum_block(work, output, channel, BLOCK, whole, dilated);
    if (outputs < BLOCK / 2) {
        for (; output < outputs; output++)
            sum_block(work, output, channel, 1, whole, dilated);
        return;
    }
    /* The last half of a block makes some once more rather than some by themselves. */
    for (; output < outputs; output += BLOCK / 2) {
        if (output > outputs - BLOCK / 2)
            output = outputs - BLOCK / 2;
        sum_block(work, output, channel, BLOCK / 2, whole, dilated);
    }
}

void KERNEL(depthwise)(const neuron_depthwise_work *work)
{
    bool dilated = work->column_step != work->channels;
    int64_t channel = 0;
    for (; !dilated && channel + LANES <= work->channels; channel += LANES)
        sum_channels(work, channel, true, false);
    for (; channel < work->channels; channel += LANES)
        sum_channels(work, channel, false, true);
}

static VARIANT void spread_channels(const neuron_depthwise_work *work, int64_t channel, bool whole)
{
    int64_t channels = work->channels, left = channels - channel;
    for (int64_t y = 0; y < work->window_rows; y++) {
        for (int64_t x = 0; x < work->window_columns; x++) {
            vector weight =
                read(work->weights + y * work->weight_row + x * channels + channel, whole, left);
            float *to =
                work->source_gradient + y * work->row_step + x * work->column_step + channel;
            const float *gradient = work->gradient + channel;
            for (int64_t i = 0; i < work->outputs; i++) {
                vector more = read(gradient, whole, left) * weight;
                write(to, read(to, whole, left) + more, whole, left);
                to += work->output_step;
                gradient += channels;
            }
        }
    }
}

void KERNEL(depthwise_back)(const neuron_depthwise_work *work)
{
    int64_t channel = 0;
    for (; channel + LANES <= work->channels; channel += LANES)
        spread_channels(work, channel, true);
    if (channel < work->channels)
        spread_channels(work, channel, false);
}

/* The gradients of `taps` weights of a row of the window, from place `x` on. */
static ALWAYS_INLINE void sum_taps(const neuron_depthwise_work *work, const float *source,
                                   int64_t channel, float *to, int taps, bool whole)
{
    int64_t channels = work->channels, left = channels - channel, i = 0;
    int64_t column_step = work->column_step;
    const float *gradient = work->gradient + channel;
    vector sums[OUTPUTS][TAPS] = {{{0}}};
    for (; i + OUTPUTS <= work->outputs; i += OUTPUTS) {
        UNROLL_FULLY
        for (int o = 0; o < OUTPUTS; o++, gradient += channels, source += work->output_step) {
            vector value = read(gradient, whole, left);
            UNROLL_FULLY
            for (int t = 0; t < taps; t++)
                sums[o][t] += read(source + t * column_step, whole, left) * value;
        }
    }
    for (; i < work->outputs; i++, gradient += channels, source += work->output_step) {
        vector value = read(gradient, whole, left);
        UNROLL_FULLY
        for (int t = 0; t < taps; t++)
            sums[0][t] += read(source + t * column_step, whole, left) * value;
    }
    UNROLL_FULLY
    for (int t = 0; t < taps; t++, to += channels)
        write(to, read(to, whole, left) + (sums[0][t] + sums[1][t]), whole, left);
}

static VARIANT void sum_gradients(const neuron_depthwise_work *work, int64_t channel, bool whole)
{
    int64_t channels = work->channels, left = channels - channel;
    int64_t column_step = work->column_step;
    for (int64_t y = 0; y < work->window_rows; y++) {
        const float *source = work->source + y * work->row_step + channel;
        float *to = work->weight_sums + y * work->weight_row + channel;
        int64_t x = 0;
        for (; x + TAPS <= work->window_columns; x += TAPS)
            sum_taps(work, source + x * column_step, channel, to + x * channels, TAPS, whole);
        for (; x < work->window_columns; x++)
            sum_taps(work, source + x * column_step, channel, to + x * channels, 1, whole);
    }
    vector sum = {0};
    for (int64_t i = 0; i < work->outputs; i++)
        sum += read(work->gradient + i * channels + channel, whole, left);
    float *bias = work->bias_sums + channel;
    write(bias, read(bias, whole, left) + sum, whole, left);
}

void KERNEL(depthwise_sums)(const neuron_depthwise_work *work)
{
    int64_t channel = 0;
    for (; channel + LANES <= work->channels; channel += LANES)
        sum_gradients(work, channel, true);
    if (channel < work->channels)
        sum_gradients(work, channel, false);
}
