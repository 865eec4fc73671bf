#include "gradient.h"
#include "test-common.h"

START_TEST(values)
{
    static const struct {
        int64_t begin, count;
        const char *options;
        int64_t shape[3];
        float first, last;
    } all[] = {
        {0, 1, "axis=0", {1, 3, 4}, 0, 11},  {1, 1, "axis=0", {1, 3, 4}, 12, 23},
        {1, 2, "axis=1", {2, 2, 4}, 4, 23},  {-2, 1, "axis=1", {2, 1, 4}, 4, 19},
        {1, 2, NULL, {2, 3, 2}, 1, 22},      {-1, -1, NULL, {2, 3, 1}, 3, 23},
        {1, -1, "axis=2", {2, 3, 3}, 1, 23}, {0, -1, "axis=-1", {2, 3, 4}, 0, 23},
        {-4, 4, "axis=2", {2, 3, 4}, 0, 23}, {-3, 2, "axis=1", {2, 2, 4}, 0, 19},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        neuron_graph_t *graph = new_graph();
        float input[24], output[24];
        neuron_node_t *node = neuron_slice(graph, image_input(graph, 2, 3, 4), all[i].begin,
                                           all[i].count, all[i].options);
        assert_node_shape(node, all[i].shape, 3);
        assert_ok(neuron_graph_finish(graph, node));
        for (int k = 0; k < 24; k++)
            input[k] = (float)k;
        predict(graph, input, 1, output);
        ck_assert_float_eq(output[0], all[i].first);
        ck_assert_float_eq(output[all[i].shape[0] * all[i].shape[1] * all[i].shape[2] - 1],
                           all[i].last);
        neuron_graph_unref(graph);
    }
}
END_TEST

START_TEST(what_is_read_back_counts_from_0)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_slice(graph, image_input(graph, 2, 3, 4), -3, -1, NULL);
    char text[64];
    assert_ok(neuron_node_get_text(text, sizeof text, NULL, node, NULL));
    ck_assert_str_eq(text, "axis=2, begin=1, count=3");
    assert_ok(neuron_node_set(node, "axis=1, begin=0, count=1"));
    assert_node_shape(node, (const int64_t[]){2, 1, 4}, 3);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(what_is_not_there_is_refused)
{
    static const struct {
        int64_t begin, count;
        const char *options, *message;
    } all[] = {
        {0, 5, NULL, "slice: begin 0 and count 5 are not within axis 2 of 2x3x4"},
        {4, 1, NULL, "slice: begin 4 and count 1 are not within axis 2 of 2x3x4"},
        {4, -1, NULL, "slice: begin 4 and count -1 are not within axis 2 of 2x3x4"},
        {-5, 1, NULL, "slice: begin -5 and count 1 are not within axis 2 of 2x3x4"},
        {0, 0, NULL, "slice: begin 0 and count 0 are not within axis 2 of 2x3x4"},
        {1, INT64_C(1) << 40, "axis=0", "are not within axis 0 of 2x3x4"},
        {0, 1, "axis=3", "slice: the input is 2x3x4 and has no axis 3"},
        {0, -2, NULL, "slice: count is -2; it must be -1 to"},
        {0, 1, "begin=1", "slice: begin is given twice, as a number and as text"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        neuron_graph_t *graph = new_graph();
        ck_assert_ptr_null(neuron_slice(graph, image_input(graph, 2, 3, 4), all[i].begin,
                                        all[i].count, all[i].options));
        ck_assert_int_lt(neuron_graph_finish(graph, NULL), 0);
        assert_message(all[i].message);
        neuron_graph_unref(graph);
    }
}
END_TEST

/* Two slices of one value, which overlap, and what neither has. */
START_TEST(gradient)
{
    static const char *const axes[] = {"axis=0", "axis=1", NULL};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 6, 7, 2), 5, 2, 3, NULL);
    neuron_node_t *parts[] = {neuron_slice(graph, x, 1, 2, axes[_i]),
                              neuron_slice(graph, neuron_relu(graph, x), -3, 2, axes[_i])};
    check_layer(graph, neuron_multiply(graph, parts, 2), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slice");
    TCase *tests = tcase_create("slice");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, values);
    tcase_add_test(tests, what_is_read_back_counts_from_0);
    tcase_add_test(tests, what_is_not_there_is_refused);
    tcase_add_loop_test(tests, gradient, 0, 3);
    return run_suite(suite);
}
