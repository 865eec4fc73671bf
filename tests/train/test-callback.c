/* Callbacks as handles: making them, options, bounds. */
#include "callback-bench.h"

static int go_on(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)trainer;
    (void)event;
    (void)user_data;
    return 0;
}

static double same_rate(int64_t epoch, double rate, void *user_data)
{
    (void)epoch;
    (void)user_data;
    return rate;
}

START_TEST(nothing_is_null)
{
    bench b = set_up(1);
    neuron_callback_t *c = (neuron_callback_t *)&b;
    assert_status(neuron_callback_create(NULL, b.context, NEURON_CALLBACK_WARM_UP),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create(&c, NULL, NEURON_CALLBACK_WARM_UP), NEURON_E_ARGUMENT);
    ck_assert_ptr_null(c);
    assert_status(neuron_callback_create(&c, b.context, 0), NEURON_E_ARGUMENT);
    assert_message("callback: kind is 0; it must be ");
    assert_status(neuron_callback_create(&c, b.context, 15), NEURON_E_ARGUMENT);
    assert_message("callback: kind is 15; it must be ");
    int32_t loss = NEURON_METRIC_LOSS;
    assert_status(neuron_callback_create_checkpoint(NULL, b.context, "x", loss), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_checkpoint(&c, NULL, "x", loss), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_checkpoint(&c, b.context, NULL, loss), NEURON_E_ARGUMENT);
    assert_status(
        neuron_callback_create_checkpoint(&c, b.context, "x", NEURON_METRIC_LEARNING_RATE),
        NEURON_E_ARGUMENT);
    assert_message("checkpoint: metric is 50; it must be loss (10)");
    assert_status(neuron_callback_create_csv_log(NULL, b.context, "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_csv_log(&c, NULL, "x"), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_csv_log(&c, b.context, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_schedule(NULL, b.context, same_rate, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_schedule(&c, NULL, same_rate, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_schedule(&c, b.context, NULL, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_custom(NULL, b.context, go_on, NULL, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_custom(&c, NULL, go_on, NULL, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_create_custom(&c, b.context, NULL, NULL, NULL),
                  NEURON_E_ARGUMENT);
    ck_assert_ptr_null(c);
    int64_t whole;
    double value;
    int32_t length = NEURON_CALLBACK_LENGTH;
    assert_status(neuron_callback_set_int(NULL, length, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_set_float(NULL, length, 1), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_get_int(NULL, length, &whole), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_get_float(NULL, length, &value), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_bounds(NULL, length, &value, &value), NEURON_E_ARGUMENT);
    assert_ok(neuron_callback_create(&c, b.context, NEURON_CALLBACK_WARM_UP));
    assert_status(neuron_callback_get_int(c, length, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_get_float(c, length, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_bounds(c, length, NULL, &value), NEURON_E_ARGUMENT);
    assert_status(neuron_callback_bounds(c, length, &value, NULL), NEURON_E_ARGUMENT);
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

static const struct {
    int32_t kind, option;
    double fallback;
} defaults[] = {
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_MONITOR, NEURON_METRIC_VALIDATION_LOSS},
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_MODE, NEURON_MODE_AUTO},
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_PATIENCE, 0},
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_MIN_DELTA, 0},
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_BASELINE, NAN},
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_START, 0},
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_RESTORE_BEST, 0},
    {NEURON_CALLBACK_REDUCE_ON_PLATEAU, NEURON_CALLBACK_MONITOR, NEURON_METRIC_VALIDATION_LOSS},
    {NEURON_CALLBACK_REDUCE_ON_PLATEAU, NEURON_CALLBACK_MODE, NEURON_MODE_AUTO},
    {NEURON_CALLBACK_REDUCE_ON_PLATEAU, NEURON_CALLBACK_FACTOR, 0.1},
    {NEURON_CALLBACK_REDUCE_ON_PLATEAU, NEURON_CALLBACK_PATIENCE, 10},
    {NEURON_CALLBACK_REDUCE_ON_PLATEAU, NEURON_CALLBACK_MIN_DELTA, 1e-4},
    {NEURON_CALLBACK_REDUCE_ON_PLATEAU, NEURON_CALLBACK_COOLDOWN, 0},
    {NEURON_CALLBACK_REDUCE_ON_PLATEAU, NEURON_CALLBACK_MIN_RATE, 0},
    {NEURON_CALLBACK_STEP_SCHEDULE, NEURON_CALLBACK_FACTOR, 0.1},
    {NEURON_CALLBACK_STEP_SCHEDULE, NEURON_CALLBACK_LENGTH, 10},
    {NEURON_CALLBACK_STEP_SCHEDULE, NEURON_CALLBACK_START, 0},
    {NEURON_CALLBACK_STEP_SCHEDULE, NEURON_CALLBACK_PER_STEP, 0},
    {NEURON_CALLBACK_EXPONENTIAL_SCHEDULE, NEURON_CALLBACK_FACTOR, 0.96},
    {NEURON_CALLBACK_EXPONENTIAL_SCHEDULE, NEURON_CALLBACK_LENGTH, 1},
    {NEURON_CALLBACK_EXPONENTIAL_SCHEDULE, NEURON_CALLBACK_START, 0},
    {NEURON_CALLBACK_EXPONENTIAL_SCHEDULE, NEURON_CALLBACK_PER_STEP, 0},
    {NEURON_CALLBACK_COSINE_SCHEDULE, NEURON_CALLBACK_ALPHA, 0},
    {NEURON_CALLBACK_COSINE_SCHEDULE, NEURON_CALLBACK_LENGTH, 0},
    {NEURON_CALLBACK_COSINE_SCHEDULE, NEURON_CALLBACK_START, 0},
    {NEURON_CALLBACK_COSINE_SCHEDULE, NEURON_CALLBACK_PER_STEP, 0},
    {NEURON_CALLBACK_WARM_UP, NEURON_CALLBACK_LENGTH, 5},
    {NEURON_CALLBACK_WARM_UP, NEURON_CALLBACK_START, 0},
    {NEURON_CALLBACK_WARM_UP, NEURON_CALLBACK_PER_STEP, 0},
};

static bool is_whole(int32_t option)
{
    return option != NEURON_CALLBACK_MIN_DELTA && option != NEURON_CALLBACK_BASELINE &&
           option != NEURON_CALLBACK_FACTOR && option != NEURON_CALLBACK_ALPHA &&
           option != NEURON_CALLBACK_MIN_RATE;
}

/* By the call for its kind of number; untouched if there is no such option. */
static void read_option(const neuron_callback_t *callback, int32_t option, double *value)
{
    int64_t whole;
    if (!is_whole(option))
        (void)neuron_callback_get_float(callback, option, value);
    else if (neuron_callback_get_int(callback, option, &whole) == NEURON_OK)
        *value = (double)whole;
}

START_TEST(defaults_are_as_documented)
{
    neuron_context_t *context = test_context();
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        neuron_callback_t *c;
        double value = -1, least, most;
        assert_ok(neuron_callback_create(&c, context, defaults[i].kind));
        read_option(c, defaults[i].option, &value);
        ck_assert(value == defaults[i].fallback || isnan(defaults[i].fallback));
        ck_assert_int_eq(isnan(value), isnan(defaults[i].fallback));
        assert_ok(neuron_callback_bounds(c, defaults[i].option, &least, &most));
        ck_assert(!(value < least || value > most));
        neuron_callback_unref(c);
    }
    neuron_context_unref(context);
}
END_TEST

static const struct {
    int32_t kind, option;
    double value;
    const char *message;
} refused[] = {
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_PATIENCE, -1,
     "early_stopping: patience is -1; it must be 0 to 2,147,483,647"},
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_MIN_DELTA, -0.5,
     "early_stopping: min_delta is -0.5; it must be 0 or more and finite as float32"},
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_BASELINE, NAN, "early_stopping: baseline"},
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_BASELINE, INFINITY,
     "baseline is inf; it must be "},
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_MONITOR, NEURON_METRIC_SECONDS,
     "early_stopping: monitor is 60; it must be loss (10), accuracy (20), validation_loss (30), "
     "validation_accuracy (40)"},
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_MODE, 11,
     "mode is 11; it must be auto (10), smallest (20), largest (30)"},
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_RESTORE_BEST, 2,
     "restore_best is 2; it must be "},
    {NEURON_CALLBACK_EARLY_STOPPING, NEURON_CALLBACK_FACTOR, 0.1,
     "early_stopping: has no option 80"},
    {NEURON_CALLBACK_REDUCE_ON_PLATEAU, NEURON_CALLBACK_FACTOR, 0, "factor is 0; it must be "},
    {NEURON_CALLBACK_REDUCE_ON_PLATEAU, NEURON_CALLBACK_FACTOR, 1, "factor is 1; it must be "},
    {NEURON_CALLBACK_REDUCE_ON_PLATEAU, NEURON_CALLBACK_COOLDOWN, -1,
     "cooldown is -1; it must be "},
    {NEURON_CALLBACK_REDUCE_ON_PLATEAU, NEURON_CALLBACK_MIN_RATE, -1,
     "min_rate is -1; it must be "},
    {NEURON_CALLBACK_STEP_SCHEDULE, NEURON_CALLBACK_FACTOR, -1,
     "step_schedule: factor is -1; it must be "},
    {NEURON_CALLBACK_STEP_SCHEDULE, NEURON_CALLBACK_LENGTH, 0,
     "step_schedule: length is 0; it must be "},
    {NEURON_CALLBACK_EXPONENTIAL_SCHEDULE, NEURON_CALLBACK_LENGTH, 0, "length is 0; it must be "},
    {NEURON_CALLBACK_COSINE_SCHEDULE, NEURON_CALLBACK_LENGTH, -1,
     "cosine_schedule: length is -1; it must be "},
    {NEURON_CALLBACK_COSINE_SCHEDULE, NEURON_CALLBACK_ALPHA, 1.5,
     "alpha is 1.5; it must be 0 to 1"},
    {NEURON_CALLBACK_WARM_UP, NEURON_CALLBACK_LENGTH, 0, "warm_up: length is 0; it must be "},
    {NEURON_CALLBACK_WARM_UP, NEURON_CALLBACK_START, -1, "warm_up: start is -1; it must be "},
    {NEURON_CALLBACK_WARM_UP, NEURON_CALLBACK_PER_STEP, 2, "warm_up: per_step is 2; it must be "},
    {NEURON_CALLBACK_STOP_ON_NAN, NEURON_CALLBACK_PATIENCE, 1, "stop_on_nan: has no option 30"},
};

START_TEST(bad_options_are_refused)
{
    neuron_context_t *context = test_context();
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        neuron_callback_t *c;
        int32_t option = refused[i].option;
        double before = 0, after = 0;
        assert_ok(neuron_callback_create(&c, context, refused[i].kind));
        read_option(c, option, &before);
        assert_status(is_whole(option)
                          ? neuron_callback_set_int(c, option, (int64_t)refused[i].value)
                          : neuron_callback_set_float(c, option, refused[i].value),
                      NEURON_E_ARGUMENT);
        assert_message(refused[i].message);
        read_option(c, option, &after);
        ck_assert(before == after || isnan(before));
        neuron_callback_unref(c);
    }
    neuron_context_unref(context);
}
END_TEST

START_TEST(whole_numbers_and_real_ones)
{
    neuron_context_t *context = test_context();
    neuron_callback_t *c;
    int64_t whole;
    double value, most;
    assert_ok(neuron_callback_create(&c, context, NEURON_CALLBACK_REDUCE_ON_PLATEAU));
    assert_status(neuron_callback_set_int(c, NEURON_CALLBACK_FACTOR, 0), NEURON_E_ARGUMENT);
    assert_message("reduce_on_plateau: factor is a real number");
    assert_status(neuron_callback_set_float(c, NEURON_CALLBACK_PATIENCE, 3), NEURON_E_ARGUMENT);
    assert_message("reduce_on_plateau: patience is an integer");
    assert_status(neuron_callback_get_float(c, 81, &value), NEURON_E_ARGUMENT);
    assert_message("has no option 81");
    assert_status(neuron_callback_get_int(c, 81, &whole), NEURON_E_ARGUMENT);
    assert_message("has no option 81");
    assert_status(neuron_callback_bounds(c, 81, &value, &value), NEURON_E_ARGUMENT);
    assert_ok(neuron_callback_set_float(c, NEURON_CALLBACK_FACTOR, 0.25));
    assert_ok(neuron_callback_get_float(c, NEURON_CALLBACK_FACTOR, &value));
    ck_assert_double_eq(value, 0.25);
    assert_ok(neuron_callback_bounds(c, NEURON_CALLBACK_FACTOR, &value, &most));
    ck_assert(value > 0 && most < 1 && nextafter(most, 2) == 1);
    assert_ok(neuron_callback_set_int(c, NEURON_CALLBACK_PATIENCE, 3));
    assert_ok(neuron_callback_get_int(c, NEURON_CALLBACK_PATIENCE, &whole));
    ck_assert_int_eq(whole, 3);
    neuron_callback_unref(c);
    neuron_context_unref(context);
}
END_TEST

static const char *name_of(neuron_context_t *context, int32_t kind)
{
    neuron_callback_t *c;
    assert_ok(neuron_callback_create(&c, context, kind));
    const char *name = neuron_callback_name(c);
    neuron_callback_unref(c);
    return name;
}

START_TEST(kinds_have_names)
{
    neuron_context_t *context = test_context();
    neuron_callback_t *c;
    ck_assert_str_eq(name_of(context, NEURON_CALLBACK_EARLY_STOPPING), "early_stopping");
    ck_assert_str_eq(name_of(context, NEURON_CALLBACK_REDUCE_ON_PLATEAU), "reduce_on_plateau");
    ck_assert_str_eq(name_of(context, NEURON_CALLBACK_STOP_ON_NAN), "stop_on_nan");
    assert_ok(neuron_callback_create_schedule(&c, context, same_rate, NULL, NULL));
    ck_assert_str_eq(neuron_callback_name(c), "schedule");
    neuron_callback_unref(c);
    ck_assert_ptr_null(neuron_callback_name(NULL));
    neuron_context_unref(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("callback");
    TCase *tests = tcase_create("callback");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, nothing_is_null);
    tcase_add_test(tests, kinds_have_names);
    tcase_add_test(tests, defaults_are_as_documented);
    tcase_add_test(tests, bad_options_are_refused);
    tcase_add_test(tests, whole_numbers_and_real_ones);
    return run_suite(suite);
}
