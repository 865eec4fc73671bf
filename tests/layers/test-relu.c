#include "gradient.h"
#include "test-common.h"

#include <math.h>

START_TEST(values)
{
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_graph_finish(graph, neuron_relu(graph, vector_input(graph, 6))));
    const float input[6] = {-2, -0.0f, 0, 3, INFINITY, -INFINITY};
    const float expected[6] = {0, 0, 0, 3, INFINITY, 0};
    float output[6];
    predict(graph, input, 1, output);
    for (int i = 0; i < 6; i++)
        assert_that(output[i] == expected[i], "value %d is %g", i, (double)output[i]);
    neuron_graph_unref(graph);
}
END_TEST

/* A training that blew up must be seen in the loss. */
START_TEST(not_a_number_goes_through)
{
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_graph_finish(graph, neuron_relu(graph, vector_input(graph, 3))));
    float output[3];
    predict(graph, (const float[]){1, NAN, -1}, 1, output);
    ck_assert_float_eq(output[0], 1);
    ck_assert_float_nan(output[1]);
    ck_assert_float_eq(output[2], 0);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(gradient)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 17, NULL);
    check_layer(graph, neuron_relu(graph, x), 5);
}
END_TEST

START_TEST(gradient_of_an_image)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 5, 5, 2), 3, 2, 2, NULL);
    check_layer(graph, neuron_relu(graph, neuron_relu(graph, x)), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("relu");
    TCase *tests = tcase_create("relu");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, values);
    tcase_add_test(tests, not_a_number_goes_through);
    tcase_add_test(tests, gradient);
    tcase_add_test(tests, gradient_of_an_image);
    return run_suite(suite);
}
