/* Matrices rotated over, and parts joined, by each set of kernels. */
#include "layer-fixture.h"

static void check_transpose(const neuron_kernels *kernels, int64_t rows, int64_t columns,
                            bool gated)
{
    int64_t input_row = columns + 2, output_row = rows + 3;
    float *input = fixture_floats(rows * input_row), *gate = fixture_floats(columns * output_row);
    float *output = fixture_floats(columns * output_row);
    fixture_fill(input, rows * input_row, 1);
    fixture_fill(gate, columns * output_row, 2);
    fixture_fill(output, columns * output_row, 3);
    float before = output[output_row - 1];
    const neuron_post_ops back = {1, {{.kind = NEURON_POST_RELU, .seen = gate}}};
    neuron_transpose_work work = {
        rows, columns, input, input_row, output, output_row, {gated ? &back : NULL, 0, 0}};
    kernels->gemm->transpose(&work);
    for (int64_t n = 0; n < columns; n++) {
        for (int64_t m = 0; m < rows; m++) {
            bool open = !gated || gate[n * output_row + m] > 0;
            float expected = open ? input[m * input_row + n] : 0;
            assert_that(output[n * output_row + m] == expected, "output of row %d, column %d is %g",
                        (int)m, (int)n, (double)output[n * output_row + m]);
        }
    }
    ck_assert(output[output_row - 1] == before);
    free(input);
    free(gate);
    free(output);
}

START_TEST(turns_over)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int64_t rows = 1; kernels && rows < 70; rows += rows < 18 ? 1 : 15)
        for (int64_t columns = 1; columns < 70; columns += columns < 18 ? 1 : 15)
            for (int gated = 0; gated < 2; gated++)
                check_transpose(kernels, rows, columns, gated);
}
END_TEST

static void check_join(const neuron_kernels *kernels, int64_t columns, int64_t count)
{
    enum { ROWS = 3, ROOM = 96 };
    float *parts = fixture_floats(count * ROWS * columns), *output = fixture_floats(ROWS * columns);
    float *bias = fixture_floats(ROOM);
    fixture_fill(parts, count * ROWS * columns, 1);
    fixture_fill(bias, ROOM, 2);
    const neuron_post_ops relu = {1, {{.kind = NEURON_POST_RELU}}};
    neuron_join_work work = {.rows = ROWS,
                             .columns = columns,
                             .count = count,
                             .parts = parts,
                             .part_step = ROWS * columns,
                             .part_row = columns,
                             .bias = bias,
                             .output = output,
                             .output_row = columns,
                             .post = {&relu, 0, 0}};
    kernels->gemm->join(&work);
    for (int64_t i = 0; i < ROWS * columns; i++) {
        float sum = bias[i % columns];
        for (int64_t p = 0; p < count; p++)
            sum += parts[p * ROWS * columns + i];
        assert_that(output[i] == (sum > 0 ? sum : 0), "output %d is %g", (int)i, (double)output[i]);
    }
    free(parts);
    free(output);
    free(bias);
}

START_TEST(joins)
{
    const neuron_kernels *kernels = neuron_kernels_find(kernel_names[_i]);
    for (int64_t columns = 1; kernels && columns < 90; columns += 4)
        for (int64_t count = 0; count < 4; count++)
            check_join(kernels, columns, count);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transpose");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, turns_over, 0, KERNEL_NAMES);
    tcase_add_loop_test(all, joins, 0, KERNEL_NAMES);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
