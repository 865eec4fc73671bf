/* What callbacks do, against plain loops that do the same. */
#include "callback-bench.h"

#include "base/random.h"

enum { TRIALS = 120 };

static const double nothing = -1;

typedef struct random_script {
    double losses[EPOCHS];
    script script;
} random_script;

/* Few different figures, so that equal ones are frequent, and some that are none. */
static void write_script(random_script *s, neuron_random_reader *reader)
{
    for (int i = 0; i < EPOCHS; i++) {
        uint64_t draw = neuron_random_below(reader, 12);
        s->losses[i] = draw == 11 ? NAN : draw == 10 ? INFINITY : 0.1 * (double)draw;
    }
    s->script = (script){s->losses, EPOCHS};
}

typedef struct stopping {
    int64_t patience, start, largest;
    double delta, baseline; /* `nothing` for none */
} stopping;

static bool naive_better(double value, double than, double delta, bool largest)
{
    return largest ? value > than + delta : value < than - delta;
}

/* Epochs done when it stops, and the best of them, from 0. */
static int64_t naive_stop(const double *losses, stopping o, int64_t *best)
{
    bool largest = o.largest == 1;
    double record = largest ? -INFINITY : INFINITY;
    int64_t wait = 0;
    *best = -1;
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
        if (epoch < o.start)
            continue;
        if (*best < 0)
            *best = epoch;
        wait++;
        if (isfinite(losses[epoch]) && naive_better(losses[epoch], record, o.delta, largest)) {
            record = losses[epoch];
            *best = epoch;
            if (o.baseline == nothing || naive_better(losses[epoch], o.baseline, o.delta, largest))
                wait = 0;
        } else if (wait >= o.patience && epoch > 0) {
            return epoch + 1;
        }
    }
    return EPOCHS;
}

START_TEST(early_stopping_as_a_plain_loop)
{
    neuron_random_reader reader = neuron_random_read(3, NEURON_RANDOM_SPLIT, 0);
    int stopped = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        random_script s;
        album pictures = {.count = 0};
        int64_t best;
        write_script(&s, &reader);
        stopping o = {.patience = (int64_t)neuron_random_below(&reader, 10),
                      .start = (int64_t)neuron_random_below(&reader, 3),
                      .largest = (int64_t)neuron_random_below(&reader, 2),
                      .delta = 0.15 * (double)neuron_random_below(&reader, 2),
                      .baseline = neuron_random_below(&reader, 3) == 0 ? 0.4 : nothing};
        bench b = set_up(EPOCHS);
        add_early(&b, play, &s.script);
        add_custom(&b, take_picture, &pictures);
        neuron_callback_t *c = add(&b, "early_stopping", NULL);
        assert_ok(neuron_callback_set_number(c, "patience", (double)o.patience));
        assert_ok(neuron_callback_set_number(c, "start", (double)o.start));
        assert_ok(neuron_callback_set(c, "restore_best=yes"));
        assert_ok(neuron_callback_set_number(c, "min_delta", o.delta));
        if (o.largest)
            assert_ok(neuron_callback_set(c, "mode=largest"));
        if (o.baseline != nothing)
            assert_ok(neuron_callback_set_number(c, "baseline", o.baseline));
        int64_t expected = naive_stop(s.losses, o, &best);
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert_int_eq(epochs_of(&b), expected);
        ck_assert(looks_like(&b, &pictures, best));
        ck_assert_double_eq(neuron_trainer_progress(b.trainer, "epoch"), (double)expected);
        bool early = neuron_trainer_stop_reason(b.trainer)[0];
        ck_assert(early || expected == EPOCHS);
        stopped += early;
        assert_ok(neuron_trainer_run(NULL, b.trainer)); /* nothing more to do */
        ck_assert_int_eq(epochs_of(&b), expected);
        ck_assert(looks_like(&b, &pictures, best));
        drop_album(&pictures);
        tear_down(&b);
    }
    ck_assert_int_gt(stopped, TRIALS / 2);
    ck_assert_int_lt(stopped, TRIALS);
}
END_TEST

START_TEST(the_reason_is_told)
{
    const double falling[] = {3, 2, 1, 1.5, 1.25, 1}, none[] = {NAN}, high[] = {5, 4, 3, 2},
                 flat[] = {1, 1};
    const struct {
        script script;
        double baseline, delta;
        const char *reason;
    } cases[] = {
        {{falling, 6},
         nothing,
         0,
         "early_stopping: no better validation loss than 1 of epoch 3 for 3 epochs"},
        {{none, 1},
         nothing,
         0,
         "early_stopping: no validation loss that is a finite number for 3 epochs"},
        {{high, 4}, 0.25, 0, "early_stopping: no better validation loss than the baseline of 0.25"},
        /* Better than the baseline, but not by more than the delta. */
        {{flat, 2},
         1.25,
         0.5,
         "early_stopping: no better validation loss than the baseline of 1.25"},
        {{flat, 2}, 1.75, 0.5, "early_stopping: no better validation loss than 1 of epoch 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bench b = set_up(20);
        script s = cases[i].script;
        add_early(&b, play, &s);
        neuron_callback_t *c = add(&b, "early_stopping", "patience=3");
        assert_ok(neuron_callback_set_number(c, "min_delta", cases[i].delta));
        if (cases[i].baseline != nothing)
            assert_ok(neuron_callback_set_number(c, "baseline", cases[i].baseline));
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        const char *reason = neuron_trainer_stop_reason(b.trainer);
        assert_that(strncmp(reason, cases[i].reason, strlen(cases[i].reason)) == 0, "%s", reason);
        tear_down(&b);
    }
}
END_TEST

START_TEST(accuracies_are_better_when_larger)
{
    bench b = set_up(20);
    neuron_callback_t *c = add(&b, "early_stopping", "monitor=validation_accuracy");
    assert_ok(neuron_callback_set(c, "patience=4"));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    int64_t best;
    const neuron_history_t *history = neuron_trainer_history(b.trainer);
    assert_ok(neuron_history_best(&best, history, "validation_accuracy"));
    ck_assert_int_eq(epochs_of(&b), best + 1 + 4);
    tear_down(&b);
}
END_TEST

START_TEST(a_validation_set_is_needed)
{
    const char *const kinds[] = {"early_stopping", "reduce_on_plateau"};
    const char *const messages[] = {
        "early_stopping: goes by the validation loss, but the trainer has no validation set",
        "reduce_on_plateau: goes by the validation loss"};
    for (int i = 0; i < 2; i++) {
        bench b = set_up(1);
        assert_ok(neuron_trainer_set_validation(b.trainer, NULL));
        neuron_callback_t *c = add(&b, kinds[i], NULL);
        assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_STATE);
        assert_message(messages[i]);
        ck_assert_int_eq(epochs_of(&b), 0);
        assert_ok(neuron_callback_set(c, "monitor=loss"));
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        tear_down(&b);
    }
}
END_TEST

/* ---- Learning rates ---- */

static void assert_near(double value, double expected)
{
    assert_that(fabs(value - expected) <= 1e-14 * fabs(expected) + 1e-300, "%.17g, not %.17g",
                value, expected);
}

START_TEST(a_plateau_as_a_plain_loop)
{
    neuron_random_reader reader = neuron_random_read(4, NEURON_RANDOM_SPLIT, 0);
    int changes = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        random_script s;
        rates r = {.count = 0};
        write_script(&s, &reader);
        int64_t patience = (int64_t)neuron_random_below(&reader, 4);
        int64_t cooldown = (int64_t)neuron_random_below(&reader, 3);
        double least = neuron_random_below(&reader, 2) ? 0 : 0.02;
        double delta = neuron_random_below(&reader, 2) ? 1e-4 : 0.25;
        bench b = set_up(EPOCHS);
        add_custom(&b, watch_rate, &r);
        add_early(&b, play, &s.script);
        neuron_callback_t *c = add(&b, "reduce_on_plateau", NULL);
        assert_ok(neuron_callback_set_number(c, "patience", (double)patience));
        assert_ok(neuron_callback_set_number(c, "cooldown", (double)cooldown));
        assert_ok(neuron_callback_set_number(c, "min_rate", least));
        assert_ok(neuron_callback_set_number(c, "min_delta", delta));
        assert_ok(neuron_callback_set(c, "factor=0.5"));
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        double rate = 0.1, best = INFINITY;
        int64_t wait = 0, cooling = 0;
        for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
            ck_assert_double_eq(r.steps[epoch * STEPS], rate);
            ck_assert_double_eq(r.steps[epoch * STEPS + STEPS - 1], rate);
            double loss = s.losses[epoch];
            if (cooling > 0) {
                cooling--;
                wait = 0;
            }
            if (isfinite(loss) && loss < best - delta) {
                best = loss;
                wait = 0;
            } else if (cooling == 0 && ++wait >= patience && rate > least) {
                rate = fmax(rate * 0.5, least);
                cooling = cooldown;
                wait = 0;
                changes++;
            }
        }
        ck_assert_double_eq(rate_of(&b), rate);
        tear_down(&b);
    }
    ck_assert_int_gt(changes, TRIALS);
}
END_TEST

static double naive_factor(const char *kind, double t, double n, double f)
{
    double product = 1;
    if (strcmp(kind, "exponential_schedule") == 0)
        return exp(log(f) * t / n);
    if (strcmp(kind, "cosine_schedule") == 0)
        return t >= n ? f : f + (1 - f) * 0.5 * (1 + cos(acos(-1) * t / n));
    if (strcmp(kind, "warm_up") == 0)
        return t + 1 >= n ? 1 : (t + 1) / n;
    for (double i = n; i <= t; i += n)
        product *= f;
    return product;
}

static const char *const schedules[] = {"step_schedule", "exponential_schedule", "cosine_schedule",
                                        "warm_up"};

START_TEST(schedules_as_their_formulas)
{
    const int64_t lengths[] = {1, 3, 5}, starts[] = {0, 2};
    for (int k = 0; k < 4; k++)
        for (int l = 0; l < 3; l++)
            for (int variant = 0; variant < 4; variant++) {
                bool per_step = variant % 2;
                int64_t start = starts[variant / 2];
                bench b = set_up(EPOCHS);
                rates r = {.count = 0};
                add_schedule(&b, schedules[k], lengths[l], 0.25, start, per_step);
                add_custom(&b, watch_rate, &r);
                assert_ok(neuron_trainer_run(NULL, b.trainer));
                ck_assert_int_eq(r.count, EPOCHS * STEPS);
                for (int i = 0; i < r.count; i++) {
                    int64_t now = (per_step ? i : i / STEPS) - start;
                    assert_near(r.steps[i],
                                0.1 * naive_factor(schedules[k], (double)(now > 0 ? now : 0),
                                                   (double)lengths[l], 0.25));
                }
                tear_down(&b);
            }
}
END_TEST

/* Without a length the wave goes to the end of the training. */
START_TEST(a_cosine_ends_with_the_training)
{
    for (int unit = 0; unit < 2; unit++) {
        bool per_step = unit == 1;
        bench b = set_up(EPOCHS);
        rates r = {.count = 0};
        int64_t start = 3, all = per_step ? EPOCHS * STEPS : EPOCHS;
        add_schedule(&b, "cosine_schedule", 0, 0, start, per_step);
        add_custom(&b, watch_rate, &r);
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        for (int i = 0; i < r.count; i++) {
            int64_t now = (per_step ? i : i / STEPS) - start;
            assert_near(r.steps[i],
                        0.1 * naive_factor("cosine_schedule", (double)(now > 0 ? now : 0),
                                           (double)(all - start), 0));
        }
        ck_assert_double_gt(r.steps[r.count - 1], 0);
        tear_down(&b);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("callbacks");
    TCase *tests = tcase_create("callbacks");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, early_stopping_as_a_plain_loop);
    tcase_add_test(tests, the_reason_is_told);
    tcase_add_test(tests, accuracies_are_better_when_larger);
    tcase_add_test(tests, a_validation_set_is_needed);
    tcase_add_test(tests, a_plateau_as_a_plain_loop);
    tcase_add_test(tests, schedules_as_their_formulas);
    tcase_add_test(tests, a_cosine_ends_with_the_training);
    return run_suite(suite);
}
