#include "gradient.h"
#include "test-common.h"

static void upsample(const char *options, const float *input, float *output)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_upsample2d(graph, image_input(graph, 2, 2, 1), 2, 3, options);
    assert_node_shape(node, (const int64_t[]){4, 6, 1}, 3);
    assert_ok(neuron_graph_finish(graph, node));
    predict(graph, input, 1, output);
    neuron_graph_unref(graph);
}

START_TEST(values_by_hand)
{
    static const float input[] = {0, 3, 12, 15};
    static const float nearest[] = {0,  0,  0,  3,  3,  3,  0,  0,  0,  3,  3,  3,
                                    12, 12, 12, 15, 15, 15, 12, 12, 12, 15, 15, 15};
    static const float rows[] = {0, 3, 9, 12}, columns[] = {0, 0, 1, 2, 3, 3};
    float output[24];
    upsample(NULL, input, output);
    ck_assert_mem_eq(output, nearest, sizeof nearest);
    upsample("interpolation=nearest", input, output);
    ck_assert_mem_eq(output, nearest, sizeof nearest);
    upsample("interpolation=bilinear", input, output);
    for (int i = 0; i < 24; i++)
        ck_assert_float_eq_tol(output[i], rows[i / 6] + columns[i % 6], 1e-6f);
}
END_TEST

START_TEST(bad_input_is_refused)
{
    static const char *const messages[] = {
        "upsample2d: needs an input of rank 3 (height x width x channels), not 16",
        "upsample2d: factor_height is 0; it must be 1 to 1,024",
        "upsample2d: factor_width is 1025; it must be 1 to 1,024",
        "upsample2d: interpolation is cubic; it must be nearest or bilinear"};
    static const int64_t factors[][2] = {{2, 2}, {0, 2}, {2, 1025}, {2, 2}};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = _i ? image_input(graph, 4, 4, 1) : vector_input(graph, 16);
    ck_assert_ptr_null(neuron_upsample2d(graph, x, factors[_i][0], factors[_i][1],
                                         _i == 3 ? "interpolation=cubic" : NULL));
    ck_assert_int_lt(neuron_graph_finish(graph, x), 0);
    assert_message(messages[_i]);
    neuron_graph_unref(graph);
}
END_TEST

static const int64_t cases[][5] = {{4, 5, 3, 2, 2},   {3, 1, 17, 3, 2}, {1, 4, 1, 2, 5},
                                   {2, 3, 130, 1, 2}, {3, 3, 4, 4, 1},  {1, 1, 5, 3, 4}};

START_TEST(gradient)
{
    const int64_t *c = cases[_i / 2];
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = hidden_values(graph, c[0], c[1], c[2]);
    x = neuron_upsample2d(graph, neuron_tanh(graph, x), c[3], c[4],
                          _i % 2 ? "interpolation=bilinear" : NULL);
    check_layer(graph, neuron_relu(graph, x), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("upsample2d");
    TCase *tests = tcase_create("upsample2d");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, values_by_hand);
    tcase_add_loop_test(tests, bad_input_is_refused, 0, 4);
    tcase_add_loop_test(tests, gradient, 0, 2 * (int)(sizeof cases / sizeof *cases));
    return run_suite(suite);
}
