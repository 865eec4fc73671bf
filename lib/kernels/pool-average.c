/* Average pooling of one window, all channels. */
#include "kernels/table.h"

void KERNEL(average_pool)(const neuron_window_part *part, const float *first, float *output)
{
    float share = 1.0f / (float)(part->rows * part->columns);
    for (int64_t c = 0; c < part->channels; c += LANES) {
        int64_t left = part->channels - c;
        vector sum = {0};
        for (int64_t y = 0; y < part->rows; y++) {
            const float *row = first + y * part->row_step + c;
            for (int64_t x = 0; x < part->columns; x++, row += part->channels)
                sum += load_some(row, left);
        }
        store_some(output + c, sum * share, left);
    }
}

void KERNEL(average_pool_back)(const neuron_window_part *part, float *first, const float *gradient)
{
    float share = 1.0f / (float)(part->rows * part->columns);
    for (int64_t y = 0; y < part->rows; y++) {
        float *restrict to = first + y * part->row_step;
        for (int64_t x = 0; x < part->columns; x++, to += part->channels)
            for (int64_t c = 0; c < part->channels; c++)
                to[c] += share * gradient[c];
    }
}
