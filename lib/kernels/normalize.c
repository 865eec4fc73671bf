/* Batch normalisation of a few rows, a few vectors of channels at a time, so that their sums stay in
 * registers. */
#include "kernels/tiles.h"

#include <math.h>

/* Vectors whose sums are kept at a time: enough to hide how long an addition takes. */
enum { GROUP = 4 };

static ALWAYS_INLINE void moments_of(const float *values, int64_t rows, int64_t channels,
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

void KERNEL(moments)(const float *values, int64_t rows, int64_t channels, float *mean,
                     float *squares)
{
    int64_t c = 0;
    for (; c + GROUP * LANES <= channels; c += GROUP * LANES)
        moments_of(values + c, rows, channels, GROUP * LANES, GROUP, mean + c, squares + c);
    for (; c + 2 * LANES <= channels; c += 2 * LANES)
        moments_of(values + c, rows, channels, 2 * LANES, 2, mean + c, squares + c);
    for (; c < channels; c += LANES)
        moments_of(values + c, rows, channels, channels - c, 1, mean + c, squares + c);
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

void KERNEL(normalize)(const float *values, int64_t rows, int64_t channels,
                       const neuron_normalization *by, float *output)
{
    vector floor = by->rectifier ? (vector){0} : broadcast(-INFINITY);
    for (int64_t c = 0; c < channels; c += LANES) {
        int64_t left = channels - c;
        vector mean = load_some(by->mean + c, left), scale = load_some(by->scale + c, left);
        vector shift = load_some(by->shift + c, left);
        UNROLL_BY_4
        for (int64_t row = 0; row < rows; row++) {
            int64_t at = row * channels + c;
            vector value = (load_some(values + at, left) - mean) * scale + shift;
            store_some(output + at, choose(value < floor, floor, value), left);
        }
    }
}

/* The gradient of a value that stands for itself, and of one that a window's largest may be. */
static ALWAYS_INLINE vector back(vector gradient, vector value, const vector by[4], bool gate)
{
    vector result = gradient * by[1] + ((value - by[0]) * by[2] + by[3]);
    return gate ? choose(value > (vector){0}, result, (vector){0}) : result;
}

static ALWAYS_INLINE void load_by(const neuron_normalization *by, int64_t c, int64_t left,
                                  vector loaded[4])
{
    loaded[0] = load_some(by->mean + c, left);
    loaded[1] = load_some(by->scale + c, left);
    loaded[2] = load_some(by->slope + c, left);
    loaded[3] = load_some(by->shift + c, left);
}

void KERNEL(normalize_back)(const float *gradients, const float *values, int64_t rows,
                            int64_t channels, const neuron_normalization *by, float *output)
{
    for (int64_t c = 0; c < channels; c += LANES) {
        int64_t left = channels - c;
        vector loaded[4];
        load_by(by, c, left, loaded);
        UNROLL_BY_4
        for (int64_t row = 0; row < rows; row++) {
            int64_t at = row * channels + c;
            vector gradient = gradients ? load_some(gradients + at, left) : (vector){0};
            store_some(output + at,
                       back(gradient, load_some(values + at, left), loaded, by->rectifier), left);
        }
    }
}

/* One window and one vector of channels: the largest normalised value, and what it was before. */
static ALWAYS_INLINE void pool_window(const neuron_norm_pool_work *work, const float *values,
                                      int64_t left, const vector by[3], vector *best,
                                      vector *picked)
{
    for (int64_t y = 0; y < work->window_rows; y++) {
        for (int64_t x = 0; x < work->window_columns; x++) {
            vector value = load_some(values + y * work->row_step + x * work->channels, left);
            vector result = (value - by[0]) * by[1] + by[2];
            vector_mask larger = (result > *best) | (result != result);
            if (x == 0 && y == 0)
                larger = (vector_mask){0} - 1;
            *best = choose(larger, result, *best);
            *picked = choose(larger, value, *picked);
        }
    }
}

void KERNEL(norm_pool)(const neuron_norm_pool_work *work)
{
    vector floor = work->by.rectifier ? (vector){0} : broadcast(-INFINITY);
    for (int64_t c = 0; c < work->channels; c += LANES) {
        int64_t left = work->channels - c;
        const vector by[3] = {load_some(work->by.mean + c, left),
                              load_some(work->by.scale + c, left),
                              load_some(work->by.shift + c, left)};
        for (int64_t i = 0; i < work->windows; i++) {
            const float *values = work->values + i * work->window_columns * work->channels + c;
            vector best = {0}, picked = {0};
            pool_window(work, values, left, by, &best, &picked);
            int64_t at = i * work->channels + c;
            store_some(work->output + at, choose(best < floor, floor, best), left);
            store_some(work->picked + at, picked, left);
        }
    }
}

/* One window and one vector of channels: the gradient goes to the first value that equals the one
 * that was picked. */
static ALWAYS_INLINE void pool_window_back(const neuron_norm_pool_work *work, int64_t at,
                                           int64_t left, const vector by[4], vector gradient,
                                           vector picked)
{
    for (int64_t y = 0; y < work->window_rows; y++) {
        for (int64_t x = 0; x < work->window_columns; x++) {
            int64_t place = at + y * work->row_step + x * work->channels;
            vector value = load_some(work->values + place, left);
            vector_mask here = value == picked;
            vector share = choose(here, gradient, (vector){0});
            gradient = choose(here, (vector){0}, gradient);
            store_some(work->value_gradients + place, back(share, value, by, work->by.rectifier),
                       left);
        }
    }
}

void KERNEL(norm_pool_back)(const neuron_norm_pool_work *work)
{
    for (int64_t c = 0; c < work->channels; c += LANES) {
        int64_t left = work->channels - c;
        vector by[4];
        load_by(&work->by, c, left, by);
        for (int64_t i = 0; i < work->windows; i++) {
            int64_t from = i * work->channels + c;
            pool_window_back(work, i * work->window_columns * work->channels + c, left, by,
                             load_some(work->gradients + from, left),
                             load_some(work->picked + from, left));
        }
    }
}
