/* Products of bytes for quantised layers: tiles of DOT_ROWS rows by two vectors of columns are
 * summed in registers, by dot.h. What becomes of the sums is rounded after each step. */
#include "kernels/bytes/dot.h"
#include "kernels/bytes/to-bytes.h"
#include "kernels/table.h"

#include <stddef.h>

typedef struct tile {
    const uint8_t *left;
    const int64_t *places;
    int64_t stretch, stretches, stretch_step;
    const int8_t *right;
    const int32_t *start;
    sums *to; /* two vectors for each row */
} tile;

static ALWAYS_INLINE void multiply_tile(const tile *work, int rows, int vectors)
{
    sums sum[DOT_ROWS][2];
    const uint8_t *left[DOT_ROWS];
    const int8_t *right = work->right;
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        left[m] = work->left + work->places[m];
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            sum[m][v] = load_sums(work->start + v * LANES);
    }
    for (int64_t s = work->stretches; s > 0; s--) {
        for (int64_t k = 0; k < work->stretch; k += 4) {
            dot_weights weights[2];
            UNROLL_FULLY
            for (int v = 0; v < vectors; v++)
                weights[v] = spread_weights(load_sums(right + v * VECTOR_BYTES));
            UNROLL_FULLY
            for (int m = 0; m < rows; m++) {
                UNROLL_FULLY
                for (int v = 0; v < vectors; v++)
                    sum[m][v] = dot(sum[m][v], left[m] + k, weights[v]);
            }
            right += vectors * VECTOR_BYTES;
        }
        UNROLL_FULLY
        for (int m = 0; m < rows; m++)
            left[m] += work->stretch_step;
    }
    UNROLL_FULLY
    for (int m = 0; m < rows; m++) {
        UNROLL_FULLY
        for (int v = 0; v < vectors; v++)
            work->to[2 * m + v] = sum[m][v];
    }
}

typedef void (*tile_function)(const tile *);

#define TILE(name, rows, vectors)                                                                  \
    static void name(const tile *work)                                                             \
    {                                                                                              \
        multiply_tile(work, rows, vectors);                                                        \
    }
TILE(whole_1, DOT_ROWS, 1)
TILE(whole_2, DOT_ROWS, 2)
TILE(some_1, 4, 1)
TILE(some_2, 4, 2)
TILE(one_1, 1, 1)
TILE(one_2, 1, 2)

/* Tiles by how many rows they have, the largest first. */
static const struct {
    int rows;
    tile_function multiply[2]; /* by vectors less one */
} tiles[] = {{DOT_ROWS, {whole_1, whole_2}}, {4, {some_1, some_2}}, {1, {one_1, one_2}}};

/* Writes what the sums of a tile become, from row `row` and column `column` of the output on. */
static void finish(const neuron_bytes_gemm_work *work, const sums *from, int64_t row, int rows,
                   int64_t column)
{
    vector floor = broadcast(work->relu ? 0.0f : -INFINITY);
    for (int v = 0; v < 2 && column + v * LANES < work->columns; v++) {
        int64_t n = column + v * LANES, left = work->columns - n;
        int64_t place = row * work->output_row + n;
        vector scale = load(work->scale + n), bias = load(work->bias + n);
        vector gain = work->gain ? load(work->gain + n) : broadcast(1);
        vector offset = work->gain ? load(work->offset + n) : (vector){0};
        /* Where the gain is below 0 the largest value is that of the smallest sum. */
        sums flip = (sums)(gain < 0);
        for (int64_t m = 0; m < rows; m += work->pool, place += work->output_row) {
            sums sum = from[2 * m + v];
            if (work->pool == 4)
                sum = flip ^ larger_sums(larger_sums(flip ^ sum, flip ^ from[2 * m + 2 + v]),
                                         larger_sums(flip ^ from[2 * m + 4 + v],
                                                     flip ^ from[2 * m + 6 + v]));
            vector value = __builtin_convertvector(sum, vector) * scale + bias;
            value = at_least(floor, value);
            if (work->gain)
                value = value * gain + offset;
            if (work->output)
                store_some(work->output + place, value, left);
            else
                store_bytes(work->bytes + place, to_bytes(value, work->zero_point), left);
        }
    }
}

void KERNEL(bytes_gemm)(const neuron_bytes_gemm_work *work)
{
    sums to[2 * DOT_ROWS];
    int64_t depth = work->stretch * work->stretches;
    for (int64_t n = 0; n < work->columns; n += 2 * LANES) {
        int wide = work->columns - n > LANES, kind = 0;
        for (int64_t m = 0; m < work->rows; m += tiles[kind].rows) {
            while (tiles[kind].rows > work->rows - m || tiles[kind].rows % work->pool != 0)
                kind++;
            const tile at = {
                work->left,         work->places + m,        work->stretch,   work->stretches,
                work->stretch_step, work->right + n * depth, work->start + n, to};
            tiles[kind].multiply[wide](&at);
            finish(work, to, m / work->pool, tiles[kind].rows, n);
        }
    }
}
