#include "gradient.h"
#include "test-common.h"

static neuron_node_t *sequence(neuron_graph_t *graph, int64_t length, int64_t channels)
{
    return neuron_input(graph, (const int64_t[]){length, channels}, 2);
}

START_TEST(shapes)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = sequence(graph, 100, 6);
    neuron_node_t *node = neuron_conv1d(graph, x, 8, 5, NULL);
    assert_node_shape(node, (const int64_t[]){96, 8}, 2);
    assert_ok(neuron_node_set(node, "stride=2, dilation=3, groups=2"));
    assert_node_shape(node, (const int64_t[]){44, 8}, 2);
    assert_ok(neuron_node_set(node, "padding=same"));
    assert_node_shape(node, (const int64_t[]){50, 8}, 2);
    assert_ok(neuron_node_set(node, "padding=valid, stride=1, padding_before=12"));
    assert_node_shape(node, (const int64_t[]){100, 8}, 2);
    neuron_node_t *pool = neuron_max_pool1d(graph, node, 3, NULL);
    assert_node_shape(pool, (const int64_t[]){33, 8}, 2);
    assert_ok(neuron_node_set(pool, "stride=1, padding=same"));
    assert_node_shape(pool, (const int64_t[]){100, 8}, 2);
    pool = neuron_average_pool1d(graph, pool, 7, "stride=2");
    assert_node_shape(pool, (const int64_t[]){47, 8}, 2);
    assert_node_shape(neuron_global_max_pool1d(graph, pool), (const int64_t[]){8}, 1);
    assert_ok(neuron_graph_finish(graph, neuron_global_average_pool1d(graph, pool)));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 5 * 3 * 8 + 8);
    neuron_graph_unref(graph);
}
END_TEST

/* Zeros before a sequence alone: no output depends on what comes behind it. */
START_TEST(a_causal_convolution_sees_no_future)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node =
        neuron_conv1d(graph, sequence(graph, 4, 1), 1, 2, "dilation=2, padding_before=2");
    assert_ok(neuron_graph_finish(graph, node));
    assert_ok(neuron_graph_write_array(graph, 0, (const float[]){10, 1}, 2));
    static const float expected[] = {1, 2, 13, 24};
    float output[4];
    predict(graph, (const float[]){1, 2, 3, 4}, 1, output);
    ck_assert_mem_eq(output, expected, sizeof expected);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_input_is_refused)
{
    static const char *const messages[] = {
        "conv1d: needs an input of rank 2 (length x channels), not 4x4x1",
        "conv1d: a kernel of 5 does not fit into 4 with padding valid",
        "conv1d: a kernel of 3, dilated to 7, does not fit into 4 with padding valid",
        "conv1d: kernel_size is 0; it must be 1 to",
        "conv1d: conv1d has no option \"stride_height\"",
        "max_pool1d: window is 0; it must be 1 to 1,024",
        "max_pool1d: a window of 5 does not fit into 4 with padding valid",
        "global_max_pool1d: needs an input of rank 2 (length x channels), not 4"};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = _i == 0   ? image_input(graph, 4, 4, 1)
                       : _i == 7 ? vector_input(graph, 4)
                                 : sequence(graph, 4, 1);
    neuron_node_t *y = _i == 7   ? neuron_global_max_pool1d(graph, x)
                       : _i >= 5 ? neuron_max_pool1d(graph, x, _i == 5 ? 0 : 5, NULL)
                                 : neuron_conv1d(graph, x, 2,
                                                 _i == 1   ? 5
                                                 : _i == 3 ? 0
                                                           : 3,
                                                 _i == 2   ? "dilation=3"
                                                 : _i == 4 ? "stride_height=2"
                                                           : NULL);
    ck_assert_int_lt(neuron_graph_finish(graph, y), 0);
    assert_message(_i == 4 ? "no option \"stride_height\"" : messages[_i]);
    neuron_graph_unref(graph);
}
END_TEST

static const struct {
    int64_t length, channels, filters, kernel;
    const char *options;
} cases[] = {
    {12, 3, 5, 3, NULL},
    {70, 1, 20, 5, "padding=same"},
    {70, 1, 20, 5, "stride=2"},
    {33, 17, 33, 3, "padding=same"},
    {33, 17, 33, 3, "padding=same, stride=2"},
    {33, 17, 33, 3, "stride=3, dilation=2"},
    {33, 8, 12, 5, "dilation=4, padding=same, use_bias=no"},
    {33, 8, 12, 5, "groups=4, padding=same"},
    {130, 8, 40, 4, "groups=2, dilation=3, stride=2, padding_before=9"},
    {33, 8, 16, 5, "groups=8, padding=same"},
    {40, 20, 20, 3, "groups=20, dilation=2, stride=2, padding_before=3"},
    {9, 6, 7, 1, NULL},
    {9, 6, 7, 1, "stride=2"},
    {5, 3, 4, 3, "padding_before=6, padding_behind=7"},
    {4, 3, 4, 4, NULL},
    {1, 3, 4, 1, NULL},
};

START_TEST(gradient)
{
    for (int deep = 0; deep < 2; deep++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = sequence(graph, cases[_i].length, deep ? 2 : cases[_i].channels);
        if (deep)
            x = neuron_relu(graph, neuron_conv1d(graph, x, cases[_i].channels, 2, "padding=same"));
        x = neuron_conv1d(graph, x, cases[_i].filters, cases[_i].kernel, cases[_i].options);
        check_layer(graph, x, 4);
    }
}
END_TEST

static neuron_node_t *pool(neuron_graph_t *graph, neuron_node_t *x, int which)
{
    switch (which) {
    case 0:
        return neuron_max_pool1d(graph, x, 2, NULL);
    case 1:
        return neuron_max_pool1d(graph, x, 3, "stride=2, padding=same");
    case 2:
        return neuron_average_pool1d(graph, x, 3, NULL);
    case 3:
        return neuron_average_pool1d(graph, x, 4, "stride=1, padding=same");
    case 4:
        return neuron_global_average_pool1d(graph, x);
    default:
        return neuron_global_max_pool1d(graph, x);
    }
}

/* Behind a convolution, a ReLU and a normalisation, which may do it in their pass. */
START_TEST(gradient_of_pooling)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = sequence(graph, 67, _i % 2 ? 1 : 4);
    x = neuron_relu(graph, neuron_conv1d(graph, x, 10, 3, NULL));
    if (_i % 4 >= 2)
        x = neuron_batch_norm(graph, x, NULL);
    x = pool(graph, x, _i / 4);
    if (_i < 16)
        x = neuron_relu(graph, neuron_conv1d(graph, x, 6, 3, "padding=same"));
    check_layer(graph, x, 5);
}
END_TEST

/* The same sums as of an image of one column or one row, be they cut otherwise. */
START_TEST(is_what_an_image_of_one_column_is)
{
    enum { LENGTH = 90, CHANNELS = 5, FILTERS = 9, OUTPUTS = 22 * FILTERS };
    float input[LENGTH * CHANNELS], output[3][OUTPUTS];
    for (int i = 0; i < LENGTH * CHANNELS; i++)
        input[i] = (float)(i * 37 % 101) / 101;
    for (int which = 0; which < 3; which++) {
        static const int64_t inputs[][3] = {
            {LENGTH, CHANNELS}, {LENGTH, 1, CHANNELS}, {1, LENGTH, CHANNELS}};
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = neuron_input(graph, inputs[which], which ? 3 : 2);
        assert_ok(neuron_graph_set_seed(graph, 3));
        x = which == 0   ? neuron_conv1d(graph, x, FILTERS, 3, "stride=2")
            : which == 1 ? neuron_conv2d(graph, x, FILTERS, 3, 1, "stride_height=2")
                         : neuron_conv2d(graph, x, FILTERS, 1, 3, "stride_width=2");
        x = which == 0 ? neuron_max_pool1d(graph, x, 2, NULL)
                       : neuron_max_pool2d(graph, x, which == 1 ? 2 : 1, which == 1 ? 1 : 2, NULL);
        assert_ok(neuron_graph_finish(graph, neuron_flatten(graph, x)));
        predict(graph, input, 1, output[which]);
        ck_assert_mem_eq(output[which], output[0], sizeof *output);
        neuron_graph_unref(graph);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conv1d");
    TCase *tests = tcase_create("conv1d");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, shapes);
    tcase_add_test(tests, a_causal_convolution_sees_no_future);
    tcase_add_loop_test(tests, bad_input_is_refused, 0, 8);
    tcase_add_loop_test(tests, gradient, 0, sizeof cases / sizeof *cases);
    tcase_add_loop_test(tests, gradient_of_pooling, 0, 24);
    tcase_add_test(tests, is_what_an_image_of_one_column_is);
    return run_suite(suite);
}
