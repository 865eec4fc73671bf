/* Layer normalisation: each row by its own mean and variance.
 *
 * Sums run in one vector for a block of a row, blocks are added up in double. How far the mean,
 * as float, is off is measured with the squares and taken away again, so that a mean that is
 * large beside the deviation does no harm. The layer is layers/layer-norm.c. */
#include "kernels/table.h"

#include <float.h>

/* Values of a block. */
enum { BLOCK = 64 * LANES };

static ALWAYS_INLINE double total_of(vector sum)
{
    return (double)sum_of_lanes(sum);
}

static int64_t end_of_block(int64_t first, int64_t count)
{
    return count - first > BLOCK ? first + BLOCK : count;
}

static double sum_of(const float *values, int64_t count)
{
    double total = 0;
    for (int64_t c = 0; c < count;) {
        vector sum = {0};
        for (int64_t end = end_of_block(c, count); c < end; c += LANES)
            sum += load_some(values + c, count - c);
        total += total_of(sum);
    }
    return total;
}

static neuron_row_statistics measure(const float *values, int64_t count, float epsilon)
{
    float mean = (float)(sum_of(values, count) / (double)count);
    vector means = broadcast(mean);
    double off = 0, squares = 0;
    for (int64_t c = 0; c < count;) {
        vector sum = {0}, square = {0};
        for (int64_t end = end_of_block(c, count); c < end; c += LANES) {
            vector distance = load_or(values + c, count - c, means) - means;
            sum += distance;
            square += distance * distance;
        }
        off += total_of(sum) / (double)count;
        squares += total_of(square) / (double)count;
    }
    double variance = squares - off * off;
    /* What does not fit would make the row a constant: it must be seen in the loss. */
    if (!(variance <= FLT_MAX))
        variance = (double)NAN;
    double inverse =
        1 / sqrt((variance > 0 || variance != variance ? variance : 0) + (double)epsilon);
    return (neuron_row_statistics){mean, (float)inverse, (float)(-off * inverse)};
}

static ALWAYS_INLINE vector normalized(vector value, const neuron_row_statistics *by)
{
    return (value - by->mean) * by->inverse + by->shift;
}

void KERNEL(layer_norm)(const neuron_layer_norm_work *work)
{
    int64_t channels = work->channels;
    for (int64_t row = 0; row < work->rows; row++) {
        const float *values = work->values + row * channels;
        float *output = work->output + row * channels;
        const neuron_row_statistics by = measure(values, channels, work->epsilon);
        if (work->statistics)
            work->statistics[row] = by;
        for (int64_t c = 0; c < channels; c += LANES) {
            int64_t left = channels - c;
            vector value = normalized(load_some(values + c, left), &by);
            store_some(output + c,
                       value * load_some(work->gamma + c, left) + load_some(work->beta + c, left),
                       left);
        }
    }
}

/* Means over a row of the gradient of what is normalised, and of that times what it is. */
typedef struct row_means {
    float gradient, product;
} row_means;

static row_means sum_back(const neuron_layer_norm_work *work, const float *values,
                          const float *gradients, const neuron_row_statistics *by)
{
    int64_t channels = work->channels;
    double gradient_sum = 0, product_sum = 0;
    for (int64_t c = 0; c < channels;) {
        vector sum = {0}, product = {0};
        for (int64_t end = end_of_block(c, channels); c < end; c += LANES) {
            int64_t left = channels - c;
            vector value = normalized(load_or(values + c, left, broadcast(by->mean)), by);
            vector gradient = load_some(gradients + c, left);
            vector inner = gradient * load_some(work->gamma + c, left);
            sum += inner;
            product += inner * value;
            if (work->sums) {
                float *of_gamma = work->sums + c, *of_beta = of_gamma + channels;
                store_some(of_gamma, load_some(of_gamma, left) + gradient * value, left);
                store_some(of_beta, load_some(of_beta, left) + gradient, left);
            }
        }
        gradient_sum += total_of(sum);
        product_sum += total_of(product);
    }
    return (row_means){(float)(gradient_sum / (double)channels),
                       (float)(product_sum / (double)channels)};
}

void KERNEL(layer_norm_back)(const neuron_layer_norm_work *work)
{
    int64_t channels = work->channels;
    for (int64_t row = 0; row < work->rows; row++) {
        const float *values = work->values + row * channels;
        const float *gradients = work->gradients + row * channels;
        const neuron_row_statistics by = work->statistics[row];
        const row_means means = sum_back(work, values, gradients, &by);
        for (int64_t c = 0; work->value_gradients && c < channels; c += LANES) {
            int64_t left = channels - c;
            vector value = normalized(load_some(values + c, left), &by);
            vector inner = load_some(gradients + c, left) * load_some(work->gamma + c, left);
            store_some(work->value_gradients + row * channels + c,
                       (inner - means.gradient - value * means.product) * by.inverse, left);
        }
    }
}
