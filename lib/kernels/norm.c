/* Batch normalisation of a few rows and the gradient of PReLU's slopes, a few vectors of channels
 * at a time, so that their sums stay in registers. */
#include "kernels/table.h"

/* Vectors whose sums are kept at a time: enough to hide how long an addition takes. */
enum { GROUP = 4 };

static ALWAYS_INLINE void statistics_of(const float *values, int64_t rows, int64_t channels,
                                        int64_t count, int vectors, float *mean, float *squares)
{
    vector sum[GROUP], square[GROUP];
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++)
        sum[v] = square[v] = (vector){0};
    for (int64_t row = 0; row < rows; row++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            sum[v] += load_some(values + row * channels + v * LANES, count - v * LANES);
    }
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++)
        sum[v] /= broadcast((float)rows);
    for (int64_t row = 0; row < rows; row++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++) {
            vector distance =
                load_some(values + row * channels + v * LANES, count - v * LANES) - sum[v];
            square[v] += distance * distance;
        }
    }
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++) {
        store_some(mean + v * LANES, sum[v], count - v * LANES);
        store_some(squares + v * LANES, square[v], count - v * LANES);
    }
}

void KERNEL(statistics)(const float *values, int64_t rows, int64_t channels, float *mean,
                        float *squares)
{
    int64_t c = 0;
    for (; c + GROUP * LANES <= channels; c += GROUP * LANES)
        statistics_of(values + c, rows, channels, GROUP * LANES, GROUP, mean + c, squares + c);
    for (; c + 2 * LANES <= channels; c += 2 * LANES)
        statistics_of(values + c, rows, channels, 2 * LANES, 2, mean + c, squares + c);
    for (; c < channels; c += LANES)
        statistics_of(values + c, rows, channels, channels - c, 1, mean + c, squares + c);
}

static ALWAYS_INLINE void gradient_sums_of(const float *gradients, const float *values,
                                           int64_t rows, int64_t channels, int64_t count,
                                           int vectors, const float *means, float *sums,
                                           float *products)
{
    vector sum[GROUP], product[GROUP], mean[GROUP];
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++) {
        sum[v] = product[v] = (vector){0};
        mean[v] = load_some(means + v * LANES, count - v * LANES);
    }
    for (int64_t row = 0; row < rows; row++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++) {
            int64_t at = row * channels + v * LANES, left = count - v * LANES;
            vector gradient = load_some(gradients + at, left);
            sum[v] += gradient;
            product[v] += gradient * (load_some(values + at, left) - mean[v]);
        }
    }
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++) {
        store_some(sums + v * LANES, sum[v], count - v * LANES);
        store_some(products + v * LANES, product[v], count - v * LANES);
    }
}

void KERNEL(gradient_sums)(const float *gradients, const float *values, int64_t rows,
                           int64_t channels, const float *mean, float *sums, float *products)
{
    int64_t c = 0;
    for (; c + GROUP * LANES <= channels; c += GROUP * LANES)
        gradient_sums_of(gradients + c, values + c, rows, channels, GROUP * LANES, GROUP, mean + c,
                         sums + c, products + c);
    for (; c + 2 * LANES <= channels; c += 2 * LANES)
        gradient_sums_of(gradients + c, values + c, rows, channels, 2 * LANES, 2, mean + c,
                         sums + c, products + c);
    for (; c < channels; c += LANES)
        gradient_sums_of(gradients + c, values + c, rows, channels, channels - c, 1, mean + c,
                         sums + c, products + c);
}

void KERNEL(slope_sums)(const float *gradients, const float *values, int64_t rows, int64_t channels,
                        float *sums)
{
    for (int64_t c = 0; c < channels; c += LANES) {
        int64_t left = channels - c;
        vector sum = {0};
        for (int64_t at = c; at < rows * channels; at += channels) {
            vector value = load_some(values + at, left);
            sum += load_some(gradients + at, left) * choose(value > 0, (vector){0}, value);
        }
        store_some(sums + c, sum, left);
    }
}

/* The factors of a vector of channels. They are loaded anew for every pixel, from the nearest
 * cache: walking through the values in their order is worth more than keeping them in registers. */
typedef struct factors {
    vector mean, scale, slope, shift;
} factors;

static ALWAYS_INLINE factors load_factors(const neuron_normalization *by, int64_t c, int64_t left,
                                          bool back)
{
    return (factors){
        .mean = load_some(by->mean + c, left),
        .scale = load_some(by->scale + c, left),
        .slope = back ? load_some(by->slope + c, left) : (vector){0},
        .shift = load_some(by->shift + c, left),
    };
}

static ALWAYS_INLINE vector forth(vector value, const factors *by)
{
    return (value - by->mean) * by->scale + by->shift;
}

static ALWAYS_INLINE vector back(vector gradient, vector value, const factors *by, bool relu)
{
    vector result = gradient * by->scale + ((value - by->mean) * by->slope + by->shift);
    return relu ? choose(value > (vector){0}, result, (vector){0}) : result;
}

static ALWAYS_INLINE vector relu_if(bool relu, vector value)
{
    return relu ? choose(value < (vector){0}, (vector){0}, value) : value;
}

void KERNEL(normalize)(const float *values, int64_t rows, int64_t channels,
                       const neuron_normalization *by, float *output)
{
    bool relu = by->relu;
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t c = 0; c < channels; c += LANES) {
            int64_t at = row * channels + c, left = channels - c;
            factors f = load_factors(by, c, left, false);
            vector value = forth(load_some(values + at, left), &f);
            store_some(output + at, relu_if(relu, value), left);
        }
    }
}

void KERNEL(normalize_back)(const float *gradients, const float *values, int64_t rows,
                            int64_t channels, const neuron_normalization *by, float *output)
{
    bool relu = by->relu;
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t c = 0; c < channels; c += LANES) {
            int64_t at = row * channels + c, left = channels - c;
            factors f = load_factors(by, c, left, true);
            vector gradient = gradients ? load_some(gradients + at, left) : (vector){0};
            vector value = load_some(values + at, left);
            store_some(output + at, back(gradient, value, &f, relu), left);
        }
    }
}

/* One window and one vector of channels: the largest normalised value, and what it was before. */
static ALWAYS_INLINE void pool_window(const neuron_norm_pool_work *work, const float *values,
                                      int64_t left, const factors *by, vector *best, vector *picked)
{
    *picked = load_some(values, left);
    *best = forth(*picked, by);
    for (int64_t y = 0; y < work->window_rows; y++) {
        for (int64_t x = y == 0; x < work->window_columns; x++) {
            vector value = load_some(values + y * work->row_step + x * work->channels, left);
            vector result = forth(value, by);
            vector_mask larger = (result > *best) | (result != result);
            *best = choose(larger, result, *best);
            *picked = choose(larger, value, *picked);
        }
    }
}

static ALWAYS_INLINE void norm_pool_at(const neuron_norm_pool_work *work, int64_t window, int64_t c,
                                       int64_t left)
{
    factors by = load_factors(&work->by, c, left, false);
    const float *values = work->values + window * work->window_columns * work->channels + c;
    vector best, picked;
    pool_window(work, values, left, &by, &best, &picked);
    int64_t at = window * work->channels + c;
    store_some(work->output + at, relu_if(work->by.relu, best), left);
    store_some(work->picked + at, picked, left);
}

void KERNEL(norm_pool)(const neuron_norm_pool_work *work)
{
    for (int64_t i = 0; i < work->windows; i++) {
        int64_t c = 0;
        for (; c + LANES <= work->channels; c += LANES)
            norm_pool_at(work, i, c, LANES);
        if (c < work->channels)
            norm_pool_at(work, i, c, work->channels - c);
    }
}

/* One window and one vector of channels: the gradient goes to the first value that equals the one
 * that was picked. */
static ALWAYS_INLINE void norm_pool_back_at(const neuron_norm_pool_work *work, int64_t window,
                                            int64_t c, int64_t left)
{
    bool relu = work->by.relu;
    int64_t channels = work->channels, row_step = work->row_step;
    int64_t rows = work->window_rows, columns = work->window_columns;
    factors by = load_factors(&work->by, c, left, true);
    int64_t at = window * columns * channels + c;
    const float *values = work->values + at;
    float *to = work->value_gradients + at;
    vector gradient = load_some(work->gradients + window * channels + c, left);
    vector picked = load_some(work->picked + window * channels + c, left);
    for (int64_t y = 0; y < rows; y++) {
        for (int64_t x = 0; x < columns; x++) {
            int64_t place = y * row_step + x * channels;
            vector value = load_some(values + place, left);
            vector_mask here = value == picked;
            vector share = choose(here, gradient, (vector){0});
            gradient = choose(here, (vector){0}, gradient);
            store_some(to + place, back(share, value, &by, relu), left);
        }
    }
}

void KERNEL(norm_pool_back)(const neuron_norm_pool_work *work)
{
    for (int64_t i = 0; i < work->windows; i++) {
        int64_t c = 0;
        for (; c + LANES <= work->channels; c += LANES)
            norm_pool_back_at(work, i, c, LANES);
        if (c < work->channels)
            norm_pool_back_at(work, i, c, work->channels - c);
    }
}
