/* The handle: what it takes and refuses, its callbacks and its checkpoint. */
#include "trainer-bench.h"

#include "train/trainer.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(nothing_is_null)
{
    bench b = set_up(test_linear);
    neuron_trainer_t *made = b.trainer;
    assert_status(neuron_trainer_create(NULL, b.graph, b.optimizer, b.train), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_create(&made, NULL, b.optimizer, b.train), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(made);
    assert_status(neuron_trainer_create(&made, b.graph, NULL, b.train), NEURON_E_ARGUMENT);
    assert_message("optimizer");
    assert_status(neuron_trainer_create(&made, b.graph, b.optimizer, NULL), NEURON_E_ARGUMENT);
    assert_message("train");
    assert_status(neuron_trainer_set_int(NULL, NEURON_TRAINER_EPOCHS, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set_float(NULL, NEURON_TRAINER_VALIDATION_SPLIT, 0),
                  NEURON_E_ARGUMENT);
    int64_t whole;
    double real, other;
    assert_status(neuron_trainer_get_int(NULL, NEURON_TRAINER_EPOCHS, &whole), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_get_int(b.trainer, NEURON_TRAINER_EPOCHS, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_get_float(NULL, NEURON_TRAINER_VALIDATION_SPLIT, &real),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_get_float(b.trainer, NEURON_TRAINER_VALIDATION_SPLIT, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_bounds(NULL, NEURON_TRAINER_EPOCHS, &real, &other),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_bounds(b.trainer, NEURON_TRAINER_EPOCHS, NULL, &other),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_bounds(b.trainer, NEURON_TRAINER_EPOCHS, &real, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set_validation(NULL, b.train), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set_checkpoint(NULL, "x", NEURON_METRIC_LOSS), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set_step_callback(NULL, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set_epoch_callback(NULL, NULL, NULL), NEURON_E_ARGUMENT);
    neuron_history_t *history = (neuron_history_t *)&made;
    assert_status(neuron_trainer_run(NULL, &history), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(history);
    assert_status(neuron_trainer_save(NULL, "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_save(b.trainer, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_load(NULL, "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_load(b.trainer, NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(neuron_trainer_graph(NULL));
    ck_assert_ptr_null(neuron_trainer_optimizer(NULL));
    ck_assert_ptr_null(neuron_trainer_history(NULL));
    ck_assert_double_nan(neuron_trainer_progress(NULL, NEURON_PROGRESS_EPOCH));
    ck_assert_double_nan(neuron_trainer_progress(b.trainer, 11));
    ck_assert_ptr_null(neuron_trainer_ref(NULL));
    neuron_trainer_unref(NULL);
    tear_down(&b);
}
END_TEST

START_TEST(handles_may_go_in_any_order)
{
    bench b = set_up(test_mlp);
    ck_assert_ptr_eq(neuron_trainer_graph(b.trainer), b.graph);
    ck_assert_ptr_eq(neuron_trainer_optimizer(b.trainer), b.optimizer);
    ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(b.trainer)), 0);
    neuron_context_unref(b.context);
    neuron_graph_unref(b.graph);
    neuron_dataset_unref(b.train);
    neuron_dataset_unref(b.validation);
    neuron_optimizer_unref(b.optimizer);
    neuron_history_t *history;
    neuron_trainer_unref(neuron_trainer_ref(b.trainer));
    assert_ok(neuron_trainer_run(b.trainer, &history));
    neuron_trainer_unref(b.trainer);
    ck_assert_int_eq(neuron_history_epochs(history), 1);
    neuron_history_unref(history);
}
END_TEST

START_TEST(settings_have_bounds)
{
    bench b = set_up(test_linear);
    neuron_trainer_t *t = b.trainer;
    assert_status(neuron_trainer_set_int(t, NEURON_TRAINER_BATCH_SIZE, 0), NEURON_E_ARGUMENT);
    assert_message("trainer: batch size 0 is not a whole number from 1");
    assert_status(neuron_trainer_set_int(t, NEURON_TRAINER_BATCH_SIZE, -3), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set_int(t, NEURON_TRAINER_BATCH_SIZE, INT64_MAX),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set_int(t, NEURON_TRAINER_EPOCHS, -1), NEURON_E_ARGUMENT);
    assert_message("trainer: epochs -1 is not a whole number from 0");
    assert_status(neuron_trainer_set_int(t, NEURON_TRAINER_SHUFFLE, 2), NEURON_E_ARGUMENT);
    assert_message("trainer: shuffling 2 is not 0 or 1");
    assert_status(neuron_trainer_set_int(t, 11, 1), NEURON_E_ARGUMENT);
    assert_message("option 11");
    assert_status(neuron_trainer_set_float(t, 11, 1), NEURON_E_ARGUMENT);
    assert_message("option 11");
    const double splits[] = {-0.1, 1, 2, NAN, INFINITY};
    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++) {
        assert_status(neuron_trainer_set_float(t, NEURON_TRAINER_VALIDATION_SPLIT, splits[i]),
                      NEURON_E_ARGUMENT);
        assert_message("validation split");
    }
    assert_status(neuron_trainer_set_float(t, NEURON_TRAINER_VALIDATION_SPLIT, 0.999),
                  NEURON_E_DATA);
    assert_status(neuron_trainer_set_checkpoint(t, "x", NEURON_METRIC_SECONDS), NEURON_E_ARGUMENT);
    assert_message("checkpoint");
    assert_ok(neuron_trainer_run(t, NULL)); /* with the settings it had */
    ck_assert_double_eq(neuron_trainer_progress(t, NEURON_PROGRESS_STEPS), STEPS);
    tear_down(&b);
}
END_TEST

START_TEST(settings_can_be_read)
{
    static const struct {
        int32_t option;
        double minimum, maximum, fallback;
        int64_t value;
    } cases[] = {
        {NEURON_TRAINER_EPOCHS, 0, INT32_MAX, 1, 7},
        {NEURON_TRAINER_BATCH_SIZE, 1, INT32_MAX, 32, 5},
        {NEURON_TRAINER_SHUFFLE, 0, 1, 1, 0},
        {NEURON_TRAINER_WORKERS, -1, 256, -1, 2},
    };
    bench b = set_up(test_linear);
    neuron_trainer_t *t;
    double minimum, maximum, real;
    int64_t whole;
    assert_ok(neuron_trainer_create(&t, b.graph, b.optimizer, b.train));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_ok(neuron_trainer_bounds(t, cases[i].option, &minimum, &maximum));
        ck_assert(minimum == cases[i].minimum && maximum == cases[i].maximum);
        assert_ok(neuron_trainer_get_int(t, cases[i].option, &whole));
        ck_assert_double_eq((double)whole, cases[i].fallback);
        assert_ok(neuron_trainer_set_int(t, cases[i].option, (int64_t)maximum));
        assert_status(neuron_trainer_set_int(t, cases[i].option, (int64_t)maximum + 1),
                      NEURON_E_ARGUMENT);
        assert_ok(neuron_trainer_set_int(t, cases[i].option, (int64_t)minimum));
        assert_status(neuron_trainer_set_int(t, cases[i].option, (int64_t)minimum - 1),
                      NEURON_E_ARGUMENT);
        assert_ok(neuron_trainer_set_int(t, cases[i].option, cases[i].value));
        assert_ok(neuron_trainer_get_int(t, cases[i].option, &whole));
        ck_assert_int_eq(whole, cases[i].value);
        assert_status(neuron_trainer_get_float(t, cases[i].option, &real), NEURON_E_ARGUMENT);
        assert_message("is a whole number");
        assert_status(neuron_trainer_set_float(t, cases[i].option, 1), NEURON_E_ARGUMENT);
    }
    const int32_t option = NEURON_TRAINER_VALIDATION_SPLIT;
    assert_ok(neuron_trainer_bounds(t, option, &minimum, &maximum));
    ck_assert(minimum == 0 && maximum < 1 && maximum > 0.9999);
    assert_ok(neuron_trainer_get_float(t, option, &real));
    ck_assert_double_eq(real, 0);
    assert_ok(neuron_trainer_set_float(t, option, 0.25));
    assert_ok(neuron_trainer_get_float(t, option, &real));
    ck_assert_double_eq(real, 0.25);
    assert_status(neuron_trainer_get_int(t, option, &whole), NEURON_E_ARGUMENT);
    assert_message("is a real number");
    assert_status(neuron_trainer_get_int(t, 11, &whole), NEURON_E_ARGUMENT);
    assert_message("trainer: has no option 11");
    assert_status(neuron_trainer_bounds(t, 11, &minimum, &maximum), NEURON_E_ARGUMENT);
    neuron_trainer_unref(t);
    tear_down(&b);
}
END_TEST

START_TEST(some_settings_come_too_late)
{
    bench b = set_up(test_linear);
    assert_ok(neuron_trainer_run(b.trainer, NULL));
    assert_status(neuron_trainer_set_int(b.trainer, NEURON_TRAINER_BATCH_SIZE, 4), NEURON_E_STATE);
    assert_message("batch size");
    assert_status(neuron_trainer_set_int(b.trainer, NEURON_TRAINER_SHUFFLE, 0), NEURON_E_STATE);
    assert_message("shuffling");
    assert_status(neuron_trainer_set_float(b.trainer, NEURON_TRAINER_VALIDATION_SPLIT, 0.2),
                  NEURON_E_STATE);
    assert_message("validation split");
    assert_status(neuron_trainer_set_validation(b.trainer, b.validation), NEURON_E_STATE);
    assert_message("validation set");
    assert_ok(neuron_trainer_set_int(b.trainer, NEURON_TRAINER_EPOCHS, 2));
    tear_down(&b);
}
END_TEST

START_TEST(a_split_and_a_validation_set_exclude_each_other)
{
    bench b = set_up(test_linear);
    assert_ok(neuron_trainer_set_float(b.trainer, NEURON_TRAINER_VALIDATION_SPLIT, 0.2));
    assert_status(neuron_trainer_set_validation(b.trainer, b.validation), NEURON_E_ARGUMENT);
    assert_message("validation split");
    assert_ok(neuron_trainer_set_validation(b.trainer, NULL));
    ck_assert_ptr_nonnull(b.trainer->validation); /* that of the split stays */
    assert_ok(neuron_trainer_set_float(b.trainer, NEURON_TRAINER_VALIDATION_SPLIT, 0));
    assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));
    assert_status(neuron_trainer_set_float(b.trainer, NEURON_TRAINER_VALIDATION_SPLIT, 0.2),
                  NEURON_E_ARGUMENT);
    assert_message("validation set");
    assert_ok(neuron_trainer_set_validation(b.trainer, NULL));
    assert_ok(neuron_trainer_set_float(b.trainer, NEURON_TRAINER_VALIDATION_SPLIT, 0.2));
    tear_down(&b);
}
END_TEST

/* The share held out is the end of the examples: training on the two halves by hand is the same. */
START_TEST(a_split_takes_the_end)
{
    bench a = set_up(test_mlp), b = set_up(test_mlp);
    neuron_dataset_t *first, *last;
    neuron_trainer_t *by_hand;
    assert_ok(neuron_dataset_subset(&first, b.train, 0, 40));
    assert_ok(neuron_dataset_subset(&last, b.train, 40, 10));
    assert_ok(neuron_trainer_create(&by_hand, b.graph, b.optimizer, first));
    assert_ok(neuron_trainer_set_int(by_hand, NEURON_TRAINER_BATCH_SIZE, BATCH));
    assert_ok(neuron_trainer_set_validation(by_hand, last));
    assert_ok(neuron_trainer_set_float(a.trainer, NEURON_TRAINER_VALIDATION_SPLIT, 0.2));
    neuron_history_t *history[2];
    assert_ok(neuron_trainer_run(a.trainer, &history[0]));
    assert_ok(neuron_trainer_run(by_hand, &history[1]));
    ck_assert(same_parameters(a.graph, b.graph));
    ck_assert_double_eq(test_figure(history[0], 0, NEURON_METRIC_VALIDATION_LOSS),
                        test_figure(history[1], 0, NEURON_METRIC_VALIDATION_LOSS));
    neuron_history_unref(history[0]);
    neuron_history_unref(history[1]);
    neuron_trainer_unref(by_hand);
    neuron_dataset_unref(last);
    neuron_dataset_unref(first);
    tear_down(&b);
    tear_down(&a);
}
END_TEST

START_TEST(data_must_fit_the_graph)
{
    bench b = set_up(test_linear);
    neuron_trainer_t *t;
    neuron_dataset_t *wide = test_glyphs(b.context, 10, SIZE + 1), *none;
    assert_status(neuron_trainer_create(&t, b.graph, b.optimizer, wide), NEURON_E_SHAPE);
    assert_message("13x13x1");
    assert_message("12x12x1");
    assert_status(neuron_trainer_set_validation(b.trainer, wide), NEURON_E_SHAPE);
    assert_message("13x13x1");
    assert_ok(neuron_dataset_subset(&none, b.train, 0, 0));
    assert_status(neuron_trainer_create(&t, b.graph, b.optimizer, none), NEURON_E_DATA);
    assert_message("no examples");
    assert_status(neuron_trainer_set_validation(b.trainer, none), NEURON_E_DATA);

    neuron_graph_t *three;
    assert_ok(neuron_graph_create(&three, b.context));
    neuron_node_t *x =
        neuron_flatten(three, neuron_input(three, (const int64_t[]){SIZE, SIZE, 1}, 3));
    neuron_node_t *y = neuron_dense(three, x, 3);
    assert_status(neuron_trainer_create(&t, three, b.optimizer, b.train), NEURON_E_STATE);
    assert_message("not finished");
    assert_ok(neuron_graph_finish(three, y));
    assert_status(neuron_trainer_create(&t, three, b.optimizer, b.train), NEURON_E_SHAPE);
    assert_message("10 classes");
    ck_assert_ptr_null(t);
    neuron_graph_unref(three);
    neuron_dataset_unref(none);
    neuron_dataset_unref(wide);
    tear_down(&b);
}
END_TEST

START_TEST(a_vote_cannot_be_trained)
{
    bench b = set_up(test_linear);
    neuron_graph_t *vote;
    neuron_trainer_t *t;
    assert_ok(neuron_committee_create(&vote, b.context, &b.graph, 1, NEURON_COMMITTEE_MAJORITY_VOTE,
                                      NULL));
    assert_status(neuron_trainer_create(&t, vote, b.optimizer, b.train), NEURON_E_UNSUPPORTED);
    assert_message("committee");
    assert_message("vote");
    neuron_graph_unref(vote);
    tear_down(&b);
}
END_TEST

/* ---- Callbacks ---- */

START_TEST(a_callback_can_stop_the_run)
{
    bench b = set_up(test_mlp);
    const int answers[] = {NEURON_STOP, 7, -1234, NEURON_E_MEMORY};
    neuron_history_t *history;
    stopper s;
    assert_ok(neuron_trainer_set_int(b.trainer, NEURON_TRAINER_EPOCHS, 100));
    for (int i = 0; i < 4; i++) {
        s = (stopper){.after = 1, .answer = answers[i]};
        assert_ok(neuron_trainer_set_step_callback(b.trainer, stop_after, &s));
        ck_assert_int_eq(neuron_trainer_run(b.trainer, &history), answers[i]);
        ck_assert_ptr_nonnull(history);
        neuron_history_unref(history);
        ck_assert_int_eq(s.calls, 1);
        assert_ok(neuron_trainer_set_step_callback(b.trainer, NULL, NULL));
        s = (stopper){.after = 2, .answer = answers[i]};
        assert_ok(neuron_trainer_set_epoch_callback(b.trainer, stop_after, &s));
        ck_assert_int_eq(neuron_trainer_run(b.trainer, &history), answers[i]);
        ck_assert_int_eq(neuron_history_epochs(history), 2 * (i + 1));
        neuron_history_unref(history);
        assert_ok(neuron_trainer_set_epoch_callback(b.trainer, NULL, NULL));
    }
    tear_down(&b);
}
END_TEST

static int save_nowhere(neuron_trainer_t *trainer, void *user_data)
{
    return neuron_trainer_save(trainer, user_data);
}

static int save_nowhere_at(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    return event == NEURON_EVENT_EPOCH_END ? neuron_trainer_save(trainer, user_data) : 0;
}

/* What a callback failed with is in the message. */
START_TEST(a_failure_in_a_callback_is_told)
{
    char path[512], message[600];
    snprintf(path, sizeof path, "%s/no/such", test_file("folder"));
    for (int i = 0; i < 3; i++) {
        bench b = set_up(test_linear);
        neuron_callback_t *c;
        assert_ok(neuron_callback_create_custom(&c, b.context, save_nowhere_at, path));
        if (i == 0)
            assert_ok(neuron_trainer_add_callback(b.trainer, c));
        if (i == 1)
            assert_ok(neuron_trainer_set_epoch_callback(b.trainer, save_nowhere, path));
        if (i == 2)
            assert_ok(neuron_trainer_set_step_callback(b.trainer, save_nowhere, path));
        assert_status(neuron_trainer_run(b.trainer, NULL), NEURON_E_IO);
        const char *const names[] = {"custom", "epoch", "step"};
        snprintf(message, sizeof message, "the %s callback returned -60: %s", names[i], path);
        assert_message(message);
        neuron_callback_unref(c);
        tear_down(&b);
    }
}
END_TEST

typedef struct watch {
    int steps, epochs;
    double loss;
} watch;

static int watch_step(neuron_trainer_t *trainer, void *user_data)
{
    watch *w = user_data;
    w->steps++;
    ck_assert_double_eq(neuron_trainer_progress(trainer, NEURON_PROGRESS_EPOCH), w->epochs + 1);
    ck_assert_double_eq(neuron_trainer_progress(trainer, NEURON_PROGRESS_EPOCHS), 3);
    ck_assert_double_eq(neuron_trainer_progress(trainer, NEURON_PROGRESS_STEP),
                        w->steps - w->epochs * STEPS);
    ck_assert_double_eq(neuron_trainer_progress(trainer, NEURON_PROGRESS_STEPS), STEPS);
    double accuracy = neuron_trainer_progress(trainer, NEURON_PROGRESS_ACCURACY);
    ck_assert(accuracy >= 0 && accuracy <= 1);
    w->loss = neuron_trainer_progress(trainer, NEURON_PROGRESS_LOSS);
    ck_assert_double_finite(w->loss);
    ck_assert(neuron_trainer_progress(trainer, NEURON_PROGRESS_SECONDS) >= 0);
    ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(trainer)), w->epochs);
    return 0;
}

static int watch_epoch(neuron_trainer_t *trainer, void *user_data)
{
    watch *w = user_data;
    w->epochs++;
    const neuron_history_t *history = neuron_trainer_history(trainer);
    ck_assert_int_eq(neuron_history_epochs(history), w->epochs);
    ck_assert_double_eq(neuron_trainer_progress(trainer, NEURON_PROGRESS_EPOCH), w->epochs);
    ck_assert_double_eq(neuron_trainer_progress(trainer, NEURON_PROGRESS_STEP), STEPS);
    ck_assert_double_eq(neuron_trainer_progress(trainer, NEURON_PROGRESS_LOSS), w->loss);
    ck_assert_double_eq(test_figure(history, w->epochs - 1, NEURON_METRIC_LOSS), w->loss);
    ck_assert_double_eq(test_figure(history, w->epochs - 1, NEURON_METRIC_ACCURACY),
                        neuron_trainer_progress(trainer, NEURON_PROGRESS_ACCURACY));
    ck_assert_double_eq(test_figure(history, w->epochs - 1, NEURON_METRIC_SECONDS),
                        neuron_trainer_progress(trainer, NEURON_PROGRESS_SECONDS));
    ck_assert_double_nan(test_figure(history, w->epochs - 1, NEURON_METRIC_VALIDATION_LOSS));
    ck_assert_double_eq(test_figure(history, w->epochs - 1, NEURON_METRIC_LEARNING_RATE), 0.01);
    return 0;
}

START_TEST(progress_is_told)
{
    bench b = set_up(test_mlp);
    watch w = {0};
    neuron_history_t *history;
    assert_ok(neuron_trainer_set_int(b.trainer, NEURON_TRAINER_EPOCHS, 3));
    assert_ok(neuron_trainer_set_step_callback(b.trainer, watch_step, &w));
    assert_ok(neuron_trainer_set_epoch_callback(b.trainer, watch_epoch, &w));
    assert_ok(neuron_trainer_run(b.trainer, &history));
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

static int use_everything(neuron_trainer_t *trainer, void *user_data)
{
    guest *g = user_data;
    neuron_graph_t *graph = neuron_trainer_graph(trainer);
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(graph, g->bench->validation, &evaluation));
    ck_assert_int_eq(neuron_evaluation_count(evaluation), 20);
    neuron_evaluation_unref(evaluation);
    neuron_tensor_t *input, *output;
    assert_ok(neuron_tensor_create(&input, g->bench->context, NEURON_F32,
                                   (const int64_t[]){3, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_tensor_create(&output, g->bench->context, NEURON_F32,
                                   (const int64_t[]){3, TEST_CLASSES}, 2));
    assert_ok(neuron_graph_predict(graph, input, output));
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
    assert_ok(neuron_graph_save(graph, g->path));
    assert_ok(neuron_trainer_save(trainer, g->path));
    assert_ok(neuron_optimizer_set_float(neuron_trainer_optimizer(trainer),
                                         NEURON_OPTIMIZER_LEARNING_RATE, 0.01));
    neuron_history_t *history;
    assert_status(neuron_trainer_run(trainer, &history), NEURON_E_STATE);
    ck_assert_ptr_null(history);
    assert_status(neuron_trainer_load(trainer, g->path), NEURON_E_STATE);
    assert_status(neuron_trainer_set_int(trainer, NEURON_TRAINER_BATCH_SIZE, 3), NEURON_E_STATE);
    assert_status(neuron_trainer_set_validation(trainer, NULL), NEURON_E_STATE);
    return 0;
}

START_TEST(callbacks_do_not_disturb_the_training)
{
    bench a = set_up(test_cnn), b = set_up(test_cnn);
    guest g = {&b, test_file("guest")};
    assert_ok(neuron_trainer_set_int(a.trainer, NEURON_TRAINER_EPOCHS, 2));
    assert_ok(neuron_trainer_set_int(b.trainer, NEURON_TRAINER_EPOCHS, 2));
    assert_ok(neuron_trainer_set_step_callback(b.trainer, use_everything, &g));
    assert_ok(neuron_trainer_set_epoch_callback(b.trainer, use_everything, &g));
    assert_ok(neuron_trainer_run(a.trainer, NULL));
    assert_ok(neuron_trainer_run(b.trainer, NULL));
    ck_assert(same_parameters(a.graph, b.graph));
    tear_down(&b);
    tear_down(&a);
}
END_TEST

/* A learning rate set from a callback counts from the next step. */
static int halt_learning(neuron_trainer_t *trainer, void *user_data)
{
    (void)user_data;
    return neuron_optimizer_set_float(neuron_trainer_optimizer(trainer),
                                      NEURON_OPTIMIZER_LEARNING_RATE, 0);
}

START_TEST(the_learning_rate_may_change)
{
    bench a = set_up(test_linear), b = set_up(test_linear);
    stopper s = {.after = 1, .answer = NEURON_STOP};
    assert_ok(neuron_trainer_set_step_callback(a.trainer, stop_after, &s));
    ck_assert_int_eq(neuron_trainer_run(a.trainer, NULL), NEURON_STOP);
    neuron_history_t *history;
    assert_ok(neuron_trainer_set_step_callback(b.trainer, halt_learning, NULL));
    assert_ok(neuron_trainer_run(b.trainer, &history));
    ck_assert(same_parameters(a.graph, b.graph));
    ck_assert_double_eq(test_figure(history, 0, NEURON_METRIC_LEARNING_RATE), 0);
    neuron_history_unref(history);
    tear_down(&b);
    tear_down(&a);
}
END_TEST

/* ---- Checkpoints ---- */

static bool exists(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0;
}

typedef struct checkpoints {
    const char *path;
    double best;
    int written, kept;
} checkpoints;

/* Removes the file after each epoch: it must be back after a better one, and after no other. */
static int check_checkpoint(neuron_trainer_t *trainer, void *user_data)
{
    checkpoints *c = user_data;
    const neuron_history_t *history = neuron_trainer_history(trainer);
    double loss =
        test_figure(history, neuron_history_epochs(history) - 1, NEURON_METRIC_VALIDATION_LOSS);
    bool better = loss < c->best;
    ck_assert_int_eq(exists(c->path), better);
    c->kept += !better;
    if (!better)
        return 0;
    neuron_graph_t *loaded;
    neuron_context_t *context = test_context();
    assert_ok(neuron_graph_load(&loaded, context, c->path));
    ck_assert(same_parameters(loaded, neuron_trainer_graph(trainer)));
    neuron_graph_unref(loaded);
    neuron_context_unref(context);
    unlink(c->path);
    c->best = loss;
    c->written++;
    return 0;
}

START_TEST(a_checkpoint_is_the_best_epoch)
{
    bench b = set_up(test_mlp);
    checkpoints c = {.path = test_file("best.safetensors"), .best = INFINITY};
    assert_ok(neuron_optimizer_set_float(b.optimizer, NEURON_OPTIMIZER_LEARNING_RATE, 0.1));
    assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));
    assert_ok(neuron_trainer_set_int(b.trainer, NEURON_TRAINER_EPOCHS, 12));
    assert_ok(neuron_trainer_set_checkpoint(b.trainer, c.path, NEURON_METRIC_VALIDATION_LOSS));
    assert_ok(neuron_trainer_set_epoch_callback(b.trainer, check_checkpoint, &c));
    assert_ok(neuron_trainer_run(b.trainer, NULL));
    ck_assert_int_ge(c.written, 1);
    ck_assert_int_ge(c.kept, 1);
    tear_down(&b);
}
END_TEST

/* Figures that stay the same: the first of those that count is written, and no other. */
START_TEST(a_checkpoint_counts_since_it_was_set)
{
    bench a = set_up(test_linear), b = set_up(test_linear);
    bench *benches[] = {&a, &b};
    char first[512], second[512];
    const char *state;
    snprintf(first, sizeof first, "%s", test_file("first"));
    snprintf(second, sizeof second, "%s", test_file("second"));
    state = test_file("state");
    for (int i = 0; i < 2; i++) {
        assert_ok(neuron_trainer_set_validation(benches[i]->trainer, b.validation));
        assert_ok(
            neuron_optimizer_set_float(benches[i]->optimizer, NEURON_OPTIMIZER_LEARNING_RATE, 0));
    }
    const struct {
        bench *bench;
        const char *path;
        bool written;
    } cases[] = {
        {&a, first, true},  {&a, first, false}, {&a, second, true},
        {&a, NULL, false},  {&a, second, true}, {&b, first, false}, /* has loaded what a saved */
        {&b, second, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        neuron_trainer_t *trainer = cases[i].bench->trainer;
        if (i == 5) {
            assert_ok(neuron_trainer_save(a.trainer, state));
            assert_ok(neuron_trainer_load(b.trainer, state));
        }
        unlink(first);
        unlink(second);
        assert_ok(
            neuron_trainer_set_checkpoint(trainer, cases[i].path, NEURON_METRIC_VALIDATION_LOSS));
        assert_ok(neuron_trainer_set_int(trainer, NEURON_TRAINER_EPOCHS, (int64_t)i + 1));
        assert_ok(neuron_trainer_run(trainer, NULL));
        ck_assert_msg((exists(first) || exists(second)) == cases[i].written, "case %zu", i);
        ck_assert(!cases[i].written || exists(cases[i].path));
    }
    tear_down(&b);
    tear_down(&a);
}
END_TEST

/* A disk that was full is no reason to lose the best epoch. */
START_TEST(a_checkpoint_that_failed_is_written_later)
{
    bench b = set_up(test_linear), other = set_up(test_linear);
    const char *folder = test_file("folder"), *path;
    char inside[512];
    snprintf(inside, sizeof inside, "%s/best", folder);
    path = inside;
    assert_ok(neuron_trainer_set_checkpoint(b.trainer, path, NEURON_METRIC_LOSS));
    neuron_history_t *history = (neuron_history_t *)&b;
    assert_status(neuron_trainer_run(b.trainer, &history), NEURON_E_IO);
    ck_assert_ptr_null(history);
    assert_message(path);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    assert_ok(neuron_trainer_run(b.trainer, &history));
    ck_assert_int_eq(neuron_history_epochs(history), 1);
    neuron_history_unref(history);
    ck_assert(exists(path));
    assert_ok(neuron_trainer_run(other.trainer, NULL));
    ck_assert(same_parameters(other.graph, b.graph));
    unlink(path);
    rmdir(folder);
    tear_down(&other);
    tear_down(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trainer");
    TCase *cases = tcase_create("trainer");
    tcase_set_timeout(cases, 0);
    tcase_add_test(cases, nothing_is_null);
    tcase_add_test(cases, handles_may_go_in_any_order);
    tcase_add_test(cases, settings_have_bounds);
    tcase_add_test(cases, settings_can_be_read);
    tcase_add_test(cases, some_settings_come_too_late);
    tcase_add_test(cases, a_split_and_a_validation_set_exclude_each_other);
    tcase_add_test(cases, a_split_takes_the_end);
    tcase_add_test(cases, data_must_fit_the_graph);
    tcase_add_test(cases, a_vote_cannot_be_trained);
    tcase_add_test(cases, a_callback_can_stop_the_run);
    tcase_add_test(cases, a_failure_in_a_callback_is_told);
    tcase_add_test(cases, progress_is_told);
    tcase_add_test(cases, callbacks_do_not_disturb_the_training);
    tcase_add_test(cases, the_learning_rate_may_change);
    tcase_add_test(cases, a_checkpoint_is_the_best_epoch);
    tcase_add_test(cases, a_checkpoint_counts_since_it_was_set);
    tcase_add_test(cases, a_checkpoint_that_failed_is_written_later);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
