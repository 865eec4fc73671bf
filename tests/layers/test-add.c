/* Sums and products of branches. */
#include "gradient.h"
#include "test-common.h"

#include <stdio.h>

typedef neuron_node_t *join(neuron_graph_t *graph, neuron_node_t *const *inputs, int64_t count);

static join *const joins[] = {neuron_add, neuron_multiply};
static const char *const names[] = {"add", "multiply"};

START_TEST(values)
{
    for (int64_t count = 1; count <= 3; count++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = vector_input(graph, 2);
        neuron_node_t *inputs[3] = {x, x, neuron_relu(graph, x)};
        assert_ok(neuron_graph_finish(graph, joins[_i](graph, inputs, count)));
        float output[2];
        predict(graph, (const float[]){3, -6}, 1, output);
        static const float expected[2][3][2] = {{{3, -6}, {6, -12}, {9, -12}},
                                                {{3, -6}, {9, 36}, {27, 0}}};
        ck_assert_float_eq(output[0], expected[_i][count - 1][0]);
        ck_assert_float_eq(output[1], expected[_i][count - 1][1]);
        neuron_graph_unref(graph);
    }
}
END_TEST

START_TEST(bad_inputs_are_refused)
{
    char message[96];
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 2);
    neuron_node_t *y = neuron_dense(graph, x, 3, NULL);
    ck_assert_ptr_null(joins[_i](graph, (neuron_node_t *[]){x, y}, 2));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_SHAPE);
    snprintf(message, sizeof message, "%s: input 1 is 3, which does not go with 2", names[_i]);
    assert_message(message);
    neuron_graph_unref(graph);
    graph = new_graph();
    x = vector_input(graph, 2);
    ck_assert_ptr_null(joins[_i](graph, &x, 0));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    snprintf(message, sizeof message, "%s: count is 0; this layer takes 1 ", names[_i]);
    assert_message(message);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(gradient)
{
    for (int64_t count = 1; count <= 4; count++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = vector_input(graph, 6), *inputs[4];
        for (int32_t i = 0; i < count; i++)
            inputs[i] = neuron_dense(graph, x, 7, NULL);
        check_layer(graph, joins[_i](graph, inputs, count), 4);
    }
}
END_TEST

/* More values than are worked on at a time, zeros among them, and one
 * branch that is not trained. */
START_TEST(gradient_of_many_values)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 301);
    neuron_node_t *first = neuron_batch_norm(graph, x, NULL),
                  *second = neuron_batch_norm(graph, x, NULL);
    neuron_node_t *inputs[] = {first, x, neuron_relu(graph, second)};
    check_layer(graph, joins[_i](graph, inputs, 3), 3);
}
END_TEST

START_TEST(gradient_of_one_node_used_twice)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_relu(graph, neuron_dense(graph, vector_input(graph, 5), 6, NULL));
    check_layer(graph, joins[_i](graph, (neuron_node_t *[]){x, x, x}, 3), 4);
}
END_TEST

/* As residual networks have them. */
START_TEST(gradient_of_residual_blocks)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 5, 5, 1), 4, 3, 3, NULL);
    for (int i = 0; i < 3; i++) {
        neuron_node_t *y = neuron_relu(graph, neuron_batch_norm(graph, x, NULL));
        y = neuron_conv2d(graph, y, 4, 3, 3, "padding=same");
        x = neuron_relu(graph, joins[_i](graph, (neuron_node_t *[]){x, y}, 2));
    }
    check_layer(graph, x, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("add");
    TCase *tests = tcase_create("add");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, values, 0, 2);
    tcase_add_loop_test(tests, bad_inputs_are_refused, 0, 2);
    tcase_add_loop_test(tests, gradient, 0, 2);
    tcase_add_loop_test(tests, gradient_of_many_values, 0, 2);
    tcase_add_loop_test(tests, gradient_of_one_node_used_twice, 0, 2);
    tcase_add_loop_test(tests, gradient_of_residual_blocks, 0, 2);
    return run_suite(suite);
}
