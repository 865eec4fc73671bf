#include "gradient.h"
#include "test-common.h"

START_TEST(order_and_shape)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_flatten(graph, image_input(graph, 2, 1, 3));
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_node_shape(shape, &rank, node));
    ck_assert_int_eq(rank, 1);
    ck_assert_int_eq(shape[0], 6);
    assert_ok(neuron_graph_finish(graph, node));
    const float input[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    float output[12];
    predict(graph, input, 2, output);
    ck_assert_mem_eq(input, output, sizeof input);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(a_vector_stays_one)
{
    neuron_graph_t *graph = new_graph();
    check_layer(graph, neuron_flatten(graph, neuron_dense(graph, vector_input(graph, 4), 5, NULL)),
                3);
}
END_TEST

START_TEST(gradient_goes_through)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *image = neuron_conv2d(graph, image_input(graph, 4, 4, 1), 3, 2, 2, NULL);
    neuron_node_t *twice = neuron_flatten(graph, neuron_flatten(graph, neuron_relu(graph, image)));
    check_layer(graph, twice, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("flatten");
    TCase *tests = tcase_create("flatten");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, order_and_shape);
    tcase_add_test(tests, a_vector_stays_one);
    tcase_add_test(tests, gradient_goes_through);
    return run_suite(suite);
}
