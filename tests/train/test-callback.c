/* Callbacks as handles: making them, options, bounds. */
#include "callback-bench.h"

#include <stdio.h>

static int go_on(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)trainer;
    (void)event;
    (void)user_data;
    return 0;
}

static int same_rate(double *rate, int64_t epoch, void *user_data)
{
    (void)rate;
    (void)epoch;
    (void)user_data;
    return 0;
}

START_TEST(nothing_is_null)
{
    bench b = set_up(1);
    neuron_callback_t *c = (neuron_callback_t *)&b;
    assert_status(neuron_callback_create(NULL, b.context, "warm_up", NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create(&c, NULL, "warm_up", NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(c);
    assert_status(neuron_callback_create(&c, b.context, NULL, NULL), NEURON_E_ARGUMENT);
    assert_message("callback: kind is NULL; it must not be");
    assert_status(neuron_callback_create_checkpoint(NULL, b.context, "x", NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_checkpoint(&c, NULL, "x", NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_checkpoint(&c, b.context, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_csv_log(NULL, b.context, "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_csv_log(&c, NULL, "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_csv_log(&c, b.context, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_schedule(NULL, b.context, same_rate, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_schedule(&c, NULL, same_rate, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_schedule(&c, b.context, NULL, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_function(NULL, b.context, TEST_EVENTS, go_on, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_function(&c, NULL, TEST_EVENTS, go_on, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_function(&c, b.context, TEST_EVENTS, NULL, NULL, NULL),
                  NEURON_E_ARGUMENT);
    ck_assert_ptr_null(c);
    double value;
    size_t needed;
    assert_status(neuron_callback_set(NULL, "length=1"), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_set_number(NULL, "length", 1), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_get_number(&value, NULL, "length"), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_get_text(NULL, 0, &needed, NULL, "length"), NEURON_E_ARGUMENT);
    assert_ok(neuron_callback_create(&c, b.context, "warm_up", NULL));
    assert_status(neuron_callback_set_number(c, NULL, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_get_number(&value, c, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_get_number(NULL, c, "length"), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_add_callback(NULL, c), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_add_callback(b.trainer, NULL), NEURON_E_ARGUMENT);
    ck_assert_ptr_eq(neuron_callback_ref(c), c);
    neuron_callback_unref(c);
    neuron_callback_unref(c);
    ck_assert_ptr_null(neuron_callback_ref(NULL));
    neuron_callback_unref(NULL);
    ck_assert_str_eq(neuron_trainer_stop_reason(NULL), "");
    ck_assert_str_eq(neuron_trainer_stop_reason(b.trainer), "");
    assert_status(neuron_trainer_clear_stop(NULL), NEURON_E_ARGUMENT);
    assert_ok(neuron_trainer_clear_stop(b.trainer));
    tear_down(&b);
}
END_TEST

START_TEST(unknown_kinds_are_refused)
{
    static const struct {
        const char *kind, *message;
    } cases[] = {
        {"early_stop",
         "callback: there is no kind \"early_stop\"; did you mean \"early_stopping\"?"},
        {"Warm_Up", "there is no kind \"Warm_Up\"; did you mean \"warm_up\"?"},
        {"stop_on_nam", "did you mean \"stop_on_nan\"?"},
        {"rop", "did you mean \"reduce_on_plateau\"?"},
        {"", "callback: there is no kind \"\", but cosine_schedule, early_stopping, "},
        {"15", "callback: there is no kind \"15\", but cosine_schedule, "},
        /* Those that need more than options have calls of their own. */
        {"checkpoint", "callback: there is no kind \"checkpoint\""},
        {"csv_log", "callback: there is no kind \"csv_log\""},
        {"schedule", "callback: there is no kind \"schedule\""},
        {"function", "callback: there is no kind \"function\""},
    };
    neuron_context_t *context = test_context();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        neuron_callback_t *c = (neuron_callback_t *)&context;
        assert_status(neuron_callback_create(&c, context, cases[i].kind, NULL), NEURON_E_ARGUMENT);
        assert_message(cases[i].message);
        ck_assert_ptr_null(c);
    }
    neuron_context_unref(context);
}
END_TEST

static const struct {
    const char *kind, *options;
} defaults[] = {
    {"early_stopping", "monitor=validation_loss, output=-1, mode=auto, patience=0, min_delta=0, "
                       "start=0, restore_best=no"},
    {"reduce_on_plateau", "monitor=validation_loss, output=-1, mode=auto, factor=0.1, "
                          "patience=10, min_delta=0.0001, cooldown=0, min_rate=0"},
    {"step_schedule", "factor=0.1, length=10, start=0, per_step=no"},
    {"exponential_schedule", "factor=0.96, length=1, start=0, per_step=no"},
    {"cosine_schedule", "alpha=0, length=0, start=0, per_step=no, restart=no"},
    {"warm_up", "length=5, start=0, per_step=no"},
    {"weight_averaging", "average=mean, decay=0.999, length=1, start=0, per_step=no, "
                         "renew_statistics=yes"},
    {"stop_on_nan", ""},
};

START_TEST(defaults_are_as_documented)
{
    neuron_context_t *context = test_context();
    char text[256];
    ck_assert_int_eq(neuron_kind_count("callback"), (int)(sizeof defaults / sizeof defaults[0]));
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        neuron_callback_t *c;
        assert_ok(neuron_callback_create(&c, context, defaults[i].kind, NULL));
        assert_ok(neuron_callback_get_text(text, sizeof text, NULL, c, NULL));
        ck_assert_str_eq(text, defaults[i].options);
        neuron_callback_unref(c);
        assert_ok(neuron_callback_create(&c, context, defaults[i].kind, defaults[i].options));
        neuron_callback_unref(c);
    }
    neuron_context_unref(context);
}
END_TEST

/* One that is not set has no text, and no number. */
START_TEST(a_baseline_need_not_be_set)
{
    neuron_context_t *context = test_context();
    neuron_callback_t *c;
    char text[32] = "?";
    double value = 0;
    assert_ok(neuron_callback_create(&c, context, "early_stopping", NULL));
    assert_ok(neuron_callback_get_number(&value, c, "baseline"));
    ck_assert(isnan(value));
    assert_ok(neuron_callback_get_text(text, sizeof text, NULL, c, "baseline"));
    ck_assert_str_eq(text, "");
    assert_ok(neuron_callback_set(c, "baseline=-0.5"));
    assert_ok(neuron_callback_get_number(&value, c, "baseline"));
    ck_assert_double_eq(value, -0.5);
    assert_ok(neuron_callback_get_text(text, sizeof text, NULL, c, "baseline"));
    ck_assert_str_eq(text, "-0.5");
    neuron_callback_unref(c);
    neuron_context_unref(context);
}
END_TEST

static const struct {
    const char *kind, *option, *value, *message;
} refused[] = {
    {"early_stopping", "patience", "-1",
     "early_stopping: patience is -1; it must be 0 to 2,147,483,647"},
    {"early_stopping", "patience", "2147483648",
     "early_stopping: patience is 2147483648; it must be "},
    {"early_stopping", "patience", "2.5", "early_stopping: patience is 2.5; it must be "},
    {"early_stopping", "min_delta", "-0.5",
     "early_stopping: min_delta is -0.5; it must be 0 or more and finite as float32"},
    {"early_stopping", "baseline", "nan", "early_stopping: baseline is "},
    {"early_stopping", "baseline", "inf", "baseline is inf; it must be "},
    {"early_stopping", "restore_best", "2", "restore_best is 2; it must be yes or no"},
    {"early_stopping", "factor", "0.1", "early_stopping: there is no option \"factor\""},
    {"reduce_on_plateau", "factor", "0", "factor is 0; it must be "},
    {"reduce_on_plateau", "factor", "1", "factor is 1; it must be "},
    {"reduce_on_plateau", "cooldown", "-1", "cooldown is -1; it must be "},
    {"reduce_on_plateau", "min_rate", "-1", "min_rate is -1; it must be "},
    {"step_schedule", "factor", "-1", "step_schedule: factor is -1; it must be "},
    {"step_schedule", "length", "0", "step_schedule: length is 0; it must be "},
    {"exponential_schedule", "length", "0", "length is 0; it must be "},
    {"cosine_schedule", "length", "-1", "cosine_schedule: length is -1; it must be "},
    {"cosine_schedule", "alpha", "1.5", "alpha is 1.5; it must be 0 to 1"},
    {"warm_up", "length", "0", "warm_up: length is 0; it must be "},
    {"warm_up", "start", "-1", "warm_up: start is -1; it must be "},
    {"warm_up", "per_step", "2", "warm_up: per_step is 2; it must be "},
    {"stop_on_nan", "patience", "1", "stop_on_nan: there is no option \"patience\"; it has none"},
};

START_TEST(bad_options_are_refused)
{
    neuron_context_t *context = test_context();
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        neuron_callback_t *c;
        char text[64], before[256], after[256];
        snprintf(text, sizeof text, "%s=%s", refused[i].option, refused[i].value);
        assert_status(neuron_callback_create(&c, context, refused[i].kind, text),
                      NEURON_E_ARGUMENT);
        ck_assert_ptr_null(c);
        assert_message(refused[i].message);
        assert_ok(neuron_callback_create(&c, context, refused[i].kind, NULL));
        assert_ok(neuron_callback_get_text(before, sizeof before, NULL, c, NULL));
        assert_status(neuron_callback_set(c, text), NEURON_E_ARGUMENT);
        assert_message(refused[i].message);
        assert_status(
            neuron_callback_set_number(c, refused[i].option, strtod(refused[i].value, NULL)),
            NEURON_E_ARGUMENT);
        assert_message(refused[i].message);
        assert_ok(neuron_callback_get_text(after, sizeof after, NULL, c, NULL));
        ck_assert_str_eq(before, after);
        neuron_callback_unref(c);
    }
    neuron_context_unref(context);
}
END_TEST

static const struct {
    const char *option, *message;
} refused_words[] = {
    {"monitor=seconds", "monitor is seconds; it must be loss, accuracy, validation_loss, "
                        "validation_accuracy, "},
    {"monitor=validation_rocauc", "; did you mean \"validation_roc_auc\"?"},
    {"monitor=learning_rate", "monitor is learning_rate; it must be loss, "},
    {"monitor=60", "monitor is 60; it must be loss, "},
    {"monitor=Loss", "monitor is Loss; it must be loss, "},
    {"mode=11", "mode is 11; it must be auto, smallest or largest"},
    {"mode=", "mode has no value; write \"mode=...\""},
};

/* A checkpoint, which has a call of its own, has some of these options too. */
START_TEST(bad_words_are_refused)
{
    neuron_context_t *context = test_context();
    const char *kinds[] = {"early_stopping", "reduce_on_plateau", "checkpoint"};
    for (int k = 0; k < 3; k++) {
        const char *options = refused_words[_i].option;
        neuron_callback_t *c = (neuron_callback_t *)&context;
        char text[256];
        assert_status(k < 2 ? neuron_callback_create(&c, context, kinds[k], options)
                            : neuron_callback_create_checkpoint(&c, context, "x", options),
                      NEURON_E_ARGUMENT);
        assert_message(kinds[k]);
        assert_message(refused_words[_i].message);
        ck_assert_ptr_null(c);
        assert_ok(k < 2 ? neuron_callback_create(&c, context, kinds[k], NULL)
                        : neuron_callback_create_checkpoint(&c, context, "x", NULL));
        assert_status(neuron_callback_set(c, options), NEURON_E_ARGUMENT);
        assert_message(refused_words[_i].message);
        assert_status(neuron_callback_set_number(c, "mode", 20), NEURON_E_ARGUMENT);
        assert_message("mode is no number, but a word: auto, smallest or largest");
        assert_ok(neuron_callback_get_text(text, sizeof text, NULL, c, NULL));
        ck_assert_ptr_nonnull(strstr(text, "monitor=validation_loss, output=-1, mode=auto"));
        neuron_callback_unref(c);
    }
    neuron_context_unref(context);
}
END_TEST

START_TEST(a_checkpoint_has_three_options)
{
    neuron_context_t *context = test_context();
    neuron_callback_t *c;
    char text[64];
    assert_status(neuron_callback_create_checkpoint(&c, context, "x", "patience=3"),
                  NEURON_E_ARGUMENT);
    assert_message(
        "checkpoint: there is no option \"patience\"; its options are monitor, output, mode");
    assert_ok(neuron_callback_create_checkpoint(&c, context, "x", "mode=largest, monitor=loss"));
    assert_ok(neuron_callback_get_text(text, sizeof text, NULL, c, NULL));
    ck_assert_str_eq(text, "monitor=loss, output=-1, mode=largest");
    neuron_callback_unref(c);
    neuron_context_unref(context);
}
END_TEST

START_TEST(whole_numbers_and_real_ones)
{
    neuron_context_t *context = test_context();
    neuron_callback_t *c;
    double value;
    const neuron_option_t *factor = neuron_kind_option("callback", "reduce_on_plateau", 3);
    assert_ok(neuron_callback_create(&c, context, "reduce_on_plateau", NULL));
    assert_status(neuron_callback_set(c, "patience=3, factor=0"), NEURON_E_ARGUMENT);
    assert_ok(neuron_callback_get_number(&value, c, "patience"));
    ck_assert_double_eq(value, 10);
    assert_status(neuron_callback_get_number(&value, c, "alpha"), NEURON_E_ARGUMENT);
    assert_message("reduce_on_plateau: there is no option \"alpha\"");
    assert_ok(neuron_callback_set_number(c, "factor", 0.25));
    assert_ok(neuron_callback_get_number(&value, c, "factor"));
    ck_assert_double_eq(value, 0.25);
    ck_assert_str_eq(neuron_option_name(factor), "factor");
    double most = neuron_option_maximum(factor);
    ck_assert(neuron_option_minimum(factor) > 0 && most < 1 && nextafter(most, 2) == 1);
    assert_ok(neuron_callback_set(c, "patience=3"));
    assert_ok(neuron_callback_get_number(&value, c, "patience"));
    ck_assert_double_eq(value, 3);
    assert_ok(neuron_callback_set_number(c, "patience", 4));
    assert_ok(neuron_callback_get_number(&value, c, "patience"));
    ck_assert_double_eq(value, 4);
    neuron_callback_unref(c);
    neuron_context_unref(context);
}
END_TEST

static void assert_named(neuron_callback_t *callback, const char *name)
{
    ck_assert_str_eq(neuron_callback_kind(callback), name);
    neuron_callback_unref(callback);
}

/* Those with calls of their own have no options but for a checkpoint. */
static void assert_bare(neuron_callback_t *callback, const char *name)
{
    char message[64];
    size_t needed = 0;
    snprintf(message, sizeof message, "%s: there is no option \"start\"; it has none", name);
    assert_status(neuron_callback_set(callback, "start=1"), NEURON_E_ARGUMENT);
    assert_message(message);
    assert_ok(neuron_callback_set(callback, NULL));
    assert_ok(neuron_callback_get_text(NULL, 0, &needed, callback, NULL));
    ck_assert_uint_eq(needed, 1);
    assert_named(callback, name);
}

START_TEST(kinds_have_names)
{
    neuron_context_t *context = test_context();
    neuron_callback_t *c;
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        assert_ok(neuron_callback_create(&c, context, defaults[i].kind, NULL));
        assert_named(c, defaults[i].kind);
    }
    assert_ok(neuron_callback_create_checkpoint(&c, context, "x", NULL));
    assert_named(c, "checkpoint");
    assert_ok(neuron_callback_create_csv_log(&c, context, "x"));
    assert_bare(c, "csv_log");
    assert_ok(neuron_callback_create_schedule(&c, context, same_rate, NULL, NULL));
    assert_bare(c, "schedule");
    assert_ok(neuron_callback_create_function(&c, context, TEST_EVENTS, go_on, NULL, NULL));
    assert_bare(c, "function");
    ck_assert_ptr_null(neuron_callback_kind(NULL));
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("callback");
    TCase *tests = tcase_create("callback");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, nothing_is_null);
    tcase_add_test(tests, unknown_kinds_are_refused);
    tcase_add_test(tests, kinds_have_names);
    tcase_add_test(tests, defaults_are_as_documented);
    tcase_add_test(tests, a_baseline_need_not_be_set);
    tcase_add_test(tests, bad_options_are_refused);
    tcase_add_loop_test(tests, bad_words_are_refused, 0,
                        sizeof refused_words / sizeof refused_words[0]);
    tcase_add_test(tests, a_checkpoint_has_three_options);
    tcase_add_test(tests, whole_numbers_and_real_ones);
    return run_suite(suite);
}
