#include "gradient.h"
#include "test-common.h"

START_TEST(values)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_zero_pad2d(graph, image_input(graph, 2, 2, 1), 1, 0, 2, 1);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_node_shape(shape, &rank, node));
    ck_assert_int_eq(rank, 3);
    ck_assert_int_eq(shape[0], 3);
    ck_assert_int_eq(shape[1], 5);
    ck_assert_int_eq(shape[2], 1);
    assert_ok(neuron_graph_finish(graph, node));
    float output[30];
    static const float expected[30] = {0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 3, 4, 0,
                                       0, 0, 0, 0, 0, 0, 0, 5, 6, 0, 0, 0, 7, 8, 0};
    predict(graph, (const float[]){1, 2, 3, 4, 5, 6, 7, 8}, 2, output);
    ck_assert_mem_eq(output, expected, sizeof expected);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_input_is_refused)
{
    static const char *const messages[] = {
        "zero_pad2d: needs an input of rank 3 (height x width x channels), not 16",
        "zero_pad2d: left is -1; it must be 0 to", "zero_pad2d: more than"};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = _i ? image_input(graph, 4, 4, 1) : vector_input(graph, 16);
    int64_t top = _i == 2 ? INT32_MAX : 0, left = _i == 2 ? INT32_MAX : -_i;
    ck_assert_ptr_null(neuron_zero_pad2d(graph, x, top, 0, left, 0));
    assert_status(neuron_graph_finish(graph, x), _i ? NEURON_E_ARGUMENT : NEURON_E_SHAPE);
    assert_message(messages[_i]);
    neuron_graph_unref(graph);
}
END_TEST

static const int64_t paddings[][4] = {{0, 0, 0, 0}, {1, 1, 1, 1}, {2, 0, 0, 3}, {0, 1, 2, 0}};

START_TEST(gradient)
{
    const int64_t *p = paddings[_i];
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x =
        neuron_relu(graph, neuron_conv2d(graph, image_input(graph, 5, 6, 2), 3, 2, 2, NULL));
    x = neuron_zero_pad2d(graph, x, p[0], p[1], p[2], p[3]);
    check_layer(graph, neuron_max_pool2d(graph, x, 2, 2, NULL), 3);
}
END_TEST

/* A convolution of padding `valid` behind it is one of padding `same`. */
START_TEST(gradient_before_a_convolution)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 5, 6, 2), 3, 2, 2, NULL);
    x = neuron_conv2d(graph, neuron_zero_pad2d(graph, x, 1, 1, 1, 1), 4, 3, 3, NULL);
    check_layer(graph, neuron_relu(graph, x), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("zero_pad2d");
    TCase *tests = tcase_create("zero_pad2d");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, values);
    tcase_add_loop_test(tests, bad_input_is_refused, 0, 3);
    tcase_add_loop_test(tests, gradient, 0, sizeof paddings / sizeof *paddings);
    tcase_add_test(tests, gradient_before_a_convolution);
    return run_suite(suite);
}
