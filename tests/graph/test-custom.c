/* What custom layers compute, and what happens when their callbacks fail. */
#include "custom-kinds.h"

/* ---- Values and gradients ---- */

START_TEST(gradient_of_swish)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = neuron_conv2d(graph, image_input(graph, 5, 4, 2), 3, 2, 2, NULL);
    check_layer(graph, neuron_relu(graph, neuron_custom_layer(graph, "swish", &x, 1, NULL, 0)), 4);
}
END_TEST

START_TEST(gradient_with_parameters)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *x = neuron_dense(graph, vector_input(graph, 6), 5, NULL);
    x = add_own_dense(graph, x, 7);
    assert_ok(neuron_node_set_regularizer(x, "kernel", 0.01, 0.02));
    if (_i == 1)
        assert_ok(neuron_node_set_trainable(x, 0));
    check_layer(graph, neuron_relu(graph, x), 5);
}
END_TEST

START_TEST(gradient_of_several_inputs)
{
    neuron_graph_t *graph = custom_graph();
    neuron_node_t *input = vector_input(graph, 6);
    neuron_node_t *inputs[] = {neuron_dense(graph, input, 5, NULL), input,
                               neuron_tanh(graph, neuron_dense(graph, input, 3, NULL))};
    neuron_node_t *node = neuron_custom_layer(graph, "join", inputs, 3, NULL, 0);
    int64_t shape[NEURON_RANK_MAX];
    int32_t rank;
    assert_ok(neuron_node_shape(shape, &rank, node));
    ck_assert_int_eq(rank, 1);
    ck_assert_int_eq(shape[0], 14);
    check_layer(graph, node, 5);
}
END_TEST

/* Trained side by side with the built-in layer: the same up to the order of sums. */
START_TEST(trains_as_the_built_in_layer)
{
    neuron_context_t *context = custom_context();
    neuron_dataset_t *data = test_glyphs(context, 80, 8);
    double losses[2];
    for (int i = 0; i < 2; i++) {
        neuron_graph_t *graph;
        neuron_trainer_t *trainer;
        neuron_optimizer_t *optimizer;
        neuron_history_t *history;
        assert_ok(neuron_graph_create(&graph, context));
        assert_ok(neuron_graph_set_seed(graph, 5));
        neuron_node_t *x = neuron_flatten(graph, image_input(graph, 8, 8, 1));
        x = i == 0 ? neuron_dense(graph, x, 9, NULL) : add_own_dense(graph, x, 9);
        x = neuron_dense(graph, neuron_tanh(graph, x), TEST_CLASSES, NULL);
        assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
        assert_ok(neuron_optimizer_create(&optimizer, context, "adam", NULL));
        assert_ok(neuron_trainer_create(&trainer, graph, optimizer, data));
        assert_ok(neuron_trainer_set(trainer, "epochs=3"));
        assert_ok(neuron_trainer_run(&history, trainer));
        losses[i] = test_figure(history, 2, "loss");
        neuron_history_unref(history);
        neuron_trainer_unref(trainer);
        neuron_optimizer_unref(optimizer);
        neuron_graph_unref(graph);
    }
    ck_assert_double_eq_tol(losses[0], losses[1], 1e-5 * losses[0]);
    neuron_dataset_unref(data);
    neuron_context_unref(context);
}
END_TEST

/* ---- Callbacks that fail ---- */

typedef struct failure {
    int forward, backward; /* what they return */
    int calls_left;        /* of the one that fails, before it does */
} failure;

/* Adds 1 to its own count, which is not trained. */
static int count_forward(neuron_custom_run_t *run, void *user_data)
{
    failure *plan = user_data;
    if (neuron_custom_run_training(run))
        neuron_custom_run_array(run, 0)[0] += 1;
    if (plan->forward && plan->calls_left-- == 0)
        return plan->forward;
    return swish(run, NULL);
}

static int count_backward(neuron_custom_run_t *run, void *user_data)
{
    failure *plan = user_data;
    if (plan->backward && plan->calls_left-- == 0)
        return plan->backward;
    return swish_back(run, NULL);
}

static neuron_graph_t *failing_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    neuron_node_t *x = neuron_flatten(graph, image_input(graph, 8, 8, 1));
    x = neuron_batch_norm(graph, neuron_dense(graph, x, 9, NULL), NULL);
    x = neuron_custom_layer(graph, "count", &x, 1, NULL, 0);
    assert_ok(neuron_custom_layer_add_array(x, "calls", NULL, 0, "zeros", 0, 0));
    x = neuron_batch_norm(graph, neuron_dense(graph, x, TEST_CLASSES, NULL), NULL);
    assert_ok(neuron_graph_finish(graph, neuron_softmax(graph, x, NULL)));
    return graph;
}

static const struct {
    failure plan;
    int status;
    const char *message;
} failures[] = {
    {{3, 0, 1}, NEURON_E_CALLBACK, "count: the forward callback returned 3"},
    {{0, 4, 1}, NEURON_E_CALLBACK, "count: the backward callback returned 4"},
    {{NEURON_E_DATA, 0, 0}, NEURON_E_DATA, "count: the forward callback returned -80"},
    {{0, -5, 0}, -5, "count: the backward callback returned -5"},
};

/* A step that fails changes nothing, and the run can be continued as if it had not failed. */
START_TEST(a_step_that_fails)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainers[2];
    neuron_graph_t *graphs[2];
    failure plan = {0, 0, 0};
    assert_ok(neuron_custom_layer_register(context, "count", count_forward, count_backward, NULL,
                                           &plan, NULL));
    neuron_dataset_t *data = test_glyphs(context, 90, 8);
    assert_ok(neuron_optimizer_create(&optimizer, context, "adam", NULL));
    for (int i = 0; i < 2; i++) {
        graphs[i] = failing_graph(context);
        if (i == 1)
            copy_parameters(graphs[1], graphs[0]);
        assert_ok(neuron_trainer_create(&trainers[i], graphs[i], optimizer, data));
    }
    neuron_graph_t *before = save_and_load(graphs[0], context, NEURON_OK);
    copy_parameters(before, graphs[0]);
    plan = failures[_i].plan;
    int calls = plan.calls_left;
    assert_status(neuron_trainer_run(NULL, trainers[0]), failures[_i].status);
    assert_message(failures[_i].message);
    if (calls == 0)
        ck_assert(same_parameters(graphs[0], before));
    plan = (failure){0, 0, 0};
    assert_ok(neuron_trainer_run(NULL, trainers[0]));
    /* The other one does not know of failures. */
    copy_parameters(graphs[1], before);
    assert_ok(neuron_trainer_run(NULL, trainers[1]));
    ck_assert(same_parameters(graphs[0], graphs[1]));
    neuron_graph_unref(before);
    for (int i = 0; i < 2; i++) {
        neuron_trainer_unref(trainers[i]);
        neuron_graph_unref(graphs[i]);
    }
    neuron_optimizer_unref(optimizer);
    neuron_dataset_unref(data);
    neuron_context_unref(context);
}
END_TEST

/* What a frozen layer counts is lost, though it is told that this is training. */
START_TEST(a_frozen_layer_stays_as_it_is)
{
    neuron_context_t *context = test_context();
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
    failure plan = {0, 0, 0};
    assert_ok(neuron_custom_layer_register(context, "count", count_forward, count_backward, NULL,
                                           &plan, NULL));
    neuron_dataset_t *data = test_glyphs(context, 90, 8);
    neuron_graph_t *graph = failing_graph(context);
    int32_t calls = 0;
    while (strcmp(neuron_graph_array_name(graph, calls), "count.calls") != 0)
        calls++;
    assert_ok(neuron_optimizer_create(&optimizer, context, "adam", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, optimizer, data));
    const float expected[] = {3, 3, 6}; /* steps so far that counted */
    for (int i = 0; i < 3; i++) {
        float count;
        size_t size;
        assert_ok(neuron_node_set_trainable(neuron_graph_find_node(graph, "count"), i != 1));
        assert_ok(neuron_trainer_set_number(trainer, "epochs", i + 1));
        assert_ok(neuron_trainer_run(NULL, trainer));
        assert_ok(neuron_graph_read_array(&count, 1, &size, graph, calls));
        ck_assert_float_eq(count, expected[i]);
    }
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(optimizer);
    neuron_graph_unref(graph);
    neuron_dataset_unref(data);
    neuron_context_unref(context);
}
END_TEST

START_TEST(predicting_and_evaluating_fail)
{
    neuron_context_t *context = test_context();
    failure plan = {6, 0, 0};
    assert_ok(
        neuron_custom_layer_register(context, "count", count_forward, NULL, NULL, &plan, NULL));
    neuron_graph_t *graph = failing_graph(context);
    neuron_dataset_t *data = test_glyphs(context, 20, 8);
    neuron_evaluation_t *evaluation;
    assert_status(neuron_graph_evaluate(&evaluation, graph, data, NULL, NULL), NEURON_E_CALLBACK);
    ck_assert_ptr_null(evaluation);
    assert_message("count: the forward callback returned 6");
    neuron_tensor_t *input, *output;
    const int64_t in[] = {2, 8, 8, 1}, out[] = {2, TEST_CLASSES};
    assert_ok(neuron_tensor_create(&input, context, NEURON_TYPE_F32, in, 4));
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32, out, 2));
    plan.calls_left = 0;
    assert_status(neuron_graph_predict(graph, input, output), NEURON_E_CALLBACK);
    assert_ok(neuron_graph_predict(graph, input, output));
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    /* Without a backward nothing can be trained. */
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
    assert_ok(neuron_optimizer_create(&optimizer, context, "adam", NULL));
    assert_status(neuron_trainer_create(&trainer, graph, optimizer, data), NEURON_E_UNSUPPORTED);
    assert_message("count has no gradient");
    neuron_optimizer_unref(optimizer);
    neuron_dataset_unref(data);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("custom");
    TCase *tests = tcase_create("custom");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, gradient_of_swish);
    tcase_add_loop_test(tests, gradient_with_parameters, 0, 2);
    tcase_add_test(tests, gradient_of_several_inputs);
    tcase_add_test(tests, trains_as_the_built_in_layer);
    tcase_add_loop_test(tests, a_step_that_fails, 0, sizeof failures / sizeof *failures);
    tcase_add_test(tests, a_frozen_layer_stays_as_it_is);
    tcase_add_test(tests, predicting_and_evaluating_fail);
    return run_suite(suite);
}
