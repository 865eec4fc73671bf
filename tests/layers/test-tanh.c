#include "gradient.h"
#include "test-common.h"

#include <math.h>

START_TEST(values)
{
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_graph_finish(graph, neuron_tanh(graph, vector_input(graph, 7))));
    const float input[7] = {0, 0.5f, -0.5f, 1e-6f, 20, INFINITY, -INFINITY};
    float output[7];
    predict(graph, input, 1, output);
    for (int i = 0; i < 7; i++)
        ck_assert_double_eq_tol(output[i], tanh((double)input[i]),
                                2e-7 * fabs(tanh((double)input[i])) + 1e-30);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(negative_zero_stays)
{
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_graph_finish(graph, neuron_tanh(graph, vector_input(graph, 1))));
    float output = 1;
    predict(graph, (const float[]){-0.0f}, 1, &output);
    ck_assert(output == 0 && signbit(output));
    neuron_graph_unref(graph);
}
END_TEST

/* A training that blew up must be seen in the loss. */
START_TEST(not_a_number_goes_through)
{
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_graph_finish(graph, neuron_tanh(graph, vector_input(graph, 3))));
    float output[3];
    predict(graph, (const float[]){0, NAN, 0}, 1, output);
    ck_assert_float_eq(output[0], 0);
    ck_assert_float_nan(output[1]);
    ck_assert_float_eq(output[2], 0);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(gradient)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 17, NULL);
    check_layer(graph, neuron_tanh(graph, x), 5);
}
END_TEST

START_TEST(gradient_of_an_image)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 5, 5, 2), 3, 2, 2, NULL);
    check_layer(graph, neuron_tanh(graph, neuron_tanh(graph, x)), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tanh");
    TCase *tests = tcase_create("tanh");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, values);
    tcase_add_test(tests, negative_zero_stays);
    tcase_add_test(tests, not_a_number_goes_through);
    tcase_add_test(tests, gradient);
    tcase_add_test(tests, gradient_of_an_image);
    return run_suite(suite);
}
