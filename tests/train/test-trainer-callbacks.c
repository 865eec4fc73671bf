/* Functions of the caller that the trainer calls after steps and epochs. */
#include "trainer-bench.h"

#include <stdio.h>

START_TEST(a_function_can_stop_the_run)
{
    const int answers[] = {NEURON_STOP, 7, -1234, NEURON_E_MEMORY};
    const int32_t events[] = {NEURON_EVENT_STEP_END, NEURON_EVENT_EPOCH_END};
    bench b = set_up(test_mlp);
    neuron_history_t *history;
    assert_ok(neuron_trainer_set(b.trainer, "epochs=100"));
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 2; k++) {
            stopper s = {.after = k + 1, .answer = answers[i]};
            neuron_callback_t *c;
            assert_ok(
                neuron_callback_create_function(&c, b.context, events[k], stop_after, &s, NULL));
            assert_ok(neuron_trainer_add_callback(b.trainer, c));
            ck_assert_int_eq(neuron_trainer_run(&history, b.trainer),
                             answers[i] == 7 ? NEURON_E_CALLBACK : answers[i]);
            ck_assert_int_eq(s.calls, k + 1);
            ck_assert_int_eq(neuron_history_epochs(history), 2 * (i + k));
            neuron_history_unref(history);
            assert_ok(neuron_trainer_remove_callback(b.trainer, c));
            neuron_callback_unref(c);
        }
    tear_down(&b);
}
END_TEST

static int save_nowhere(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    return neuron_trainer_save(trainer, user_data);
}

/* What a function failed with is in the message. */
START_TEST(a_failure_in_a_function_is_told)
{
    static const struct {
        int32_t event;
        const char *name;
    } cases[] = {
        {NEURON_EVENT_RUN_BEGIN, "when the run began"},
        {NEURON_EVENT_EPOCH_BEGIN, "before an epoch"},
        {NEURON_EVENT_STEP_END, "after a step"},
        {NEURON_EVENT_EPOCH_END, "after an epoch"},
        {NEURON_EVENT_RUN_END, "when the run ended"},
    };
    char path[512], message[600];
    snprintf(path, sizeof path, "%s/no/such", test_file("folder"));
    bench b = set_up(test_linear);
    assert_ok(neuron_trainer_add_function(b.trainer, cases[_i].event, save_nowhere, path, NULL));
    assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_IO);
    snprintf(message, sizeof message, "the callback function returned -60 %s: %s", cases[_i].name,
             path);
    assert_message(message);
    tear_down(&b);
}
END_TEST

typedef struct watch {
    int steps, epochs;
    double loss;
} watch;

static int watch_step(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    watch *w = user_data;
    w->steps++;
    ck_assert_double_eq(neuron_trainer_progress(trainer, "epoch"), w->epochs + 1);
    ck_assert_double_eq(neuron_trainer_progress(trainer, "epochs"), 3);
    ck_assert_double_eq(neuron_trainer_progress(trainer, "step"), w->steps - w->epochs * STEPS);
    ck_assert_double_eq(neuron_trainer_progress(trainer, "steps"), STEPS);
    double accuracy = neuron_trainer_progress(trainer, "accuracy");
    ck_assert(accuracy >= 0 && accuracy <= 1);
    w->loss = neuron_trainer_progress(trainer, "loss");
    ck_assert_double_finite(w->loss);
    ck_assert(neuron_trainer_progress(trainer, "seconds") >= 0);
    ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(trainer)), w->epochs);
    return 0;
}

static int watch_epoch(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    watch *w = user_data;
    w->epochs++;
    const neuron_history_t *history = neuron_trainer_history(trainer);
    ck_assert_int_eq(neuron_history_epochs(history), w->epochs);
    ck_assert_double_eq(neuron_trainer_progress(trainer, "epoch"), w->epochs);
    ck_assert_double_eq(neuron_trainer_progress(trainer, "step"), STEPS);
    ck_assert_double_eq(neuron_trainer_progress(trainer, "loss"), w->loss);
    ck_assert_double_eq(test_figure(history, w->epochs - 1, "loss"), w->loss);
    ck_assert_double_eq(test_figure(history, w->epochs - 1, "accuracy"),
                        neuron_trainer_progress(trainer, "accuracy"));
    ck_assert_double_eq(test_figure(history, w->epochs - 1, "seconds"),
                        neuron_trainer_progress(trainer, "seconds"));
    ck_assert_double_nan(test_figure(history, w->epochs - 1, "validation_loss"));
    ck_assert_double_eq(test_figure(history, w->epochs - 1, "learning_rate"), 0.01);
    return 0;
}

START_TEST(progress_is_told)
{
    bench b = set_up(test_mlp);
    watch w = {0};
    neuron_history_t *history;
    assert_ok(neuron_trainer_set(b.trainer, "epochs=3"));
    assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, watch_step, &w, NULL));
    assert_ok(
        neuron_trainer_add_function(b.trainer, NEURON_EVENT_EPOCH_END, watch_epoch, &w, NULL));
    assert_ok(neuron_trainer_run(&history, b.trainer));
    ck_assert_int_eq(w.steps, 3 * STEPS);
    ck_assert_int_eq(w.epochs, 3);
    ck_assert_int_eq(neuron_history_epochs(history), 3);
    neuron_history_unref(history);
    tear_down(&b);
}
END_TEST

typedef struct guest {
    bench *bench;
    const char *path;
} guest;

static int use_everything(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    guest *g = user_data;
    neuron_graph_t *graph = neuron_trainer_graph(trainer);
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, graph, g->bench->validation, NULL, NULL));
    ck_assert_int_eq(neuron_evaluation_count(evaluation), 20);
    neuron_evaluation_unref(evaluation);
    neuron_tensor_t *input, *output;
    assert_ok(neuron_tensor_create(&input, g->bench->context, NEURON_TYPE_F32,
                                   (const int64_t[]){3, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_tensor_create(&output, g->bench->context, NEURON_TYPE_F32,
                                   (const int64_t[]){3, TEST_CLASSES}, 2));
    assert_ok(neuron_graph_predict(graph, input, output));
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
    assert_ok(neuron_graph_save(graph, g->path));
    assert_ok(neuron_trainer_save(trainer, g->path));
    assert_ok(neuron_optimizer_set(neuron_trainer_optimizer(trainer), "learning_rate=0.01"));
    neuron_history_t *history;
    assert_status(neuron_trainer_run(&history, trainer), NEURON_E_STATE);
    ck_assert_ptr_null(history);
    assert_status(neuron_trainer_load(trainer, g->path), NEURON_E_STATE);
    assert_status(neuron_trainer_set(trainer, "batch_size=3"), NEURON_E_STATE);
    assert_status(neuron_trainer_set_validation(trainer, NULL), NEURON_E_STATE);
    return 0;
}

START_TEST(callbacks_do_not_disturb_the_training)
{
    bench a = set_up(test_cnn), b = set_up(test_cnn);
    guest g = {&b, test_file("guest")};
    assert_ok(neuron_trainer_set(a.trainer, "epochs=2"));
    assert_ok(neuron_trainer_set(b.trainer, "epochs=2"));
    assert_ok(
        neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, use_everything, &g, NULL));
    assert_ok(
        neuron_trainer_add_function(b.trainer, NEURON_EVENT_EPOCH_END, use_everything, &g, NULL));
    assert_ok(neuron_trainer_run(NULL, a.trainer));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert(same_parameters(a.graph, b.graph));
    tear_down(&b);
    tear_down(&a);
}
END_TEST

/* A learning rate set from a callback counts from the next step. */
static int halt_learning(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    (void)user_data;
    return neuron_optimizer_set(neuron_trainer_optimizer(trainer), "learning_rate=0");
}

START_TEST(the_learning_rate_may_change)
{
    bench a = set_up(test_linear), b = set_up(test_linear);
    stopper s = {.after = 1, .answer = NEURON_STOP};
    assert_ok(neuron_trainer_add_function(a.trainer, NEURON_EVENT_STEP_END, stop_after, &s, NULL));
    ck_assert_int_eq(neuron_trainer_run(NULL, a.trainer), NEURON_STOP);
    neuron_history_t *history;
    assert_ok(
        neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, halt_learning, NULL, NULL));
    assert_ok(neuron_trainer_run(&history, b.trainer));
    ck_assert(same_parameters(a.graph, b.graph));
    ck_assert_double_eq(test_figure(history, 0, "learning_rate"), 0);
    neuron_history_unref(history);
    tear_down(&b);
    tear_down(&a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trainer-callbacks");
    TCase *cases = tcase_create("trainer-callbacks");
    tcase_set_timeout(cases, 0);
    tcase_add_test(cases, a_function_can_stop_the_run);
    tcase_add_loop_test(cases, a_failure_in_a_function_is_told, 0, 5);
    tcase_add_test(cases, progress_is_told);
    tcase_add_test(cases, callbacks_do_not_disturb_the_training);
    tcase_add_test(cases, the_learning_rate_may_change);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
