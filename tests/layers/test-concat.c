#include "gradient.h"
#include "test-common.h"

START_TEST(order_and_shape)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 2, 1, 2);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    static const float expected[3][8] = {
        {1, 2, 3, 4, 1, 2, 3, 4}, {1, 2, 1, 2, 3, 4, 3, 4}, {1, 2, 1, 2, 3, 4, 3, 4}};
    static const char *const axes[] = {"axis=0", "axis=1", NULL};
    neuron_node_t *node = neuron_concat(graph, (neuron_node_t *[]){x, x}, 2, axes[_i]);
    assert_ok(neuron_node_shape(shape, &rank, node));
    ck_assert_int_eq(rank, 3);
    ck_assert_int_eq(shape[0], _i == 0 ? 4 : 2);
    ck_assert_int_eq(shape[1], _i == 1 ? 2 : 1);
    ck_assert_int_eq(shape[2], _i == 2 ? 4 : 2);
    assert_ok(neuron_graph_finish(graph, node));
    float output[8];
    predict(graph, (const float[]){1, 2, 3, 4}, 1, output);
    for (int i = 0; i < 8; i++)
        ck_assert_float_eq(output[i], expected[_i][i]);
    neuron_graph_unref(graph);
}
END_TEST

/* Runs of all lengths beside those of vectors. */
START_TEST(runs_of_any_length)
{
    enum { PIXELS = 6, MOST = 131 };
    static const int64_t lengths[] = {1, 2, 3, 5, 8, 17, 20, 43, MOST};
    static float input[PIXELS * MOST], output[4 * PIXELS * MOST];
    for (size_t which = 0; which < sizeof lengths / sizeof *lengths; which++) {
        int64_t length = lengths[which];
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = image_input(graph, 2, 3, length);
        neuron_node_t *triple = neuron_concat(graph, (neuron_node_t *[]){x, x, x}, 3, NULL);
        neuron_node_t *node = neuron_concat(graph, (neuron_node_t *[]){x, triple}, 2, NULL);
        assert_ok(neuron_graph_finish(graph, node));
        for (int64_t i = 0; i < PIXELS * length; i++)
            input[i] = (float)i;
        predict(graph, input, 1, output);
        for (int64_t i = 0; i < 4 * PIXELS * length; i++)
            ck_assert(output[i] == (float)(i / (4 * length) * length + i % length));
        neuron_graph_unref(graph);
    }
}
END_TEST

START_TEST(the_last_axis_by_minus_1)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 2, 3, 4);
    double axis;
    neuron_node_t *node = neuron_concat(graph, (neuron_node_t *[]){x, x, x}, 3, NULL);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_node_shape(shape, &rank, node));
    ck_assert_int_eq(shape[2], 12);
    assert_ok(neuron_node_get_number(&axis, node, "axis"));
    ck_assert_double_eq(axis, 2);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(unequal_shapes_are_refused_with_their_names)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 28, 28, 3);
    neuron_node_t *pool = neuron_max_pool2d(graph, x, 2, 1, NULL);
    ck_assert_ptr_null(neuron_concat(graph, (neuron_node_t *[]){x, pool}, 2, NULL));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_SHAPE);
    assert_message("concat: input 1 is 14x28x3, input 0 is 28x28x3; they differ on axis 0");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(unequal_ranks_are_refused)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 4, 4, 3);
    neuron_node_t *flat = neuron_flatten(graph, x);
    ck_assert_ptr_null(neuron_concat(graph, (neuron_node_t *[]){flat, x}, 2, "axis=0"));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_SHAPE);
    assert_message("concat: input 1 is 4x4x3, input 0 is 48; their ranks differ");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(an_axis_that_is_not_there_is_refused)
{
    static const char *const bad[] = {"axis=-2", "axis=1", "axis=8", "axis=2147483647", "axis=0.5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = vector_input(graph, 4);
        ck_assert_ptr_null(neuron_concat(graph, (neuron_node_t *[]){x, x}, 2, bad[i]));
        ck_assert_int_lt(neuron_graph_finish(graph, x), 0);
        assert_message("concat: ");
        assert_message("axis");
        neuron_graph_unref(graph);
    }
}
END_TEST

START_TEST(no_inputs_are_refused)
{
    for (int64_t count = -1; count <= 1; count++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = vector_input(graph, 4);
        ck_assert_ptr_null(neuron_concat(graph, NULL, count, "axis=0"));
        assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
        assert_message("concat: ");
        neuron_graph_unref(graph);
    }
}
END_TEST

/* Inputs of unlike extents along the axis, the graph's input among them: that wants no gradient. */
START_TEST(gradient)
{
    neuron_graph_t *graph = new_graph();
    static const char *const axes[] = {"axis=0", "axis=1", "axis=-1"};
    int32_t axis = _i % 3, count = _i / 3 + 1;
    neuron_node_t *x = image_input(graph, 4, 5, 3);
    neuron_node_t *parts[4];
    for (int32_t i = 0; i < 3; i++) {
        neuron_node_t *y = neuron_conv2d(graph, x, axis == 2 ? 3 + i : 3, axis == 0 ? i + 1 : 1,
                                         axis == 1 ? i + 1 : 1, NULL);
        parts[i] = y;
    }
    parts[count] = x;
    check_layer(graph, neuron_concat(graph, parts, count + 1, axes[axis]), 3);
}
END_TEST

START_TEST(gradient_of_vectors)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 7);
    neuron_node_t *parts[] = {neuron_dense(graph, x, 5, NULL), x, neuron_dense(graph, x, 1, NULL)};
    check_layer(graph, neuron_concat(graph, parts, _i, "axis=0"), 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("concat");
    TCase *tests = tcase_create("concat");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, order_and_shape, 0, 3);
    tcase_add_test(tests, runs_of_any_length);
    tcase_add_test(tests, the_last_axis_by_minus_1);
    tcase_add_test(tests, unequal_shapes_are_refused_with_their_names);
    tcase_add_test(tests, unequal_ranks_are_refused);
    tcase_add_test(tests, an_axis_that_is_not_there_is_refused);
    tcase_add_test(tests, no_inputs_are_refused);
    tcase_add_loop_test(tests, gradient, 0, 9);
    tcase_add_loop_test(tests, gradient_of_vectors, 1, 4);
    return run_suite(suite);
}
