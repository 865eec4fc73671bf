#include "gradient.h"
#include "layer-fixture.h"
#include "test-common.h"

#include "session/steps.h"

#include <math.h>

START_TEST(shape_and_slopes)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_prelu(graph, image_input(graph, 7, 6, 5));
    assert_node_shape(node, (const int64_t[]){7, 6, 5}, 3);
    const char *kind;
    double parameter;
    assert_ok(neuron_node_initializer(&kind, &parameter, node, "alpha"));
    ck_assert_str_eq(kind, "constant");
    ck_assert_double_eq(parameter, 0.25);
    assert_ok(neuron_graph_finish(graph, node));
    ck_assert_int_eq(neuron_graph_trainable_parameter_count(graph), 5);
    ck_assert_str_eq(neuron_graph_array_name(graph, 0), "prelu.alpha");
    float values[5];
    assert_ok(neuron_graph_read_array(values, 5, NULL, graph, 0));
    for (int i = 0; i < 5; i++)
        ck_assert_float_eq(values[i], 0.25f);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(slopes_start_as_they_are_set)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_prelu(graph, vector_input(graph, 2));
    assert_ok(neuron_node_set_initializer(node, "alpha", "constant", -0.5));
    assert_status(neuron_node_set_initializer(node, "slope", "zeros", 0), NEURON_E_ARGUMENT);
    neuron_graph_unref(graph);
    graph = new_graph();
    node = neuron_prelu(graph, vector_input(graph, 2));
    assert_ok(neuron_node_set_initializer(node, "alpha", "constant", -0.5));
    assert_ok(neuron_graph_finish(graph, node));
    float output[2];
    predict(graph, (const float[]){-3, 2}, 1, output);
    ck_assert_float_eq(output[0], 1.5f);
    ck_assert_float_eq(output[1], 2);
    neuron_graph_unref(graph);
}
END_TEST

/* Slopes of any sign, and what is no number stays none. */
START_TEST(values)
{
    enum { CHANNELS = 3, ROWS = 4 };
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){ROWS, CHANNELS}, 2);
    assert_ok(neuron_graph_finish(graph, neuron_prelu(graph, x)));
    assert_ok(neuron_graph_write_array(graph, 0, (const float[]){-2, 0, 3}, CHANNELS));
    const float input[] = {-1, -1, -1, 2, 2, 2, -INFINITY, -5, -INFINITY, NAN, NAN, INFINITY};
    const float expected[] = {2, 0, -3, 2, 2, 2, INFINITY, 0, -INFINITY, NAN, NAN, INFINITY};
    float output[ROWS * CHANNELS];
    predict(graph, input, 1, output);
    for (int i = 0; i < ROWS * CHANNELS; i++)
        assert_that(isnan(expected[i]) ? isnan(output[i]) : output[i] == expected[i],
                    "value %d is %g, not %g", i, (double)output[i], (double)expected[i]);
    neuron_graph_unref(graph);
}
END_TEST

static const struct {
    int64_t height, width, channels, batch;
} cases[] = {{0, 0, 1, 4}, {0, 0, 5, 7},  {0, 0, 300, 3}, {4, 5, 1, 3},
             {4, 3, 5, 2}, {3, 3, 17, 4}, {6, 7, 33, 3},  {20, 20, 8, 9}};

START_TEST(gradient)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *before =
        hidden_values(graph, cases[_i].height, cases[_i].width, cases[_i].channels);
    check_layer(graph, neuron_prelu(graph, before), cases[_i].batch);
}
END_TEST

START_TEST(gradient_as_the_first_layer)
{
    neuron_graph_t *graph = new_graph();
    check_layer(graph, neuron_prelu(graph, image_input(graph, 4, 4, 3)), 5);
}
END_TEST

/* Behind others, and with others behind it. */
START_TEST(gradient_among_activations)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x =
        neuron_gelu(graph, neuron_dense(graph, vector_input(graph, 6), 9, NULL), NULL);
    x = neuron_tanh(graph, neuron_prelu(graph, neuron_prelu(graph, x)));
    check_layer(graph, neuron_batch_norm(graph, neuron_prelu(graph, x), NULL), 5);
}
END_TEST

/* Sums of many rows lose nothing, and have the same bytes in any number of threads. */
START_TEST(gradient_of_many_rows)
{
    const neuron_shape shape = {.rank = 3, .extent = {60, 70, 3}};
    layer_fixture one, many;
    fixture_open_both(&one, &many, &neuron_layer_prelu, &shape, 13);
    double sums[3] = {0};
    for (int64_t i = 0; i < one.input_count; i++)
        sums[i % 3] += (double)one.output_gradient[i] * fmin((double)one.input[i], 0);
    for (int c = 0; c < 3; c++)
        ck_assert_double_eq_tol((double)one.gradients[0][c], sums[c], 1e-4);
    fixture_close(&one);
    fixture_close(&many);
}
END_TEST

static neuron_node_t *dense(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_dense(graph, neuron_flatten(graph, x), 70, NULL);
}

static neuron_node_t *conv(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_conv2d(graph, x, 19, 3, 3, NULL);
}

/* Of a size that Winograd's algorithm is chosen for. */
static neuron_node_t *wide_conv(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_conv2d(graph, x, 37, 3, 3, NULL);
}

static neuron_node_t *depthwise(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_depthwise_conv2d(graph, x, 2, 3, NULL);
}

static neuron_node_t *sum(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_add(graph, (neuron_node_t *[]){x, x}, 2);
}

static neuron_node_t *layer_norm(neuron_graph_t *graph, neuron_node_t *x)
{
    return neuron_layer_norm(graph, x, NULL);
}

static neuron_node_t *(*const producers[])(neuron_graph_t *graph, neuron_node_t *x) = {
    dense, conv, wide_conv, depthwise, sum, layer_norm};

enum { PRODUCERS = sizeof producers / sizeof *producers };

/* One pass with the layer before it when predicting; check_layer() compares what that predicts. */
START_TEST(in_the_pass_of)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_max_pool2d(graph, image_input(graph, 18, 20, 33), 2, 2, NULL);
    x = neuron_prelu(graph, producers[_i](graph, x));
    neuron_graph_ref(graph);
    check_layer(graph, neuron_batch_norm(graph, x, NULL), 2);
    neuron_session *session;
    assert_ok(neuron_session_create(&session, graph, NEURON_SESSION_PREDICT, 2));
    ck_assert_int_eq(session->step_count, 4); /* with the pooling, dense and softmax */
    neuron_session_destroy(session);
    neuron_graph_unref(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prelu");
    TCase *tests = tcase_create("prelu");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, shape_and_slopes);
    tcase_add_test(tests, slopes_start_as_they_are_set);
    tcase_add_test(tests, values);
    tcase_add_loop_test(tests, gradient, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tests, gradient_as_the_first_layer);
    tcase_add_test(tests, gradient_among_activations);
    tcase_add_test(tests, gradient_of_many_rows);
    tcase_add_loop_test(tests, in_the_pass_of, 0, PRODUCERS);
    return run_suite(suite);
}
