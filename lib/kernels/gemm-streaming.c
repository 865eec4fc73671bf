/* The product of few rows with a large matrix, which is read once, in the order of its rows and
 * where it lies: it is the memory that takes the time. */
#include "kernels/table.h"

#include <string.h>

/* So many rows of the right matrix are read side by side: enough to pay for reading and writing the
 * output again for each, few enough streams for the processor to foresee. */
enum { STREAMS = 16 };

/* Rows of the left matrix that a tile can have, and sums: for fewer rows it is wider. Of 8 sums no
 * more than 4 are below each other: each vector of the right matrix would be worth too few. */
#if defined(__AVX512F__) || defined(__aarch64__)
enum { STREAM_ROWS = 8, STREAM_SUMS = 16 };
#else
enum { STREAM_ROWS = 4, STREAM_SUMS = 8 };
#endif

/* Vectors of a tile of `rows` rows. */
#define STREAM_VECTORS(rows) (STREAM_SUMS / ((rows) > 4 ? 8 : (rows) > 2 ? 4 : (rows)))

static ALWAYS_INLINE void stream_tile(const neuron_gemm_streaming_work *work, int rows, int vectors)
{
    vector sums[STREAM_ROWS][STREAM_SUMS];
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            sums[m][v] = load(work->output + m * work->output_row + v * LANES);
    }
    for (int64_t k = 0; k < work->depth; k++) {
        const float *right = work->right + k * work->right_row;
        vector values[STREAM_ROWS];
        UNROLL_FULLY
        for (int m = 0; m < rows; m++)
            values[m] = broadcast(work->left[m * work->left_row + k]);
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++) {
            vector factor = load(right + v * LANES);
            UNROLL_FULLY
            for (int m = 0; m < rows; m++)
                sums[m][v] += values[m] * factor;
        }
    }
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            store(work->output + m * work->output_row + v * LANES, sums[m][v]);
    }
}

/* Rows of the right matrix that one row of the left is multiplied with at once. */
enum { LINES = 8 };

/* One row by LINES rows, and whole vectors of columns: here it is the left values that stay in
 * registers, so that each row is read from end to end. */
static void stream_lines(const neuron_gemm_streaming_work *work, int64_t columns)
{
    vector values[LINES];
    UNROLL_FULLY
    for (int k = 0; k < LINES; k++)
        values[k] = broadcast(work->left[k]);
    const float *right = work->right, *right_3 = right + 3 * work->right_row;
    const float *right_6 = right + 6 * work->right_row;
    int64_t step = work->right_row;
    for (int64_t n = 0; n < columns; n += LANES) {
        vector even = load(work->output + n), odd = values[1] * load(right + step + n);
        even += values[0] * load(right + n);
        odd += values[3] * load(right_3 + n);
        even += values[2] * load(right + 2 * step + n);
        odd += values[5] * load(right_3 + 2 * step + n);
        even += values[4] * load(right_3 + step + n);
        odd += values[7] * load(right_6 + step + n);
        even += values[6] * load(right_6 + n);
        store(work->output + n, even + odd);
    }
}

typedef void (*stream_function)(const neuron_gemm_streaming_work *);

/* One tile of each width, from that down by halves to a single vector. */
#define TILE(rows, vectors)                                                                        \
    static void stream_##rows##_##vectors(const neuron_gemm_streaming_work *work)                  \
    {                                                                                              \
        stream_tile(work, rows, vectors < STREAM_VECTORS(rows) ? vectors : STREAM_VECTORS(rows));  \
    }
#define TILES(rows) TILE(rows, 1) TILE(rows, 2) TILE(rows, 4) TILE(rows, 8) TILE(rows, 16)
#define ROW(rows)                                                                                  \
    {                                                                                              \
        stream_##rows##_1, stream_##rows##_2, stream_##rows##_4, stream_##rows##_8,                \
            stream_##rows##_16                                                                     \
    }

/* clang-format off */
TILES(1) TILES(2) TILES(3) TILES(4)
#if defined(__AVX512F__) || defined(__aarch64__)
TILES(5) TILES(6) TILES(7) TILES(8)
#endif

/* By rows less one, and by the logarithm of the width. */
static const stream_function stream_tiles[STREAM_ROWS][5] = {
    ROW(1), ROW(2), ROW(3), ROW(4),
#if defined(__AVX512F__) || defined(__aarch64__)
    ROW(5), ROW(6), ROW(7), ROW(8),
#endif
};
/* clang-format on */

/* The last columns, fewer than a vector, of all rows of the left matrix. What follows them in
 * memory is the next row, which may be read too. */
static void stream_rest(const neuron_gemm_streaming_work *strip, int64_t row_group)
{
    float copy[STREAMS * LANES];
    for (int64_t k = 0; k < strip->depth; k++) {
        int64_t readable = strip->columns + (strip->depth - 1 - k) * strip->right_row;
        store(copy + k * LANES, readable < LANES
                                    ? load_some(strip->right + k * strip->right_row, strip->columns)
                                    : load(strip->right + k * strip->right_row));
    }
    neuron_gemm_streaming_work part = *strip;
    part.right = copy;
    part.right_row = LANES;
    for (int64_t row = 0; row < strip->rows; row += row_group) {
        int64_t rows = strip->rows - row < row_group ? strip->rows - row : row_group;
        part.left = strip->left + row * strip->left_row;
        part.output = strip->output + row * strip->output_row;
        stream_tiles[rows - 1][0](&part);
    }
}

/* Some rows of the right matrix, in strips of as many columns as a tile has. */
static void stream_some(const neuron_gemm_streaming_work *work, int64_t row_group)
{
    int64_t column = 0;
    int width = 0;
    while (2 << width <= STREAM_VECTORS(row_group))
        width++;
    neuron_gemm_streaming_work part = *work;
    if (work->rows == 1 && work->depth == STREAMS) {
        int64_t columns = work->columns / LANES * LANES;
        for (int64_t k = 0; k < STREAMS; k += LINES) {
            part.left = work->left + k;
            part.right = work->right + k * work->right_row;
            stream_lines(&part, columns);
        }
        column = columns;
    }
    while (work->columns - column >= LANES) {
        while (work->columns - column < LANES << width)
            width--;
        for (int64_t row = 0; row < work->rows; row += row_group) {
            int64_t rows = work->rows - row < row_group ? work->rows - row : row_group;
            part.left = work->left + row * work->left_row;
            part.right = work->right + column;
            part.output = work->output + row * work->output_row + column;
            stream_tiles[rows - 1][width](&part);
        }
        column += (int64_t)LANES << width;
    }
    if (column < work->columns) {
        part = *work;
        part.columns -= column;
        part.right += column;
        part.output += column;
        stream_rest(&part, row_group);
    }
}

/* Rows of each tile but the last, so that there are few tiles of about as many rows. */
static int64_t rows_of_group(int64_t rows)
{
    int64_t tiles = (rows + STREAM_ROWS - 1) / STREAM_ROWS;
    return (rows + tiles - 1) / tiles;
}

void KERNEL(gemm_streaming)(const neuron_gemm_streaming_work *work)
{
    if (work->rows < 1)
        return;
    neuron_gemm_streaming_work some = *work;
    for (int64_t k = 0; k < work->depth; k += STREAMS) {
        some.left = work->left + k;
        some.right = work->right + k * work->right_row;
        some.depth = work->depth - k < STREAMS ? work->depth - k : STREAMS;
        stream_some(&some, rows_of_group(work->rows));
    }
}
