#include "gradient.h"
#include "test-common.h"

START_TEST(values_by_hand)
{
    /* Each pixel adds 1 10 100, two columns further on. */
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node =
        neuron_conv2d_transpose(graph, image_input(graph, 1, 2, 1), 1, 1, 3, "stride_width=2");
    assert_node_shape(node, (const int64_t[]){1, 5, 1}, 3);
    assert_ok(neuron_graph_finish(graph, node));
    assert_ok(neuron_graph_write_array(graph, 0, (const float[]){1, 10, 100}, 3));
    assert_ok(neuron_graph_write_array(graph, 1, (const float[]){0.5f}, 1));
    static const float expected[] = {2.5f, 20.5f, 203.5f, 30.5f, 300.5f};
    float output[5];
    predict(graph, (const float[]){2, 3}, 1, output);
    ck_assert_mem_eq(output, expected, sizeof expected);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(shapes)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 7, 5, 3);
    neuron_node_t *node = neuron_conv2d_transpose(graph, x, 4, 3, 2, NULL);
    assert_node_shape(node, (const int64_t[]){9, 6, 4}, 3);
    assert_ok(neuron_node_set(node, "stride_height=2, stride_width=3"));
    assert_node_shape(node, (const int64_t[]){15, 15, 4}, 3); /* 2 columns are less than 3 */
    assert_ok(neuron_node_set(node, "padding=same"));
    assert_node_shape(node, (const int64_t[]){14, 15, 4}, 3);
    assert_ok(neuron_graph_finish(graph, node));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 3 * 2 * 4 * 3 + 4);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_input_is_refused)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = _i ? image_input(graph, 4, 4, 1) : vector_input(graph, 16);
    ck_assert_ptr_null(neuron_conv2d_transpose(graph, x, 2, _i ? 0 : 3, 3, NULL));
    assert_status(neuron_graph_finish(graph, x), _i ? NEURON_E_ARGUMENT : NEURON_E_SHAPE);
    assert_message(_i ? "conv2d_transpose: kernel_height is 0; it must be 1 to"
                      : "conv2d_transpose: needs an input of rank 3");
    neuron_graph_unref(graph);
}
END_TEST

static const struct {
    int64_t height, width, channels, filters, kernel_height, kernel_width;
    const char *options;
} cases[] = {
    {4, 5, 3, 4, 3, 3, NULL},
    {4, 5, 3, 4, 3, 3, "padding=same"},
    {4, 5, 17, 33, 2, 2, "stride_height=2, stride_width=2"},
    {4, 5, 17, 33, 3, 3, "stride_height=2, stride_width=2, padding=same"},
    {3, 4, 5, 3, 4, 4, "stride_height=2, stride_width=2, padding=same, use_bias=no"},
    {3, 4, 5, 3, 4, 5, "stride_height=3, stride_width=2"},
    {3, 3, 2, 5, 2, 1, "stride_height=3, stride_width=4"},
    {3, 3, 2, 5, 2, 2, "stride_height=3, stride_width=4, padding=same"},
    {1, 1, 6, 1, 5, 4, "stride_height=2"},
    {8, 8, 20, 18, 3, 3, "padding=same"},
    {9, 1, 4, 3, 3, 1, "stride_height=2"},
};

/* As the first layer and behind another; what follows is done in its pass, phase by phase. */
START_TEST(gradient)
{
    for (int deep = 0; deep < 3; deep++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x =
            deep ? neuron_tanh(graph, hidden_values(graph, cases[_i].height, cases[_i].width,
                                                    cases[_i].channels))
                 : image_input(graph, cases[_i].height, cases[_i].width, cases[_i].channels);
        x = neuron_conv2d_transpose(graph, x, cases[_i].filters, cases[_i].kernel_height,
                                    cases[_i].kernel_width, cases[_i].options);
        if (deep == 2)
            x = neuron_batch_norm(graph, x, NULL);
        x = neuron_gelu(graph, x, NULL);
        check_layer(graph, x, 4);
    }
}
END_TEST

/* An encoder and a decoder beside it, as in a U-Net. */
START_TEST(gradient_of_a_decoder)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *in = neuron_conv2d(graph, image_input(graph, 8, 6, 2), 6, 3, 3, "padding=same");
    neuron_node_t *x = neuron_max_pool2d(graph, neuron_relu(graph, in), 2, 2, NULL);
    x = neuron_relu(graph, neuron_conv2d(graph, x, 12, 3, 3, "padding=same"));
    x = neuron_conv2d_transpose(graph, x, 6, 2, 2, "stride_height=2, stride_width=2");
    x = neuron_concat(graph, (neuron_node_t *[]){x, in}, 2, NULL);
    check_layer(graph, neuron_conv2d(graph, neuron_relu(graph, x), 2, 1, 1, NULL), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conv2d_transpose");
    TCase *tests = tcase_create("conv2d_transpose");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, values_by_hand);
    tcase_add_test(tests, shapes);
    tcase_add_loop_test(tests, bad_input_is_refused, 0, 2);
    tcase_add_loop_test(tests, gradient, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tests, gradient_of_a_decoder);
    return run_suite(suite);
}
