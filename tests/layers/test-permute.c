#include "gradient.h"
#include "test-common.h"

#include "graph/graph.h"

static neuron_node_t *permute(neuron_graph_t *graph, neuron_node_t *x, const int32_t axes[3])
{
    return neuron_permute(graph, x, axes, 3);
}

static const int32_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
enum { ORDERS = sizeof orders / sizeof *orders };

START_TEST(values)
{
    neuron_graph_t *graph = new_graph();
    const int64_t from[] = {2, 3, 4};
    const int32_t *axes = orders[_i];
    neuron_node_t *node = permute(graph, image_input(graph, 2, 3, 4), axes);
    const int64_t shape[] = {from[axes[0]], from[axes[1]], from[axes[2]]};
    assert_node_shape(node, shape, 3);
    assert_ok(neuron_graph_finish(graph, node));
    float input[48], output[48];
    for (int k = 0; k < 48; k++)
        input[k] = (float)k;
    predict(graph, input, 2, output);
    for (int k = 0; k < 48; k++) {
        int64_t places[3];
        places[axes[2]] = k % shape[2];
        places[axes[1]] = k / shape[2] % shape[1];
        places[axes[0]] = k / shape[2] / shape[1] % shape[0];
        ck_assert_float_eq(output[k],
                           (float)(k / 24 * 24 + (places[0] * 3 + places[1]) * 4 + places[2]));
    }
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(gradient)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 4, 5, 2), 6, 2, 2, NULL);
    check_layer(graph, permute(graph, x, orders[_i]), 3);
}
END_TEST

/* As many axes as there may be, and one. */
START_TEST(gradient_of_any_rank)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 48, NULL);
    x = neuron_reshape(graph, x, (const int64_t[]){2, 1, 3, 2, 1, 2, 2}, 7);
    x = neuron_permute(graph, x, (const int32_t[]){6, 2, 0, 3, 5, 1, 4}, 7);
    assert_node_shape(x, (const int64_t[]){2, 3, 2, 2, 2, 1, 1}, 7);
    x = neuron_permute(graph, neuron_flatten(graph, x), (const int32_t[]){0}, 1);
    check_layer(graph, x, 3);
}
END_TEST

START_TEST(axes_are_read_back)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = permute(graph, image_input(graph, 2, 3, 4), orders[4]);
    double axis;
    assert_ok(neuron_node_get_number(&axis, node, "axis_0"));
    ck_assert_double_eq(axis, 2);
    assert_ok(neuron_node_set(node, "axis_0=0, axis_1=1, axis_2=2"));
    assert_node_shape(node, (const int64_t[]){2, 3, 4}, 3);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(what_is_no_order_is_refused)
{
    static const struct {
        int32_t axes[4], rank, status;
        const char *message;
    } all[] = {
        {{0, 0, 2}, 3, NEURON_E_ARGUMENT, "permute: an axis of the input is missing"},
        {{0, 3, 2}, 3, NEURON_E_SHAPE, "permute: the input is 2x3x4; axis_1 is 3"},
        {{1, 0, 3, 2}, 4, NEURON_E_SHAPE, "permute: the input is 2x3x4; axis_2 is 3"},
        {{2, 0}, 2, NEURON_E_ARGUMENT, "permute: an axis of the input is missing"},
        {{-1, 0, 1}, 3, NEURON_E_ARGUMENT, "permute: axis_0 is -1; it must be 0 to 6"},
        {{0}, 0, NEURON_E_ARGUMENT, "permute: rank is 0; it must be 1 to 7"},
        {{0}, 8, NEURON_E_ARGUMENT, "permute: rank is 8; it must be 1 to 7"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = image_input(graph, 2, 3, 4);
        x = neuron_permute(graph, x, all[i].axes, all[i].rank);
        assert_status(neuron_graph_finish(graph, x), all[i].status);
        assert_message(all[i].message);
        neuron_graph_unref(graph);
    }
    neuron_graph_t *graph = new_graph();
    ck_assert_ptr_null(neuron_permute(graph, image_input(graph, 2, 3, 4), NULL, 3));
    assert_status(neuron_graph_finish(graph, NULL), NEURON_E_ARGUMENT);
    assert_message("permute: axes is NULL");
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("permute");
    TCase *tests = tcase_create("permute");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, values, 0, ORDERS);
    tcase_add_loop_test(tests, gradient, 0, ORDERS);
    tcase_add_test(tests, gradient_of_any_rank);
    tcase_add_test(tests, axes_are_read_back);
    tcase_add_test(tests, what_is_no_order_is_refused);
    return run_suite(suite);
}
