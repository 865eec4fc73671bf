/* Convolution of each channel by itself over rows that are one run of floats: as many channels as
 * there are fill all vectors, since the weights are written down as often as a vector needs. A
 * tile is some vectors that see the same weights, in a few rows below each other, which share
 * what is read. ops/depthwise-flat.c lays out the weights, and the rows with their padding. */
#include "kernels/store-tile.h"
#include "kernels/table.h"

/* Keeps a vector in a register that GCC would read anew for each sum, which takes twice as long
 * where it lies across two lines of the cache. */
#if defined(__AVX512F__)
#define HOLD(value) __asm__("" : "+v"(value))
#elif defined(__SSE__)
#define HOLD(value) __asm__("" : "+x"(value))
#else
#define HOLD(value) (void)(value)
#endif

/* Sums of a tile, its weights and a value fit the registers. */
enum { ROWS = NEURON_DEPTHWISE_FLAT_ROWS, VECTORS = TILE_ROWS == 12 ? 4 : 2 };

typedef struct tile {
    vector sums[ROWS][VECTORS];
} tile;

/* What one row of the image gives rows first .. end - 1 of a tile. The weights are those of the row
 * of the window that row 0 of the tile sees there; the next sees the one before. */
static ALWAYS_INLINE void add_row(const neuron_depthwise_flat_work *work, const float *source,
                                  const float *weights, tile *to, int first, int end, int vectors)
{
    int64_t weight_row = work->window_columns * LANES, step = work->phases * LANES;
    for (int64_t x = 0; x < work->window_columns; x++) {
        vector by[ROWS];
        UNROLL_FULLY
        for (int r = first; r < end; r++)
            by[r] = load(weights - r * weight_row);
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++) {
            vector value = load(source + v * step);
            HOLD(value);
            UNROLL_FULLY
            for (int r = first; r < end; r++)
                to->sums[r][v] += value * by[r];
        }
        source += work->column_step;
        weights += LANES;
    }
}

/* From float `at` on. The window has at least rows - 1 rows. */
static ALWAYS_INLINE void make_tile(const neuron_depthwise_flat_work *work, int64_t at,
                                    const float *weights, int rows, int vectors, bool whole)
{
    int64_t weight_row = work->window_columns * LANES, step = work->phases * LANES;
    const float *const *source = work->source;
    const float *by = weights + LANES;
    tile to;
    UNROLL_FULLY
    for (int r = 0; r < rows; r++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            to.sums[r][v] = load(weights);
    }
    UNROLL_FULLY
    for (int r = 0; r < rows - 1; r++, by += weight_row)
        add_row(work, *source++ + at, by, &to, 0, r + 1, vectors);
    for (int64_t y = rows - 1; y < work->window_rows; y++, by += weight_row)
        add_row(work, *source++ + at, by, &to, 0, rows, vectors);
    UNROLL_FULLY
    for (int r = 1; r < rows; r++, by += weight_row)
        add_row(work, *source++ + at, by, &to, r, rows, vectors);
    vector floor = broadcast(work->floor);
    float *output = work->output + at;
    UNROLL_FULLY
    for (int r = 0; r < rows; r++, output += work->floats) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            if (whole)
                store(output + v * step, at_least(floor, to.sums[r][v]));
            else
                store_some(output, at_least(floor, to.sums[r][v]), work->floats - at);
    }
}

static ALWAYS_INLINE void make_rows(const neuron_depthwise_flat_work *work, int rows)
{
    int64_t step = work->phases * LANES, taps = work->window_rows * work->window_columns;
    for (int64_t phase = 0; phase < work->phases; phase++) {
        const float *weights = work->weights + phase * (taps + 1) * LANES;
        int64_t at = phase * LANES;
        for (; at + (VECTORS - 1) * step + LANES <= work->floats; at += VECTORS * step)
            make_tile(work, at, weights, rows, VECTORS, true);
        for (; at < work->floats; at += step)
            make_tile(work, at, weights, rows, 1, false);
    }
}

void KERNEL(depthwise_flat)(const neuron_depthwise_flat_work *work)
{
    if (work->rows == ROWS)
        make_rows(work, ROWS);
    else
        make_rows(work, 1);
}
