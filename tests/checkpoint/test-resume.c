/* A training that stops and continues gives the same bytes as one that does not. */
#include "resume-bench.h"

#include "train/trainer.h"

#include <locale.h>
#include <math.h>
#include <unistd.h>

static void assert_same_histories(const neuron_trainer_t *a, const neuron_trainer_t *b)
{
    const neuron_history_t *x = neuron_trainer_history(a), *y = neuron_trainer_history(b);
    ck_assert_int_eq(neuron_history_epochs(x), neuron_history_epochs(y));
    for (int64_t i = 0; i < neuron_history_epochs(x); i++)
        for (int m = 0; m < 5; m++) {
            double left = test_figure(x, i, test_metrics[m]),
                   right = test_figure(y, i, test_metrics[m]);
            assert_that(memcmp(&left, &right, sizeof left) == 0, "epoch %d, %s: %a, %a", (int)i,
                        test_metrics[m], left, right);
        }
}

static bench whole;
static const char *whole_best, *best, *state;

static void train_whole(void)
{
    whole_best = test_file("whole-best");
    best = test_file("best");
    state = test_file("state");
    whole = set_up(usual, whole_best);
    assert_ok(neuron_trainer_run(NULL, whole.trainer));
}

static void drop_whole(void)
{
    tear_down(&whole);
}

static void assert_as_whole(const bench *b)
{
    ck_assert(same_parameters(b->graph, whole.graph));
    assert_same_histories(b->trainer, whole.trainer);
    ck_assert(test_same_files(best, whole_best));
}

START_TEST(two_and_two_are_four)
{
    bench b = set_up(usual, best);
    assert_ok(neuron_trainer_set_number(b.trainer, "epochs", EPOCHS / 2));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert(!same_parameters(b.graph, whole.graph));
    assert_ok(neuron_trainer_run(NULL, b.trainer)); /* nothing left to do */
    assert_ok(neuron_trainer_set_number(b.trainer, "epochs", EPOCHS));
    /* Nor does it matter how many threads there are then. */
    assert_ok(neuron_context_set_number(b.context, "threads", 3));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    assert_as_whole(&b);
    tear_down(&b);
}
END_TEST

START_TEST(stopping_at_any_step)
{
    bench b = set_up(usual, best);
    int left = 0, stops = 0, status;
    assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, stop_at, &left, NULL));
    do {
        left = 1;
        status = neuron_trainer_run(NULL, b.trainer);
        stops += status == NEURON_STOP;
    } while (status == NEURON_STOP && stops < 100);
    assert_ok(status);
    ck_assert_int_eq(stops, STEPS * EPOCHS);
    assert_as_whole(&b);
    tear_down(&b);
}
END_TEST

START_TEST(another_process_continues)
{
    /* In the middle and at the end of epochs; each file written waits for the disk. */
    const int steps[] = {1, 2, 3, 4, 9, 11};
    for (int i = 0; i < 6; i++) {
        int step = steps[i];
        bench b = set_up(usual, best);
        int left = step;
        assert_ok(
            neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, stop_at, &left, NULL));
        ck_assert_int_eq(neuron_trainer_run(NULL, b.trainer), NEURON_STOP);
        assert_ok(neuron_trainer_save(b.trainer, state));
        tear_down(&b);
        bench c = elsewhere(best);
        assert_ok(neuron_trainer_load(c.trainer, state));
        ck_assert_double_eq(neuron_trainer_progress(c.trainer, "step"), (step - 1) % STEPS + 1);
        assert_ok(neuron_trainer_run(NULL, c.trainer));
        assert_as_whole(&c);
        tear_down(&c);
    }
}
END_TEST

static int save_state(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    int *left = user_data;
    if (--*left > 0)
        return 0;
    assert_ok(neuron_trainer_save(trainer, state));
    return NEURON_STOP;
}

START_TEST(saved_from_callbacks)
{
    for (int epoch = 0; epoch < 2; epoch++) {
        bench b = set_up(usual, best);
        int left = 2;
        if (epoch)
            assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_EPOCH_END, save_state,
                                                  &left, NULL));
        else
            assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, save_state,
                                                  &left, NULL));
        ck_assert_int_eq(neuron_trainer_run(NULL, b.trainer), NEURON_STOP);
        tear_down(&b);
        bench c = elsewhere(best);
        assert_ok(neuron_trainer_load(c.trainer, state));
        assert_ok(neuron_trainer_run(NULL, c.trainer));
        assert_as_whole(&c);
        tear_down(&c);
    }
}
END_TEST

/* A rate that was lowered on the way is part of where a training is. */
START_TEST(the_learning_rate_is_continued)
{
    bench b = set_up(usual, NULL), c = elsewhere(NULL);
    assert_ok(neuron_optimizer_set(b.optimizer, "learning_rate=0.0003"));
    assert_ok(neuron_trainer_set(b.trainer, "epochs=1"));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    assert_ok(neuron_trainer_save(b.trainer, state));
    assert_ok(neuron_trainer_load(c.trainer, state));
    double rate;
    assert_ok(neuron_optimizer_get_number(&rate, c.optimizer, "learning_rate"));
    ck_assert_double_eq(rate, 0.0003);
    tear_down(&c);
    tear_down(&b);
}
END_TEST

/* Every rule, with options of its own that must be continued too. */
static const struct {
    const char *rule, *options;
} rules[] = {
    {"sgd", "momentum=0.9, nesterov=yes"},
    {"sgd", "momentum=0.5, clip_norm=0.05"},
    {"rmsprop", "rho=0.8, momentum=0.7"},
    {"adagrad", "initial_accumulator=0.3"},
    {"adadelta", "learning_rate=1"},
    {"adam", "clip_value=0.01"},
    {"adamw", "weight_decay=0.1"},
    {"adamax", "clip_global_norm=0.1"},
    {"nadam", "beta_1=0.8"},
};

START_TEST(every_rule_is_continued)
{
    plan s = usual;
    s.rule = rules[_i].rule;
    bench b = set_up(s, NULL);
    assert_ok(neuron_optimizer_set(b.optimizer, rules[_i].options));
    int left = 5;
    assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, stop_at, &left, NULL));
    ck_assert_int_eq(neuron_trainer_run(NULL, b.trainer), NEURON_STOP);
    assert_ok(neuron_trainer_save(b.trainer, state));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    s.seed = 77;
    s.threads = 1;
    bench c = set_up(s, NULL); /* its options are the defaults until the file is loaded */
    assert_ok(neuron_trainer_load(c.trainer, state));
    ck_assert(!same_parameters(b.graph, c.graph));
    assert_ok(neuron_trainer_run(NULL, c.trainer));
    ck_assert(same_parameters(b.graph, c.graph));
    assert_same_histories(b.trainer, c.trainer);
    for (int32_t i = 0; i < b.optimizer->rule->slot_count; i++)
        ck_assert_mem_eq(neuron_step_slots(b.trainer->step)[i],
                         neuron_step_slots(c.trainer->step)[i],
                         (size_t)b.graph->trainable_count * sizeof(float));
    tear_down(&c);
    tear_down(&b);
}
END_TEST

/* What a rule remembers starts as its options are at the first step, not when memory was made. */
START_TEST(options_before_the_first_step_count)
{
    plan s = usual;
    s.rule = "adagrad";
    bench b = set_up(s, NULL), c = set_up(s, NULL);
    assert_ok(neuron_trainer_save(b.trainer, state));
    assert_ok(neuron_trainer_load(c.trainer, state)); /* makes memory */
    bench *const both[] = {&b, &c};
    for (int i = 0; i < 2; i++) {
        assert_ok(neuron_optimizer_set(both[i]->optimizer, "initial_accumulator=0.9"));
        assert_ok(neuron_trainer_run(NULL, both[i]->trainer));
    }
    ck_assert(same_parameters(b.graph, c.graph));
    /* A trainer that went on and goes back to the start begins anew. */
    assert_ok(neuron_trainer_load(c.trainer, state));
    assert_ok(neuron_optimizer_set(c.optimizer, "initial_accumulator=0.9"));
    assert_ok(neuron_trainer_run(NULL, c.trainer));
    ck_assert(same_parameters(b.graph, c.graph));
    tear_down(&c);
    tear_down(&b);
}
END_TEST

START_TEST(saved_before_the_first_step)
{
    bench b = set_up(usual, best);
    assert_ok(neuron_trainer_save(b.trainer, state));
    tear_down(&b);
    bench c = elsewhere(best);
    assert_ok(neuron_trainer_load(c.trainer, state));
    assert_ok(neuron_trainer_run(NULL, c.trainer));
    assert_as_whole(&c);
    tear_down(&c);
}
END_TEST

/* A trainer that went on is taken back to where the file is. */
START_TEST(going_back)
{
    bench b = set_up(usual, best);
    int left = 4;
    assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, stop_at, &left, NULL));
    ck_assert_int_eq(neuron_trainer_run(NULL, b.trainer), NEURON_STOP);
    assert_ok(neuron_trainer_save(b.trainer, state));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    assert_ok(neuron_trainer_load(b.trainer, state));
    ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(b.trainer)), 1);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    assert_as_whole(&b);
    tear_down(&b);
}
END_TEST

START_TEST(a_saved_training_loads_as_saved)
{
    bool (*const set_locale[])(void) = {test_set_comma_locale, test_set_wide_point_locale};
    bench b = elsewhere(best);
    const char *again = test_file("again");
    assert_ok(neuron_trainer_save(whole.trainer, state));
    for (int i = 0; i < 3; i++) {
        if (i > 0)
            set_locale[i - 1]();
        assert_ok(neuron_trainer_load(b.trainer, state));
        assert_ok(neuron_trainer_save(b.trainer, again));
        setlocale(LC_ALL, "C");
        ck_assert(test_same_files(state, again));
    }
    tear_down(&b);
}
END_TEST

/* What a custom loss returns where no gradient is asked for, which is in validation. */
static int limitless(double *losses, float *gradients, const float *outputs, const float *targets,
                     const int32_t *labels, int64_t count, int64_t size, void *user_data)
{
    (void)labels;
    for (int64_t i = 0; i < count * size; i++) {
        double error = (double)outputs[i] - (double)targets[i];
        losses[i / size] += error * error;
        if (gradients)
            gradients[i] = (float)(2 * error);
        else
            losses[i / size] = *(const double *)user_data;
    }
    return 0;
}

/* Infinite figures are no record, but they are figures. */
START_TEST(infinite_figures_are_saved)
{
    const double values[] = {INFINITY, -INFINITY, NAN};
    for (int i = 0; i < 3; i++) {
        double value = values[i];
        unlink(best);
        bench b = set_up(usual, best), c = elsewhere(best);
        neuron_loss_t *loss;
        assert_ok(neuron_loss_create_custom(&loss, b.context, limitless, &value, NULL));
        assert_ok(neuron_trainer_set_loss(b.trainer, loss));
        assert_ok(neuron_trainer_set_loss(c.trainer, loss));
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert(access(best, F_OK) != 0);
        assert_ok(neuron_trainer_save(b.trainer, state));
        assert_ok(neuron_trainer_load(c.trainer, state));
        const neuron_history_t *history = neuron_trainer_history(c.trainer);
        for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
            double figure = test_figure(history, epoch, "validation_loss");
            ck_assert(isnan(value) ? isnan(figure) : figure == value);
        }
        neuron_loss_unref(loss);
        tear_down(&c);
        tear_down(&b);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resume");
    TCase *cases = tcase_create("continue");
    tcase_set_timeout(cases, 0);
    tcase_add_unchecked_fixture(cases, train_whole, drop_whole);
    tcase_add_test(cases, two_and_two_are_four);
    tcase_add_test(cases, stopping_at_any_step);
    tcase_add_test(cases, another_process_continues);
    tcase_add_test(cases, saved_from_callbacks);
    tcase_add_test(cases, the_learning_rate_is_continued);
    tcase_add_loop_test(cases, every_rule_is_continued, 0, sizeof rules / sizeof rules[0]);
    tcase_add_test(cases, options_before_the_first_step_count);
    tcase_add_test(cases, saved_before_the_first_step);
    tcase_add_test(cases, going_back);
    tcase_add_test(cases, a_saved_training_loads_as_saved);
    tcase_add_test(cases, infinite_figures_are_saved);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
