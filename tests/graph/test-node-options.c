/* Options of nodes: set, read, bounded, and too late. */
#include "gradient.h"
#include "test-common.h"

START_TEST(options_are_set_and_read)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_conv2d(graph, image_input(graph, 8, 8, 1), 2, 3, 5);
    int64_t value;
    double real, minimum, maximum;
    assert_ok(neuron_node_get_int(node, NEURON_NODE_FILTERS, &value));
    ck_assert_int_eq(value, 2);
    assert_ok(neuron_node_get_int(node, NEURON_NODE_KERNEL_WIDTH, &value));
    ck_assert_int_eq(value, 5);
    assert_ok(neuron_node_get_int(node, NEURON_NODE_PADDING, &value));
    ck_assert_int_eq(value, NEURON_PADDING_VALID);
    assert_ok(neuron_node_get_int(node, NEURON_NODE_INITIALIZER, &value));
    ck_assert_int_eq(value, NEURON_INITIALIZER_GLOROT_UNIFORM);
    assert_ok(neuron_node_set_int(node, NEURON_NODE_STRIDE_WIDTH, 2));
    assert_ok(neuron_node_get_int(node, NEURON_NODE_STRIDE_WIDTH, &value));
    ck_assert_int_eq(value, 2);
    assert_node_shape(node, (const int64_t[]){6, 2, 2}, 3);
    assert_ok(neuron_node_bounds(node, NEURON_NODE_STRIDE_WIDTH, &minimum, &maximum));
    ck_assert_double_eq(minimum, 1);
    ck_assert_double_ge(maximum, 1000);
    assert_status(neuron_node_get_int(node, NEURON_NODE_RATE, &value), NEURON_E_ARGUMENT);
    assert_message("conv2d: a conv2d layer has no option 120");
    assert_status(neuron_node_get_float(node, NEURON_NODE_RATE, &real), NEURON_E_ARGUMENT);
    assert_message("conv2d: a conv2d layer has no option 120");
    assert_status(neuron_node_bounds(node, 5, &minimum, &maximum), NEURON_E_ARGUMENT);
    assert_ok(neuron_graph_finish(graph, node));
    neuron_graph_unref(graph);
}
END_TEST

static int set_unknown(neuron_node_t *node)
{
    return neuron_node_set_int(node, NEURON_NODE_MOMENTUM, 1);
}

static int set_out_of_bounds(neuron_node_t *node)
{
    return neuron_node_set_int(node, NEURON_NODE_STRIDE_HEIGHT, 0);
}

static int set_another_kind(neuron_node_t *node)
{
    return neuron_node_set_float(node, NEURON_NODE_STRIDE_HEIGHT, 1);
}

static int set_between(neuron_node_t *node)
{
    return neuron_node_set_int(node, NEURON_NODE_PADDING, 15);
}

static int set_unknown_initializer(neuron_node_t *node)
{
    return neuron_node_set_int(node, NEURON_NODE_INITIALIZER, 11);
}

static const struct {
    int (*set)(neuron_node_t *node);
    const char *message;
} mistakes[] = {
    {set_unknown, "conv2d: a conv2d layer has no option 60"},
    {set_out_of_bounds, "conv2d: stride_height is 0; it must be 1 to 1,024"},
    {set_another_kind, "conv2d: stride_height is an integer"},
    {set_between, "conv2d: padding is 15; it must be valid (10), same (20)"},
    {set_unknown_initializer, "conv2d: initializer is 11; it must be "},
};

START_TEST(mistakes_in_options_stick)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_conv2d(graph, image_input(graph, 8, 8, 1), 2, 3, 3);
    assert_status(mistakes[_i].set(node), NEURON_E_ARGUMENT);
    assert_message(mistakes[_i].message);
    assert_node_shape(node, (const int64_t[]){6, 6, 2}, 3);
    assert_status(neuron_graph_finish(graph, node), NEURON_E_ARGUMENT);
    assert_message(mistakes[_i].message);
    neuron_graph_unref(graph);
}
END_TEST

/* An option that comes too late would be lost without a word to who checks only the end. */
START_TEST(a_late_option_sticks)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 8), 4);
    neuron_node_t *output = neuron_relu(graph, node);
    assert_status(neuron_node_set_int(node, NEURON_NODE_UNITS, 5), NEURON_E_STATE);
    assert_message("dense: units must be set before another layer uses the node");
    assert_status(neuron_graph_finish(graph, output), NEURON_E_STATE);
    assert_message("dense: units must be set before another layer uses the node");
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(a_used_node_may_be_renamed)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 8), 4);
    neuron_node_t *output = neuron_relu(graph, node);
    assert_ok(neuron_node_set_name(node, "hidden"));
    ck_assert_str_eq(neuron_node_name(node), "hidden");
    assert_ok(neuron_graph_finish(graph, output));
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(a_finished_graph_stays_what_it_is)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 8), 4);
    assert_ok(neuron_node_set_name(node, "hidden"));
    assert_ok(neuron_graph_finish(graph, neuron_relu(graph, node)));
    assert_status(neuron_node_set_int(node, NEURON_NODE_UNITS, 5), NEURON_E_STATE);
    assert_message("hidden: the graph is finished");
    assert_status(neuron_node_set_name(node, "other"), NEURON_E_STATE);
    int64_t units;
    assert_ok(neuron_node_get_int(node, NEURON_NODE_UNITS, &units));
    ck_assert_int_eq(units, 4);
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 36);
    neuron_graph_unref(graph);
}
END_TEST

/* A window larger than the image fits once it is padded: that is set after the layer is made. */
START_TEST(padding_may_make_a_window_fit)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 2, 1, 1);
    x = neuron_conv2d(graph, x, 3, 3, 3);
    assert_ok(neuron_node_set_int(x, NEURON_NODE_STRIDE_HEIGHT, 1));
    assert_ok(neuron_node_set_int(x, NEURON_NODE_PADDING, NEURON_PADDING_SAME));
    assert_node_shape(x, (const int64_t[]){2, 1, 3}, 3);
    x = neuron_max_pool2d(graph, x, 2, 2);
    assert_ok(neuron_node_set_int(x, NEURON_NODE_PADDING, NEURON_PADDING_SAME));
    assert_node_shape(x, (const int64_t[]){1, 1, 3}, 3);
    assert_ok(neuron_graph_finish(graph, x));
    neuron_graph_unref(graph);
}
END_TEST

/* The arrays do not depend on padding, so they may be spoken of before it
 * is set; there is no shape. */
START_TEST(a_window_that_does_not_fit_yet_has_arrays)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 2, 2, 1), 4, 3, 3);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_status(neuron_node_shape(x, shape, &rank), NEURON_E_SHAPE);
    assert_message("conv2d: a kernel of 3x3 does not fit into 2x2 with padding valid");
    assert_ok(neuron_node_set_regularizer(x, "kernel", 0, 1e-4));
    assert_ok(neuron_node_set_initializer(x, "bias", NEURON_INITIALIZER_CONSTANT, 3));
    assert_ok(neuron_node_set_int(x, NEURON_NODE_STRIDE_WIDTH, 2));
    assert_status(neuron_node_shape(x, shape, &rank), NEURON_E_SHAPE);
    assert_ok(neuron_node_set_int(x, NEURON_NODE_PADDING, NEURON_PADDING_SAME));
    assert_node_shape(x, (const int64_t[]){2, 1, 4}, 3);
    assert_ok(neuron_graph_finish(graph, x));
    ck_assert_double_gt(neuron_graph_penalty(graph), 0);
    float bias[4];
    assert_ok(neuron_graph_read_array(graph, 1, bias, 4, NULL));
    ck_assert_float_eq(bias[3], 3);
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("node-options");
    TCase *tests = tcase_create("node-options");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, options_are_set_and_read);
    tcase_add_loop_test(tests, mistakes_in_options_stick, 0, sizeof mistakes / sizeof *mistakes);
    tcase_add_test(tests, a_late_option_sticks);
    tcase_add_test(tests, a_used_node_may_be_renamed);
    tcase_add_test(tests, a_finished_graph_stays_what_it_is);
    tcase_add_test(tests, padding_may_make_a_window_fit);
    tcase_add_test(tests, a_window_that_does_not_fit_yet_has_arrays);
    return run_suite(suite);
}
