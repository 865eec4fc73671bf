/* Convolution of each channel by itself, one window at a time. */
#include "kernels/table.h"

void KERNEL(depthwise)(const neuron_window_part *part, const float *first, const float *weights,
                       const float *bias, float *output)
{
    int64_t channels = part->channels;
    for (int64_t c = 0; c < channels; c += LANES) {
        int64_t left = channels - c;
        vector sum = bias ? load_some(bias + c, left) : (vector){0};
        for (int64_t y = 0; y < part->rows; y++) {
            const float *from = first + y * part->row_step + c;
            const float *by = weights + (part->first_tap + y * part->tap_step) * channels + c;
            for (int64_t x = 0; x < part->columns; x++, from += channels, by += channels)
                sum += load_some(from, left) * load_some(by, left);
        }
        store_some(output + c, sum, left);
    }
}

void KERNEL(depthwise_back)(const neuron_window_part *part, float *first, const float *weights,
                            const float *gradient)
{
    int64_t channels = part->channels;
    for (int64_t y = 0; y < part->rows; y++) {
        float *restrict to = first + y * part->row_step;
        const float *by = weights + (part->first_tap + y * part->tap_step) * channels;
        for (int64_t i = 0; i < part->columns; i++, to += channels, by += channels)
            for (int64_t c = 0; c < channels; c++)
                to[c] += by[c] * gradient[c];
    }
}

void KERNEL(depthwise_sums)(const neuron_window_part *part, const float *first,
                            const float *gradient, float *sums)
{
    int64_t channels = part->channels;
    for (int64_t y = 0; y < part->rows; y++) {
        const float *from = first + y * part->row_step;
        float *restrict to = sums + (part->first_tap + y * part->tap_step) * channels;
        for (int64_t i = 0; i < part->columns; i++, to += channels, from += channels)
            for (int64_t c = 0; c < channels; c++)
                to[c] += from[c] * gradient[c];
    }
}
