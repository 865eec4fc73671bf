/* A training with callbacks that stops and continues. */
#include "callback-bench.h"

#include <stdio.h>

/* ---- Stopping and continuing ---- */

enum { WHOLE = 12 }; /* epochs until it is stopped */

static const char *state, *again, *best_file, *log_file;

/* Answers NEURON_STOP at one step and one end of an epoch, both counted from 1 over all. */
typedef struct stopper {
    int64_t step, epoch, steps, epochs;
} stopper;

static int stop_there(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)trainer;
    stopper *s = user_data;
    bool stop = (event == NEURON_EVENT_STEP_END && ++s->steps == s->step) ||
                (event == NEURON_EVENT_EPOCH_END && ++s->epochs == s->epoch);
    return stop ? NEURON_STOP : 0;
}

static int fall(double *rate, int64_t epoch, void *user_data)
{
    (void)user_data;
    if (epoch % 3 == 2)
        *rate *= 0.9;
    return 0;
}

/* A trainer with everything. */
static bench set_up_all(stopper *s, uint64_t seed)
{
    bench b = set_up(EPOCHS);
    tear_down(&b);
    assert_ok(neuron_context_create(&b.context, NULL));
    assert_ok(neuron_context_set_seed(b.context, seed));
    b.graph = test_mlp(b.context, SIZE);
    assert_ok(neuron_optimizer_create(&b.optimizer, b.context, "sgd", "momentum=0.5"));
    b.train = test_glyphs(b.context, EXAMPLES, SIZE);
    assert_ok(neuron_dataset_generate_glyphs(&b.validation, b.context, 3, SIZE, SIZE, 8));
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_set_number(b.trainer, "batch_size", BATCH));
    assert_ok(neuron_trainer_set_number(b.trainer, "epochs", EPOCHS));
    assert_ok(neuron_trainer_set_validation(b.trainer, b.validation));

    neuron_callback_t *c;
    add_early(&b, play, (void *)&usual_script);
    c = add(&b, "early_stopping", "patience=4, restore_best=yes");
    c = add(&b, "reduce_on_plateau", "patience=1, cooldown=1");
    add_schedule(&b, "step_schedule", 3, 0.5, 0, false);
    add_schedule(&b, "exponential_schedule", 3, 0.9, 4, true);
    add_schedule(&b, "cosine_schedule", 0, 0.2, 0, false);
    add_schedule(&b, "warm_up", 5, 0, 0, true);
    assert_ok(neuron_callback_create_schedule(&c, b.context, fall, NULL, NULL));
    assert_ok(neuron_trainer_add_callback(b.trainer, c));
    neuron_callback_unref(c);
    add(&b, "stop_on_nan", NULL);
    add_checkpoint(&b, best_file, NULL);
    add_log(&b, log_file);
    add_custom(&b, stop_there, s);
    return b;
}

static bench whole;
static test_bytes whole_best;
static stopper never;

static void train_whole(void)
{
    state = test_file("state");
    again = test_file("again");
    best_file = test_file("best");
    log_file = test_file("log.csv");
    whole = set_up_all(&never, 1);
    assert_ok(neuron_trainer_run(NULL, whole.trainer));
    ck_assert_int_eq(epochs_of(&whole), WHOLE);
    ck_assert_str_eq(neuron_trainer_stop_reason(whole.trainer),
                     "early_stopping: no better validation loss than 4 of epoch 8 for 4 epochs");
    whole_best = test_read_file(best_file);
}

static void drop_whole(void)
{
    free(whole_best.data);
    tear_down(&whole);
}

static void assert_as_whole(const bench *b)
{
    ck_assert(same_parameters(b->graph, whole.graph));
    ck_assert_double_eq(rate_of(b), rate_of(&whole));
    ck_assert_str_eq(neuron_trainer_stop_reason(b->trainer),
                     neuron_trainer_stop_reason(whole.trainer));
    const neuron_history_t *mine = neuron_trainer_history(b->trainer);
    const neuron_history_t *theirs = neuron_trainer_history(whole.trainer);
    ck_assert_int_eq(neuron_history_epochs(mine), neuron_history_epochs(theirs));
    for (int64_t i = 0; i < neuron_history_epochs(mine); i++)
        for (int m = 0; m < 5; m++)
            ck_assert_double_eq(test_figure(mine, i, test_metrics[m]),
                                test_figure(theirs, i, test_metrics[m]));
    for (int32_t i = 0; i < whole.trainer->callbacks.count; i++) {
        const neuron_callback_entry *x = &b->trainer->callbacks.entries[i],
                                    *y = &whole.trainer->callbacks.entries[i];
        ck_assert_mem_eq(x->state, y->state, sizeof x->state);
        ck_assert_int_eq(x->snapshot.exists, y->snapshot.exists);
        ck_assert_int_eq(x->snapshot.swapped, y->snapshot.swapped);
        if (x->snapshot.exists)
            ck_assert_mem_eq(x->snapshot.values, y->snapshot.values,
                             (size_t)b->graph->value_count * sizeof *x->snapshot.values);
    }
    test_bytes best = test_read_file(best_file);
    ck_assert_uint_eq(best.size, whole_best.size);
    ck_assert_mem_eq(best.data, whole_best.data, best.size);
    free(best.data);
    assert_ok(neuron_history_save_csv(mine, again));
    ck_assert(test_same_files(log_file, again));
}

START_TEST(stopping_anywhere)
{
    stopper s = {.step = 1, .epoch = 1};
    bench b = set_up_all(&s, 1);
    int stops = 0, status;
    while ((status = neuron_trainer_run(NULL, b.trainer)) == NEURON_STOP) {
        s = (stopper){.step = 1, .epoch = 1};
        ck_assert_int_lt(++stops, 100);
    }
    assert_ok(status);
    ck_assert_int_eq(stops, WHOLE * (STEPS + 1));
    assert_as_whole(&b);
    tear_down(&b);
}
END_TEST

/* Another process continues after steps and epochs, and after the end; each line of a log waits for
 * the disk. */
START_TEST(continuing_from_a_file)
{
    for (int64_t at = 1; at <= WHOLE * STEPS + WHOLE + 1; at += 4) {
        stopper s = {.step = at <= WHOLE * STEPS ? at : 0,
                     .epoch = at > WHOLE * STEPS ? at - WHOLE * STEPS : 0};
        bench b = set_up_all(&s, 1);
        ck_assert_int_eq(neuron_trainer_run(NULL, b.trainer),
                         s.epoch == WHOLE + 1 ? 0 : NEURON_STOP);
        assert_ok(neuron_trainer_save(b.trainer, state));
        tear_down(&b);
        bench c = set_up_all(&never, 77);
        assert_ok(neuron_trainer_load(c.trainer, state));
        assert_ok(neuron_trainer_save(c.trainer, again));
        ck_assert(test_same_files(state, again));
        assert_ok(neuron_trainer_run(NULL, c.trainer));
        if (s.epoch != WHOLE + 1) /* whose log was not written again */
            assert_as_whole(&c);
        ck_assert(same_parameters(c.graph, whole.graph));
        tear_down(&c);
    }
}
END_TEST

/* Saves at one point of one epoch, from 1. */
typedef struct saver {
    int32_t event;
    int64_t epoch;
} saver;

static int save_there(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    const saver *s = user_data;
    if (event == s->event && neuron_trainer_progress(trainer, "epoch") == (double)s->epoch)
        assert_ok(neuron_trainer_save(trainer, state));
    return 0;
}

static bench set_up_saver(saver *s)
{
    bench b = set_up(6);
    neuron_callback_t *c;
    add_custom(&b, save_there, s);
    add_early(&b, play, (void *)&usual_script);
    c = add(&b, "reduce_on_plateau", "patience=1");
    assert_ok(neuron_callback_create_schedule(&c, b.context, fall, NULL, NULL));
    assert_ok(neuron_trainer_add_callback(b.trainer, c));
    neuron_callback_unref(c);
    return b;
}

/* A file that a callback saves is not half-way through an event, wherever in the list it is. */
START_TEST(a_file_saved_by_a_callback)
{
    for (int32_t event = NEURON_EVENT_EPOCH_BEGIN; event <= NEURON_EVENT_EPOCH_END; event *= 2)
        for (int64_t epoch = 3; epoch <= 5; epoch++) {
            saver s = {event, epoch}, none = {0, 0};
            bench b = set_up_saver(&s), c = set_up_saver(&none);
            assert_ok(neuron_trainer_run(NULL, b.trainer));
            assert_ok(neuron_trainer_load(c.trainer, state));
            assert_ok(neuron_trainer_run(NULL, c.trainer));
            ck_assert_double_eq(rate_of(&b), rate_of(&c));
            assert_that(same_parameters(b.graph, c.graph), "event %d of epoch %d", (int)event,
                        (int)epoch);
            tear_down(&c);
            tear_down(&b);
        }
}
END_TEST

static bench set_up_ended(script *s, bool restores)
{
    bench b = set_up(3);
    add_early(&b, play, s);
    neuron_callback_t *c = add(&b, "early_stopping", "patience=20");
    assert_ok(neuron_callback_set_number(c, "restore_best", restores));
    return b;
}

/* Parameters that the caller sets after the end are those to go on with, through a file too. */
START_TEST(parameters_set_after_the_end_are_saved)
{
    const double losses[] = {1, 2, 3, 4};
    script s = {losses, 4};
    bench a = set_up_ended(&s, false), b = set_up_ended(&s, true), c = set_up_ended(&s, true);
    assert_ok(neuron_trainer_run(NULL, a.trainer));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert(!same_parameters(a.graph, b.graph));
    copy_parameters(b.graph, a.graph);
    assert_ok(neuron_trainer_save(b.trainer, state));
    assert_ok(neuron_trainer_load(c.trainer, state));
    assert_ok(neuron_trainer_run(NULL, c.trainer)); /* nothing to do */
    ck_assert(same_parameters(a.graph, c.graph));
    bench *benches[] = {&a, &b, &c};
    for (int i = 0; i < 3; i++) {
        assert_ok(neuron_trainer_set(benches[i]->trainer, "epochs=4"));
        assert_ok(neuron_trainer_run(NULL, benches[i]->trainer));
        ck_assert(same_parameters(a.graph, benches[i]->graph));
    }
    tear_down(&c);
    tear_down(&b);
    tear_down(&a);
}
END_TEST

/* ---- Files that do not fit ---- */

/* Trains an epoch with one or two callbacks and saves; then loads into a trainer with others. */
static bench set_up_some(const char *const kinds[2], int64_t start)
{
    bench b = set_up(2);
    for (int i = 0; i < 2 && kinds[i]; i++) {
        neuron_callback_t *c = add(&b, kinds[i], NULL);
        if (i == 1)
            assert_ok(neuron_callback_set_number(c, "start", (double)start));
    }
    return b;
}

START_TEST(other_callbacks_are_refused)
{
    static const char A[] = "warm_up", B[] = "step_schedule";
    const struct {
        const char *saved[2], *loaded[2];
        int64_t starts[2];
        const char *message;
    } cases[] = {
        {{NULL, NULL}, {A, NULL}, {0, 0}, "its training has 0 callbacks, this one has 1"},
        {{A, B}, {NULL, NULL}, {0, 0}, "its training has 2 callbacks, this one has 0"},
        {{A, B}, {A, NULL}, {0, 0}, "its training has 2 callbacks, this one has 1"},
        {{A, B}, {B, A}, {0, 0}, "callback 0 of its training is warm_up, here it is step_schedule"},
        {{A, B}, {A, B}, {3, 4}, "callback 1 (step_schedule): start is 3 in the file, 4 here"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bench b = set_up_some(cases[i].saved, cases[i].starts[0]);
        bench c = set_up_some(cases[i].loaded, cases[i].starts[1]);
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        assert_ok(neuron_trainer_save(b.trainer, state));
        assert_ok(neuron_trainer_save(c.trainer, again));
        test_bytes before = test_read_file(again);
        assert_status(neuron_trainer_load(c.trainer, state), NEURON_E_DATA);
        assert_message(state);
        assert_message(cases[i].message);
        assert_ok(neuron_trainer_save(c.trainer, again));
        test_bytes after = test_read_file(again);
        ck_assert_uint_eq(before.size, after.size);
        ck_assert_mem_eq(before.data, after.data, before.size);
        free(before.data);
        free(after.data);
        tear_down(&c);
        tear_down(&b);
    }
}
END_TEST

START_TEST(no_callbacks_leave_no_trace)
{
    bench b = set_up(1);
    assert_ok(neuron_trainer_save(b.trainer, state));
    test_bytes file = test_read_file(state);
    ck_assert_ptr_null(memmem(file.data, file.size, "callback", 8));
    free(file.data);
    tear_down(&b);
}
END_TEST

/* An option that is missing has its default; nothing else may be missing or unknown. */
START_TEST(missing_and_unknown_names)
{
    static const struct {
        const char *from, *to;
        int status;
    } cases[] = {
        {",\\\"min_delta\\\":0.0", "", NEURON_OK},
        {"\\\"mode\\\":\\\"auto\\\",", "", NEURON_OK},
        {"\\\"mode\\\":\\\"auto\\\"", "\\\"mode\\\":10", NEURON_E_FORMAT},
        {"\\\"patience\\\":4", "\\\"patience\\\":-", NEURON_E_FORMAT},
        {"\\\"patience\\\":4", "\\\"patience\\\":5", NEURON_E_DATA},
        {"\\\"wait\\\":1.0,", "", NEURON_E_FORMAT},
        {"\\\"min_delta\\\"", "\\\"min_deltx\\\"", NEURON_E_FORMAT},
        {"\\\"wait\\\"", "\\\"waix\\\"", NEURON_E_FORMAT},
        {",\\\"patience\\\":4", "", NEURON_E_DATA},
        {"\\\"kept_steps\\\":0,", "", NEURON_E_FORMAT},
        {"\\\"kept\\\":0,", "", NEURON_E_FORMAT},
        {"\\\"begun\\\":", "\\\"begux\\\":", NEURON_E_FORMAT},
    };
    const double rising[] = {1, 2, 3, 4};
    script s = {rising, 4};
    bench b = set_up(2), c = set_up(4);
    bench *benches[] = {&b, &c};
    for (int i = 0; i < 2; i++) {
        add_early(benches[i], play, &s);
        add(benches[i], "early_stopping", "patience=4");
    }
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    assert_ok(neuron_trainer_save(b.trainer, state));
    test_bytes file = test_read_file(state);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = strlen(cases[i].from);
        char *place = memmem(file.data, file.size, cases[i].from, size);
        assert_that(place != NULL, "%s", cases[i].from);
        memset(place, ' ', size);
        memcpy(place, cases[i].to, strlen(cases[i].to));
        test_write_file(again, file.data, file.size);
        memcpy(place, cases[i].from, size);
        assert_status(neuron_trainer_load(c.trainer, again), cases[i].status);
    }
    free(file.data);
    tear_down(&c);
    tear_down(&b);
}
END_TEST

/* Writes `to` in the place of the longer `from`. */
static void overwrite(test_bytes *file, const char *from, const char *to)
{
    char *place = memmem(file->data, file->size, from, strlen(from));
    assert_that(place != NULL, "%s", from);
    ck_assert_uint_le(strlen(to), strlen(from));
    memset(place, ' ', strlen(from));
    memcpy(place, to, strlen(to));
}

static bench set_up_rates(int64_t epochs, rates *r)
{
    bench b = set_up(epochs);
    assert_ok(neuron_optimizer_set(b.optimizer, "learning_rate=0.125"));
    add_schedule(&b, "step_schedule", 1, 2, 0, false);
    add_custom(&b, watch_rate, r);
    return b;
}

/* What is left out of the rates is not made up. */
START_TEST(rates_that_are_wrong)
{
    static const char *const wrong[] = {
        "[0.125,2.0,0.25]",       "[0.125,2.0,0.25,3]", "[0.125,2.0,-.25,0]",
        "[0.125,2.0,\\\"\\\",0]", "[0.12,2.0,.2,0,0]",  "{}",
    };
    rates r = {.count = 0};
    bench b = set_up_rates(2, &r), c = set_up_rates(3, &r);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_ok(neuron_trainer_save(b.trainer, state));
        test_bytes file = test_read_file(state);
        overwrite(&file, "[0.125,2.0,0.25,0]", wrong[i]);
        test_write_file(again, file.data, file.size);
        assert_status(neuron_trainer_load(c.trainer, again), NEURON_E_FORMAT);
        free(file.data);
    }
    tear_down(&c);
    tear_down(&b);
}
END_TEST

/* A rate that was set before the file was saved counts after it is loaded. */
START_TEST(a_rate_set_before_saving)
{
    for (int i = 0; i < 2; i++) {
        rates r = {.count = 0};
        bench b = set_up_rates(2, &r), c = set_up_rates(3, &r);
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        double rate = i == 0 ? 0.5 : 0.125; /* the other is what the optimizer has */
        assert_ok(neuron_optimizer_set_number(b.optimizer, "learning_rate", rate));
        assert_ok(neuron_trainer_save(b.trainer, state));
        assert_ok(neuron_trainer_load(c.trainer, state));
        ck_assert_double_eq(rate_of(&c), rate);
        assert_ok(neuron_trainer_save(c.trainer, again));
        ck_assert(test_same_files(state, again));
        assert_ok(neuron_trainer_run(NULL, c.trainer));
        ck_assert_double_eq(r.steps[2 * STEPS], rate);
        tear_down(&c);
        tear_down(&b);
    }
}
END_TEST

static int set_half_after_two(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)user_data;
    if (event == NEURON_EVENT_EPOCH_END &&
        neuron_history_epochs(neuron_trainer_history(trainer)) == 2)
        assert_ok(neuron_optimizer_set(neuron_trainer_optimizer(trainer), "learning_rate=0.5"));
    return 0;
}

static int save_state(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)user_data;
    return event == NEURON_EVENT_EPOCH_END ? neuron_trainer_save(trainer, state) : 0;
}

/* A rate that a callback has looked at between its setting and the saving. */
START_TEST(a_rate_followed_before_saving)
{
    rates r = {.count = 0};
    bench b = set_up(2), c = set_up(3);
    assert_ok(neuron_optimizer_set(b.optimizer, "learning_rate=0.125"));
    add_schedule(&b, "step_schedule", 1, 2, 0, false);
    add_early(&b, set_half_after_two, NULL);
    add_idle_plateau(&b);
    add_custom(&b, save_state, NULL);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    test_bytes file = test_read_file(state);
    ck_assert_ptr_nonnull(memmem(file.data, file.size, "[0.25,2.0,0.5,2]", 16));
    free(file.data);
    add_schedule(&c, "step_schedule", 1, 2, 0, false);
    add_early(&c, set_half_after_two, NULL);
    add_idle_plateau(&c);
    add_custom(&c, watch_rate, &r);
    assert_ok(neuron_trainer_load(c.trainer, state));
    assert_ok(neuron_trainer_run(NULL, c.trainer));
    ck_assert_double_eq(r.steps[0], 0.5);
    tear_down(&c);
    tear_down(&b);
}
END_TEST

/* Each byte of what callbacks remember in turn: a load takes all of it or nothing. */
START_TEST(damaged_states_change_nothing)
{
    stopper s = {.step = 5};
    bench b = set_up_all(&s, 1), c = set_up_all(&never, 5);
    ck_assert_int_eq(neuron_trainer_run(NULL, b.trainer), NEURON_STOP);
    assert_ok(neuron_trainer_save(b.trainer, state));
    tear_down(&b);
    test_bytes file = test_read_file(state);
    char *first = memmem(file.data, file.size, "\\\"callbacks", 11);
    ck_assert_ptr_nonnull(first);
    char *last = memmem(first, file.size - (size_t)(first - file.data), "\\\"history", 9);
    ck_assert_ptr_nonnull(last);
    int refused = 0;
    for (char *byte = first; byte < last; byte++) {
        *byte ^= 2;
        test_write_file(again, file.data, file.size);
        *byte ^= 2;
        int status = neuron_trainer_load(c.trainer, again);
        if (status == 0) {
            assert_ok(neuron_trainer_load(c.trainer, state));
            continue;
        }
        assert_that(status == NEURON_E_FORMAT || status == NEURON_E_DATA, "byte %zu: %s (%s)",
                    (size_t)(byte - file.data), neuron_error_name(status), neuron_error_last());
        assert_message(again);
        refused++;
    }
    ck_assert_int_gt(refused, (int)(last - first) / 2);
    assert_ok(neuron_trainer_load(c.trainer, state));
    assert_ok(neuron_trainer_run(NULL, c.trainer));
    assert_as_whole(&c);
    free(file.data);
    tear_down(&c);
}
END_TEST

/* ---- No memory ---- */

/* Making and adding callbacks, running, saving, loading. */
static int live(neuron_trainer_t *trainer, neuron_context_t *context)
{
    neuron_callback_t *c[3] = {NULL};
    int status = neuron_callback_create(&c[0], context, "early_stopping", NULL);
    if (status == NEURON_OK)
        status = neuron_callback_set(c[0], "restore_best=yes");
    if (status == NEURON_OK)
        status = neuron_callback_set(c[0], "monitor=loss");
    if (status == NEURON_OK)
        status = neuron_callback_create_csv_log(&c[1], context, log_file);
    if (status == NEURON_OK)
        status = neuron_callback_create_checkpoint(&c[2], context, again, "monitor=loss");
    for (int i = 0; i < 3 && status == NEURON_OK; i++)
        status = neuron_trainer_add_callback(trainer, c[i]);
    for (int i = 0; i < 3; i++)
        neuron_callback_unref(c[i]);
    if (status == NEURON_OK)
        status = neuron_trainer_run(NULL, trainer);
    if (status == NEURON_OK)
        status = neuron_trainer_save(trainer, state);
    if (status == NEURON_OK)
        status = neuron_trainer_load(trainer, state);
    return status;
}

START_TEST(no_memory_loses_nothing)
{
    for (long allowed = 0, status = NEURON_E_MEMORY; status < 0; allowed++) {
        test_memory memory;
        neuron_context_t *context = test_limited_context(&memory);
        neuron_graph_t *graph;
        neuron_optimizer_t *sgd;
        neuron_trainer_t *trainer;
        assert_ok(neuron_context_set_number(context, "threads", 1));
        graph = test_linear(context, SIZE);
        neuron_dataset_t *train = test_glyphs(context, EXAMPLES, SIZE);
        assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
        assert_ok(neuron_trainer_create(&trainer, graph, sgd, train));
        memory.left = allowed;
        status = live(trainer, context);
        ck_assert(status == NEURON_OK || status == NEURON_E_MEMORY);
        test_refill(&memory);
        neuron_trainer_unref(trainer);
        neuron_optimizer_unref(sgd);
        neuron_dataset_unref(train);
        neuron_graph_unref(graph);
        neuron_context_unref(context);
        ck_assert_int_eq(memory.live, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("callback-resume");
    TCase *tests = tcase_create("continue");
    tcase_set_timeout(tests, 0);
    tcase_add_unchecked_fixture(tests, train_whole, drop_whole);
    tcase_add_test(tests, stopping_anywhere);
    tcase_add_test(tests, continuing_from_a_file);
    tcase_add_test(tests, a_file_saved_by_a_callback);
    tcase_add_test(tests, parameters_set_after_the_end_are_saved);
    tcase_add_test(tests, other_callbacks_are_refused);
    tcase_add_test(tests, no_callbacks_leave_no_trace);
    tcase_add_test(tests, missing_and_unknown_names);
    tcase_add_test(tests, rates_that_are_wrong);
    tcase_add_test(tests, a_rate_set_before_saving);
    tcase_add_test(tests, a_rate_followed_before_saving);
    tcase_add_test(tests, damaged_states_change_nothing);
    tcase_add_test(tests, no_memory_loses_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
