/* 3x3 weights to Winograd's points, and the gradients of weights from there. */
#include "kernels/conv-winograd.h"
#include "kernels/table.h"

enum { TAPS = WEIGHTS * WEIGHTS };

/* The nine weights of one vector of columns. */
static ALWAYS_INLINE void transform_weights(const vector weights[TAPS], float *to, int64_t step)
{
    vector rows[WEIGHTS][IN];
    UNROLL_FULLY
    for (int y = 0; y < WEIGHTS; y++)
        weights_to_points(weights + y * WEIGHTS, rows[y]);
    for (int x = 0; x < IN; x++) {
        vector values[IN], column[WEIGHTS];
        UNROLL_FULLY
        for (int y = 0; y < WEIGHTS; y++)
            column[y] = rows[y][x];
        weights_to_points(column, values);
        UNROLL_FULLY
        for (int y = 0; y < IN; y++)
            store(to + (y * IN + x) * step, values[y]);
    }
}

/* Where row `row` of the packed matrices has `column`. */
static float *place(const neuron_winograd_weights *work, int64_t row, int64_t column)
{
    int64_t panel = column / (2 * LANES) * (2 * LANES);
    int64_t width = work->columns - panel > LANES ? 2 * LANES : LANES;
    return work->points + panel * work->rows + row * width + (column - panel);
}

static void transform_straight(const neuron_winograd_weights *work)
{
    for (int64_t row = work->first_row; row < work->end_row; row++) {
        for (int64_t column = 0; column < work->columns; column += LANES) {
            const float *from = work->weights + row * work->row_step + column;
            vector weights[TAPS];
            UNROLL_FULLY
            for (int tap = 0; tap < TAPS; tap++)
                weights[tap] = load_some(from + tap * work->tap_step, work->columns - column);
            transform_weights(weights, place(work, row, column), work->step);
        }
    }
}

/* Rows from `row` on, and columns from `column` on, as many as a vector has at most. */
static void transform_rotated(const neuron_winograd_weights *work, int64_t row, int64_t column)
{
    int64_t rows = work->end_row - row < LANES ? work->end_row - row : LANES;
    int64_t columns = work->columns - column < LANES ? work->columns - column : LANES;
    float block[LANES][TAPS][LANES] = {{{0}}}; /* by row, tap and column */
    for (int tap = 0; tap < TAPS; tap++) {
        const float *from =
            work->weights + (TAPS - 1 - tap) * work->tap_step + column * work->column_step + row;
        for (int64_t n = 0; n < columns; n++)
            for (int64_t k = 0; k < rows; k++)
                block[k][tap][n] = from[n * work->column_step + k];
    }
    for (int64_t k = 0; k < rows; k++) {
        vector weights[TAPS];
        UNROLL_FULLY
        for (int tap = 0; tap < TAPS; tap++)
            weights[tap] = load(block[k][tap]);
        transform_weights(weights, place(work, row + k, column), work->step);
    }
}

void KERNEL(winograd_weights)(const neuron_winograd_weights *work)
{
    if (!work->rotated) {
        transform_straight(work);
        return;
    }
    for (int64_t row = work->first_row; row < work->end_row; row += LANES)
        for (int64_t column = 0; column < work->columns; column += LANES)
            transform_rotated(work, row, column);
}

static ALWAYS_INLINE vector add_parts(const neuron_winograd_sums *work, int64_t at)
{
    vector sum = load(work->sums + at);
    for (int64_t part = 1; part < work->parts; part++)
        sum += load(work->sums + part * work->part_step + at);
    return sum;
}

void KERNEL(winograd_sums)(const neuron_winograd_sums *work)
{
    for (int64_t column = 0; column < work->columns; column += LANES) {
        vector rows[WEIGHTS][IN];
        for (int x = 0; x < IN; x++) {
            vector points[IN], values[WEIGHTS];
            UNROLL_FULLY
            for (int y = 0; y < IN; y++)
                points[y] = add_parts(work, (y * IN + x) * work->step + column);
            points_to_weights(points, values);
            UNROLL_FULLY
            for (int y = 0; y < WEIGHTS; y++)
                rows[y][x] = values[y];
        }
        UNROLL_FULLY
        for (int y = 0; y < WEIGHTS; y++) {
            vector weights[WEIGHTS];
            points_to_weights(rows[y], weights);
            UNROLL_FULLY
            for (int x = 0; x < WEIGHTS; x++)
                store_some(work->gradient + (y * WEIGHTS + x) * work->tap_step + column, weights[x],
                           work->columns - column);
        }
    }
}
