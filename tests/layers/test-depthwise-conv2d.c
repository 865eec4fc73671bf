#include "gradient.h"
#include "test-common.h"

#include "session/session.h"

static void set(neuron_node_t *node, const char *option, int64_t value)
{
    assert_ok(neuron_node_set_number(node, option, (double)value));
}

enum { VALID, SAME };

static void pad(neuron_node_t *node, int64_t padding)
{
    assert_ok(neuron_node_set(node, padding == SAME ? "padding=same" : "padding=valid"));
}

START_TEST(values_by_hand)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node =
        neuron_depthwise_conv2d(graph, image_input(graph, 2, 1, 2), 2, 1, "depth_multiplier=2");
    assert_ok(neuron_graph_finish(graph, node));
    /* [row, column, channel, multiplier] */
    assert_ok(neuron_graph_write_array(graph, 0, (const float[]){1, 2, 3, 4, 10, 20, 30, 40}, 8));
    assert_ok(neuron_graph_write_array(graph, 1, (const float[]){0.5f, 0, 0, -1}, 4));
    float output[4];
    predict(graph, (const float[]){1, 2, 3, 4}, 1, output);
    ck_assert_float_eq(output[0], 31.5f);
    ck_assert_float_eq(output[1], 62);
    ck_assert_float_eq(output[2], 126);
    ck_assert_float_eq(output[3], 167);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(shapes_and_parameters)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_depthwise_conv2d(graph, image_input(graph, 9, 8, 5), 3, 2, NULL);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_node_set(node, "depth_multiplier=3, stride_height=2"));
    assert_ok(neuron_node_shape(shape, &rank, node));
    ck_assert_int_eq(rank, 3);
    ck_assert_int_eq(shape[0], 4);
    ck_assert_int_eq(shape[1], 7);
    ck_assert_int_eq(shape[2], 15);
    assert_ok(neuron_node_set(node, "padding=same"));
    assert_ok(neuron_node_shape(shape, &rank, node));
    ck_assert_int_eq(shape[0], 5);
    ck_assert_int_eq(shape[1], 8);
    assert_ok(neuron_graph_finish(graph, node));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 3 * 2 * 15 + 15);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_input_is_refused)
{
    static const char *const messages[] = {
        "depthwise_conv2d: needs an input of rank 3 (height x width x channels), not 16",
        "depthwise_conv2d: kernel_height is 0; it must be 1 to",
        "depthwise_conv2d: a kernel of 5x1 does not fit into 4x4 with padding valid"};
    static const int64_t heights[] = {1, 0, 5};
    static const int statuses[] = {NEURON_E_SHAPE, NEURON_E_ARGUMENT, NEURON_E_SHAPE};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = _i ? image_input(graph, 4, 4, 1) : vector_input(graph, 16);
    neuron_node_t *node = neuron_depthwise_conv2d(graph, x, heights[_i], 1, NULL);
    assert_status(neuron_graph_finish(graph, node), statuses[_i]);
    assert_message(messages[_i]);
    neuron_graph_unref(graph);
}
END_TEST

static const struct {
    int64_t height, width, channels, multiplier, kernel[2], stride[2], padding, bias, batch;
} cases[] = {
    {6, 6, 1, 1, {3, 3}, {1, 1}, VALID, 1, 3},  {7, 5, 3, 1, {2, 2}, {2, 2}, VALID, 0, 3},
    {7, 5, 5, 2, {2, 2}, {2, 2}, SAME, 1, 3},   {6, 6, 17, 1, {3, 3}, {1, 1}, VALID, 1, 2},
    {6, 6, 17, 3, {3, 3}, {1, 1}, SAME, 0, 18}, {8, 9, 3, 4, {3, 2}, {2, 1}, SAME, 1, 4},
    {8, 9, 33, 1, {2, 3}, {3, 4}, VALID, 1, 4}, {8, 9, 3, 1, {1, 1}, {2, 2}, SAME, 1, 35},
    {3, 3, 2, 2, {5, 5}, {1, 1}, SAME, 1, 1},   {8, 8, 470, 1, {3, 3}, {1, 1}, SAME, 1, 2},
    {6, 6, 16, 1, {3, 3}, {2, 2}, SAME, 1, 2},  {7, 7, 19, 1, {3, 3}, {2, 2}, SAME, 1, 3},
    {9, 8, 32, 1, {3, 3}, {2, 2}, VALID, 0, 2}, {2, 1, 20, 1, {3, 3}, {1, 1}, SAME, 1, 3},
    {5, 9, 9, 2, {3, 3}, {3, 1}, SAME, 1, 2},   {5, 9, 9, 1, {3, 3}, {1, 3}, SAME, 1, 2},
    {1, 2, 5, 1, {3, 3}, {2, 2}, SAME, 1, 4},   {4, 4, 3, 1, {3, 3}, {1, 2}, VALID, 1, 2},
};

static neuron_node_t *add_case(neuron_graph_t *graph, neuron_node_t *x, int i)
{
    neuron_node_t *node =
        neuron_depthwise_conv2d(graph, x, cases[i].kernel[0], cases[i].kernel[1], NULL);
    pad(node, cases[i].padding);
    set(node, "stride_height", cases[i].stride[0]);
    set(node, "stride_width", cases[i].stride[1]);
    set(node, "depth_multiplier", cases[i].multiplier);
    set(node, "use_bias", cases[i].bias);
    return node;
}

/* As the first layer and behind a convolution, which wants a gradient of it. */
START_TEST(gradient)
{
    for (int deep = 0; deep < 2; deep++) {
        neuron_graph_t *graph = new_graph();
        int64_t height = cases[_i].height, width = cases[_i].width;
        neuron_node_t *x = image_input(graph, height, width, deep ? 2 : cases[_i].channels);
        if (deep) {
            x = neuron_conv2d(graph, x, cases[_i].channels, 2, 2, "padding=same");
            x = neuron_relu(graph, x);
        }
        check_layer(graph, neuron_relu(graph, add_case(graph, x, _i)), cases[_i].batch);
    }
}
END_TEST

static const struct {
    int64_t height, width, channels, kernel_height, kernel_width;
    const char *options;
} spread[] = {
    {9, 8, 17, 3, 3, "dilation_height=2, dilation_width=2, padding=same"},
    {9, 8, 3, 3, 3, "dilation_height=2, dilation_width=3"},
    {9, 8, 20, 3, 3, "dilation_width=2, stride_height=2, stride_width=2, padding=same"},
    {9, 8, 5, 2, 4, "dilation_height=3, stride_width=2, depth_multiplier=2, padding=same"},
    {4, 5, 5, 3, 3, "dilation_height=5, dilation_width=7, padding=same"},
    {6, 7, 19, 3, 3, "padding_top=1, padding_bottom=1, padding_left=1, padding_right=1"},
    {6, 7, 5, 3, 3, "padding_top=6, padding_left=7, padding_right=5"},
    {6, 7, 5, 3, 3, "padding_bottom=6, padding_left=7, stride_height=2, stride_width=2"},
    {6, 7, 5, 2, 3, "padding_top=4, padding_right=8, dilation_height=2, stride_height=3"},
};

START_TEST(gradient_of_spread_kernels)
{
    for (int deep = 0; deep < 2; deep++) {
        neuron_graph_t *graph = new_graph();
        int64_t channels = deep ? 2 : spread[_i].channels;
        neuron_node_t *x = image_input(graph, spread[_i].height, spread[_i].width, channels);
        if (deep)
            x = neuron_conv2d(graph, x, spread[_i].channels, 2, 2, "padding=same");
        x = neuron_depthwise_conv2d(graph, x, spread[_i].kernel_height, spread[_i].kernel_width,
                                    spread[_i].options);
        check_layer(graph, neuron_relu(graph, x), 3);
    }
}
END_TEST

/* As MobileNet has it, normalised and followed by a convolution of 1x1 (Howard et al., 2017). */
START_TEST(gradient_of_a_separable_convolution)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 8, 8, 2), 6, 3, 3, NULL);
    for (int i = 0; i < 2; i++) {
        x = neuron_relu(graph, neuron_batch_norm(graph, x, NULL));
        x = neuron_depthwise_conv2d(graph, x, 3, 3, "use_bias=no, padding=same");
        x = neuron_relu(graph, neuron_batch_norm(graph, x, NULL));
        x = neuron_conv2d(graph, x, 20, 1, 1, NULL);
    }
    x = neuron_max_pool2d(graph, neuron_relu(graph, neuron_batch_norm(graph, x, NULL)), 2, 2, NULL);
    check_layer(graph, x, 5);
}
END_TEST

START_TEST(a_frozen_layer_passes_the_gradient_on)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 6, 6, 2), 5, 2, 2, NULL);
    x = neuron_depthwise_conv2d(graph, x, 3, 3, "depth_multiplier=2");
    assert_ok(neuron_node_set_trainable(x, 0));
    check_layer(graph, x, 3);
}
END_TEST

enum { BATCH = 21, SIDE = 12, CHANNELS = 3 };

/* The gradients of one step. */
static void run_step(int32_t threads, float *gradients, int64_t count)
{
    neuron_context_t *context = test_context();
    assert_ok(neuron_context_set_number(context, "threads", threads));
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_set_seed(graph, 5));
    neuron_node_t *x = image_input(graph, SIDE, SIDE, CHANNELS);
    x = neuron_depthwise_conv2d(graph, neuron_conv2d(graph, x, CHANNELS, 3, 3, NULL), 3, 3,
                                "depth_multiplier=2");
    assert_ok(neuron_graph_finish(graph, neuron_flatten(graph, x)));
    neuron_session *session;
    assert_ok(neuron_session_create(&session, graph, NEURON_SESSION_TRAIN, BATCH));
    float *input = neuron_session_input(session, 0);
    for (int i = 0; i < BATCH * SIDE * SIDE * CHANNELS; i++)
        input[i] = (float)(i * 7 % 101) / 101;
    neuron_session_forward(session, NULL, BATCH, 1, 1);
    int64_t values = BATCH * neuron_shape_count(neuron_graph_first_output(graph));
    memcpy(neuron_session_output_gradient(session, 0), neuron_session_output(session, 0),
           (size_t)values * sizeof(float));
    ck_assert_int_le(graph->value_count, count);
    neuron_session_backward(session, gradients);
    neuron_session_destroy(session);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}

START_TEST(threads_do_not_matter)
{
    static float first[400], second[400];
    run_step(1, first, 400);
    for (int32_t threads = 2; threads <= 5; threads++) {
        run_step(threads, second, 400);
        ck_assert_mem_eq(first, second, sizeof first);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("depthwise_conv2d");
    TCase *tests = tcase_create("depthwise_conv2d");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, values_by_hand);
    tcase_add_test(tests, shapes_and_parameters);
    tcase_add_loop_test(tests, bad_input_is_refused, 0, 3);
    tcase_add_loop_test(tests, gradient, 0, sizeof cases / sizeof *cases);
    tcase_add_loop_test(tests, gradient_of_spread_kernels, 0, sizeof spread / sizeof *spread);
    tcase_add_test(tests, gradient_of_a_separable_convolution);
    tcase_add_test(tests, a_frozen_layer_passes_the_gradient_on);
    tcase_add_test(tests, threads_do_not_matter);
    return run_suite(suite);
}
