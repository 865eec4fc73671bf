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

static void assert_image(const neuron_node_t *node, int64_t height, int64_t width, int64_t channels)
{
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_node_shape(shape, &rank, node));
    ck_assert_int_eq(rank, 3);
    ck_assert_int_eq(shape[0], height);
    ck_assert_int_eq(shape[1], width);
    ck_assert_int_eq(shape[2], channels);
}

START_TEST(shapes)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 28, 27, 1);
    assert_image(neuron_conv2d(graph, x, 32, 3, 3, NULL), 26, 25, 32);
    neuron_node_t *same = neuron_conv2d(graph, x, 8, 5, 4, "padding=same");
    assert_image(same, 28, 27, 8);
    assert_ok(neuron_node_set(same, "stride_height=3, stride_width=2"));
    assert_image(same, 10, 14, 8);
    assert_ok(neuron_node_set(same, "padding=valid"));
    assert_image(same, 8, 12, 8);
    assert_image(neuron_conv2d(graph, x, 2, 28, 27, NULL), 1, 1, 2);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(values_by_hand)
{
    /* 1 2 3        1 0
     * 4 5 6  with  0 2  and bias 100: the kernel is not turned round */
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_conv2d(graph, image_input(graph, 2, 3, 1), 1, 2, 2, NULL);
    assert_ok(neuron_graph_finish(graph, node));
    assert_ok(neuron_graph_write_array(graph, 0, (const float[]){1, 0, 0, 2}, 4));
    assert_ok(neuron_graph_write_array(graph, 1, (const float[]){100}, 1));
    float output[2];
    predict(graph, (const float[]){1, 2, 3, 4, 5, 6}, 1, output);
    ck_assert_float_eq(output[0], 100 + 1 + 10);
    ck_assert_float_eq(output[1], 100 + 2 + 12);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(odd_padding_goes_to_the_bottom_and_the_right)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node =
        neuron_conv2d(graph, image_input(graph, 2, 2, 1), 1, 2, 2, "padding=same");
    assert_ok(neuron_graph_finish(graph, node));
    assert_ok(neuron_graph_write_array(graph, 0, (const float[]){1, 10, 100, 1000}, 4));
    float output[4];
    predict(graph, (const float[]){1, 2, 3, 4}, 1, output);
    ck_assert_float_eq(output[0], 1 + 20 + 300 + 4000);
    ck_assert_float_eq(output[1], 2 + 400);
    ck_assert_float_eq(output[2], 3 + 40);
    ck_assert_float_eq(output[3], 4);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(a_kernel_that_does_not_fit_is_refused)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_conv2d(graph, image_input(graph, 4, 8, 3), 2, 5, 5, NULL);
    ck_assert_ptr_nonnull(node); /* padding may still be set */
    if (_i)
        ck_assert_ptr_null(neuron_relu(graph, node));
    assert_status(neuron_graph_finish(graph, node), NEURON_E_SHAPE);
    assert_message("conv2d: ");
    assert_message("5x5");
    assert_message("4x8");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(a_vector_is_refused)
{
    neuron_graph_t *graph = new_graph();
    ck_assert_ptr_null(neuron_conv2d(graph, vector_input(graph, 784), 2, 3, 3, NULL));
    assert_status(neuron_graph_finish(graph, NULL), NEURON_E_SHAPE);
    assert_message("784");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_numbers_are_refused)
{
    static const int64_t bad[][3] = {{0, 3, 3}, {2, 0, 3}, {2, 3, -1}};
    static const char *const message[] = {"conv2d: filters is 0; it must be 1 to",
                                          "kernel_height is 0; it", "kernel_width is -1; it"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        neuron_graph_t *graph = new_graph();
        ck_assert_ptr_null(neuron_conv2d(graph, image_input(graph, 8, 8, 3), bad[i][0], bad[i][1],
                                         bad[i][2], NULL));
        assert_status(neuron_graph_finish(graph, NULL), NEURON_E_ARGUMENT);
        assert_message(message[i]);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* Be it another word, a number, or a number that stands for a word inside. */
START_TEST(padding_is_one_of_two_words)
{
    static const char *const texts[] = {"padding=full", "padding=15", "padding=2", "padding=Same",
                                        "padding=sam"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *node = neuron_conv2d(graph, image_input(graph, 8, 8, 3), 2, 3, 3, NULL);
        assert_status(neuron_node_set(node, texts[i]), NEURON_E_ARGUMENT);
        assert_message("; it must be valid or same");
        assert_image(node, 6, 6, 2);
        neuron_graph_unref(graph);
    }
    for (int32_t number = 0; number <= 20; number++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *node = neuron_conv2d(graph, image_input(graph, 8, 8, 3), 2, 3, 3, NULL);
        assert_status(neuron_node_set_number(node, "padding", number), NEURON_E_ARGUMENT);
        assert_message("conv2d: padding is no number, but a word: valid or same");
        assert_image(node, 6, 6, 2);
        neuron_graph_unref(graph);
    }
}
END_TEST

static const struct {
    int64_t height, width, channels, filters, kernel[2], stride[2], padding, bias, batch;
} cases[] = {
    {6, 6, 1, 1, {3, 3}, {1, 1}, VALID, 1, 3},  {6, 6, 1, 5, {3, 3}, {1, 1}, SAME, 1, 3},
    {6, 5, 3, 5, {3, 3}, {1, 1}, SAME, 0, 4},   {7, 6, 5, 17, {3, 3}, {1, 1}, VALID, 1, 3},
    {7, 6, 17, 3, {3, 3}, {1, 1}, SAME, 1, 3},  {8, 7, 3, 4, {5, 5}, {1, 1}, SAME, 1, 2},
    {8, 7, 3, 4, {2, 4}, {1, 1}, SAME, 1, 2},   {8, 7, 3, 4, {2, 2}, {2, 2}, VALID, 1, 5},
    {9, 8, 3, 4, {3, 3}, {2, 2}, SAME, 1, 3},   {9, 8, 5, 3, {3, 2}, {2, 3}, SAME, 1, 3},
    {9, 8, 5, 3, {3, 2}, {2, 3}, VALID, 0, 3},  {9, 9, 2, 3, {2, 2}, {3, 3}, VALID, 1, 3},
    {9, 9, 2, 3, {2, 2}, {4, 3}, SAME, 1, 3},   {5, 5, 17, 17, {1, 1}, {1, 1}, VALID, 1, 3},
    {5, 5, 3, 2, {1, 1}, {2, 2}, VALID, 1, 3},  {5, 4, 3, 17, {5, 4}, {1, 1}, VALID, 1, 4},
    {3, 3, 2, 3, {5, 5}, {1, 1}, SAME, 1, 3},   {1, 9, 3, 4, {1, 3}, {1, 1}, SAME, 1, 3},
    {4, 4, 33, 34, {3, 3}, {1, 1}, SAME, 1, 2}, {12, 13, 1, 32, {3, 3}, {1, 1}, VALID, 1, 2},
    {4, 5, 32, 64, {3, 3}, {1, 1}, SAME, 1, 2}, {1, 1, 3, 4, {1, 1}, {1, 1}, VALID, 1, 1},
};

static neuron_node_t *conv(neuron_graph_t *graph, neuron_node_t *input, int i)
{
    neuron_node_t *node =
        neuron_conv2d(graph, input, cases[i].filters, cases[i].kernel[0], cases[i].kernel[1], NULL);
    pad(node, cases[i].padding);
    set(node, "stride_height", cases[i].stride[0]);
    set(node, "stride_width", cases[i].stride[1]);
    set(node, "use_bias", cases[i].bias);
    return node;
}

START_TEST(gradient_as_the_first_layer)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, cases[_i].height, cases[_i].width, cases[_i].channels);
    check_layer(graph, conv(graph, x, _i), cases[_i].batch);
}
END_TEST

/* A convolution before it takes the gradient of its input, pixel by pixel. */
START_TEST(gradient_behind_other_layers)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, cases[_i].height, cases[_i].width, 2);
    neuron_node_t *before = neuron_conv2d(graph, x, cases[_i].channels, 2, 3, "padding=same");
    check_layer(graph, conv(graph, before, _i), cases[_i].batch);
}
END_TEST

/* Kernels whose pixels lie apart, groups, and rows and columns of zeros, with all else. */
static const struct {
    int64_t height, width, channels, filters, height_of_kernel, width_of_kernel, batch;
    const char *options;
} spread[] = {
    {8, 9, 3, 5, 3, 3, 3, "dilation_height=2, dilation_width=2"},
    {8, 9, 3, 5, 3, 3, 3, "dilation_height=2, dilation_width=2, padding=same"},
    {9, 8, 20, 18, 3, 3, 3, "dilation_height=2, padding=same"},
    {9, 8, 20, 18, 3, 3, 3, "dilation_width=3, padding=same"},
    {9, 8, 1, 18, 3, 3, 3, "dilation_width=3, padding=same"},
    {9, 8, 1, 18, 3, 3, 3, "dilation_height=2"},
    {11, 12, 4, 7, 3, 2, 4,
     "dilation_height=2, dilation_width=3, stride_height=2, stride_width=2, padding=same"},
    {11, 12, 4, 7, 3, 3, 4, "dilation_height=4, dilation_width=2, stride_height=2, stride_width=4"},
    {12, 13, 2, 3, 3, 3, 2, "dilation_height=3, dilation_width=4, stride_height=6, stride_width=6"},
    {5, 5, 2, 3, 3, 3, 2, "dilation_height=7, dilation_width=9, padding=same"},
    {8, 9, 4, 6, 3, 3, 3, "groups=2"},
    {8, 9, 4, 6, 3, 3, 3, "groups=2, padding=same"},
    {8, 7, 64, 64, 3, 3, 3, "groups=16, padding=same"},
    {8, 7, 66, 99, 1, 1, 3, "groups=3"},
    {5, 4, 80, 140, 3, 3, 3, "groups=2, padding=same, use_bias=no"},
    {8, 7, 6, 12, 3, 3, 5, "groups=6, padding=same, stride_height=2, stride_width=3"},
    {8, 7, 3, 3, 3, 3, 5, "groups=3"},
    {3, 4, 8, 20, 2, 3, 40, "groups=4, dilation_width=2, padding=same"},
    {9, 9, 20, 24, 3, 3, 2, "groups=4, dilation_height=2, dilation_width=2, stride_height=2"},
    {6, 7, 3, 5, 3, 3, 3, "padding_top=1, padding_bottom=2, padding_left=3"},
    {12, 12, 18, 20, 3, 3, 3, "padding_top=1, padding_bottom=1, padding_left=1, padding_right=1"},
    {12, 12, 18, 20, 3, 3, 3, "padding_top=2, padding_bottom=2, padding_left=2, padding_right=2"},
    {12, 12, 18, 20, 3, 3, 3, "padding_top=5, padding_right=9"},
    {6, 7, 3, 5, 3, 3, 3, "padding=same, padding_top=4, padding_right=5"},
    {6, 7, 3, 5, 3, 3, 3,
     "padding_bottom=7, padding_left=8, stride_height=2, stride_width=3, dilation_height=2"},
    {2, 2, 4, 6, 3, 3, 3, "padding_top=1, padding_left=1, padding_right=6, groups=2"},
};

/* As the first layer and behind a convolution, which wants a gradient of it. */
START_TEST(gradient_of_spread_kernels)
{
    for (int deep = 0; deep < 2; deep++) {
        neuron_graph_t *graph = new_graph();
        int64_t channels = deep ? 2 : spread[_i].channels;
        neuron_node_t *x = image_input(graph, spread[_i].height, spread[_i].width, channels);
        if (deep)
            x = neuron_tanh(graph,
                            neuron_conv2d(graph, x, spread[_i].channels, 2, 3, "padding=same"));
        x = neuron_conv2d(graph, x, spread[_i].filters, spread[_i].height_of_kernel,
                          spread[_i].width_of_kernel, spread[_i].options);
        check_layer(graph, x, spread[_i].batch);
    }
}
END_TEST

/* What follows a convolution in its pass: arrays by column, activations, pooling, statistics. */
START_TEST(gradient_of_groups_with_what_follows)
{
    static const char *const groups[] = {"groups=3", "groups=3, padding=same, dilation_width=2",
                                         "groups=15, padding=same"};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 8, 9, 2), 15, 2, 2, NULL);
    x = neuron_conv2d(graph, neuron_relu(graph, x), 45, 3, 3, groups[_i]);
    x = neuron_prelu(graph, neuron_batch_norm(graph, x, NULL));
    x = neuron_conv2d(graph, x, 30, 2, 2, groups[_i]);
    x = neuron_max_pool2d(graph, neuron_gelu(graph, x, NULL), 2, 2, NULL);
    check_layer(graph, neuron_batch_norm(graph, x, NULL), 4);
}
END_TEST

/* As many groups as channels are done channel by channel, but where a gradient is made a few rows
 * at a time. */
START_TEST(gradient_of_a_group_for_each_channel)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 9, 8, 3);
    if (_i % 2)
        x = neuron_conv2d(graph, x, 3, 2, 2, NULL);
    x = neuron_conv2d(graph, x, _i < 2 ? 6 : 3, 3, 3, "groups=3, padding=same");
    x = neuron_relu(graph, neuron_batch_norm(graph, x, NULL));
    x = neuron_max_pool2d(graph, x, 2, 2, NULL);
    check_layer(graph, neuron_conv2d(graph, x, 6, 2, 2, "groups=3"), 5);
}
END_TEST

START_TEST(shapes_of_spread_kernels)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 28, 27, 6);
    neuron_node_t *node = neuron_conv2d(graph, x, 4, 3, 5, "dilation_height=4, dilation_width=2");
    assert_image(node, 20, 19, 4);
    assert_ok(neuron_node_set(node, "padding=same, stride_width=2"));
    assert_image(node, 28, 14, 4);
    assert_ok(neuron_node_set(node, "padding=valid, padding_top=4, padding_bottom=4, groups=2"));
    assert_image(node, 28, 10, 4);
    assert_ok(neuron_graph_finish(graph, node));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 3 * 5 * 3 * 4 + 4);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_groups_and_dilations_are_refused)
{
    static const char *const options[] = {"groups=4",        "groups=3",
                                          "groups=0",        "dilation_height=0",
                                          "padding_left=-1", "dilation_height=5"};
    static const char *const messages[] = {
        "conv2d: groups is 4; it must divide the 6 channels and the 8 filters",
        "conv2d: groups is 3; it must divide the 6 channels and the 8 filters",
        "conv2d: groups is 0; it must be 1 to",
        "conv2d: dilation_height is 0; it must be 1 to 65,536",
        "conv2d: padding_left is -1; it must be 0 to",
        "conv2d: a kernel of 3x3, dilated to 11x3, does not fit into 8x8 with padding valid"};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_conv2d(graph, image_input(graph, 8, 8, 6), 8, 3, 3, options[_i]);
    assert_status(neuron_graph_finish(graph, node), _i == 5 ? NEURON_E_SHAPE : NEURON_E_ARGUMENT);
    assert_message(messages[_i]);
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conv2d");
    TCase *tests = tcase_create("conv2d");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, shapes);
    tcase_add_test(tests, values_by_hand);
    tcase_add_test(tests, odd_padding_goes_to_the_bottom_and_the_right);
    tcase_add_loop_test(tests, a_kernel_that_does_not_fit_is_refused, 0, 2);
    tcase_add_test(tests, a_vector_is_refused);
    tcase_add_test(tests, bad_numbers_are_refused);
    tcase_add_test(tests, padding_is_one_of_two_words);
    tcase_add_loop_test(tests, gradient_as_the_first_layer, 0, sizeof cases / sizeof *cases);
    tcase_add_loop_test(tests, gradient_behind_other_layers, 0, sizeof cases / sizeof *cases);
    tcase_add_loop_test(tests, gradient_of_spread_kernels, 0, sizeof spread / sizeof *spread);
    tcase_add_loop_test(tests, gradient_of_groups_with_what_follows, 0, 3);
    tcase_add_loop_test(tests, gradient_of_a_group_for_each_channel, 0, 4);
    tcase_add_test(tests, shapes_of_spread_kernels);
    tcase_add_loop_test(tests, bad_groups_and_dilations_are_refused, 0, 6);
    return run_suite(suite);
}
