/* Batch normalisation of a few rows; the compiler makes vectors of the loops over channels. */
#include "kernels/tiles.h"

#include <string.h>

void KERNEL(moments)(const float *values, int64_t rows, int64_t channels, float *restrict mean,
                     float *restrict squares)
{
    memset(mean, 0, (size_t)channels * sizeof *mean);
    memset(squares, 0, (size_t)channels * sizeof *squares);
    for (int64_t row = 0; row < rows; row++) {
        const float *value = values + row * channels;
        for (int64_t c = 0; c < channels; c++)
            mean[c] += value[c];
    }
    for (int64_t c = 0; c < channels; c++)
        mean[c] /= (float)rows;
    for (int64_t row = 0; row < rows; row++) {
        const float *value = values + row * channels;
        for (int64_t c = 0; c < channels; c++)
            squares[c] += (value[c] - mean[c]) * (value[c] - mean[c]);
    }
}

void KERNEL(normalize)(const float *values, int64_t rows, int64_t channels,
                       const neuron_normalization *by, float *output)
{
    const float *mean = by->mean, *scale = by->scale, *shift = by->shift;
    for (int64_t row = 0; row < rows; row++) {
        const float *value = values + row * channels;
        float *restrict to = output + row * channels;
        for (int64_t c = 0; c < channels; c++)
            to[c] = (value[c] - mean[c]) * scale[c] + shift[c];
    }
}

void KERNEL(gradient_sums)(const float *gradients, const float *values, int64_t rows,
                           int64_t channels, const float *mean, float *restrict sums,
                           float *restrict products)
{
    memset(sums, 0, (size_t)channels * sizeof *sums);
    memset(products, 0, (size_t)channels * sizeof *products);
    for (int64_t row = 0; row < rows; row++) {
        const float *gradient = gradients + row * channels;
        const float *value = values + row * channels;
        for (int64_t c = 0; c < channels; c++) {
            sums[c] += gradient[c];
            products[c] += gradient[c] * (value[c] - mean[c]);
        }
    }
}

void KERNEL(normalize_back)(const float *gradients, const float *values, int64_t rows,
                            int64_t channels, const neuron_normalization *by, float *output)
{
    const float *mean = by->mean, *scale = by->scale, *slope = by->slope, *shift = by->shift;
    for (int64_t row = 0; row < rows; row++) {
        const float *gradient = gradients + row * channels;
        const float *value = values + row * channels;
        float *restrict to = output + row * channels;
        for (int64_t c = 0; c < channels; c++)
            to[c] = gradient[c] * scale[c] + (value[c] - mean[c]) * slope[c] + shift[c];
    }
}
