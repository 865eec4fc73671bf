#include "gradient.h"
#include "test-common.h"

static neuron_node_t *reshape(neuron_graph_t *graph, neuron_node_t *x, int64_t a, int64_t b,
                              int64_t c)
{
    return neuron_reshape(graph, x, (const int64_t[]){a, b, c}, 3);
}

static void assert_shape(const neuron_node_t *node, int64_t a, int64_t b, int64_t c)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_node_shape(shape, &rank, node));
    ck_assert_int_eq(rank, 3);
    ck_assert_int_eq(shape[0], a);
    ck_assert_int_eq(shape[1], b);
    ck_assert_int_eq(shape[2], c);
}

START_TEST(shapes)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 24);
    assert_shape(reshape(graph, x, 2, 3, 4), 2, 3, 4);
    assert_shape(reshape(graph, x, -1, 3, 4), 2, 3, 4);
    assert_shape(reshape(graph, x, 1, 24, -1), 1, 24, 1);
    double extent;
    assert_ok(neuron_node_get_number(&extent, reshape(graph, x, 2, -1, 4), "extent_1"));
    ck_assert_double_eq(extent, 3);
    neuron_graph_unref(graph);
}
END_TEST

/* An extent is there to be read: another one would need another number of elements. */
START_TEST(extents_cannot_change_the_shape)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = reshape(graph, vector_input(graph, 24), 2, 3, 4);
    assert_ok(neuron_node_set(x, "extent_1=3"));
    assert_ok(neuron_node_set(x, "extent_1=-1"));
    assert_shape(x, 2, 3, 4);
    assert_status(neuron_node_set(x, "extent_1=6"), NEURON_E_SHAPE);
    assert_message("reshape: the input is 24, which has not as many elements as 2x6x4");
    assert_status(neuron_graph_finish(graph, x), NEURON_E_SHAPE);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(values_stay)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = reshape(graph, vector_input(graph, 4), 2, 1, 2);
    assert_ok(neuron_graph_finish(graph, x));
    const float input[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    float output[8];
    predict(graph, input, 2, output);
    ck_assert_mem_eq(input, output, sizeof input);
    neuron_graph_unref(graph);
}
END_TEST

static const struct {
    int64_t shape[3];
    int32_t rank;
    int status;
    const char *message;
} bad[] = {
    {{5, 5}, 2, NEURON_E_SHAPE, "reshape: the input is 24, which has not as many elements as 5x5"},
    {{-1, 7}, 2, NEURON_E_SHAPE, "reshape: the input is 24, which has not as many elements as 1x7"},
    {{-1, 2, -1}, 3, NEURON_E_SHAPE, "reshape: extents 0 and 2 are -1"},
    {{24, 0}, 2, NEURON_E_ARGUMENT, "reshape: shape[1] is 0"},
    {{-2, -12}, 2, NEURON_E_ARGUMENT, "reshape: shape[0] is -2; it must be 1 or more, or -1 once"},
    {{(int64_t)1 << 40, (int64_t)1 << 40}, 2, NEURON_E_ARGUMENT, "reshape: more than"},
    {{24}, 0, NEURON_E_ARGUMENT, "reshape: rank is 0; it must be 1 to 7"},
    {{24}, 8, NEURON_E_ARGUMENT, "reshape: rank is 8; it must be 1 to 7"},
};

START_TEST(bad_shapes_are_refused)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 24);
    ck_assert_ptr_null(neuron_reshape(graph, x, bad[_i].shape, bad[_i].rank));
    assert_status(neuron_graph_finish(graph, x), bad[_i].status);
    assert_message(bad[_i].message);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(a_missing_shape_is_refused)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = vector_input(graph, 24);
    ck_assert_ptr_null(neuron_reshape(NULL, x, NULL, 1));
    ck_assert_ptr_null(neuron_reshape(graph, x, NULL, 1));
    assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
    assert_message("reshape: shape is NULL");
    neuron_graph_unref(graph);
}
END_TEST

/* An image made of a vector, and a view beside what it is a view of. */
START_TEST(gradient)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_relu(graph, neuron_dense(graph, vector_input(graph, 7), 32, NULL));
    neuron_node_t *image = reshape(graph, x, 4, 4, -1);
    neuron_node_t *y = neuron_conv2d(graph, image, 3, 3, 3, NULL);
    y = neuron_max_pool2d(graph, neuron_relu(graph, neuron_batch_norm(graph, y, NULL)), 2, 2, NULL);
    y = neuron_reshape(graph, y, (const int64_t[]){-1}, 1);
    check_layer(graph, neuron_concat(graph, (neuron_node_t *[]){x, y}, 2, NULL), 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reshape");
    TCase *tests = tcase_create("reshape");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, shapes);
    tcase_add_test(tests, extents_cannot_change_the_shape);
    tcase_add_test(tests, values_stay);
    tcase_add_loop_test(tests, bad_shapes_are_refused, 0, sizeof bad / sizeof *bad);
    tcase_add_test(tests, a_missing_shape_is_refused);
    tcase_add_test(tests, gradient);
    return run_suite(suite);
}
