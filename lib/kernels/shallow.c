/* Convolution of an image of one channel, such as the first layer of a network for grey images sees.
 * Under a row of the kernel lie so few floats that the tiles of correlate.c would count more than
 * they multiply. Here pixels side by side are read from floats side by side, without offsets, and
 * all rows of the kernel are in one tile of the gradient. */
#include "kernels/epilogue.h"
#include "kernels/tiles.h"

/* Pixels pixel .. pixel + rows - 1, which lie side by side. */
static ALWAYS_INLINE void correlate_tile(const neuron_correlate_work *work, int64_t pixel,
                                         int64_t column, int rows, int vectors)
{
    const float *weights = work->weights + column * work->taps * work->run;
    const float *source = work->source + work->offsets[pixel];
    vector sums[TILE_ROWS][2];
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++) {
        vector bias = load(work->bias + column + v * LANES);
        UNROLL_FULLY
        for (int m = 0; m < rows; m++)
            sums[m][v] = bias;
    }
    for (int64_t t = 0; t < work->taps; t++, source += work->tap_step) {
        for (int64_t r = 0; r < work->run; r++, weights += vectors * LANES) {
            vector factors[2];
            UNROLL_FULLY
            for (int v = 0; v < vectors; v++)
                factors[v] = load(weights + v * LANES);
            UNROLL_FULLY
            for (int m = 0; m < rows; m++) {
                vector value = broadcast(source[r + m]);
                UNROLL_FULLY
                for (int v = 0; v < vectors; v++)
                    sums[m][v] += value * factors[v];
            }
        }
    }
    vector floor = epilogue_floor(&work->epilogue);
    int64_t left = work->columns - column;
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        float *output = work->output + work->output_offsets[pixel + m] + column;
        float padded[2 * LANES];
        float *to = left < vectors * LANES ? padded : output;
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            store(to + v * LANES, at_least(floor, sums[m][v]));
        if (to == padded)
            memcpy(output, padded, (size_t)left * sizeof *output);
    }
}

/* `taps` rows of the kernel from tap `first` on, each of `run` floats. */
static ALWAYS_INLINE void accumulate_tile(const neuron_accumulate_work *work, int64_t first,
                                          int64_t column, int taps, int run, int vectors)
{
    vector sums[TILE_ROWS][2];
    UNROLL_FULLY
    for (int m = 0; m < taps * run; m++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            sums[m][v] = (vector){0};
    }
    const float *gradient = work->gradient + column * work->pixels;
    const float *start = work->source + first * work->tap_step;
    for (int64_t p = 0; p < work->pixels; p++, gradient += vectors * LANES) {
        const float *source = start + work->offsets[p];
        vector factors[2];
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            factors[v] = load(gradient + v * LANES);
        UNROLL_FULLY
        for (int m = 0; m < taps * run; m++) {
            vector value = broadcast(source[m / run * work->tap_step + m % run]);
            UNROLL_FULLY
            for (int v = 0; v < vectors; v++)
                sums[m][v] += value * factors[v];
        }
    }
    float *to = work->sums + column * work->taps * work->run + first * run * vectors * LANES;
    UNROLL_FULLY
    for (int m = 0; m < taps * run; m++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++, to += LANES)
            store(to, load(to) + sums[m][v]);
    }
}

typedef void (*correlate_function)(const neuron_correlate_work *, int64_t pixel, int64_t column);

#define TILES(rows)                                                                                \
    static void correlate_##rows##_1(const neuron_correlate_work *work, int64_t pixel,             \
                                     int64_t column)                                               \
    {                                                                                              \
        correlate_tile(work, pixel, column, rows, 1);                                              \
    }                                                                                              \
    static void correlate_##rows##_2(const neuron_correlate_work *work, int64_t pixel,             \
                                     int64_t column)                                               \
    {                                                                                              \
        correlate_tile(work, pixel, column, rows, 2);                                              \
    }
#define ROW(rows)                                                                                  \
    {                                                                                              \
        correlate_##rows##_1, correlate_##rows##_2                                                 \
    }

/* clang-format off */
TILES(1) TILES(2) TILES(3) TILES(4) TILES(5) TILES(6)
#if defined(__AVX512F__) || defined(__aarch64__)
TILES(7) TILES(8) TILES(9) TILES(10) TILES(11) TILES(12)
#endif

/* By rows less one and vectors less one. */
static const correlate_function correlate_tiles[TILE_ROWS][2] = {
    ROW(1), ROW(2), ROW(3), ROW(4),  ROW(5),  ROW(6),
#if defined(__AVX512F__) || defined(__aarch64__)
    ROW(7), ROW(8), ROW(9), ROW(10), ROW(11), ROW(12),
#endif
};
/* clang-format on */

/* Pixels from `pixel` on that are read from floats side by side. */
static int64_t count_neighbours(const neuron_correlate_work *work, int64_t pixel)
{
    int64_t count = 1;
    while (pixel + count < work->pixels &&
           work->offsets[pixel + count] == work->offsets[pixel] + count)
        count++;
    return count;
}

void KERNEL(correlate_shallow)(const neuron_correlate_work *work)
{
    for (int64_t pixel = 0; pixel < work->pixels;) {
        int64_t count = count_neighbours(work, pixel), end = pixel + count;
        int64_t tiles = (count + TILE_ROWS - 1) / TILE_ROWS, most = (count + tiles - 1) / tiles;
        for (; pixel < end; pixel += most) {
            int64_t rows = end - pixel < most ? end - pixel : most;
            for (int64_t column = 0; column < work->columns; column += 2 * LANES)
                correlate_tiles[rows - 1][work->columns - column > LANES](work, pixel, column);
        }
        pixel = end;
    }
    for (int64_t p = 0; p < work->pixels && epilogue_goes_on(&work->epilogue); p++)
        finish_row(&work->epilogue, 0, work->columns, work->output, work->output_offsets[p]);
}

static ALWAYS_INLINE void accumulate_columns(const neuron_accumulate_work *work, int taps, int run,
                                             int vectors, int64_t column)
{
    int64_t t = 0;
    for (; t + taps <= work->taps; t += taps)
        accumulate_tile(work, t, column, taps, run, vectors);
    for (; t < work->taps; t++)
        accumulate_tile(work, t, column, 1, run, vectors);
}

static ALWAYS_INLINE void accumulate_all(const neuron_accumulate_work *work, int taps, int run)
{
    for (int64_t column = 0; column < work->columns; column += 2 * LANES) {
        if (work->columns - column > LANES)
            accumulate_columns(work, taps, run, 2, column);
        else
            accumulate_columns(work, taps, run, 1, column);
    }
}

void KERNEL(accumulate_shallow)(const neuron_accumulate_work *work)
{
    if (work->run == 3)
        accumulate_all(work, TILE_ROWS >= 9 ? 3 : 2, 3);
    else if (work->run == 5)
        accumulate_all(work, TILE_ROWS >= 10 ? 2 : 1, 5);
    else
        KERNEL(accumulate)(work);
}
