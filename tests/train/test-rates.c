/* Learning rates: of schedules together, set by hand, and of several
 * trainers with one optimizer. */
#include "callback-bench.h"

static int fall(double *rate, int64_t epoch, void *user_data)
{
    int64_t *calls = user_data;
    ck_assert_int_eq(epoch, (*calls)++);
    *rate = epoch == 0 ? *rate : *rate * 0.75;
    return 0;
}

/* Whatever the order, the rate is the base rate times all factors. */
START_TEST(schedules_multiply)
{
    const double losses[] = {1, 2, 3}; /* a plateau for ever */
    for (int order = 0; order < 3; order++) {
        bench b = set_up(EPOCHS);
        rates r = {.count = 0};
        script s = {losses, 3};
        int64_t calls = 0;
        neuron_callback_t *function;
        assert_ok(neuron_callback_create_schedule(&function, b.context, fall, &calls, NULL));
        add_early(&b, play, &s);
        add_custom(&b, watch_rate, &r);
        for (int i = 0; i < 5; i++)
            switch ((i + 2 * order) % 5) {
            case 0:
                add_schedule(&b, "warm_up", 5, 0, 0, true);
                break;
            case 1:
                add_schedule(&b, "cosine_schedule", 0, 0.125, 2, false);
                break;
            case 2: {
                add(&b, "reduce_on_plateau", "patience=4, factor=0.5");
                break;
            }
            case 3:
                add_schedule(&b, "step_schedule", 4, 0.5, 0, false);
                break;
            default:
                assert_ok(neuron_trainer_add_callback(b.trainer, function));
                break;
            }
        neuron_callback_unref(function);
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert_int_eq(calls, EPOCHS);
        double base = 0.1;
        int64_t wait = 0;
        for (int64_t step = 0; step < EPOCHS * STEPS; step++) {
            int64_t epoch = step / STEPS, wave = epoch > 2 ? epoch - 2 : 0;
            if (step % STEPS == 0 && epoch > 0)
                base *= 0.75;
            double expected =
                base * fmin(1, (double)(step + 1) / 5) * pow(0.5, (double)(epoch / 4)) *
                (0.125 + 0.875 * (1 + cos(acos(-1) * (double)wave / (EPOCHS - 2))) / 2);
            ck_assert_double_eq_tol(r.steps[step], expected, 1e-14);
            if (step % STEPS == STEPS - 1 && epoch > 0 && ++wait == 4) {
                base *= 0.5;
                wait = 0;
            }
        }
        tear_down(&b);
    }
}
END_TEST

static int set_rate(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    if (event == NEURON_EVENT_EPOCH_END &&
        neuron_history_epochs(neuron_trainer_history(trainer)) == 3)
        assert_ok(neuron_optimizer_set_number(neuron_trainer_optimizer(trainer), "learning_rate",
                                              *(const double *)user_data));
    return 0;
}

/* A rate set by other hands: the factors go on from there. Setting the number that the
 * optimizer has counts too. */
START_TEST(a_rate_set_by_hand)
{
    static const struct {
        double rate, expected[6];
    } cases[] = {{0.5, {0.1, 0.1, 0.05, 0.5, 0.25, 0.25}},
                 {0.1, {0.1, 0.1, 0.05, 0.1, 0.05, 0.05}}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        bench b = set_up(6);
        rates r = {.count = 0};
        double rate = cases[c].rate;
        add_schedule(&b, "step_schedule", 2, 0.5, 0, false);
        add_custom(&b, set_rate, &rate);
        add_custom(&b, watch_rate, &r);
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        for (int i = 0; i < 6; i++)
            ck_assert_double_eq_tol(r.steps[i * STEPS], cases[c].expected[i], 1e-15);
        tear_down(&b);
    }
}
END_TEST

static int set_options(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    if (event == NEURON_EVENT_EPOCH_END &&
        neuron_history_epochs(neuron_trainer_history(trainer)) == 3)
        assert_ok(neuron_optimizer_set(neuron_trainer_optimizer(trainer), user_data));
    return 0;
}

/* Only a text that names the rate sets it. */
START_TEST(a_rate_among_other_options)
{
    static const struct {
        const char *options;
        double expected[6];
    } cases[] = {{"momentum=0.25", {0.1, 0.1, 0.05, 0.05, 0.025, 0.025}},
                 {" ", {0.1, 0.1, 0.05, 0.05, 0.025, 0.025}},
                 {"momentum=0.25, learning_rate=0.1", {0.1, 0.1, 0.05, 0.1, 0.05, 0.05}},
                 {"learning_rate=0.5, momentum=0.25", {0.1, 0.1, 0.05, 0.5, 0.25, 0.25}}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        bench b = set_up(6);
        rates r = {.count = 0};
        assert_ok(neuron_optimizer_set(b.optimizer, "learning_rate=0.1"));
        add_schedule(&b, "step_schedule", 2, 0.5, 0, false);
        add_custom(&b, set_options, (void *)(uintptr_t)cases[c].options);
        add_custom(&b, watch_rate, &r);
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        for (int i = 0; i < 6; i++)
            ck_assert_double_eq_tol(r.steps[i * STEPS], cases[c].expected[i], 1e-15);
        tear_down(&b);
    }
}
END_TEST

/* The next step has the rate that was set, also where the factors change with that step, and also
 * where a callback looks at the base before. */
START_TEST(a_rate_set_by_hand_where_the_factor_changes)
{
    bench b = set_up(6);
    rates r = {.count = 0};
    double rate = 0.5;
    add_early(&b, set_rate, &rate);
    if (_i == 1)
        add_idle_plateau(&b);
    add_schedule(&b, "step_schedule", 1, 0.5, 0, false);
    add_custom(&b, watch_rate, &r);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    const double expected[] = {0.1, 0.05, 0.025, 0.5, 0.25, 0.125};
    for (int i = 0; i < 6 * STEPS; i++)
        ck_assert_double_eq_tol(r.steps[i], expected[i / STEPS], 1e-15);
    tear_down(&b);
}
END_TEST

static int set_rate_early(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    if (event == NEURON_EVENT_STEP_END && neuron_trainer_progress(trainer, "epoch") == 1 &&
        neuron_trainer_progress(trainer, "step") == 1) {
        assert_ok(neuron_optimizer_set_number(neuron_trainer_optimizer(trainer), "learning_rate",
                                              *(const double *)user_data));
        ck_assert_double_eq(neuron_trainer_progress(trainer, "learning_rate"), 0.5);
    }
    return 0;
}

START_TEST(a_rate_set_by_hand_in_a_warm_up)
{
    bench b = set_up(3);
    rates r = {.count = 0};
    double rate = 0.5;
    add_schedule(&b, "warm_up", 5, 0, 0, true);
    add_custom(&b, watch_rate, &r);
    add_custom(&b, set_rate_early, &rate);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    for (int i = 0; i < 3 * STEPS; i++)
        ck_assert_double_eq_tol(r.steps[i], i == 0 ? 0.02 : 0.5 * fmin((i + 1) / 2.0, 2.5), 1e-15);
    tear_down(&b);
}
END_TEST

/* What was set long ago is a rate as any other for a schedule that comes later. */
START_TEST(a_schedule_after_a_rate_set_by_hand)
{
    bench b = set_up(4);
    rates r = {.count = 0};
    double rate = 0.5;
    add_early(&b, set_rate, &rate);
    add_idle_plateau(&b);
    add_custom(&b, watch_rate, &r);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert_double_eq(r.steps[4 * STEPS - 1], 0.5);
    add_schedule(&b, "step_schedule", 4, 0.25, 0, false);
    assert_ok(neuron_trainer_set(b.trainer, "epochs=5"));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert_double_eq(r.steps[4 * STEPS], 0.125);
    tear_down(&b);
}
END_TEST

/* Where the factors are 0, the rate set is the base. */
START_TEST(a_rate_set_by_hand_at_zero)
{
    bench b = set_up(6);
    rates r = {.count = 0};
    double rate = 0.5;
    neuron_callback_t *cosine = add_schedule(&b, "cosine_schedule", 2, 0, 0, false);
    add_custom(&b, set_rate, &rate);
    add_custom(&b, watch_rate, &r);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert_double_eq(r.steps[2 * STEPS], 0);
    ck_assert_double_eq(r.steps[3 * STEPS], 0.5);
    assert_ok(neuron_callback_set(cosine, "alpha=0.5"));
    assert_ok(neuron_trainer_set(b.trainer, "epochs=7"));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert_double_eq(r.steps[6 * STEPS], 0.25);
    tear_down(&b);
}
END_TEST

START_TEST(a_function_must_return_a_rate)
{
    const double wrong[] = {-1, NAN, INFINITY, 1e300};
    for (int i = 0; i < 4; i++) {
        bench b = set_up(3);
        neuron_callback_t *c;
        double value = wrong[i];
        assert_ok(neuron_callback_create_schedule(&c, b.context, no_rate, &value, NULL));
        assert_ok(neuron_trainer_add_callback(b.trainer, c));
        neuron_callback_unref(c);
        assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT);
        assert_message("schedule: the function set the rate to ");
        assert_message("for epoch 1");
        ck_assert_double_eq(rate_of(&b), 0.1);
        assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_ARGUMENT); /* still not */
        assert_message("for epoch 1");
        value = 0.25;
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert_int_eq(epochs_of(&b), 3);
        ck_assert_double_eq(rate_of(&b), 0.25);
        tear_down(&b);
    }
}
END_TEST

/* Factors that grow do not leave the numbers. */
START_TEST(a_rate_stays_finite)
{
    bench b = set_up(3);
    rates r = {.count = 0};
    add_schedule(&b, "step_schedule", 1, 3e38, 0, true);
    add_schedule(&b, "exponential_schedule", 1, 3e38, 0, true);
    add(&b, "stop_on_nan", NULL);
    add_custom(&b, watch_rate, &r);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert(isfinite(rate_of(&b)));
    ck_assert(neuron_trainer_stop_reason(b.trainer)[0]);
    tear_down(&b);
}
END_TEST

/* A factor that is 0 stays so beside one that is beyond all numbers. */
START_TEST(nothing_times_too_much_is_nothing)
{
    bench b = set_up(4);
    rates r = {.count = 0};
    add_schedule(&b, "cosine_schedule", 1, 0, 0, false);
    add_schedule(&b, "exponential_schedule", 1, 3e38, STEPS, true);
    add_custom(&b, watch_rate, &r);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    for (int i = STEPS; i < 4 * STEPS; i++)
        ck_assert_double_eq(r.steps[i], 0);
    tear_down(&b);
}
END_TEST

/* ---- One optimizer and one callback in several trainers, a callback twice in one ---- */

static double option_of(const bench *b)
{
    double rate;
    assert_ok(neuron_optimizer_get_number(&rate, b->optimizer, "learning_rate"));
    return rate;
}

/* Trains one trainer after the other with one optimizer, each with the same schedules. */
START_TEST(an_optimizer_holds_settings_only)
{
    const double losses[] = {1, 2, 3}; /* a plateau for ever */
    script s = {losses, 3};
    rates first = {.count = 0};
    neuron_optimizer_t *shared = NULL;
    for (int i = 0; i < 3; i++) {
        bench b = set_up(EPOCHS);
        rates r = {.count = 0};
        int64_t calls = 0;
        neuron_callback_t *c;
        if (!shared)
            shared = neuron_optimizer_ref(b.optimizer);
        neuron_trainer_unref(b.trainer);
        assert_ok(neuron_trainer_create(&b.trainer, b.graph, shared, b.train));
        assert_ok(neuron_trainer_set_number(b.trainer, "batch_size", BATCH));
        assert_ok(neuron_trainer_set_number(b.trainer, "epochs", EPOCHS));
        assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));
        add_early(&b, play, &s);
        add_schedule(&b, "cosine_schedule", 0, 0, 0, false);
        add_schedule(&b, "warm_up", 5, 0, 0, true);
        c = add(&b, "reduce_on_plateau", "patience=4");
        assert_ok(neuron_callback_create_schedule(&c, b.context, fall, &calls, NULL));
        assert_ok(neuron_trainer_add_callback(b.trainer, c));
        neuron_callback_unref(c);
        add_custom(&b, watch_rate, i == 0 ? &first : &r);
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert_double_lt(first.steps[EPOCHS * STEPS - 1], 0.001);
        if (i > 0)
            ck_assert_mem_eq(r.steps, first.steps, sizeof r.steps);
        double value;
        assert_ok(neuron_optimizer_get_number(&value, shared, "learning_rate"));
        ck_assert_double_eq(value, 0.1);
        tear_down(&b);
    }
    neuron_optimizer_unref(shared);
}
END_TEST

/* The figure is the effective rate, what the optimizer has is the caller's. */
START_TEST(the_rate_of_a_step_can_be_asked)
{
    bench b = set_up(3);
    ck_assert_double_eq(rate_of(&b), 0.1);
    add_schedule(&b, "step_schedule", 1, 0.5, 0, false);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert_double_eq(option_of(&b), 0.1);
    ck_assert_double_eq(rate_of(&b), 0.025);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq(test_figure(neuron_trainer_history(b.trainer), i, "learning_rate"),
                            0.1 * pow(0.5, i));
    tear_down(&b);
}
END_TEST

START_TEST(a_callback_holds_settings_only)
{
    const double losses[] = {1, 2};
    script s = {losses, 2};
    bench a = set_up(20), b = set_up(20);
    neuron_callback_t *c;
    assert_ok(neuron_callback_create(&c, a.context, "early_stopping", "patience=3"));
    bench *benches[] = {&a, &b};
    for (int i = 0; i < 2; i++) {
        add_early(benches[i], play, &s);
        assert_ok(neuron_trainer_add_callback(benches[i]->trainer, c));
        assert_ok(neuron_trainer_run(NULL, benches[i]->trainer));
        ck_assert_int_eq(epochs_of(benches[i]), 4);
    }
    neuron_callback_unref(c);
    tear_down(&a);
    tear_down(&b);
}
END_TEST

START_TEST(the_same_schedule_twice_counts_twice)
{
    bench b = set_up(3);
    rates r = {.count = 0};
    neuron_callback_t *c = add_schedule(&b, "step_schedule", 1, 0.5, 0, false);
    assert_ok(neuron_trainer_add_callback(b.trainer, c));
    add_custom(&b, watch_rate, &r);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq(r.steps[i * STEPS], 0.1 * pow(0.25, i));
    tear_down(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rates");
    TCase *tests = tcase_create("rates");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, schedules_multiply);
    tcase_add_test(tests, a_rate_set_by_hand);
    tcase_add_test(tests, a_rate_among_other_options);
    tcase_add_loop_test(tests, a_rate_set_by_hand_where_the_factor_changes, 0, 2);
    tcase_add_test(tests, a_rate_set_by_hand_in_a_warm_up);
    tcase_add_test(tests, a_schedule_after_a_rate_set_by_hand);
    tcase_add_test(tests, a_rate_set_by_hand_at_zero);
    tcase_add_test(tests, a_function_must_return_a_rate);
    tcase_add_test(tests, a_rate_stays_finite);
    tcase_add_test(tests, nothing_times_too_much_is_nothing);
    tcase_add_test(tests, an_optimizer_holds_settings_only);
    tcase_add_test(tests, the_rate_of_a_step_can_be_asked);
    tcase_add_test(tests, a_callback_holds_settings_only);
    tcase_add_test(tests, the_same_schedule_twice_counts_twice);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
