/* The logarithm of softmax, and that a loss takes it as it does a softmax. */
#include "gradient.h"
#include "test-models.h"

#include <math.h>

static void log_softmax(const float input[4], float output[4])
{
    neuron_graph_t *graph = new_graph();
    assert_ok(neuron_graph_finish(graph, neuron_log_softmax(graph, vector_input(graph, 4), NULL)));
    predict(graph, input, 1, output);
    neuron_graph_unref(graph);
}

START_TEST(values)
{
    float output[4];
    log_softmax((const float[]){0, logf(2), logf(3), logf(4)}, output);
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol((double)output[i], log((i + 1) / 10.0), 1e-6);
    log_softmax((const float[]){3e38f, 3e38f, -3e38f, 0}, output); /* nothing overflows, */
    ck_assert_float_eq(output[0], -logf(2));
    ck_assert_float_eq(output[3], -3e38f);
    log_softmax((const float[]){200, 0, 100, 0}, output); /* or is the logarithm of 0 */
    ck_assert_float_eq(output[0], 0);
    ck_assert_float_eq(output[1], -200);
    log_softmax((const float[]){0, NAN, 0, 0}, output);
    ck_assert(isnan(output[0]) && isnan(output[1]));
}
END_TEST

START_TEST(gradient_over_an_axis)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 4, 5, 2), 70, 2, 2, NULL);
    neuron_node_t *node = neuron_log_softmax(graph, x, NULL);
    assert_ok(neuron_node_set_number(node, "axis", _i));
    check_layer(graph, node, 3);
}
END_TEST

START_TEST(axes_that_are_not_there_are_refused)
{
    neuron_graph_t *graph = new_graph();
    neuron_node_t *node = neuron_log_softmax(graph, image_input(graph, 2, 3, 5), NULL);
    assert_status(neuron_node_set(node, "axis=3"), NEURON_E_SHAPE);
    assert_message("log_softmax: the input is 2x3x5 and has no axis 3");
    neuron_graph_unref(graph);
}
END_TEST

static neuron_graph_t *graph_with(neuron_context_t *context, bool logarithm)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_input(graph, (const int64_t[]){8, 8, 1}, 3);
    x = neuron_dense(graph, neuron_flatten(graph, x), TEST_CLASSES, NULL);
    x = (logarithm ? neuron_log_softmax : neuron_softmax)(graph, x, NULL);
    assert_ok(neuron_graph_finish(graph, x));
    return graph;
}

/* The losses of three epochs by cross-entropy and of an evaluation. */
enum { LOSSES = 3 };

static void train(neuron_context_t *context, neuron_dataset_t *glyphs, bool logarithm,
                  double losses[LOSSES])
{
    neuron_graph_t *graph = graph_with(context, logarithm);
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_history_t *history;
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_optimizer_create(&adam, context, "adam", "learning_rate=0.01"));
    assert_ok(neuron_trainer_create(&trainer, graph, adam, glyphs));
    assert_ok(neuron_trainer_set(trainer, "epochs=3, batch_size=20"));
    assert_ok(neuron_trainer_set_validation(trainer, glyphs));
    assert_ok(neuron_trainer_run(&history, trainer));
    losses[0] = test_figure(history, 2, "loss");
    losses[1] = test_figure(history, 2, "validation_loss");
    assert_ok(neuron_graph_evaluate(&evaluation, graph, glyphs, NULL, NULL));
    losses[2] = neuron_evaluation_loss(evaluation);
    neuron_evaluation_unref(evaluation);
    neuron_history_unref(history);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(adam);
    neuron_graph_unref(graph);
}

/* The loss is that of a softmax, in training, in validation and in an evaluation. */
START_TEST(trains_as_a_softmax_does)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *glyphs = test_glyphs(context, 200, 8);
    double expected[LOSSES], losses[LOSSES];
    train(context, glyphs, false, expected);
    train(context, glyphs, true, losses);
    ck_assert_double_lt(expected[0], log(TEST_CLASSES));
    for (int i = 0; i < LOSSES; i++)
        ck_assert_double_eq_tol(losses[i], expected[i], 1e-5);
    neuron_dataset_unref(glyphs);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log_softmax");
    TCase *tests = tcase_create("log_softmax");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, values);
    tcase_add_loop_test(tests, gradient_over_an_axis, 0, 3);
    tcase_add_test(tests, axes_that_are_not_there_are_refused);
    tcase_add_test(tests, trains_as_a_softmax_does);
    return run_suite(suite);
}
