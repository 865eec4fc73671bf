/* Convolution without a matrix of patches: tiles of TILE_ROWS pixels by up to two vectors of
 * columns are summed in registers, each pixel read where it lies. */
#include "kernels/store-tile.h"
#include "kernels/table.h"

#include <stdbool.h>

/* One tile's place: pixels from `pixel` on, columns from `column` on. */
typedef struct convolve_place {
    int64_t pixel, column;
    const float *weights; /* of the panel */
} convolve_place;

static ALWAYS_INLINE void convolve_tile(const neuron_conv_work *work, const convolve_place *place,
                                        int rows, int vectors)
{
    vector sums[TILE_ROWS][2];
    const float *sources[TILE_ROWS];
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        sources[m] = work->source + work->offsets[place->pixel + m];
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            sums[m][v] = load(work->bias + place->column + v * LANES);
    }
    const float *weights = place->weights;
    for (int64_t t = 0; t < work->taps; t++) {
        UNROLL_BY_4
        for (int64_t r = 0; r < work->run; r++) {
            vector factors[2];
            UNROLL_FULLY
            for (int v = 0; v < vectors; v++)
                factors[v] = load(weights + v * LANES);
            UNROLL_FULLY
            for (int m = 0; m < rows; m++) {
                vector value = broadcast(sources[m][r]);
                UNROLL_FULLY
                for (int v = 0; v < vectors; v++)
                    sums[m][v] += value * factors[v];
            }
            weights += vectors * LANES;
        }
        UNROLL_FULLY
        for (int m = 0; m < rows; m++)
            sources[m] += work->tap_step;
    }
    vector floor = floor_of(&work->post);
    float padded[TILE_ROWS][2 * LANES];
    int64_t left = work->columns - place->column;
    bool narrow = left < vectors * LANES;
    float *output = work->output + place->column;
    const int64_t *offsets = work->output_offsets + place->pixel;
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        float *to = narrow ? padded[m] : output + offsets[m];
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            store(to + v * LANES, at_least(floor, sums[m][v]));
    }
    if (narrow)
        copy_rows(*padded, rows, left, output, offsets);
}

/* One tile's place: from run position `first` on under a tap, and one panel. */
typedef struct accumulate_place {
    const float *source;   /* with the tap's and the run's distance added */
    const float *gradient; /* of the panel */
    float *sums;           /* of the panel, at the tile's first row */
} accumulate_place;

static ALWAYS_INLINE void accumulate_tile(const neuron_conv_gradient_work *work,
                                          const accumulate_place *place, int rows, int vectors)
{
    vector sums[TILE_ROWS][2];
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            sums[m][v] = (vector){0};
    }
    const float *gradient = place->gradient;
    for (int64_t p = 0; p < work->pixels; p++) {
        const float *source = place->source + work->offsets[p];
        vector factors[2];
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            factors[v] = load(gradient + v * LANES);
        UNROLL_FULLY
        for (int m = 0; m < rows; m++) {
            vector value = broadcast(source[m]);
            UNROLL_FULLY
            for (int v = 0; v < vectors; v++)
                sums[m][v] += value * factors[v];
        }
        gradient += vectors * LANES;
    }
    /* Added at the end and not carried along, so that long sums stay accurate. */
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++) {
            float *to = place->sums + (m * vectors + v) * LANES;
            store(to, load(to) + sums[m][v]);
        }
    }
}

typedef void (*convolve_function)(const neuron_conv_work *, const convolve_place *);
typedef void (*accumulate_function)(const neuron_conv_gradient_work *, const accumulate_place *);

#define TILES(rows)                                                                                \
    static void convolve_##rows##_1(const neuron_conv_work *work, const convolve_place *place)     \
    {                                                                                              \
        convolve_tile(work, place, rows, 1);                                                       \
    }                                                                                              \
    static void convolve_##rows##_2(const neuron_conv_work *work, const convolve_place *place)     \
    {                                                                                              \
        convolve_tile(work, place, rows, 2);                                                       \
    }                                                                                              \
    static void accumulate_##rows##_1(const neuron_conv_gradient_work *work,                       \
                                      const accumulate_place *place)                               \
    {                                                                                              \
        accumulate_tile(work, place, rows, 1);                                                     \
    }                                                                                              \
    static void accumulate_##rows##_2(const neuron_conv_gradient_work *work,                       \
                                      const accumulate_place *place)                               \
    {                                                                                              \
        accumulate_tile(work, place, rows, 2);                                                     \
    }

/* clang-format off */
TILES(1) TILES(2) TILES(3) TILES(4) TILES(5) TILES(6)
#if defined(__AVX512F__) || defined(__aarch64__)
TILES(7) TILES(8) TILES(9) TILES(10) TILES(11) TILES(12)
#endif

/* By rows less one and vectors less one. */
#define ROW(rows) {convolve_##rows##_1, convolve_##rows##_2}
static const convolve_function convolve_tiles[TILE_ROWS][2] = {
    ROW(1), ROW(2), ROW(3), ROW(4),  ROW(5),  ROW(6),
#if defined(__AVX512F__) || defined(__aarch64__)
    ROW(7), ROW(8), ROW(9), ROW(10), ROW(11), ROW(12),
#endif
};
#undef ROW
#define ROW(rows) {accumulate_##rows##_1, accumulate_##rows##_2}
static const accumulate_function accumulate_tiles[TILE_ROWS][2] = {
    ROW(1), ROW(2), ROW(3), ROW(4),  ROW(5),  ROW(6),
#if defined(__AVX512F__) || defined(__aarch64__)
    ROW(7), ROW(8), ROW(9), ROW(10), ROW(11), ROW(12),
#endif
};
/* clang-format on */

/* Rows of each tile but the last, so that no tile is much smaller than the others. */
static int64_t tile_rows(int64_t rows)
{
    int64_t tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
    return tiles ? (rows + tiles - 1) / tiles : 1;
}

void KERNEL(convolve)(const neuron_conv_work *work)
{
    int64_t depth = work->taps * work->run, most = tile_rows(work->pixels);
    for (int64_t column = 0; column < work->columns; column += 2 * LANES) {
        int wide = work->columns - column > LANES;
        convolve_place place = {0, column, work->weights + column * depth};
        for (; place.pixel < work->pixels; place.pixel += most) {
            int64_t rows = work->pixels - place.pixel;
            convolve_tiles[(rows < most ? rows : most) - 1][wide](work, &place);
        }
    }
    finish_pixels(work);
}

void KERNEL(accumulate)(const neuron_conv_gradient_work *work)
{
    int64_t depth = work->taps * work->run, most = tile_rows(work->run);
    for (int64_t column = 0; column < work->columns; column += 2 * LANES) {
        int wide = work->columns - column > LANES;
        accumulate_place place = {NULL, work->gradient + column * work->pixels,
                                  work->sums + column * depth};
        for (int64_t t = 0; t < work->taps; t++) {
            for (int64_t first = 0; first < work->run; first += most) {
                int64_t rows = work->run - first < most ? work->run - first : most;
                place.source = work->source + t * work->tap_step + first;
                accumulate_tiles[rows - 1][wide](work, &place);
                place.sums += rows * (wide + 1) * LANES;
            }
        }
    }
}
