#include "gradient.h"
#include "test-common.h"

START_TEST(shape_and_parameters)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 784), 30, NULL);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_node_shape(shape, &rank, node));
    ck_assert_int_eq(rank, 1);
    ck_assert_int_eq(shape[0], 30);
    assert_ok(neuron_graph_finish(graph, node));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 784 * 30 + 30);
    ck_assert_str_eq(neuron_graph_array_name(graph, 0), "dense.kernel");
    ck_assert_str_eq(neuron_graph_array_name(graph, 1), "dense.bias");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bias_can_be_left_out)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 4), 3, "use_bias=no");
    assert_ok(neuron_graph_finish(graph, node));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 12);
    ck_assert_int_eq(neuron_graph_array_count(graph), 1);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(values_by_hand)
{
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_graph_finish(graph, neuron_dense(graph, vector_input(graph, 3), 2, NULL)));
    assert_ok(neuron_graph_write_array(graph, 0, (const float[]){1, 2, 3, 4, 5, 6}, 6));
    assert_ok(neuron_graph_write_array(graph, 1, (const float[]){100, 200}, 2));
    float output[4];
    predict(graph, (const float[]){1, 10, 100, -1, 0, 1}, 2, output);
    ck_assert_float_eq(output[0], 100 + 1 + 30 + 500);
    ck_assert_float_eq(output[1], 200 + 2 + 40 + 600);
    ck_assert_float_eq(output[2], 100 - 1 + 5);
    ck_assert_float_eq(output[3], 200 - 2 + 6);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(units_of_0_are_refused)
{
    neuron_graph_t *graph = new_graph();
    ck_assert_ptr_null(neuron_dense(graph, vector_input(graph, 4), 0, NULL));
    assert_message("dense: units is 0; it must be 1 to 2,147,483,647");
    assert_status(neuron_graph_finish(graph, NULL), NEURON_E_ARGUMENT);
    assert_message("dense: units is 0; it must be 1 to 2,147,483,647");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(an_image_is_refused)
{
    neuron_graph_t *graph = new_graph();
    ck_assert_ptr_null(neuron_dense(graph, image_input(graph, 28, 28, 1), 10, NULL));
    assert_status(neuron_graph_finish(graph, NULL), NEURON_E_SHAPE);
    assert_message("dense: needs an input of rank 1, not 28x28x1");
    assert_message("neuron_flatten()");
    neuron_graph_unref(graph);
}
END_TEST

static const struct {
    int64_t in, units, batch;
    int bias;
} cases[] = {
    {5, 4, 3, 1}, {5, 4, 3, 0}, {1, 1, 2, 1}, {1, 17, 1, 1}, {33, 2, 7, 1}, {64, 65, 9, 0},
};

/* A dense layer before it, so that the gradient of its input is seen too. */
START_TEST(gradient)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *first = neuron_dense(graph, vector_input(graph, 6), cases[_i].in, NULL);
    neuron_node_t *node = neuron_dense(graph, first, cases[_i].units, NULL);
    assert_ok(neuron_node_set_number(node, "use_bias", cases[_i].bias));
    check_layer(graph, node, cases[_i].batch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dense");
    TCase *tests = tcase_create("dense");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, shape_and_parameters);
    tcase_add_test(tests, bias_can_be_left_out);
    tcase_add_test(tests, values_by_hand);
    tcase_add_test(tests, units_of_0_are_refused);
    tcase_add_test(tests, an_image_is_refused);
    tcase_add_loop_test(tests, gradient, 0, sizeof cases / sizeof *cases);
    return run_suite(suite);
}
