#include "gradient.h"
#include "test-common.h"

#include "session/session.h"

#include <math.h>

START_TEST(shape_and_parameters)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_batch_norm(graph, image_input(graph, 7, 6, 5), NULL);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_node_shape(shape, &rank, node));
    ck_assert_int_eq(rank, 3);
    ck_assert_int_eq(shape[2], 5);
    assert_ok(neuron_graph_finish(graph, node));
    ck_assert_int_eq(neuron_graph_parameter_count(graph), 20);
    ck_assert_int_eq(neuron_graph_trainable_parameter_count(graph), 10);
    static const char *const names[] = {"batch_norm.gamma", "batch_norm.beta",
                                        "batch_norm.moving_mean", "batch_norm.moving_variance"};
    for (int32_t i = 0; i < 4; i++) {
        float values[5];
        ck_assert_str_eq(neuron_graph_array_name(graph, i), names[i]);
        assert_ok(neuron_graph_read_array(values, 5, NULL, graph, i));
        ck_assert_float_eq(values[4], i == 0 || i == 3 ? 1 : 0);
    }
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(defaults_are_those_of_keras)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_batch_norm(graph, vector_input(graph, 3), NULL);
    double value;
    assert_ok(neuron_node_get_number(&value, node, "momentum"));
    ck_assert_double_eq(value, 0.99);
    assert_ok(neuron_node_get_number(&value, node, "epsilon"));
    ck_assert_double_eq(value, 0.001);
    assert_status(neuron_node_set(node, "epsilon=0"), NEURON_E_ARGUMENT);
    assert_message("batch_norm: epsilon is 0; it must be 1e-30 to 1e+30");
    neuron_graph_unref(graph);
}
END_TEST

/* Moving averages go towards the batch's mean and biased variance by 1 - momentum of the way. */
START_TEST(moving_statistics)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_batch_norm(graph, vector_input(graph, 2), "momentum=0.75");
    assert_ok(neuron_graph_finish(graph, node));
    assert_ok(neuron_graph_write_array(graph, 2, (const float[]){10, -4}, 2));
    assert_ok(neuron_graph_write_array(graph, 3, (const float[]){2, 8}, 2));
    neuron_session *session;
    assert_ok(neuron_session_create(&session, graph, NEURON_SESSION_TRAIN, 4));
    const float batch[] = {1, 0, 2, 0, 3, 4, 6, 4}; /* mean 3 and 2, variance 3.5 and 4 */
    neuron_session_forward(session, (const float *const[]){batch}, 4, 0, 0);
    float mean[2], variance[2];
    assert_ok(neuron_graph_read_array(mean, 2, NULL, graph, 2));
    assert_ok(neuron_graph_read_array(variance, 2, NULL, graph, 3));
    ck_assert_float_eq_tol(mean[0], 0.75f * 10 + 0.25f * 3, 1e-6f);
    ck_assert_float_eq_tol(mean[1], 0.75f * -4 + 0.25f * 2, 1e-6f);
    ck_assert_float_eq_tol(variance[0], 0.75f * 2 + 0.25f * 3.5f, 1e-6f);
    ck_assert_float_eq_tol(variance[1], 0.75f * 8 + 0.25f * 4, 1e-6f);
    neuron_session_destroy(session);
    float output[8];
    predict(graph, batch, 4, output);
    ck_assert_float_eq_tol(output[1], (0 - mean[1]) / sqrtf(variance[1] + 0.001f), 1e-5f);
    assert_ok(neuron_graph_read_array(variance, 2, NULL, graph, 2));
    assert_that(mean[0] == variance[0] && mean[1] == variance[1],
                "a prediction changes the statistics");
    neuron_graph_unref(graph);
}
END_TEST

/* The mean is large beside the deviation: a variance by the difference of squares would be lost. */
START_TEST(a_large_mean_does_no_harm)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_batch_norm(graph, vector_input(graph, 1), "epsilon=1e-6");
    assert_ok(neuron_graph_finish(graph, node));
    neuron_session *session;
    assert_ok(neuron_session_create(&session, graph, NEURON_SESSION_TRAIN, 64));
    float batch[64];
    for (int i = 0; i < 64; i++)
        batch[i] = 10000.0f + (float)(i % 2);
    neuron_session_forward(session, (const float *const[]){batch}, 64, 0, 0);
    for (int i = 0; i < 64; i++)
        ck_assert_float_eq_tol(neuron_session_output(session, 0)[i], i % 2 ? 1 : -1, 1e-3f);
    neuron_session_destroy(session);
    neuron_graph_unref(graph);
}
END_TEST

static const struct {
    int64_t height, width, channels, batch;
} cases[] = {{0, 0, 1, 4}, {0, 0, 5, 7}, {0, 0, 17, 9}, {0, 0, 40, 33},
             {4, 5, 1, 3}, {4, 3, 5, 2}, {3, 3, 17, 4}, {6, 7, 34, 3}};

START_TEST(gradient)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *before =
        hidden_values(graph, cases[_i].height, cases[_i].width, cases[_i].channels);
    check_layer(graph, neuron_batch_norm(graph, before, NULL), cases[_i].batch);
}
END_TEST

START_TEST(gradient_as_the_first_layer)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = _i ? image_input(graph, 4, 4, 3) : vector_input(graph, 9);
    neuron_node_t *node = neuron_batch_norm(graph, x, "epsilon=0.3");
    check_layer(graph, node, 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("batch_norm");
    TCase *tests = tcase_create("batch_norm");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, shape_and_parameters);
    tcase_add_test(tests, defaults_are_those_of_keras);
    tcase_add_test(tests, moving_statistics);
    tcase_add_test(tests, a_large_mean_does_no_harm);
    tcase_add_loop_test(tests, gradient, 0, sizeof cases / sizeof *cases);
    tcase_add_loop_test(tests, gradient_as_the_first_layer, 0, 2);
    return run_suite(suite);
}
