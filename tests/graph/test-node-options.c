/* Options of nodes: set, read, bounded, and too late. */
#include "gradient.h"
#include "test-common.h"

#include <math.h>

static double number(const neuron_node_t *node, const char *option)
{
    double value;
    assert_ok(neuron_node_get_number(&value, node, option));
    return value;
}

static void assert_text(const neuron_node_t *node, const char *option, const char *expected)
{
    char text[400];
    size_t needed;
    assert_ok(neuron_node_get_text(text, sizeof text, &needed, node, option));
    ck_assert_str_eq(text, expected);
    ck_assert_uint_eq(needed, strlen(expected) + 1);
}

START_TEST(options_are_set_and_read)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_conv2d(graph, image_input(graph, 8, 8, 1), 2, 3, 5, NULL);
    ck_assert_double_eq(number(node, "filters"), 2);
    ck_assert_double_eq(number(node, "kernel_width"), 5);
    ck_assert_double_eq(number(node, "use_bias"), 1);
    assert_text(node, "padding", "valid");
    assert_text(node, "initializer", "glorot_uniform");
    assert_ok(neuron_node_set(node, "stride_width=2"));
    ck_assert_double_eq(number(node, "stride_width"), 2);
    assert_node_shape(node, (const int64_t[]){6, 2, 2}, 3);
    assert_ok(neuron_node_set_number(node, "stride_height", 3));
    assert_node_shape(node, (const int64_t[]){2, 2, 2}, 3);
    assert_ok(neuron_node_set(node, " padding = same ,\n\tuse_bias=no,initializer=he_normal\n"));
    assert_node_shape(node, (const int64_t[]){3, 4, 2}, 3);
    assert_ok(neuron_node_set(node, NULL));
    assert_ok(neuron_node_set(node, ""));
    assert_text(
        node, NULL,
        "filters=2, kernel_height=3, kernel_width=5, stride_height=3, stride_width=2, "
        "padding=same, dilation_height=1, dilation_width=1, padding_top=0, padding_bottom=0, "
        "padding_left=0, padding_right=0, groups=1, use_bias=no, initializer=he_normal");
    assert_ok(neuron_graph_finish(graph, node));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 30);
    neuron_graph_unref(graph);
}
END_TEST

/* What is asked in vain does not stick. */
START_TEST(what_is_not_there_is_not_read)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_conv2d(graph, image_input(graph, 8, 8, 1), 2, 3, 5, NULL);
    double value = 7;
    char text[8];
    size_t needed;
    assert_status(neuron_node_get_number(&value, node, "rate"), NEURON_E_ARGUMENT);
    assert_message("conv2d: there is no option \"rate\"");
    assert_status(neuron_node_get_number(&value, node, "stride"), NEURON_E_ARGUMENT);
    assert_message("conv2d: there is no option \"stride\"; did you mean \"stride_height\"?");
    assert_status(neuron_node_get_number(&value, node, "padding"), NEURON_E_ARGUMENT);
    assert_message("conv2d: padding is no number, but a word: valid or same");
    assert_status(neuron_node_get_text(text, sizeof text, NULL, node, "rate"), NEURON_E_ARGUMENT);
    assert_status(neuron_node_get_text(text, 5, &needed, node, "padding"), NEURON_E_ARGUMENT);
    ck_assert_uint_eq(needed, 6);
    assert_ok(neuron_node_get_text(text, 6, NULL, node, "padding"));
    assert_status(neuron_node_get_text(text, sizeof text, NULL, NULL, NULL), NEURON_E_ARGUMENT);
    ck_assert(value == 7);
    assert_ok(neuron_graph_finish(graph, node));
    neuron_graph_unref(graph);
}
END_TEST

/* What the builders' numbers and neuron_node_set() may be is the same as is listed. */
START_TEST(bounds_are_those_of_the_list)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_conv2d(graph, image_input(graph, 8, 8, 1), 2, 3, 5, NULL);
    const neuron_option_t *option;
    for (int32_t i = 0; (option = neuron_kind_option("layer", "conv2d", i)); i++) {
        if (neuron_option_type(option) == NEURON_OPTION_WORD)
            continue;
        double value = number(node, neuron_option_name(option));
        ck_assert_double_ge(value, neuron_option_minimum(option));
        ck_assert_double_le(value, neuron_option_maximum(option));
        if (strcmp(neuron_option_name(option), "stride_width") == 0) {
            ck_assert_double_eq(neuron_option_minimum(option), 1);
            ck_assert_double_ge(neuron_option_maximum(option), 1000);
        }
    }
    assert_ok(neuron_graph_finish(graph, node));
    neuron_graph_unref(graph);
}
END_TEST

static const struct {
    const char *options, *message;
} mistakes[] = {
    {"momentum=1", "conv2d: there is no option \"momentum\"; its options are filters, "},
    {"stride_heigth=2",
     "conv2d: there is no option \"stride_heigth\"; did you mean \"stride_height\"?"},
    {"stride_height=0", "conv2d: stride_height is 0; it must be 1 to 1,024"},
    {"stride_height=1.5", "conv2d: stride_height is 1.5; it must be 1 to 1,024"},
    {"stride_height=1025", "conv2d: stride_height is 1025; it must be 1 to 1,024"},
    {"padding=15", "conv2d: padding is 15; it must be valid or same"},
    {"initializer=11", "conv2d: initializer is 11; it must be glorot_uniform, zeros, "},
    {"use_bias=maybe", "conv2d: use_bias is maybe; it must be yes or no"},
    {"padding", "conv2d: padding has no value; write \"padding=...\""},
    {"padding=same, padding=same", "conv2d: padding is given twice"},
    {"padding=same,", "conv2d: an option is missing beside a comma"},
    /* None of it is set. */
    {"padding=same, stride_width=2, use_bias=2", "conv2d: use_bias is 2; it must be yes or no"},
};

START_TEST(mistakes_in_options_stick)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_conv2d(graph, image_input(graph, 8, 8, 1), 2, 3, 3, NULL);
    assert_status(neuron_node_set(node, mistakes[_i].options), NEURON_E_ARGUMENT);
    assert_message(mistakes[_i].message);
    assert_node_shape(node, (const int64_t[]){6, 6, 2}, 3);
    assert_text(
        node, NULL,
        "filters=2, kernel_height=3, kernel_width=3, stride_height=1, stride_width=1, "
        "padding=valid, dilation_height=1, dilation_width=1, padding_top=0, padding_bottom=0, "
        "padding_left=0, padding_right=0, groups=1, use_bias=yes, "
        "initializer=glorot_uniform");
    assert_status(neuron_graph_finish(graph, node), NEURON_E_ARGUMENT);
    assert_message(mistakes[_i].message);
    neuron_graph_unref(graph);
}
END_TEST

static const struct {
    const char *option;
    double value;
    const char *message;
} wrong[] = {
    {"momentum", 1, "conv2d: there is no option \"momentum\""},
    {"stride_height", 0, "conv2d: stride_height is 0; it must be 1 to 1,024"},
    {"stride_height", 1.5, "conv2d: stride_height is 1.5; it must be 1 to 1,024"},
    {"stride_height", (double)NAN, "conv2d: stride_height is nan; it must be 1 to 1,024"},
    {"use_bias", 2, "conv2d: use_bias is 2; it must be yes or no"},
    {"padding", 1, "conv2d: padding is no number, but a word: valid or same"},
    {"initializer", 20, "conv2d: initializer is no number, but a word: "},
    {NULL, 1, "conv2d: option is NULL"},
};

START_TEST(mistakes_in_numbers_stick)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_conv2d(graph, image_input(graph, 8, 8, 1), 2, 3, 3, NULL);
    assert_status(neuron_node_set_number(node, wrong[_i].option, wrong[_i].value),
                  NEURON_E_ARGUMENT);
    assert_message(wrong[_i].message);
    assert_node_shape(node, (const int64_t[]){6, 6, 2}, 3);
    assert_status(neuron_graph_finish(graph, node), NEURON_E_ARGUMENT);
    assert_message(wrong[_i].message);
    neuron_graph_unref(graph);
}
END_TEST

/* A node that is called as the caller likes is told with its layer. */
START_TEST(messages_tell_the_layer)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 8), 4, NULL);
    assert_ok(neuron_node_set_name(node, "hidden"));
    assert_status(neuron_node_set(node, "unit=5"), NEURON_E_ARGUMENT);
    assert_message("hidden (dense): there is no option \"unit\"; did you mean \"units\"?");
    assert_status(neuron_node_set_number(node, "units", -1), NEURON_E_ARGUMENT);
    assert_message("hidden (dense): units is -1; it must be 1 to ");
    neuron_graph_unref(graph);
}
END_TEST

/* Whichever of the two calls comes last counts, and no other option touches it. */
START_TEST(the_initializer_is_what_was_set_last)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 8), 4, NULL);
    const char *kind;
    double parameter;
    assert_ok(neuron_node_set_initializer(node, "kernel", "constant", 3));
    assert_ok(neuron_node_set(node, "use_bias=no"));
    assert_ok(neuron_node_set_number(node, "units", 5));
    assert_ok(neuron_node_initializer(&kind, &parameter, node, "kernel"));
    ck_assert_str_eq(kind, "constant");
    ck_assert_double_eq(parameter, 3);
    assert_ok(neuron_node_set(node, "units=6, initializer=glorot_uniform"));
    assert_ok(neuron_node_initializer(&kind, &parameter, node, "kernel"));
    ck_assert_str_eq(kind, "glorot_uniform");
    assert_ok(neuron_graph_finish(graph, node));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 48);
    neuron_graph_unref(graph);
}
END_TEST

/* Two options that fit only together are set together. */
START_TEST(what_fits_only_together_is_set_together)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_conv2d(graph, image_input(graph, 8, 8, 1), 2, 3, 3, NULL);
    assert_ok(neuron_node_set(node, "kernel_height=9, padding=same"));
    assert_node_shape(node, (const int64_t[]){8, 8, 2}, 3);
    assert_status(neuron_node_set(node, "padding=valid, use_bias=no"), NEURON_E_SHAPE);
    assert_message("a kernel of 9x3 does not fit into 8x8 with padding valid");
    assert_node_shape(node, (const int64_t[]){8, 8, 2}, 3);
    ck_assert_double_eq(number(node, "use_bias"), 1);
    neuron_graph_unref(graph);
}
END_TEST

/* A value that is there already is never too late. */
START_TEST(the_same_value_is_not_late)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 8), 4, NULL);
    neuron_node_t *output = neuron_relu(graph, node);
    assert_ok(neuron_node_set(node, "units=4, use_bias=yes"));
    assert_ok(neuron_node_set_number(node, "units", 4));
    assert_ok(neuron_node_set(node, NULL));
    assert_ok(neuron_graph_finish(graph, output));
    neuron_graph_unref(graph);
}
END_TEST

/* An option that comes too late would be lost without a word to who checks only the end. */
START_TEST(a_late_option_sticks)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 8), 4, NULL);
    neuron_node_t *output = neuron_relu(graph, node);
    assert_status(neuron_node_set(node, "units=5"), NEURON_E_STATE);
    assert_message("dense: units must be set before another layer uses the node");
    assert_status(neuron_graph_finish(graph, output), NEURON_E_STATE);
    assert_message("dense: units must be set before another layer uses the node");
    neuron_graph_unref(graph);
}
END_TEST

/* What changes no shape can be set at any time, and counts from the next prediction on. */
START_TEST(late_options_that_fit_count)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *dense = neuron_dense(graph, vector_input(graph, 4), 4, NULL);
    neuron_node_t *leaky = neuron_leaky_relu(graph, dense, 0.5);
    neuron_node_t *dropout = neuron_dropout(graph, leaky, 0.5);
    neuron_node_t *y = neuron_softmax(graph, dropout, NULL);
    assert_ok(neuron_node_set(dense, "initializer=ones, units=4"));
    assert_ok(neuron_node_set_number(leaky, "slope", 0.25));
    assert_ok(neuron_graph_finish(graph, y));
    const float input[] = {-1, -2, -3, -4};
    float before[4], after[4];
    predict(graph, input, 1, before);
    assert_ok(neuron_node_set_number(dropout, "rate", 0));
    assert_ok(neuron_node_set(dropout, "rate=0.125"));
    ck_assert_double_eq(number(dropout, "rate"), 0.125);
    predict(graph, input, 1, after);
    ck_assert(memcmp(before, after, sizeof after) == 0);
    assert_ok(neuron_graph_write_array(graph, 1, (const float[]){0, 1, 2, 3}, 4));
    predict(graph, input, 1, before);
    assert_ok(neuron_node_set_number(leaky, "slope", 0));
    predict(graph, input, 1, after); /* all is 0 now */
    ck_assert_float_ne(before[0], before[3]);
    for (int i = 0; i < 4; i++)
        ck_assert_float_eq(after[i], 0.25f);
    assert_status(neuron_node_set(dense, "use_bias=no"), NEURON_E_STATE);
    assert_message("dense: use_bias must be set before the graph is finished");
    assert_status(neuron_node_set(dense, "initializer=zeros"), NEURON_E_STATE);
    assert_message("dense: the parameters have their initial values already");
    assert_status(neuron_node_set(dropout, "rate=2"), NEURON_E_ARGUMENT);
    ck_assert_double_eq(number(dropout, "rate"), 0.125);
    predict(graph, input, 1, before); /* nothing sticks to a finished graph */
    neuron_graph_unref(graph);
}
END_TEST

/* An image layer whose padding plays no part, and one where it does. */
START_TEST(late_padding_must_keep_the_shape)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *c = neuron_conv2d(graph, image_input(graph, 5, 5, 1), 2, 1, 1, NULL);
    neuron_node_t *d = neuron_conv2d(graph, c, 2, 3, 3, NULL);
    assert_ok(neuron_graph_finish(graph, d));
    assert_ok(neuron_node_set(c, "padding=same"));
    assert_status(neuron_node_set(d, "padding=same"), NEURON_E_STATE);
    assert_node_shape(d, (const int64_t[]){3, 3, 2}, 3);
    assert_status(neuron_node_set(c, "kernel_height=2"), NEURON_E_STATE);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(a_used_node_may_be_renamed)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 8), 4, NULL);
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
    neuron_node_t *node = neuron_dense(graph, vector_input(graph, 8), 4, NULL);
    assert_ok(neuron_node_set_name(node, "hidden"));
    assert_ok(neuron_graph_finish(graph, neuron_relu(graph, node)));
    assert_status(neuron_node_set(node, "units=5"), NEURON_E_STATE);
    assert_message("hidden: units must be set before the graph is finished");
    assert_status(neuron_node_set_name(node, "other"), NEURON_E_STATE);
    ck_assert_double_eq(number(node, "units"), 4);
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 36);
    neuron_graph_unref(graph);
}
END_TEST

/* A window larger than the image fits once it is padded: that is set after the layer is made. */
START_TEST(padding_may_make_a_window_fit)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = image_input(graph, 2, 1, 1);
    x = neuron_conv2d(graph, x, 3, 3, 3, "stride_height=1");
    assert_ok(neuron_node_set(x, "padding=same"));
    assert_node_shape(x, (const int64_t[]){2, 1, 3}, 3);
    x = neuron_max_pool2d(graph, x, 2, 2, "padding=same");
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
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 2, 2, 1), 4, 3, 3, NULL);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_status(neuron_node_shape(shape, &rank, x), NEURON_E_SHAPE);
    assert_message("conv2d: a kernel of 3x3 does not fit into 2x2 with padding valid");
    assert_ok(neuron_node_set_regularizer(x, "kernel", 0, 1e-4));
    assert_ok(neuron_node_set_initializer(x, "bias", "constant", 3));
    assert_ok(neuron_node_set(x, "stride_width=2"));
    assert_status(neuron_node_shape(shape, &rank, x), NEURON_E_SHAPE);
    assert_ok(neuron_node_set(x, "padding=same"));
    assert_node_shape(x, (const int64_t[]){2, 1, 4}, 3);
    assert_ok(neuron_graph_finish(graph, x));
    ck_assert_double_gt(neuron_graph_penalty(graph), 0);
    float bias[4];
    assert_ok(neuron_graph_read_array(bias, 4, NULL, graph, 1));
    ck_assert_float_eq(bias[3], 3);
    neuron_graph_unref(graph);
}
END_TEST

/* A name without a side stands for both, and each is read by itself. */
START_TEST(both_sides_at_once)
{
    neuron_graph_t *graph = new_graph();
    double value;
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){20, 20, 2}, 3);
    neuron_node_t *node = neuron_conv2d(graph, x, 3, 3, 3, "stride=2, padding=same");
    ck_assert_msg(node, "%s", neuron_error_last());
    neuron_node_t *pool = neuron_max_pool2d(graph, x, 2, 2, "stride=3");
    ck_assert_msg(pool, "%s", neuron_error_last());
    assert_ok(neuron_node_get_number(&value, pool, "stride_width"));
    ck_assert_double_eq(value, 3);
    ck_assert(number(node, "stride_height") == 2 && number(node, "stride_width") == 2);
    assert_ok(neuron_node_set_number(node, "stride", 4));
    ck_assert(number(node, "stride_height") == 4 && number(node, "stride_width") == 4);
    assert_ok(neuron_node_set(node, "dilation=3, stride_width=1, stride_height=1"));
    assert_ok(neuron_node_get_number(&value, node, "dilation_width"));
    ck_assert_double_eq(value, 3);
    assert_status(neuron_node_set(node, "stride=2, stride_width=3"), NEURON_E_ARGUMENT);
    assert_message("stride_width is given twice");
    assert_status(neuron_node_set(node, "stride=0"), NEURON_E_ARGUMENT);
    assert_message("stride_height is 0; it must be 1 to 1,024");
    assert_status(neuron_node_set_number(node, "stride", 2000), NEURON_E_ARGUMENT);
    assert_status(neuron_node_set(node, "strid=2"), NEURON_E_ARGUMENT);
    assert_status(neuron_node_get_number(&value, node, "stride"), NEURON_E_ARGUMENT);
    assert_ok(neuron_node_get_number(&value, node, "stride_height"));
    ck_assert_double_eq(value, 1);
    neuron_graph_unref(graph);
    graph = new_graph(); /* what an argument says already */
    x = neuron_input(graph, (const int64_t[]){20, 20, 2}, 3);
    ck_assert_ptr_null(neuron_conv2d(graph, x, 3, 3, 3, "kernel=5"));
    assert_message("kernel_height");
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("node-options");
    TCase *tests = tcase_create("node-options");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, both_sides_at_once);
    tcase_add_test(tests, options_are_set_and_read);
    tcase_add_test(tests, what_is_not_there_is_not_read);
    tcase_add_test(tests, bounds_are_those_of_the_list);
    tcase_add_loop_test(tests, mistakes_in_options_stick, 0, sizeof mistakes / sizeof *mistakes);
    tcase_add_loop_test(tests, mistakes_in_numbers_stick, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tests, messages_tell_the_layer);
    tcase_add_test(tests, the_initializer_is_what_was_set_last);
    tcase_add_test(tests, what_fits_only_together_is_set_together);
    tcase_add_test(tests, the_same_value_is_not_late);
    tcase_add_test(tests, a_late_option_sticks);
    tcase_add_test(tests, late_options_that_fit_count);
    tcase_add_test(tests, late_padding_must_keep_the_shape);
    tcase_add_test(tests, a_used_node_may_be_renamed);
    tcase_add_test(tests, a_finished_graph_stays_what_it_is);
    tcase_add_test(tests, padding_may_make_a_window_fit);
    tcase_add_test(tests, a_window_that_does_not_fit_yet_has_arrays);
    return run_suite(suite);
}
