/* Convolution of an image of one channel, such as the first layer of a network for grey images
 * sees. Under a row of the kernel lie so few floats that the tiles of gemm.c would count
 * more than they multiply. Here pixels side by side are read from floats side by side, without
 * offsets, and all rows of the kernel are in one tile of the gradient. */
#include "kernels/store-tile.h"
#include "kernels/table.h"

#include <stdbool.h>

/* Rows row .. row + rows - 1 of the output. */
static ALWAYS_INLINE void convolve_tile(const neuron_gemm_work *work, int64_t row, int64_t column,
                                        int rows, int vectors)
{
    int64_t run = work->stretch;
    const float *weights = work->right + column * work->depth;
    const float *source = work->left + row;
    vector sums[TILE_ROWS][2];
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++) {
        vector bias = load(work->bias + column + v * LANES);
        UNROLL_FULLY
        for (int m = 0; m < rows; m++)
            sums[m][v] = bias;
    }
    for (int64_t t = 0; t < work->stretches; t++, source += work->stretch_step) {
        for (int64_t r = 0; r < run; r++, weights += vectors * LANES) {
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
    vector floor = floor_of(&work->post);
    float padded[TILE_ROWS][2 * LANES];
    int64_t left = work->columns - column;
    bool copies = left < vectors * LANES && !CHOOSES_LANES;
    lane_choice lanes = choose_lanes(left - (vectors - 1) * LANES);
    float *output = work->output + row * work->output_row + column;
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        float *to = copies ? padded[m] : output + m * work->output_row;
        UNROLL_FULLY
        for (int v = 0; v < vectors - 1; v++)
            store(to + v * LANES, at_least(floor, sums[m][v]));
        store_lanes(to + (vectors - 1) * LANES, at_least(floor, sums[m][vectors - 1]), lanes);
    }
    if (copies)
        copy_rows(*padded, rows, left, output, work->output_row);
}

/* Rows of the kernel from tap `first` on, each of `run` floats, `rows` floats in all. */
static ALWAYS_INLINE void accumulate_tile(const neuron_conv_gradient_work *work, int64_t first,
                                          int64_t column, int run, int rows, int vectors)
{
    vector sums[TILE_ROWS][2];
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            sums[m][v] = (vector){0};
    }
    const float *gradient = work->gradient + column * work->pixel_rows * work->pixel_columns;
    const float *start = work->source + first * work->tap_step;
    for (int64_t y = 0; y < work->pixel_rows; y++, start += work->source_row) {
        const float *source = start;
        for (int64_t x = 0; x < work->pixel_columns; x++, source++, gradient += vectors * LANES) {
            vector factors[2];
            UNROLL_FULLY
            for (int v = 0; v < vectors; v++)
                factors[v] = load(gradient + v * LANES);
            UNROLL_FULLY
            for (int m = 0; m < rows; m++) {
                vector value = broadcast(source[m / run * work->tap_step + m % run]);
                UNROLL_FULLY
                for (int v = 0; v < vectors; v++)
                    sums[m][v] += value * factors[v];
            }
        }
    }
    float *to = work->sums + column * work->taps * work->run + first * run * vectors * LANES;
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++, to += LANES)
            store(to, load(to) + sums[m][v]);
    }
}

typedef void (*convolve_function)(const neuron_gemm_work *, int64_t row, int64_t column);

#define TILES(rows)                                                                                \
    static void convolve_##rows##_1(const neuron_gemm_work *work, int64_t row, int64_t column)     \
    {                                                                                              \
        convolve_tile(work, row, column, rows, 1);                                                 \
    }                                                                                              \
    static void convolve_##rows##_2(const neuron_gemm_work *work, int64_t row, int64_t column)     \
    {                                                                                              \
        convolve_tile(work, row, column, rows, 2);                                                 \
    }
#define ROW(rows)                                                                                  \
    {                                                                                              \
        convolve_##rows##_1, convolve_##rows##_2                                                   \
    }

/* clang-format off */
TILES(1) TILES(2) TILES(4) TILES(6)
#if defined(__AVX512F__) || defined(__aarch64__)
TILES(8) TILES(10) TILES(12)
#endif

/* By half of the rows and vectors less one. */
static const convolve_function convolve_tiles[TILE_ROWS / 2 + 1][2] = {
    ROW(1), ROW(2), ROW(4), ROW(6),
#if defined(__AVX512F__) || defined(__aarch64__)
    ROW(8), ROW(10), ROW(12),
#endif
};
/* clang-format on */

/* Rows of each tile but the last, so that no tile is much smaller than the others. */
static int64_t tile_rows(int64_t rows)
{
    int64_t tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
    int64_t most = tiles ? (rows + tiles - 1) / tiles : 1;
    return most + (most > 1 && most % 2);
}

void KERNEL(conv_single_channel)(const neuron_gemm_work *work)
{
    int64_t most = tile_rows(work->rows), rows;
    int32_t from = floor_count(&work->post);
    for (int64_t row = 0; row < work->rows; row += rows) {
        int64_t left = work->rows - row;
        rows = left < most ? left : most;
        if (rows > 1 && rows % 2) {
            /* The last tile makes a row once more; where it is the only one, that is left. */
            bool again = row > 0;
            row -= again;
            rows += again ? 1 : -1;
        }
        for (int64_t column = 0; column < work->columns; column += 2 * LANES)
            convolve_tiles[rows / 2][work->columns - column > LANES](work, row, column);
    }
    if (neuron_post_goes_on(work->post.ops, from))
        finish_rows(&work->post, from, work->rows, work->columns, work->output, work->output_row);
}

/* With literal numbers: a compiler may look at the loops before it has multiplied any. */
#define ACCUMULATE(taps, run, rows)                                                                \
    static void accumulate_##taps##_##run##_1(const neuron_conv_gradient_work *work,               \
                                              int64_t first, int64_t column)                       \
    {                                                                                              \
        accumulate_tile(work, first, column, run, rows, 1);                                        \
    }                                                                                              \
    static void accumulate_##taps##_##run##_2(const neuron_conv_gradient_work *work,               \
                                              int64_t first, int64_t column)                       \
    {                                                                                              \
        accumulate_tile(work, first, column, run, rows, 2);                                        \
    }

/* clang-format off */
ACCUMULATE(1, 3, 3) ACCUMULATE(1, 5, 5)
#if defined(__AVX512F__) || defined(__aarch64__)
ACCUMULATE(3, 3, 9) ACCUMULATE(2, 5, 10)
#else
ACCUMULATE(2, 3, 6)
#endif
    /* clang-format on */

    typedef void (*accumulate_function)(const neuron_conv_gradient_work *, int64_t first,
                                        int64_t column);

/* Tiles of `taps` rows of the kernel, then of single ones; of one vector and of two. */
typedef struct accumulate_tiles {
    int64_t taps;
    accumulate_function several[2], single[2];
} accumulate_tiles;

#if defined(__AVX512F__) || defined(__aarch64__)
static const accumulate_tiles of_three = {
    3, {accumulate_3_3_1, accumulate_3_3_2}, {accumulate_1_3_1, accumulate_1_3_2}};
static const accumulate_tiles of_five = {
    2, {accumulate_2_5_1, accumulate_2_5_2}, {accumulate_1_5_1, accumulate_1_5_2}};
#else
static const accumulate_tiles of_three = {
    2, {accumulate_2_3_1, accumulate_2_3_2}, {accumulate_1_3_1, accumulate_1_3_2}};
static const accumulate_tiles of_five = {
    1, {accumulate_1_5_1, accumulate_1_5_2}, {accumulate_1_5_1, accumulate_1_5_2}};
#endif

static void accumulate_all(const neuron_conv_gradient_work *work, const accumulate_tiles *tiles)
{
    for (int64_t column = 0; column < work->columns; column += 2 * LANES) {
        int wide = work->columns - column > LANES;
        int64_t t = 0;
        for (; t + tiles->taps <= work->taps; t += tiles->taps)
            tiles->several[wide](work, t, column);
        for (; t < work->taps; t++)
            tiles->single[wide](work, t, column);
    }
}

void KERNEL(conv_single_channel_gradient)(const neuron_conv_gradient_work *work)
{
    accumulate_all(work, work->run == 3 ? &of_three : &of_five);
}
