#include "gradient.h"
#include "test-common.h"

#include <math.h>

/* Joins x, 2x + 1 and -x by a rule; `weights` NULL for the plain mean. */
static neuron_graph_t *joined(const double *weights, int64_t count)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 2);
    neuron_node_t *inputs[3] = {x, neuron_dense(graph, x, 2, NULL),
                                neuron_dense(graph, x, 2, NULL)};
    neuron_node_t *output = weights ? neuron_weighted_average(graph, inputs, count, weights)
                                    : neuron_average(graph, inputs, count);
    assert_ok(neuron_graph_finish(graph, output));
    for (int32_t i = 0; i + 1 < count; i++) {
        float a = i ? -1 : 2, b = i ? 0 : 1;
        assert_ok(neuron_graph_write_array(graph, 2 * i, (const float[]){a, 0, 0, a}, 4));
        assert_ok(neuron_graph_write_array(graph, 2 * i + 1, (const float[]){b, b}, 2));
    }
    return graph;
}

static void check_joined(const double *weights, int64_t count, float first, float second)
{
    neuron_graph_t *graph = joined(weights, count);
    float output[2];
    predict(graph, (const float[]){3, -6}, 1, output);
    ck_assert_float_eq_tol(output[0], first, 1e-5f);
    ck_assert_float_eq_tol(output[1], second, 1e-5f);
    neuron_graph_unref(graph);
}

START_TEST(average_is_the_mean)
{
    check_joined(NULL, 1, 3, -6);
    check_joined(NULL, 2, 5, -8.5f);
    check_joined(NULL, 3, 7.0f / 3, -11.0f / 3);
}
END_TEST

START_TEST(weights_need_not_add_up_to_1)
{
    check_joined((const double[]){1, 2, 1}, 3, (3 + 14 - 3) / 4.0f, (-6 - 22 + 6) / 4.0f);
    check_joined((const double[]){1e-300, 2e-300, 1e-300}, 3, 3.5f, -5.5f);
    check_joined((const double[]){1e300, 2e300, 1e300}, 3, 3.5f, -5.5f);
    check_joined((const double[]){0, 5, 0}, 3, 7, -11);
}
END_TEST

/* More values than are worked on at once. */
START_TEST(many_values)
{
    enum { COUNT = 5003 };
    static float input[COUNT], output[COUNT];
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, COUNT), *y = neuron_relu(graph, x);
    neuron_node_t *node =
        neuron_weighted_average(graph, (neuron_node_t *[]){x, y, x}, 3, (const double[]){1, 2, 5});
    assert_ok(neuron_graph_finish(graph, node));
    for (int i = 0; i < COUNT; i++)
        input[i] = (float)(i * 7919 % 1013) / 60 - 8;
    predict(graph, input, 1, output);
    for (int i = 0; i < COUNT; i++)
        ck_assert_float_eq_tol(output[i], input[i] * (input[i] > 0 ? 1 : 0.75f), 2e-6f);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_weights_are_refused)
{
    static const double bad[][3] = {
        {1, -1, 1}, {0, 0, 0}, {1, NAN, 1}, {1, 1, INFINITY}, {1e308, 1e308, 1e308}};
    static const char *const messages[] = {"weight 1 is negative", "the weights add up to 0",
                                           "weight 1 is not finite", "weight 2 is not finite",
                                           "the weights add up to infinity"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = vector_input(graph, 2);
        neuron_node_t *inputs[] = {x, x, x};
        ck_assert_ptr_null(neuron_weighted_average(graph, inputs, 3, bad[i]));
        assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
        assert_message("weighted_average: ");
        assert_message(messages[i]);
        neuron_graph_unref(graph);
    }
}
END_TEST

START_TEST(missing_weights_are_refused)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 2);
    ck_assert_ptr_null(neuron_weighted_average(graph, (neuron_node_t *[]){x, x}, 2, NULL));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    assert_message("weighted_average: weights is NULL");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(unequal_shapes_are_refused)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 2);
    neuron_node_t *y = neuron_dense(graph, x, 3, NULL);
    ck_assert_ptr_null(neuron_average(graph, (neuron_node_t *[]){x, y}, 2));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_SHAPE);
    assert_message("average: input 1 is 3, input 0 is 2");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(no_inputs_are_refused)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 2);
    ck_assert_ptr_null(neuron_average(graph, &x, 0));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    assert_message("average: count is 0; this layer takes 1 ");
    neuron_graph_unref(graph);
}
END_TEST

static const double weights[] = {0.2, 3, 0};

START_TEST(gradient)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 6);
    neuron_node_t *inputs[3];
    for (int32_t i = 0; i < 3; i++)
        inputs[i] = neuron_dense(graph, x, 7, NULL);
    int64_t count = _i / 2 + 1;
    check_layer(graph,
                _i % 2 ? neuron_weighted_average(graph, inputs, count, weights)
                       : neuron_average(graph, inputs, count),
                4);
}
END_TEST

/* The output of a committee: the loss gets probabilities. */
START_TEST(gradient_as_the_output)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 6);
    neuron_node_t *inputs[3];
    for (int32_t i = 0; i < 3; i++)
        inputs[i] = neuron_softmax(graph, neuron_dense(graph, x, 5, NULL), NULL);
    check_network(graph,
                  _i ? neuron_weighted_average(graph, inputs, 3, weights)
                     : neuron_average(graph, inputs, 3),
                  4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("average");
    TCase *tests = tcase_create("average");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, average_is_the_mean);
    tcase_add_test(tests, weights_need_not_add_up_to_1);
    tcase_add_test(tests, many_values);
    tcase_add_test(tests, bad_weights_are_refused);
    tcase_add_test(tests, missing_weights_are_refused);
    tcase_add_test(tests, unequal_shapes_are_refused);
    tcase_add_test(tests, no_inputs_are_refused);
    tcase_add_loop_test(tests, gradient, 0, 6);
    tcase_add_loop_test(tests, gradient_as_the_output, 0, 2);
    return run_suite(suite);
}
