#include "gradient.h"
#include "test-common.h"

#include "kernels/kernels.h"

#include <math.h>

/* Softmax of one row of four. */
static void softmax(const float input[4], float output[4])
{
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, vector_input(graph, 4), NULL)));
    predict(graph, input, 1, output);
    neuron_graph_unref(graph);
}

START_TEST(values_by_hand)
{
    float output[4];
    softmax((const float[]){0, logf(2), logf(3), logf(4)}, output);
    for (int i = 0; i < 4; i++)
        ck_assert_float_eq_tol(output[i], (float)(i + 1) / 10, 1e-6f);
}
END_TEST

START_TEST(large_logits_do_not_overflow)
{
    float output[4];
    softmax((const float[]){3e38f, 3e38f, -3e38f, 0}, output);
    ck_assert_float_eq(output[0], 0.5f);
    ck_assert_float_eq(output[1], 0.5f);
    ck_assert_float_eq(output[2], 0);
    ck_assert_float_eq(output[3], 0);
    softmax((const float[]){-3e38f, -3e38f, -3e38f, -3e38f}, output);
    for (int i = 0; i < 4; i++)
        ck_assert_float_eq(output[i], 0.25f);
}
END_TEST

START_TEST(not_a_number_is_seen)
{
    for (int place = 0; place < 4; place++) {
        float input[4] = {1, 2, 3, 4}, output[4];
        input[place] = NAN;
        softmax(input, output);
        for (int i = 0; i < 4; i++)
            ck_assert_float_nan(output[i]);
    }
}
END_TEST

START_TEST(each_pixel_of_an_image_sums_to_1)
{
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, image_input(graph, 2, 3, 5), NULL)));
    float input[60], output[60];
    for (int i = 0; i < 60; i++)
        input[i] = (float)(i * 7 % 13);
    predict(graph, input, 2, output);
    for (int row = 0; row < 12; row++) {
        float sum = 0;
        for (int i = 0; i < 5; i++)
            sum += output[row * 5 + i];
        ck_assert_float_eq_tol(sum, 1, 1e-6f);
    }
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(each_axis_sums_to_1)
{
    static const int64_t shape[3] = {2, 3, 5};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_softmax(graph, image_input(graph, 2, 3, 5), NULL);
    assert_ok(neuron_node_set_number(node, "axis", _i));
    assert_ok(neuron_graph_finish(graph, node));
    int64_t step = _i == 0 ? 15 : _i == 1 ? 5 : 1, width = shape[_i];
    float input[60], output[60];
    for (int i = 0; i < 60; i++)
        input[i] = (float)(i * 7 % 13);
    predict(graph, input, 2, output);
    for (int64_t i = 0; i < 60; i++) {
        double sum = 0, begin = (double)input[i];
        for (int64_t j = 0; j < width; j++)
            sum += exp((double)input[i + (j - i / step % width) * step] - begin);
        ck_assert_float_eq_tol(output[i], (float)(1 / sum), 1e-6f);
    }
    neuron_graph_unref(graph);
}
END_TEST

enum { ROOM = 5000 };

/* Forward, and back from a ramp of gradients, one row against double. */
static void check_row(const float *x, const float *y, const float *dx, int64_t begin, int64_t width,
                      int64_t step)
{
    double sum = 0, product = 0, largest = (double)x[begin];
    for (int64_t i = 0; i < width; i++)
        largest = fmax(largest, (double)x[begin + i * step]);
    for (int64_t i = 0; i < width; i++)
        sum += exp((double)x[begin + i * step] - largest);
    for (int64_t i = 0; i < width; i++)
        product +=
            exp((double)x[begin + i * step] - largest) / sum * ((double)(begin + i * step) / ROOM);
    for (int64_t i = begin; i < begin + width * step; i += step) {
        double share = exp((double)x[i] - largest) / sum;
        ck_assert_double_eq_tol((double)y[i], share, 1e-6 * share + 1e-30);
        ck_assert_double_eq_tol((double)dx[i], share * ((double)i / ROOM - product), 1e-6 * share);
    }
}

/* All widths beside those of vectors, of rows and of columns, and in place. */
START_TEST(any_rows_and_columns)
{
    static const int64_t widths[] = {1, 2, 3, 7, 10, 16, 17, 31, 33, 100},
                         steps[] = {1, 2, 5, 16, 37};
    const neuron_element_kernels *kernels = neuron_kernels_choose()->element;
    static float x[ROOM], y[ROOM], dx[ROOM];
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
            int64_t width = widths[w], step = steps[s];
            int64_t count = ROOM / (width * step) < 3 ? ROOM / (width * step) : 3;
            int64_t end = count * width * step;
            for (int64_t i = 0; i < ROOM; i++) {
                x[i] = (float)(i * 7919 % 1013) / 64 - 8; /* differences are exact */
                y[i] = x[i];
                dx[i] = (float)i / ROOM;
            }
            kernels->softmax(y, count, width, step, y);
            kernels->softmax_back(y, dx, count, width, step, dx);
            for (int64_t row = 0; row < count * step; row++)
                check_row(x, y, dx, row / step * width * step + row % step, width, step);
            float ramp = (float)end / ROOM; /* a float, where floats are computed in double */
            ck_assert(end == ROOM || (y[end] == x[end] && dx[end] == ramp));
        }
    }
}
END_TEST

START_TEST(the_axis_counts_from_0)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_softmax(graph, image_input(graph, 2, 3, 5), NULL);
    double axis;
    assert_ok(neuron_node_get_number(&axis, node, "axis"));
    ck_assert_double_eq(axis, 2);
    assert_ok(neuron_node_set(node, "axis=0"));
    assert_ok(neuron_node_set(node, "axis=-1"));
    assert_ok(neuron_node_get_number(&axis, node, "axis"));
    ck_assert_double_eq(axis, 2);
    assert_status(neuron_node_set(node, "axis=3"), NEURON_E_SHAPE);
    assert_message("softmax: the input is 2x3x5 and has no axis 3");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(gradient_as_the_output)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 10, NULL);
    check_network(graph, neuron_softmax(graph, x, NULL), 5);
}
END_TEST

START_TEST(gradient_in_the_middle)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 7, NULL);
    check_layer(graph, neuron_softmax(graph, x, NULL), 5);
    graph = new_graph();
    x = neuron_conv2d(graph, image_input(graph, 4, 4, 2), 5, 2, 2, NULL);
    check_layer(graph, neuron_softmax(graph, x, NULL), 3);
}
END_TEST

START_TEST(gradient_over_another_axis)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 4, 5, 2), 6, 2, 2, NULL);
    neuron_node_t *node = neuron_softmax(graph, x, NULL);
    assert_ok(neuron_node_set_number(node, "axis", _i));
    check_layer(graph, node, 3);
}
END_TEST

/* Then the loss gets probabilities, not logits. */
START_TEST(gradient_under_a_view)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 4, NULL);
    check_network(graph, neuron_flatten(graph, neuron_softmax(graph, x, NULL)), 5);
}
END_TEST

START_TEST(gradient_of_a_softmax_of_a_softmax)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 4, NULL);
    check_network(graph, neuron_softmax(graph, neuron_softmax(graph, x, NULL), NULL), 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("softmax");
    TCase *tests = tcase_create("softmax");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, values_by_hand);
    tcase_add_test(tests, large_logits_do_not_overflow);
    tcase_add_test(tests, not_a_number_is_seen);
    tcase_add_test(tests, each_pixel_of_an_image_sums_to_1);
    tcase_add_loop_test(tests, each_axis_sums_to_1, 0, 3);
    tcase_add_test(tests, any_rows_and_columns);
    tcase_add_test(tests, the_axis_counts_from_0);
    tcase_add_test(tests, gradient_as_the_output);
    tcase_add_test(tests, gradient_in_the_middle);
    tcase_add_loop_test(tests, gradient_over_another_axis, 0, 3);
    tcase_add_test(tests, gradient_under_a_view);
    tcase_add_test(tests, gradient_of_a_softmax_of_a_softmax);
    return run_suite(suite);
}
