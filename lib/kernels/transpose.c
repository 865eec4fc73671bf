/* Turning matrices over, and joining the parts of sums. */
#include "kernels/store-tile.h"
#include "kernels/table.h"

/* Turns over LANES rows: mixing the first half of the rows with the second moves one bit of each
 * element's row number to its column number, and back. */
static ALWAYS_INLINE void turn_over(vector rows[LANES])
{
    UNROLL_FULLY
    for (int bit = 1; bit < LANES; bit *= 2) {
        vector mixed[LANES];
        UNROLL_FULLY
        for (int i = 0; i < LANES / 2; i++) {
            mixed[2 * i] = interleave_lower(rows[i], rows[i + LANES / 2]);
            mixed[2 * i + 1] = interleave_upper(rows[i], rows[i + LANES / 2]);
        }
        UNROLL_FULLY
        for (int i = 0; i < LANES; i++)
            rows[i] = mixed[i];
    }
}

static ALWAYS_INLINE void transpose_square(const float *input, int64_t input_row, const float *mask,
                                           float *output, int64_t output_row)
{
    vector rows[LANES];
    UNROLL_FULLY
    for (int m = 0; m < LANES; m++)
        rows[m] = load(input + m * input_row);
    turn_over(rows);
    if (mask) {
        UNROLL_FULLY
        for (int n = 0; n < LANES; n++)
            rows[n] = choose(load(mask + n * output_row) > (vector){0}, rows[n], (vector){0});
    }
    UNROLL_FULLY
    for (int n = 0; n < LANES; n++)
        store(output + n * output_row, rows[n]);
}

/* What is beside the squares: by squares of which some rows or columns are not there, or one by one
 * where parts of vectors are loaded so. */
static NEVER_INLINE void transpose_part(const float *input, int64_t input_row, const float *mask,
                                        float *output, int64_t output_row, int64_t row_count,
                                        int64_t column_count)
{
    vector rows[LANES];
    UNROLL_FULLY
    for (int m = 0; m < LANES; m++)
        rows[m] = m < row_count ? load_some(input + m * input_row, column_count) : (vector){0};
    turn_over(rows);
    for (int64_t n = 0; n < column_count; n++) {
        vector row = rows[n];
        if (mask)
            row =
                choose(load_some(mask + n * output_row, row_count) > (vector){0}, row, (vector){0});
        store_some(output + n * output_row, row, row_count);
    }
}

static void transpose_rest(const neuron_transpose_work *work, const float *mask, int64_t row,
                           int64_t rows, int64_t column, int64_t columns)
{
    enum { STEP = LANES < 8 ? 1 : LANES };
    for (int64_t n = column; n < column + columns; n += STEP) {
        for (int64_t m = row; m < row + rows; m += STEP) {
            int64_t at = n * work->output_row + m, row_count = row + rows - m;
            int64_t column_count = column + columns - n;
            const float *input = work->input + m * work->input_row + n;
            if (STEP == 1)
                work->output[at] = mask && !(mask[at] > 0) ? 0 : *input;
            else
                transpose_part(input, work->input_row, mask ? mask + at : NULL, work->output + at,
                               work->output_row, row_count < LANES ? row_count : LANES,
                               column_count < LANES ? column_count : LANES);
        }
    }
}

/* The way back through a ReLU is done to values in registers if it is the first. */
void KERNEL(transpose)(const neuron_transpose_work *work)
{
    const neuron_post_op *first =
        work->post.ops && work->post.ops->count > 0 ? work->post.ops->list : NULL;
    const float *mask = first && first->kind == NEURON_POST_RELU && first->seen
                            ? first->seen + work->post.offset
                            : NULL;
    int64_t rows = work->rows / LANES * LANES, columns = work->columns / LANES * LANES;
    for (int64_t row = 0; row < rows; row += LANES)
        for (int64_t column = 0; column < columns; column += LANES) {
            int64_t at = column * work->output_row + row;
            transpose_square(work->input + row * work->input_row + column, work->input_row,
                             mask ? mask + at : NULL, work->output + at, work->output_row);
        }
    transpose_rest(work, mask, 0, rows, columns, work->columns - columns);
    transpose_rest(work, mask, rows, work->rows - rows, 0, work->columns);
    if (neuron_post_goes_on(work->post.ops, mask != NULL))
        finish_rows(&work->post, mask != NULL, work->columns, work->rows, work->output,
                    work->output_row);
}

void KERNEL(join)(const neuron_join_work *work)
{
    vector floor = floor_of(&work->post);
    int32_t from = floor_count(&work->post);
    bool goes_on = neuron_post_goes_on(work->post.ops, from);
    for (int64_t m = 0; m < work->rows; m++) {
        float *output = work->output + m * work->output_row;
        for (int64_t n = 0; n < work->columns; n += LANES) {
            int64_t left = work->columns - n;
            const float *part = work->parts + m * work->part_row + n;
            vector sum = work->bias ? load(work->bias + n) : (vector){0};
            for (int64_t p = 0; p < work->count; p++)
                sum += load_some(part + p * work->part_step, left);
            store_some(output + n, at_least(floor, sum), left);
        }
        if (goes_on) {
            const neuron_post_slice post =
                neuron_post_slice_at(&work->post, 0, m * work->output_row);
            finish_rows(&post, from, 1, work->columns, output, work->output_row);
        }
    }
}
