/* Average pooling, and pooling over whole images. */
#include "gradient.h"
#include "test-common.h"

static void set(neuron_node_t *node, const char *option, int64_t value)
{
    assert_ok(neuron_node_set_number(node, option, (double)value));
}

enum { VALID, SAME };

static void pad(neuron_node_t *node, int64_t padding)
{
    assert_ok(neuron_node_set(node, padding == SAME ? "padding=same" : "padding=valid"));
}

static const float ramp[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

START_TEST(padding_is_not_counted)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node =
        neuron_average_pool2d(graph, image_input(graph, 3, 3, 1), 2, 2, "padding=same");
    assert_ok(neuron_graph_finish(graph, node));
    float output[4];
    predict(graph, ramp, 1, output);
    ck_assert_float_eq(output[0], 3);
    ck_assert_float_eq(output[1], 4.5f);
    ck_assert_float_eq(output[2], 7.5f);
    ck_assert_float_eq(output[3], 9);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(whole_images)
{
    for (int kind = 0; kind < 2; kind++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = image_input(graph, 3, 1, 3);
        neuron_node_t *node =
            kind ? neuron_global_max_pool2d(graph, x) : neuron_global_average_pool2d(graph, x);
        int64_t shape[NEURON_RANK_MAX];
        int32_t rank;
        assert_ok(neuron_node_shape(shape, &rank, node));
        ck_assert_int_eq(rank, 1);
        ck_assert_int_eq(shape[0], 3);
        assert_ok(neuron_graph_finish(graph, node));
        float output[3];
        predict(graph, ramp, 1, output);
        for (int k = 0; k < 3; k++)
            ck_assert_float_eq_tol(output[k], (float)(k + (kind ? 7 : 4)), 1e-6f);
        neuron_graph_unref(graph);
    }
}
END_TEST

START_TEST(bad_input_is_refused)
{
    static const char *const messages[] = {"global_average_pool2d: needs an input of rank 3",
                                           "global_max_pool2d: needs an input of rank 3",
                                           "average_pool2d: needs an input of rank 3"};
    for (int kind = 0; kind < 3; kind++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = vector_input(graph, 16);
        ck_assert_ptr_null(kind == 0   ? neuron_global_average_pool2d(graph, x)
                           : kind == 1 ? neuron_global_max_pool2d(graph, x)
                                       : neuron_average_pool2d(graph, x, 2, 2, NULL));
        assert_status(neuron_graph_finish(graph, x), NEURON_E_SHAPE);
        assert_message(messages[kind]);
        neuron_graph_unref(graph);
    }
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_average_pool2d(graph, image_input(graph, 3, 8, 1), 4, 2, NULL);
    assert_status(neuron_graph_finish(graph, node), NEURON_E_SHAPE);
    assert_message("average_pool2d: a window of 4x2 does not fit into 3x8 with padding valid");
    neuron_graph_unref(graph);
}
END_TEST

static const struct {
    int64_t height, width, channels, kernel[2], stride[2], padding, batch;
} cases[] = {
    {6, 6, 1, {2, 2}, {2, 2}, VALID, 3},  {7, 5, 3, {2, 2}, {2, 2}, VALID, 3},
    {7, 5, 5, {2, 2}, {2, 2}, SAME, 3},   {6, 6, 17, {3, 3}, {1, 1}, VALID, 2},
    {6, 6, 17, {3, 3}, {1, 1}, SAME, 2},  {8, 9, 3, {3, 2}, {2, 1}, SAME, 4},
    {8, 9, 3, {2, 3}, {3, 4}, VALID, 4},  {8, 9, 3, {1, 1}, {2, 2}, SAME, 2},
    {4, 4, 33, {4, 4}, {4, 4}, VALID, 2}, {3, 3, 2, {5, 5}, {1, 1}, SAME, 1},
};

static neuron_node_t *before(neuron_graph_t *graph)
{
    neuron_node_t *x = image_input(graph, 8, 9, 2);
    return neuron_conv2d(graph, x, 18, 2, 2, NULL);
}

START_TEST(gradient)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, cases[_i].height, cases[_i].width, 2);
    x = neuron_conv2d(graph, x, cases[_i].channels, 2, 2, "padding=same");
    neuron_node_t *node =
        neuron_average_pool2d(graph, x, cases[_i].kernel[0], cases[_i].kernel[1], NULL);
    pad(node, cases[_i].padding);
    set(node, "stride_height", cases[_i].stride[0]);
    set(node, "stride_width", cases[_i].stride[1]);
    check_layer(graph, node, cases[_i].batch);
}
END_TEST

/* With a rectifier before it, whose gradient some layers take along, and without. */
START_TEST(gradient_of_whole_images)
{
    for (int rectify = 0; rectify < 2; rectify++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = before(graph);
        if (rectify)
            x = neuron_relu(graph, neuron_batch_norm(graph, x, NULL));
        check_layer(
            graph, _i ? neuron_global_max_pool2d(graph, x) : neuron_global_average_pool2d(graph, x),
            3);
    }
}
END_TEST

START_TEST(gradient_as_the_first_layer)
{
    neuron_graph_t *graph = new_graph();
    check_layer(graph, neuron_average_pool2d(graph, image_input(graph, 6, 4, 3), 2, 2, NULL), 3);
    graph = new_graph();
    check_layer(graph, neuron_global_max_pool2d(graph, image_input(graph, 6, 4, 3)), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("average_pool2d");
    TCase *tests = tcase_create("average_pool2d");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, padding_is_not_counted);
    tcase_add_test(tests, whole_images);
    tcase_add_test(tests, bad_input_is_refused);
    tcase_add_loop_test(tests, gradient, 0, sizeof cases / sizeof *cases);
    tcase_add_loop_test(tests, gradient_of_whole_images, 0, 2);
    tcase_add_test(tests, gradient_as_the_first_layer);
    return run_suite(suite);
}
