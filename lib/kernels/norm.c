/* Batch normalisation of a few rows and the gradient of PReLU's slopes, a few vectors of channels
 * at a time, so that their sums stay in registers. */
#include "kernels/table.h"

/* Vectors whose sums are kept at a time: enough to hide how long an addition takes. */
enum { GROUP = 4 };

/* Floats that are treated at a time. Few channels are repeated, as if several rows were one, so
 * that vectors are full. */
enum { WIDE = GROUP * LANES };

typedef struct folding {
    int64_t repeats;        /* of the channels; 1 for none */
    int64_t channels, rows; /* of what is then a row */
    int64_t rest;           /* rows that are left */
} folding;

static folding fold(int64_t rows, int64_t channels)
{
    folding by = {1, channels, rows, 0};
    if (channels % LANES != 0 && 2 * channels <= WIDE && rows > 1) {
        by.repeats = WIDE / channels;
        by.channels *= by.repeats;
        by.rows = rows / by.repeats;
        by.rest = rows % by.repeats;
    }
    return by;
}

/* Adds up what all repetitions have for a channel, and what the rows that are left have. */
static void unfold(const folding *by, const float *wide, const float *rest, int64_t channels,
                   float *sums)
{
    for (int64_t c = 0; c < channels; c++) {
        float sum = rest[c];
        for (int64_t i = c; i < by->channels; i += channels)
            sum += wide[i];
        sums[c] = sum;
    }
}

static void repeat(const folding *by, const float *values, int64_t channels, float *wide)
{
    for (int64_t i = 0; i < by->channels; i++)
        wide[i] = i < channels ? values[i] : wide[i - channels];
}

/* Of rows `stride` floats apart the first `count` columns, at most WIDE: their sums. */
static ALWAYS_INLINE void sum_vectors(const float *values, int64_t rows, int64_t stride,
                                      int64_t count, int vectors, float *sums)
{
    vector sum[GROUP];
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++)
        sum[v] = (vector){0};
    for (int64_t row = 0; row < rows; row++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            sum[v] += load_some(values + row * stride + v * LANES, count - v * LANES);
    }
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++)
        store_some(sums + v * LANES, sum[v], count - v * LANES);
}

static void sum_columns(const float *values, int64_t rows, int64_t stride, int64_t count,
                        float *sums)
{
    if (count > LANES)
        sum_vectors(values, rows, stride, count, GROUP, sums);
    else
        sum_vectors(values, rows, stride, count, 1, sums);
}

/* The same of squared differences from a mean. */
static ALWAYS_INLINE void square_vectors(const float *values, int64_t rows, int64_t stride,
                                         int64_t count, int vectors, const float *means,
                                         float *squares)
{
    vector square[GROUP], mean[GROUP];
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++) {
        square[v] = (vector){0};
        mean[v] = load_some(means + v * LANES, count - v * LANES);
    }
    for (int64_t row = 0; row < rows; row++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++) {
            vector distance =
                load_some(values + row * stride + v * LANES, count - v * LANES) - mean[v];
            square[v] += distance * distance;
        }
    }
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++)
        store_some(squares + v * LANES, square[v], count - v * LANES);
}

static void square_columns(const float *values, int64_t rows, int64_t stride, int64_t count,
                           const float *means, float *squares)
{
    if (count > LANES)
        square_vectors(values, rows, stride, count, GROUP, means, squares);
    else
        square_vectors(values, rows, stride, count, 1, means, squares);
}

static void divide(float *sums, int64_t count, int64_t by)
{
    for (int64_t i = 0; i < count; i++)
        sums[i] /= (float)by;
}

static void folded_statistics(const folding *by, const float *values, int64_t channels, float *mean,
                              float *squares)
{
    float wide[WIDE], rest[WIDE], means[WIDE] = {0};
    const float *end = values + by->rows * by->channels;
    sum_columns(values, by->rows, by->channels, by->channels, wide);
    sum_columns(end, by->rest, channels, channels, rest);
    unfold(by, wide, rest, channels, mean);
    divide(mean, channels, by->rows * by->repeats + by->rest);
    repeat(by, mean, channels, means);
    square_columns(values, by->rows, by->channels, by->channels, means, wide);
    square_columns(end, by->rest, channels, channels, mean, rest);
    unfold(by, wide, rest, channels, squares);
}

static int64_t at_most_wide(int64_t count)
{
    return count < WIDE ? count : WIDE;
}

void KERNEL(statistics)(const float *values, int64_t rows, int64_t channels, float *mean,
                        float *squares)
{
    const folding by = fold(rows, channels);
    if (by.repeats > 1) {
        folded_statistics(&by, values, channels, mean, squares);
        return;
    }
    for (int64_t c = 0; c < channels; c += WIDE) {
        int64_t count = at_most_wide(channels - c);
        sum_columns(values + c, rows, channels, count, mean + c);
        divide(mean + c, count, rows);
        square_columns(values + c, rows, channels, count, mean + c, squares + c);
    }
}

static ALWAYS_INLINE void gradient_vectors(const float *gradients, const float *values,
                                           int64_t rows, int64_t stride, int64_t count, int vectors,
                                           const float *means, float *sums, float *products)
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
            int64_t at = row * stride + v * LANES, left = count - v * LANES;
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

static void gradient_columns(const float *gradients, const float *values, int64_t rows,
                             int64_t stride, int64_t count, const float *means, float *sums,
                             float *products)
{
    if (count > LANES)
        gradient_vectors(gradients, values, rows, stride, count, GROUP, means, sums, products);
    else
        gradient_vectors(gradients, values, rows, stride, count, 1, means, sums, products);
}

void KERNEL(gradient_sums)(const float *gradients, const float *values, int64_t rows,
                           int64_t channels, const float *mean, float *sums, float *products)
{
    const folding by = fold(rows, channels);
    if (by.repeats > 1) {
        float wide[2][WIDE], rest[2][WIDE], means[WIDE] = {0};
        int64_t end = by.rows * by.channels;
        repeat(&by, mean, channels, means);
        gradient_columns(gradients, values, by.rows, by.channels, by.channels, means, wide[0],
                         wide[1]);
        gradient_columns(gradients + end, values + end, by.rest, channels, channels, mean, rest[0],
                         rest[1]);
        unfold(&by, wide[0], rest[0], channels, sums);
        unfold(&by, wide[1], rest[1], channels, products);
        return;
    }
    for (int64_t c = 0; c < channels; c += WIDE)
        gradient_columns(gradients + c, values + c, rows, channels, at_most_wide(channels - c),
                         mean + c, sums + c, products + c);
}

static void slope_columns(const float *gradients, const float *values, int64_t rows,
                          int64_t channels, float *sums)
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

void KERNEL(slope_sums)(const float *gradients, const float *values, int64_t rows, int64_t channels,
                        float *sums)
{
    const folding by = fold(rows, channels);
    if (by.repeats > 1) {
        float wide[WIDE], rest[WIDE];
        int64_t end = by.rows * by.channels;
        slope_columns(gradients, values, by.rows, by.channels, wide);
        slope_columns(gradients + end, values + end, by.rest, channels, rest);
        unfold(&by, wide, rest, channels, sums);
        return;
    }
    slope_columns(gradients, values, rows, channels, sums);
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

/* Factors of few channels, repeated. */
typedef struct wide_factors {
    neuron_normalization by;
    float mean[WIDE], scale[WIDE], slope[WIDE], shift[WIDE];
} wide_factors;

static void widen(const folding *by, const neuron_normalization *narrow, int64_t channels,
                  wide_factors *wide)
{
    wide->by =
        (neuron_normalization){narrow->relu, wide->mean, wide->scale, wide->slope, wide->shift};
    repeat(by, narrow->mean, channels, wide->mean);
    repeat(by, narrow->scale, channels, wide->scale);
    repeat(by, narrow->shift, channels, wide->shift);
    if (narrow->slope)
        repeat(by, narrow->slope, channels, wide->slope);
}

static void normalize_rows(const float *values, int64_t rows, int64_t channels,
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

void KERNEL(normalize)(const float *values, int64_t rows, int64_t channels,
                       const neuron_normalization *by, float *output)
{
    const folding folded = fold(rows, channels);
    wide_factors wide;
    if (folded.repeats > 1) {
        int64_t end = folded.rows * folded.channels;
        widen(&folded, by, channels, &wide);
        normalize_rows(values, folded.rows, folded.channels, &wide.by, output);
        normalize_rows(values + end, 1, folded.rest * channels, &wide.by, output + end);
        return;
    }
    normalize_rows(values, rows, channels, by, output);
}

static void normalize_rows_back(const float *gradients, const float *values, int64_t rows,
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

void KERNEL(normalize_back)(const float *gradients, const float *values, int64_t rows,
                            int64_t channels, const neuron_normalization *by, float *output)
{
    const folding folded = fold(rows, channels);
    wide_factors wide;
    if (folded.repeats > 1) {
        int64_t end = folded.rows * folded.channels;
        widen(&folded, by, channels, &wide);
        normalize_rows_back(gradients, values, folded.rows, folded.channels, &wide.by, output);
        normalize_rows_back(gradients ? gradients + end : NULL, values + end, 1,
                            folded.rest * channels, &wide.by, output + end);
        return;
    }
    normalize_rows_back(gradients, values, rows, channels, by, output);
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

static VARIANT void norm_pool_at(const neuron_norm_pool_work *work, int64_t window, int64_t c,
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
static VARIANT void norm_pool_back_at(const neuron_norm_pool_work *work, int64_t window, int64_t c,
                                      int64_t left)
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
