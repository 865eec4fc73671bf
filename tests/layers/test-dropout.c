#include "gradient.h"
#include "test-common.h"

#include "session/session.h"

#include <math.h>

enum { VALUES = 5000, BATCH = 20 };

/* What dropout makes of ones in a training step; `output` has VALUES * BATCH numbers. */
static void drop(double rate, int32_t threads, uint64_t seed, uint64_t step, float *output)
{
    neuron_context_t *context = test_context();
    assert_ok(neuron_context_set_number(context, "threads", threads));
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *node = neuron_dropout(graph, vector_input(graph, VALUES), rate);
    assert_ok(neuron_graph_finish(graph, node));
    neuron_session *session;
    assert_ok(neuron_session_create(&session, graph, NEURON_SESSION_TRAIN, BATCH));
    float *input = neuron_session_input(session, 0);
    for (int i = 0; i < VALUES * BATCH; i++)
        input[i] = 1;
    neuron_session_forward(session, NULL, BATCH, seed, step);
    memcpy(output, neuron_session_output(session, 0), VALUES * BATCH * sizeof *output);
    neuron_session_destroy(session);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}

static float first[VALUES * BATCH], second[VALUES * BATCH];

START_TEST(drops_by_the_rate_and_scales_the_rest)
{
    static const double rates[] = {0.1, 0.3, 0.5, 0.9};
    double rate = rates[_i];
    drop(rate, 2, 1, 0, first);
    int kept = 0;
    for (int i = 0; i < VALUES * BATCH; i++) {
        if (first[i] == 0)
            continue;
        ck_assert_float_eq_tol(first[i], (float)(1 / (1 - rate)), 1e-6f);
        kept++;
    }
    /* Five standard deviations of 100,000 draws are less than 0.008. */
    ck_assert_double_eq_tol(kept / (double)(VALUES * BATCH), 1 - rate, 0.008);
}
END_TEST

START_TEST(a_rate_of_0_changes_nothing)
{
    drop(0, 2, 1, 0, first);
    for (int i = 0; i < VALUES * BATCH; i++)
        ck_assert_float_eq(first[i], 1);
}
END_TEST

START_TEST(threads_do_not_matter)
{
    drop(0.3, 1, 1, 7, first);
    drop(0.3, 2, 1, 7, second);
    ck_assert_mem_eq(first, second, sizeof first);
    drop(0.3, 3, 1, 7, second);
    ck_assert_mem_eq(first, second, sizeof first);
}
END_TEST

/* Draws that have nothing to do with each other agree on rate^2 + (1 - rate)^2 of the values. */
static void assert_unrelated(double rate)
{
    int same = 0;
    for (int i = 0; i < VALUES * BATCH; i++)
        same += (first[i] == 0) == (second[i] == 0);
    ck_assert_double_eq_tol(same / (double)(VALUES * BATCH), rate * rate + (1 - rate) * (1 - rate),
                            0.01);
}

START_TEST(steps_and_seeds_differ)
{
    drop(0.4, 2, 1, 7, first);
    drop(0.4, 2, 1, 8, second);
    assert_unrelated(0.4);
    drop(0.4, 2, 2, 7, second);
    assert_unrelated(0.4);
    drop(0.4, 2, 1 + ((uint64_t)1 << 32), 7, second);
    assert_unrelated(0.4);
}
END_TEST

START_TEST(off_in_prediction)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_dropout(graph, vector_input(graph, 4), 0.9);
    assert_ok(neuron_graph_finish(graph, node));
    const float input[4] = {1, -2, 3, -4};
    float output[4];
    predict(graph, input, 1, output);
    ck_assert_mem_eq(input, output, sizeof input);
    neuron_graph_unref(graph);
}
END_TEST

START_TEST(bad_rates_are_refused)
{
    static const double bad[] = {-0.1, 1, 1.5, (double)NAN};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        neuron_graph_t *graph = new_graph();
        neuron_node_t *x = vector_input(graph, 4);
        ck_assert_ptr_null(neuron_dropout(graph, x, bad[i]));
        assert_status(neuron_graph_finish(graph, x), NEURON_E_ARGUMENT);
        assert_message("dropout: rate");
        neuron_graph_unref(graph);
    }
}
END_TEST

START_TEST(gradient)
{
    static const double rates[] = {0, 0.3, 0.75};
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 13, NULL);
    check_layer(graph, neuron_dropout(graph, x, rates[_i]), 5);
}
END_TEST

/* Two of them draw apart, and a layer between that reads its output stays whole. */
START_TEST(gradient_of_two)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 13, NULL);
    neuron_node_t *once = neuron_relu(graph, neuron_dropout(graph, x, 0.2));
    check_layer(graph, neuron_dropout(graph, once, 0.3), 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dropout");
    TCase *tests = tcase_create("dropout");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, drops_by_the_rate_and_scales_the_rest, 0, 4);
    tcase_add_test(tests, a_rate_of_0_changes_nothing);
    tcase_add_test(tests, threads_do_not_matter);
    tcase_add_test(tests, steps_and_seeds_differ);
    tcase_add_test(tests, off_in_prediction);
    tcase_add_test(tests, bad_rates_are_refused);
    tcase_add_loop_test(tests, gradient, 0, 3);
    tcase_add_test(tests, gradient_of_two);
    return run_suite(suite);
}
