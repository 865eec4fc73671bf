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

START_TEST(shapes_and_default_stride)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_max_pool2d(graph, image_input(graph, 27, 28, 5), 2, 3, NULL);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    double stride;
    assert_ok(neuron_node_shape(shape, &rank, node));
    ck_assert_int_eq(rank, 3);
    ck_assert_int_eq(shape[0], 13);
    ck_assert_int_eq(shape[1], 9);
    ck_assert_int_eq(shape[2], 5);
    assert_ok(neuron_node_get_number(&stride, node, "stride_width"));
    ck_assert_double_eq(stride, 3);
    assert_ok(neuron_node_set(node, "padding=same"));
    assert_ok(neuron_node_shape(shape, &rank, node));
    ck_assert_int_eq(shape[0], 14);
    ck_assert_int_eq(shape[1], 10);
    assert_ok(neuron_graph_finish(graph, node));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 0);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(padding_never_wins)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node =
        neuron_max_pool2d(graph, image_input(graph, 3, 3, 1), 2, 2, "padding=same");
    assert_ok(neuron_graph_finish(graph, node));
    float output[4];
    predict(graph, (const float[]){-9, -8, -7, -6, -5, -4, -3, -2, -1}, 1, output);
    ck_assert_float_eq(output[0], -5);
    ck_assert_float_eq(output[1], -4);
    ck_assert_float_eq(output[2], -2);
    ck_assert_float_eq(output[3], -1);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_input_is_refused)
{
    neuron_graph_t *graph = new_graph();
    ck_assert_ptr_null(neuron_max_pool2d(graph, vector_input(graph, 16), 2, 2, NULL));
    assert_status(neuron_graph_finish(graph, NULL), NEURON_E_SHAPE);
    assert_message("max_pool2d: ");
    neuron_graph_unref(graph);
    graph = new_graph();
    assert_status(neuron_graph_finish(
                      graph, neuron_max_pool2d(graph, image_input(graph, 3, 8, 1), 4, 2, NULL)),
                  NEURON_E_SHAPE);
    assert_message("4x2");
    assert_message("3x8");
    neuron_graph_unref(graph);
    graph = new_graph();
    ck_assert_ptr_null(neuron_max_pool2d(graph, image_input(graph, 8, 8, 1), 0, 2, NULL));
    assert_status(neuron_graph_finish(graph, NULL), NEURON_E_ARGUMENT);
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

/* Rows and columns of padding, which no value comes from; with a few more it would be nothing but
 * them that a window sees. */
static const struct {
    int64_t height, width, channels, kernel[2];
    const char *options;
} padded[] = {
    {6, 6, 1, {2, 2}, "padding_top=1"},
    {6, 6, 17, {2, 2}, "padding_bottom=1, padding_left=1, padding_right=1"},
    {7, 5, 3, {3, 3}, "padding_top=1, padding_bottom=1, padding_left=1, padding_right=1"},
    {9,
     8,
     18,
     {3, 3},
     "padding_top=1, padding_bottom=1, padding_left=1, padding_right=1, stride_height=2, "
     "stride_width=2"},
    {9, 8, 5, {3, 4}, "padding_bottom=2, padding_right=3, stride_height=1, stride_width=1"},
    {9, 8, 33, {4, 3}, "padding_top=3, padding_left=2, stride_height=1, stride_width=2"},
    {2, 3, 4, {5, 6}, "padding_top=2, padding_bottom=1, padding_left=2, padding_right=3"},
    {6, 6, 2, {3, 3}, "padding=same, padding_top=1, stride_height=2, stride_width=2"},
    {1, 1, 3, {3, 3}, "padding_top=1, padding_bottom=1, padding_left=1, padding_right=1"},
};

static neuron_node_t *pool(neuron_graph_t *graph, neuron_node_t *x, int i, bool average)
{
    return (average ? neuron_average_pool2d : neuron_max_pool2d)(
        graph, x, padded[i].kernel[0], padded[i].kernel[1], padded[i].options);
}

START_TEST(gradient_of_padded_images)
{
    for (int average = 0; average <= 1; average++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = image_input(graph, padded[_i].height, padded[_i].width, 2);
        x = neuron_conv2d(graph, x, padded[_i].channels, 2, 2, "padding=same");
        check_layer(graph, pool(graph, neuron_relu(graph, x), _i, average), 3);
    }
}
END_TEST

START_TEST(gradient_of_padded_sequences)
{
    static const char *const options[] = {"padding_before=2", "padding_behind=1, stride=2",
                                          "padding_before=1, padding_behind=2, stride=1"};
    for (int average = 0; average <= 1; average++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = neuron_input(graph, (const int64_t[]){9, 3}, 2);
        x = neuron_conv1d(graph, x, 5, 2, NULL);
        x = (average ? neuron_average_pool1d : neuron_max_pool1d)(graph, x, 3, options[_i]);
        check_layer(graph, x, 3);
    }
}
END_TEST

START_TEST(windows_that_see_nothing_are_refused)
{
    static const char *const options[] = {"padding_top=2", "padding_left=3",
                                          "padding_bottom=3, stride_height=1",
                                          "padding_right=4, stride_width=3"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        for (int average = 0; average <= 1; average++) {
            neuron_graph_t *graph = new_graph();
            neuron_node_t *x = image_input(graph, 6, 6, 2);
            x = (average ? neuron_average_pool2d : neuron_max_pool2d)(graph, x, 2, 3, options[i]);
            assert_status(neuron_graph_finish(graph, x), NEURON_E_SHAPE);
            assert_message(average ? "average_pool2d: a window sees nothing but padding"
                                   : "max_pool2d: a window sees nothing but padding");
            neuron_graph_unref(graph);
        }
}
END_TEST

/* In the words of the call. */
START_TEST(bad_windows_are_refused)
{
    static const int64_t windows[][2] = {{0, 2}, {2, -1}, {1025, 1}};
    static const char *const messages[] = {"window_height is 0; it must be 1 to 1,024",
                                           "window_width is -1; it must be 1 to 1,024",
                                           "window_height is 1,025; it must be 1 to 1,024"};
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        for (int average = 0; average <= 1; average++) {
            neuron_graph_t *graph = new_graph();
            neuron_node_t *x = image_input(graph, 8, 8, 3);
            neuron_node_t *y =
                average ? neuron_average_pool2d(graph, x, windows[i][0], windows[i][1], NULL)
                        : neuron_max_pool2d(graph, x, windows[i][0], windows[i][1], NULL);
            ck_assert_ptr_null(y);
            assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
            assert_message(average ? "average_pool2d: " : "max_pool2d: ");
            assert_message(messages[i]);
            neuron_graph_unref(graph);
        }
    }
}
END_TEST

START_TEST(gradient)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, cases[_i].height, cases[_i].width, 2);
    neuron_node_t *before = neuron_conv2d(graph, x, cases[_i].channels, 2, 2, "padding=same");
    neuron_node_t *node =
        neuron_max_pool2d(graph, before, cases[_i].kernel[0], cases[_i].kernel[1], NULL);
    pad(node, cases[_i].padding);
    set(node, "stride_height", cases[_i].stride[0]);
    set(node, "stride_width", cases[_i].stride[1]);
    check_layer(graph, node, cases[_i].batch);
}
END_TEST

/* Nothing before it is trained: it has no gradient to pass on. */
START_TEST(gradient_as_the_first_layer)
{
    neuron_graph_t *graph = new_graph();
    check_layer(graph, neuron_max_pool2d(graph, image_input(graph, 6, 4, 3), 2, 2, NULL), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("max_pool2d");
    TCase *tests = tcase_create("max_pool2d");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, shapes_and_default_stride);
    tcase_add_test(tests, padding_never_wins);
    tcase_add_test(tests, bad_input_is_refused);
    tcase_add_test(tests, bad_windows_are_refused);
    tcase_add_loop_test(tests, gradient, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tests, gradient_as_the_first_layer);
    tcase_add_loop_test(tests, gradient_of_padded_images, 0, sizeof padded / sizeof *padded);
    tcase_add_loop_test(tests, gradient_of_padded_sequences, 0, 3);
    tcase_add_test(tests, windows_that_see_nothing_are_refused);
    return run_suite(suite);
}
