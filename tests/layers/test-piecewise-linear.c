/* Tables with straight lines between their points: values, jumps, shares, gradients. */
#include "gradient.h"
#include "test-common.h"

#include <math.h>

static neuron_graph_t *table(int64_t channels, int64_t points, const char *options, const float *x,
                             const float *y)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node =
        neuron_piecewise_linear(graph, vector_input(graph, channels), points, options);
    assert_ok(neuron_graph_finish(graph, node));
    size_t count = (size_t)(channels * points);
    int64_t at = neuron_graph_find_array(graph, "piecewise_linear.x");
    assert_ok(neuron_graph_write_array(graph, at, x, count));
    at = neuron_graph_find_array(graph, "piecewise_linear.y");
    assert_ok(neuron_graph_write_array(graph, at, y, count));
    return graph;
}

START_TEST(lines)
{
    static const float x[] = {0, 1, 3, 3}, y[] = {10, 20, 0, 0};
    static const float input[] = {-5, 0, 0.5f, 1, 1.5f, 3, 4, INFINITY, -INFINITY, NAN};
    static const float expected[] = {10, 10, 15, 20, 15, 0, 0, 0, 10};
    float output[10];
    neuron_graph_t *graph = table(1, 4, NULL, x, y);
    predict(graph, input, 10, output);
    for (int i = 0; i < 9; i++)
        ck_assert_float_eq(output[i], expected[i]);
    ck_assert(isnan(output[9]));
    neuron_graph_unref(graph);
}
END_TEST

/* To the left of a jump, and in it, the first y holds. */
START_TEST(jumps)
{
    static const float x[] = {1, 2, 2, 3}, y[] = {0, 4, 8, 8}, input[] = {1.5f, 2, 2.25f};
    float output[3];
    neuron_graph_t *graph = table(1, 4, NULL, x, y);
    predict(graph, input, 3, output);
    ck_assert(output[0] == 2 && output[1] == 4 && output[2] == 8);
    neuron_graph_unref(graph);
}
END_TEST

/* Each channel has a table of its own; shares of nothing are alike. */
START_TEST(shares)
{
    static const float x[] = {0, 1, 0, 1}, y[] = {0, 1, 0, 3}, input[] = {0.5f, 0.5f, 0, 0, 1, 0};
    float output[6];
    neuron_graph_t *graph = table(2, 2, "normalize=yes", x, y);
    predict(graph, input, 3, output);
    ck_assert(output[0] == 0.25f && output[1] == 0.75f);
    ck_assert(output[2] == 0.5f && output[3] == 0.5f);
    ck_assert(output[4] == 1 && output[5] == 0);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(one_point)
{
    float output[2];
    neuron_graph_t *graph = table(1, 1, NULL, (const float[]){5}, (const float[]){7});
    predict(graph, (const float[]){4, 6}, 2, output);
    ck_assert(output[0] == 7 && output[1] == 7);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(gradient)
{
    for (int64_t points = 1; points <= 9; points += 4) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = neuron_sigmoid(graph, hidden_values(graph, _i / 2 * 5, 7, 13));
        x = neuron_piecewise_linear(graph, x, points, NULL);
        if (_i % 2) /* sums that are not near 0 */
            x = neuron_piecewise_linear(graph, neuron_sigmoid(graph, x), points, "normalize=yes");
        check_layer(graph, _i % 2 ? neuron_softmax(graph, x, NULL) : x, 5);
    }
}
END_TEST

START_TEST(refused)
{
    neuron_graph_t *graph = new_graph();
    ck_assert_ptr_null(neuron_piecewise_linear(graph, vector_input(graph, 3), 0, NULL));
    assert_message("piecewise_linear: points is 0; it must be 1 to 2,147,483,647");
    neuron_graph_unref(graph);
    graph = new_graph();
    neuron_node_t *x = vector_input(graph, 1 << 30);
    ck_assert_ptr_null(neuron_piecewise_linear(graph, x, INT32_MAX, NULL));
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("piecewise-linear");
    TCase *tests = tcase_create("piecewise-linear");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, lines);
    tcase_add_test(tests, jumps);
    tcase_add_test(tests, shares);
    tcase_add_test(tests, one_point);
    tcase_add_loop_test(tests, gradient, 0, 4);
    tcase_add_test(tests, refused);
    return run_suite(suite);
}
