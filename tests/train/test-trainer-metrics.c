/* Metrics of the validation set: they are those of an evaluation after the epoch, in the history,
 * its table and the file of a training, and callbacks go by them. */
#include "test-several.h"
#include "test-training.h"

#include "train/history.h"

#include <math.h>
#include <stdio.h>

enum { SIZE = 8, TRAIN = 40, VALIDATION = 60 };

static bench set_up_in(neuron_context_t *context, const char *options)
{
    bench b = {.context = context};
    b.graph = test_linear(b.context, SIZE);
    assert_ok(neuron_optimizer_create(&b.optimizer, b.context, "adam", "learning_rate=0.003"));
    b.train = test_glyphs(b.context, TRAIN, SIZE);
    assert_ok(neuron_dataset_generate_glyphs(&b.validation, b.context, VALIDATION, SIZE, SIZE, 8));
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));
    assert_ok(neuron_trainer_set(b.trainer, options));
    return b;
}

static bench set_up(const char *options)
{
    return set_up_in(test_context(), options);
}

static double metric_now(const bench *b, const char *name)
{
    double value;
    neuron_evaluation_t *evaluation;
    assert_ok(neuron_graph_evaluate(&evaluation, b->graph, b->validation, NULL, "scores=yes"));
    assert_ok(neuron_evaluation_metric(&value, evaluation, name, NEURON_AVERAGE_DEFAULT, NULL));
    neuron_evaluation_unref(evaluation);
    return value;
}

/* The trainer's words, the monitors' and the table of metrics name the same. */
START_TEST(names_are_the_same_everywhere)
{
    const neuron_option_t *words = NULL;
    for (int64_t i = 0; !words || strcmp(neuron_option_name(words), "metrics") != 0; i++)
        ck_assert_ptr_nonnull(words = neuron_kind_option("trainer", "trainer", i));
    ck_assert_int_eq(neuron_option_type(words), NEURON_OPTION_WORDS);
    ck_assert_str_eq(neuron_option_word(words, 0), "none");
    int64_t count = neuron_kind_count("metric");
    for (int64_t i = 1; i < count; i++) {
        char name[64];
        ck_assert_str_eq(neuron_option_word(words, i), neuron_kind_name("metric", i));
        snprintf(name, sizeof name, "validation_%s", neuron_kind_name("metric", i));
        ck_assert_str_eq(
            neuron_word_name(neuron_monitor_words, (double)(NEURON_METRIC_OF_VALIDATION + i)),
            name);
    }
    ck_assert_ptr_null(neuron_option_word(words, count));
}
END_TEST

/* With the last one first: the history has them in the order of the table. */
START_TEST(each_epoch_has_them)
{
    static const char *const names[] = {"cohen_kappa", "roc_auc", "expected_calibration_error",
                                        "accuracy_at_coverage"};
    bench b = set_up("metrics=accuracy_at_coverage roc_auc cohen_kappa\n "
                     "expected_calibration_error, epochs=0");
    const neuron_history_t *history = neuron_trainer_history(b.trainer);
    for (int epoch = 0; epoch < 4; epoch++) {
        assert_ok(neuron_trainer_set_number(b.trainer, "epochs", epoch + 1));
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert(test_figure(history, epoch, "validation_accuracy") == metric_now(&b, "accuracy"));
        for (int i = 0; i < 4; i++) {
            char name[64];
            double of_output;
            snprintf(name, sizeof name, "validation_%s", names[i]);
            ck_assert_str_eq(neuron_history_metric_name(history, 6 + i), name);
            ck_assert(test_figure(history, epoch, name) == metric_now(&b, names[i]));
            assert_ok(neuron_history_output_value(&of_output, history, epoch, 0, name));
            ck_assert(of_output == test_figure(history, epoch, name));
        }
    }
    ck_assert_ptr_null(neuron_history_metric_name(history, 10));
    ck_assert_ptr_null(neuron_history_metric_name(history, -1));
    ck_assert_ptr_null(neuron_history_metric_name(NULL, 0));
    ck_assert_str_eq(neuron_history_metric_name(history, 0), "loss");
    ck_assert_str_eq(neuron_history_metric_name(history, 5), "seconds");
    double value;
    assert_status(neuron_history_value(&value, history, 0, "validation_log_loss"),
                  NEURON_E_ARGUMENT);
    assert_message("history: has no validation_log_loss, which is not among the metrics");
    assert_status(neuron_history_value(&value, history, 0, "validation_rocauc"), NEURON_E_ARGUMENT);
    assert_message("did you mean \"validation_roc_auc\"?");
    /* The best is the largest area, and the smallest error. */
    int64_t best;
    assert_ok(neuron_history_best(&best, history, "validation_roc_auc"));
    for (int64_t i = 0; i < 4; i++)
        ck_assert(test_figure(history, i, "validation_roc_auc") <=
                  test_figure(history, best, "validation_roc_auc"));
    assert_ok(neuron_history_best(&best, history, "validation_expected_calibration_error"));
    for (int64_t i = 0; i < 4; i++)
        ck_assert(test_figure(history, i, "validation_expected_calibration_error") >=
                  test_figure(history, best, "validation_expected_calibration_error"));
    tear_down(&b);
}
END_TEST

START_TEST(the_option_is_text)
{
    char text[512];
    bench b = set_up("epochs=1");
    assert_ok(neuron_trainer_get_text(text, sizeof text, NULL, b.trainer, "metrics"));
    ck_assert_str_eq(text, "none");
    assert_ok(neuron_trainer_set(b.trainer, "metrics= log_loss  roc_auc roc_auc"));
    assert_ok(neuron_trainer_get_text(text, sizeof text, NULL, b.trainer, "metrics"));
    ck_assert_str_eq(text, "roc_auc log_loss");
    assert_ok(neuron_trainer_get_text(text, sizeof text, NULL, b.trainer, NULL));
    ck_assert_ptr_nonnull(strstr(text, "metrics=roc_auc log_loss"));
    assert_ok(neuron_trainer_set(b.trainer, text));
    static const char *const bad[] = {"metrics=rocauc", "metrics=roc_auc none",
                                      "metrics=roc_auc accuracies", "metrics=1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_status(neuron_trainer_set(b.trainer, bad[i]), NEURON_E_ARGUMENT);
        assert_message("trainer: metrics is ");
        assert_message("; it must be none, precision, ");
    }
    assert_status(neuron_trainer_set(b.trainer, "metrics=rocauc"), NEURON_E_ARGUMENT);
    assert_message("; did you mean \"roc_auc\"?");
    assert_ok(neuron_trainer_set(b.trainer, "metrics=none"));
    ck_assert_ptr_null(neuron_history_metric_name(neuron_trainer_history(b.trainer), 6));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    assert_status(neuron_trainer_set(b.trainer, "metrics=roc_auc"), NEURON_E_STATE);
    assert_message("trainer: what metrics there are is set before the first step");
    tear_down(&b);
}
END_TEST

/* ---- Callbacks ---- */

static neuron_callback_t *add(const bench *b, const char *kind, const char *options)
{
    neuron_callback_t *c;
    assert_ok(neuron_callback_create(&c, b->context, kind, options));
    assert_ok(neuron_trainer_add_callback(b->trainer, c));
    neuron_callback_unref(c); /* the trainer has it */
    return c;
}

/* Areas grow, and losses fall, so that the direction is seen. */
START_TEST(training_stops_by_a_metric)
{
    static const struct {
        const char *metrics, *monitor;
        bool largest;
    } cases[] = {{"metrics=roc_auc", "validation_roc_auc", true},
                 {"metrics=log_loss", "validation_log_loss", false},
                 {"metrics=cohen_kappa r2", "validation_cohen_kappa", true}};
    for (int i = 0; i < 2; i++) {
        const char *path = test_file("best.safetensors");
        char options[96];
        bench b = set_up(cases[i].metrics);
        assert_ok(neuron_trainer_set(b.trainer, "epochs=60"));
        snprintf(options, sizeof options, "patience=2, restore_best=yes, monitor=%s",
                 cases[i].monitor);
        add(&b, "early_stopping", options);
        snprintf(options, sizeof options, "monitor=%s", cases[i].monitor);
        add_checkpoint(&b, path, options);
        add(&b, "reduce_on_plateau", options);
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        const neuron_history_t *history = neuron_trainer_history(b.trainer);
        int64_t epochs = neuron_history_epochs(history), best = 0, stop = -1;
        for (int64_t epoch = 1; epoch < epochs; epoch++) {
            double now = test_figure(history, epoch, cases[i].monitor);
            double record = test_figure(history, best, cases[i].monitor);
            if (cases[i].largest ? now > record : now < record)
                best = epoch;
            else if (epoch - best >= 2 && stop < 0)
                stop = epoch;
        }
        ck_assert_int_gt(best, 0);
        ck_assert_int_eq(stop < 0 ? 60 : stop + 1, epochs);
        ck_assert(stop < 0 ||
                  strstr(neuron_trainer_stop_reason(b.trainer), cases[i].monitor) != NULL);
        ck_assert(metric_now(&b, strchr(cases[i].monitor, '_') + 1) ==
                  test_figure(history, best, cases[i].monitor));
        neuron_graph_t *saved;
        assert_ok(neuron_graph_load(&saved, b.context, path));
        ck_assert(same_parameters(saved, b.graph));
        neuron_graph_unref(saved);
        tear_down(&b);
    }
    bench b = set_up(cases[2].metrics);
    assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_STATE);
    assert_message(
        "trainer: r2 is among its metrics, but is none of an evaluation of kind classes");
    tear_down(&b);
}
END_TEST

START_TEST(what_is_not_computed_is_refused)
{
    bench b = set_up("metrics=roc_auc");
    neuron_callback_t *c = add(&b, "early_stopping", "monitor=validation_log_loss");
    assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_STATE);
    assert_message("early_stopping: goes by validation_log_loss, which the trainer does not "
                   "compute; set its option \"metrics=log_loss\"");
    assert_ok(neuron_callback_set(c, "monitor=validation_roc_auc"));
    assert_ok(neuron_trainer_set_validation(b.trainer, NULL));
    assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_STATE);
    assert_message("the trainer has no validation set");
    assert_ok(neuron_trainer_remove_callback(b.trainer, c));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert(isnan(test_figure(neuron_trainer_history(b.trainer), 0, "validation_roc_auc")));
    int64_t best;
    assert_status(
        neuron_history_best(&best, neuron_trainer_history(b.trainer), "validation_roc_auc"),
        NEURON_E_STATE);
    tear_down(&b);
}
END_TEST

/* Outputs that are no probabilities, before anything is learnt of them. */
START_TEST(what_cannot_be_computed_is_found_out_first)
{
    bench b = {.context = test_context()};
    double before, after;
    assert_ok(neuron_graph_create(&b.graph, b.context));
    neuron_node_t *x = neuron_input(b.graph, (const int64_t[]){SIZE, SIZE, 1}, 3);
    x = neuron_dense(b.graph, neuron_flatten(b.graph, x), 10, NULL);
    assert_ok(neuron_graph_finish(b.graph, neuron_rescale(b.graph, x, 10, -20)));
    assert_ok(neuron_optimizer_create(&b.optimizer, b.context, "adam", NULL));
    b.train = test_glyphs(b.context, TRAIN, SIZE);
    assert_ok(neuron_dataset_generate_glyphs(&b.validation, b.context, 300, SIZE, SIZE, 8));
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));
    assert_ok(neuron_trainer_set(b.trainer, "metrics=roc_auc log_loss"));
    before = metric_now(&b, "accuracy");
    assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_DATA);
    assert_message("trainer: of its metrics of the validation set, log_loss: output 0 of example 0 "
                   "is -");
    ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(b.trainer)), 0);
    after = metric_now(&b, "accuracy");
    ck_assert(before == after);
    /* What goes by their order alone is none of that. */
    assert_ok(neuron_trainer_set(b.trainer, "metrics=roc_auc, epochs=1"));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert(isfinite(test_figure(neuron_trainer_history(b.trainer), 0, "validation_roc_auc")));
    tear_down(&b);
}
END_TEST

/* Set meanwhile to what is not computed, it has no figure to go by. */
static int change(neuron_trainer_t *trainer, int32_t event, void *callback)
{
    (void)trainer;
    (void)event;
    return neuron_callback_set(callback, "monitor=validation_brier_score");
}

START_TEST(a_monitor_may_change)
{
    bench b = set_up("metrics=roc_auc, epochs=5");
    neuron_callback_t *c = add(&b, "early_stopping", "monitor=validation_roc_auc, patience=3");
    assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, change, c, NULL));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(b.trainer)), 3);
    assert_ok(neuron_trainer_remove_callback(b.trainer, c));
    tear_down(&b);
}
END_TEST

/* ---- Outputs ---- */

START_TEST(each_output_has_its_own)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = three_heads(context);
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    examples train = make_examples(context, 30, 1), test = make_examples(context, 20, 2);
    zip_examples(&train);
    zip_examples(&test);
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, train.zipped));
    set_losses(trainer, context, 1, 1);
    assert_ok(neuron_trainer_set_validation(trainer, test.zipped));
    assert_ok(neuron_trainer_set(trainer, "epochs=2, metrics=roc_auc mean_squared_error f1"));
    assert_ok(neuron_trainer_run(NULL, trainer));
    const neuron_history_t *history = neuron_trainer_history(trainer);
    static const char *const names[] = {"f1", "roc_auc", "mean_squared_error"};
    for (int64_t k = 0; k < 3; k++) {
        char options[48];
        neuron_loss_t *binary;
        neuron_evaluation_t *evaluation;
        assert_ok(neuron_loss_create(&binary, context, "binary_cross_entropy", NULL));
        snprintf(options, sizeof options, "scores=yes, output=%d", (int)k);
        assert_ok(neuron_graph_evaluate(&evaluation, graph, test.zipped, k == 2 ? binary : NULL,
                                        options));
        for (int i = 0; i < 3; i++) {
            double value, expected = NAN;
            char name[64];
            snprintf(name, sizeof name, "validation_%s", names[i]);
            int status = neuron_evaluation_metric(&expected, evaluation, names[i],
                                                  NEURON_AVERAGE_DEFAULT, NULL);
            ck_assert((status == NEURON_OK) == ((i == 2) == (k == 1)));
            assert_ok(neuron_history_output_value(&value, history, 1, k, name));
            ck_assert(value == expected || (isnan(value) && isnan(expected)));
            if (k == 0) {
                double first;
                assert_ok(neuron_history_value(&first, history, 1, name));
                ck_assert(first == value || (isnan(first) && isnan(value)));
            }
        }
        neuron_loss_unref(binary);
        neuron_evaluation_unref(evaluation);
    }
    const char *path = test_file("outputs.csv");
    assert_ok(neuron_history_save_csv(history, path));
    test_bytes table = test_read_file(path);
    ck_assert_ptr_nonnull(strstr(table.data, ",mark_validation_accuracy,kind_validation_f1,"
                                             "size_validation_f1,mark_validation_f1,"
                                             "kind_validation_roc_auc,"));
    ck_assert_ptr_nonnull(strstr(table.data, ",mark_validation_mean_squared_error\n1,"));
    int commas[2] = {0};
    const char *line = table.data;
    for (int i = 0; i < 2; i++, line = strchr(line, '\n') + 1)
        for (const char *c = line; *c != '\n'; c++)
            commas[i] += *c == ',';
    ck_assert_int_eq(commas[0], 6 + 3 * 4 + 3 * 3);
    ck_assert_int_eq(commas[1], commas[0]);
    free(table.data);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(sgd);
    drop_examples(&train);
    drop_examples(&test);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

/* ---- Files ---- */

START_TEST(a_table_has_them)
{
    const char *path = test_file("metrics.csv");
    bench b = set_up("metrics=roc_auc, epochs=2");
    neuron_callback_t *log;
    assert_ok(neuron_callback_create_csv_log(&log, b.context, path));
    assert_ok(neuron_trainer_add_callback(b.trainer, log));
    neuron_callback_unref(log);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    test_bytes table = test_read_file(path);
    char expected[64];
    snprintf(expected, sizeof expected, ",%.9g\n",
             test_figure(neuron_trainer_history(b.trainer), 1, "validation_roc_auc"));
    ck_assert_ptr_nonnull(strstr(table.data, ",seconds,validation_roc_auc\n1,"));
    ck_assert_ptr_nonnull(strstr(table.data, expected));
    free(table.data);
    tear_down(&b);
}
END_TEST

START_TEST(a_training_goes_on_with_them)
{
    const char *path = test_file("training.safetensors"), *plain = test_file("plain.safetensors");
    bench whole = set_up("metrics=roc_auc log_loss, epochs=4"), half, rest;
    assert_ok(neuron_trainer_run(NULL, whole.trainer));
    half = set_up("metrics=roc_auc log_loss, epochs=2");
    assert_ok(neuron_trainer_run(NULL, half.trainer));
    assert_ok(neuron_trainer_save(half.trainer, path));
    rest = set_up("metrics=roc_auc log_loss, epochs=4");
    assert_ok(neuron_trainer_load(rest.trainer, path));
    assert_ok(neuron_trainer_run(NULL, rest.trainer));
    for (int64_t epoch = 0; epoch < 4; epoch++)
        ck_assert(test_figure(neuron_trainer_history(rest.trainer), epoch, "validation_log_loss") ==
                  test_figure(neuron_trainer_history(whole.trainer), epoch, "validation_log_loss"));
    ck_assert(same_parameters(rest.graph, whole.graph));
    static const char *const others[] = {"metrics=roc_auc", "metrics=roc_auc f1", "metrics=none"};
    for (int i = 0; i < 3; i++) {
        bench other = set_up(others[i]);
        assert_status(neuron_trainer_load(other.trainer, path), NEURON_E_DATA);
        assert_message("its training has other metrics");
        tear_down(&other);
    }
    tear_down(&whole);
    tear_down(&half);
    tear_down(&rest);
    half = set_up("epochs=1");
    assert_ok(neuron_trainer_run(NULL, half.trainer));
    assert_ok(neuron_trainer_save(half.trainer, plain));
    rest = set_up("metrics=roc_auc");
    assert_status(neuron_trainer_load(rest.trainer, plain), NEURON_E_DATA);
    tear_down(&half);
    tear_down(&rest);
}
END_TEST

/* ---- Memory ---- */

static int end_at_once(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)trainer;
    (void)event;
    (void)user_data;
    return NEURON_STOP;
}

START_TEST(nothing_is_lost)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    assert_ok(neuron_context_set_number(context, "threads", 1));
    bench b = set_up_in(context, "metrics=roc_auc cohen_kappa, epochs=1");
    int status = NEURON_E_MEMORY;
    long allowed = 0;
    for (; status < 0; allowed++) {
        memory.left = allowed;
        status = neuron_trainer_run(NULL, b.trainer);
        test_refill(&memory);
        ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
    }
    ck_assert_int_gt(allowed, 20);
    ck_assert(test_figure(neuron_trainer_history(b.trainer), 0, "validation_roc_auc") ==
              metric_now(&b, "roc_auc"));
    tear_down(&b);
    ck_assert_int_eq(memory.live, 0);
    b = set_up_in(test_limited_context(&memory), "metrics=roc_auc");
    assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_VALIDATION_STEP_END, end_at_once,
                                          NULL, NULL));
    ck_assert_int_eq(neuron_trainer_run(NULL, b.trainer), NEURON_STOP);
    ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(b.trainer)), 0);
    tear_down(&b);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trainer metrics");
    TCase *tests = tcase_create("trainer metrics");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, names_are_the_same_everywhere);
    tcase_add_test(tests, each_epoch_has_them);
    tcase_add_test(tests, the_option_is_text);
    tcase_add_test(tests, training_stops_by_a_metric);
    tcase_add_test(tests, what_is_not_computed_is_refused);
    tcase_add_test(tests, what_cannot_be_computed_is_found_out_first);
    tcase_add_test(tests, a_monitor_may_change);
    tcase_add_test(tests, each_output_has_its_own);
    tcase_add_test(tests, a_table_has_them);
    tcase_add_test(tests, a_training_goes_on_with_them);
    tcase_add_test(tests, nothing_is_lost);
    return run_suite(suite);
}
