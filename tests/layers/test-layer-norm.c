#include "gradient.h"
#include "layer-fixture.h"
#include "test-common.h"

#include "session/steps.h"

#include <math.h>

START_TEST(shape_and_parameters)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_layer_norm(graph, image_input(graph, 7, 6, 5), NULL);
    assert_node_shape(node, (const int64_t[]){7, 6, 5}, 3);
    assert_ok(neuron_graph_finish(graph, node));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 10);
    ck_assert_int_eq(neuron_graph_trainable_parameter_count(graph), 10);
    static const char *const names[] = {"layer_norm.gamma", "layer_norm.beta"};
    for (int32_t i = 0; i < 2; i++) {
        float values[5];
        ck_assert_str_eq(neuron_graph_array_name(graph, i), names[i]);
        assert_ok(neuron_graph_read_array(values, 5, NULL, graph, i));
        ck_assert_float_eq(values[4], i == 0 ? 1 : 0);
    }
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(epsilon)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_layer_norm(graph, vector_input(graph, 3), NULL);
    double value;
    assert_ok(neuron_node_get_number(&value, node, "epsilon"));
    ck_assert_double_eq(value, 0.001);
    assert_status(neuron_node_set(node, "epsilon=0"), NEURON_E_ARGUMENT);
    assert_message("layer_norm: epsilon is 0; it must be 1e-30 to 1e+30");
    neuron_graph_unref(graph);
    graph = new_graph();
    node = neuron_layer_norm(graph, vector_input(graph, 2), "epsilon=3");
    assert_ok(neuron_graph_finish(graph, node));
    float output[2];
    predict(graph, (const float[]){-1, 1}, 1, output);
    ck_assert_float_eq_tol(output[0], -0.5f, 1e-7f);
    ck_assert_float_eq_tol(output[1], 0.5f, 1e-7f);
    neuron_graph_unref(graph);
}
END_TEST

/* What comes of some rows with gamma 2 and beta 1. */
static void apply(const float *input, int64_t channels, int64_t rows, double by, float *output)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_layer_norm(graph, vector_input(graph, channels), NULL);
    assert_ok(neuron_node_set_number(node, "epsilon", by));
    assert_ok(neuron_node_set_initializer(node, "gamma", "constant", 2));
    assert_ok(neuron_node_set_initializer(node, "beta", "ones", 0));
    assert_ok(neuron_graph_finish(graph, node));
    predict(graph, input, rows, output);
    neuron_graph_unref(graph);
}

/* Each row by itself: whatever the others are. */
START_TEST(known_values)
{
    const float input[] = {1, 2, 3, 4, 5, 5, 5, 5, -100, 300, -100, 300};
    float output[12], alone[4];
    apply(input, 4, 3, 0.75, output);
    for (int i = 0; i < 4; i++) {
        ck_assert_float_eq_tol(output[i], 1 + 2 * (input[i] - 2.5f) / sqrtf(2), 1e-6f);
        ck_assert_float_eq(output[4 + i], 1);
        ck_assert_float_eq_tol(output[8 + i], i % 2 ? 3 : -1, 1e-4f);
    }
    apply(input + 8, 4, 1, 0.75, alone);
    ck_assert_mem_eq(alone, output + 8, sizeof alone);
}
END_TEST

/* Rows of all lengths, with means that are large beside the deviation: a variance by the
 * difference of squares would be lost, and in rows that long sums in float too. */
START_TEST(nothing_is_lost)
{
    static const int64_t counts[] = {1, 2, 7, 16, 33, 1000, 4099, 300000};
    static const float means[] = {0, -1000, 100000};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
        for (int m = 0; m < 3; m++) {
            int64_t count = counts[k];
            float *input = fixture_floats(count), *output = fixture_floats(count);
            fixture_fill(input, count, 5);
            double mean = 0, variance = 0;
            for (int64_t i = 0; i < count; i++) {
                input[i] += means[m];
                mean += (double)input[i] / (double)count;
            }
            for (int64_t i = 0; i < count; i++)
                variance += pow((double)input[i] - mean, 2) / (double)count;
            apply(input, count, 1, 1e-6, output);
            for (int64_t i = 0; i < count; i++)
                ck_assert_double_eq_tol((double)output[i],
                                        1 + 2 * ((double)input[i] - mean) / sqrt(variance + 1e-6),
                                        2e-6);
            free(input);
            free(output);
        }
}
END_TEST

/* A variance that does not fit would make the row a constant. */
START_TEST(what_does_not_fit_is_seen)
{
    const float input[] = {1e30f, -1e30f, 0, 1, INFINITY, 2, NAN, 3, 1, 3};
    float output[10];
    apply(input, 2, 5, 1e-3, output);
    for (int i = 0; i < 2; i++) {
        ck_assert(isnan(output[i]));
        ck_assert(isnan(output[4 + i]));
        ck_assert(isnan(output[6 + i]));
        ck_assert(isfinite(output[2 + i]));
        ck_assert(isfinite(output[8 + i]));
    }
}
END_TEST

static const struct {
    int64_t height, width, channels, batch;
} cases[] = {{0, 0, 2, 4}, {0, 0, 5, 7}, {0, 0, 17, 9}, {0, 0, 40, 33}, {0, 0, 2100, 2},
             {4, 5, 1, 3}, {4, 3, 5, 2}, {3, 3, 17, 4}, {6, 7, 34, 3},  {23, 20, 8, 9}};

START_TEST(gradient)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *before =
        hidden_values(graph, cases[_i].height, cases[_i].width, cases[_i].channels);
    check_layer(graph, neuron_layer_norm(graph, before, NULL), cases[_i].batch);
}
END_TEST

START_TEST(gradient_as_the_first_layer)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = _i ? image_input(graph, 4, 4, 3) : vector_input(graph, 9);
    neuron_node_t *node = neuron_layer_norm(graph, x, "epsilon=0.3");
    check_layer(graph, node, 5);
}
END_TEST

/* Frozen, it goes by the same statistics. */
START_TEST(gradient_through_a_frozen_one)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node =
        neuron_layer_norm(graph, neuron_dense(graph, vector_input(graph, 6), 11, NULL), NULL);
    assert_ok(neuron_node_set_trainable(node, 0));
    check_layer(graph, node, 5);
}
END_TEST

/* With the activation behind it in one pass, and back through the one before it in the same. */
START_TEST(gradient_between_activations)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_silu(graph, neuron_dense(graph, vector_input(graph, 6), 20, NULL));
    x = neuron_tanh(graph, neuron_layer_norm(graph, x, NULL));
    neuron_graph_ref(graph);
    check_layer(graph, x, 6);
    for (int i = 0; i < 2; i++) {
        neuron_session *session;
        assert_ok(neuron_session_create(&session, graph,
                                        i ? NEURON_SESSION_TRAIN : NEURON_SESSION_PREDICT, 6));
        ck_assert_int_eq(session->step_count, i ? 3 : 4); /* with dense, softmax by the loss */
        if (i)
            ck_assert_int_eq(session->steps[1].activation_of, 0);
        neuron_session_destroy(session);
    }
    neuron_graph_unref(graph);
}
END_TEST

/* Many chunks of rows: the same bytes in any number of threads, and sums that lose nothing. */
START_TEST(gradient_of_many_rows)
{
    const neuron_shape shape = {.rank = 3, .extent = {50, 40, 19}};
    layer_fixture one, many;
    fixture_open_both(&one, &many, &neuron_layer_layer_norm, &shape, 7);
    double sums[19] = {0};
    for (int64_t i = 0; i < one.input_count; i++)
        sums[i % 19] += (double)one.output_gradient[i];
    for (int c = 0; c < 19; c++)
        ck_assert_double_eq_tol((double)one.gradients[1][c], sums[c], 1e-4);
    fixture_close(&one);
    fixture_close(&many);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layer_norm");
    TCase *tests = tcase_create("layer_norm");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, shape_and_parameters);
    tcase_add_test(tests, epsilon);
    tcase_add_test(tests, known_values);
    tcase_add_test(tests, nothing_is_lost);
    tcase_add_test(tests, what_does_not_fit_is_seen);
    tcase_add_loop_test(tests, gradient, 0, sizeof cases / sizeof *cases);
    tcase_add_loop_test(tests, gradient_as_the_first_layer, 0, 2);
    tcase_add_test(tests, gradient_through_a_frozen_one);
    tcase_add_test(tests, gradient_between_activations);
    tcase_add_test(tests, gradient_of_many_rows);
    return run_suite(suite);
}
