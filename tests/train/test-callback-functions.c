/* Functions of the caller's in a training: what they are called for, how they come and go, what
 * they answer, and that files know nothing of them. */
#include "callback-bench.h"

#include <stdio.h>

/* ---- Events ---- */

static int count_events(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)trainer;
    int *calls = user_data;
    for (int i = 0; i < 6; i++)
        calls[i] += event == 1 << i;
    calls[6]++;
    return 0;
}

/* For every set of events, in a run that is interrupted by nothing: two epochs of two steps. */
START_TEST(called_for_what_it_asks_for)
{
    static const int all[] = {1, 2, 4, 2, 1, 2};
    int32_t events = _i;
    int calls[7] = {0}, sum = 0;
    bench b = set_up(2);
    assert_ok(neuron_trainer_add_function(b.trainer, events, count_events, calls, NULL));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    for (int i = 0; i < 6; i++) {
        int expected = events >> i & 1 ? all[i] : 0;
        assert_that(calls[i] == expected, "event %d of %d: %d calls", 1 << i, (int)events,
                    calls[i]);
        sum += expected;
    }
    ck_assert_int_eq(calls[6], sum);
    tear_down(&b);
}
END_TEST

START_TEST(events_that_there_are_not)
{
    const int32_t events[] = {0, -1, 64, 65, 10 | 64, INT32_MIN, INT32_MAX};
    bench b = set_up(1);
    int calls[7];
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        neuron_callback_t *c = (neuron_callback_t *)&b;
        char message[96];
        snprintf(message, sizeof message,
                 "events is %d; it must be one event, or several joined by |", (int)events[i]);
        assert_status(
            neuron_callback_create_function(&c, b.context, events[i], count_events, calls, NULL),
            NEURON_E_ARGUMENT);
        assert_message(message);
        ck_assert_ptr_null(c);
        assert_status(neuron_trainer_add_function(b.trainer, events[i], count_events, calls, NULL),
                      NEURON_E_ARGUMENT);
        assert_message(message);
    }
    assert_status(neuron_trainer_add_function(NULL, 1, count_events, calls, NULL),
                  NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_add_function(b.trainer, 1, NULL, calls, NULL), NEURON_E_ARGUMENT);
    assert_message("neuron_trainer_add_function: function is NULL");
    tear_down(&b);
}
END_TEST

/* ---- Coming and going ---- */

typedef struct note {
    char *diary;
    char letter;
} note;

static int write_letter(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    const note *n = user_data;
    (void)trainer;
    (void)event;
    strncat(n->diary, &n->letter, 1);
    return 0;
}

/* Runs one epoch more. */
static void run_epoch(const bench *b)
{
    assert_ok(neuron_trainer_set_number(b->trainer, "epochs", (double)epochs_of(b) + 1));
    assert_ok(neuron_trainer_run(NULL, b->trainer));
}

START_TEST(functions_come_and_go)
{
    char diary[16] = "";
    note notes[] = {{diary, 'a'}, {diary, 'b'}, {diary, 'c'}};
    neuron_callback_t *c[3];
    bench b = set_up(1);
    for (int i = 0; i < 3; i++)
        assert_ok(neuron_callback_create_function(&c[i], b.context, NEURON_EVENT_EPOCH_END,
                                                  write_letter, &notes[i], NULL));
    assert_status(neuron_trainer_remove_callback(b.trainer, c[0]), NEURON_E_ARGUMENT);
    assert_message("trainer: has no such callback (function)");
    for (int i = 0; i < 4; i++)
        assert_ok(neuron_trainer_add_callback(b.trainer, c[i % 3]));
    run_epoch(&b);
    ck_assert_str_eq(diary, "abca");
    diary[0] = '\0';
    assert_ok(neuron_trainer_remove_callback(b.trainer, c[1]));
    run_epoch(&b);
    ck_assert_str_eq(diary, "aca");
    diary[0] = '\0';
    assert_ok(neuron_trainer_remove_callback(b.trainer, c[0])); /* the last of them */
    run_epoch(&b);
    ck_assert_str_eq(diary, "ac");
    diary[0] = '\0';
    assert_ok(neuron_trainer_remove_callback(b.trainer, c[0]));
    assert_status(neuron_trainer_remove_callback(b.trainer, c[0]), NEURON_E_ARGUMENT);
    assert_ok(neuron_trainer_add_callback(b.trainer, c[1]));
    run_epoch(&b);
    ck_assert_str_eq(diary, "cb");
    assert_status(neuron_trainer_remove_callback(b.trainer, NULL), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_remove_callback(NULL, c[0]), NEURON_E_ARGUMENT);
    for (int i = 0; i < 3; i++)
        neuron_callback_unref(c[i]);
    tear_down(&b);
}
END_TEST

typedef struct inside {
    neuron_callback_t *callback;
    int calls, destroyed;
} inside;

static int change_list(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    inside *in = user_data;
    (void)event;
    assert_status(neuron_trainer_remove_callback(trainer, in->callback), NEURON_E_STATE);
    assert_message("trainer: loses callbacks between runs, not in one");
    assert_status(neuron_trainer_add_function(trainer, 1, change_list, in, NULL), NEURON_E_STATE);
    in->calls++;
    return 0;
}

static void count_end(void *user_data)
{
    ((inside *)user_data)->destroyed++;
}

/* The user data ends with the last owner, not if the call failed. */
START_TEST(the_list_is_closed_in_a_run)
{
    bench b = set_up(1);
    inside in = {NULL, 0, 0};
    assert_ok(neuron_callback_create_function(&in.callback, b.context, NEURON_EVENT_STEP_END,
                                              change_list, &in, count_end));
    assert_ok(neuron_trainer_add_callback(b.trainer, in.callback));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert_int_eq(in.calls, STEPS);
    neuron_callback_unref(in.callback);
    ck_assert_int_eq(in.destroyed, 0);
    assert_ok(neuron_trainer_remove_callback(b.trainer, in.callback));
    ck_assert_int_eq(in.destroyed, 1);
    run_epoch(&b);
    ck_assert_int_eq(in.calls, STEPS);
    assert_status(neuron_trainer_add_function(b.trainer, 1, NULL, &in, count_end),
                  NEURON_E_ARGUMENT);
    assert_ok(neuron_trainer_add_function(b.trainer, 1, change_list, &in, count_end));
    ck_assert_int_eq(in.destroyed, 1);
    tear_down(&b);
    ck_assert_int_eq(in.destroyed, 2);
}
END_TEST

START_TEST(without_memory)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    neuron_graph_t *graph = test_mlp(context, SIZE);
    neuron_optimizer_t *sgd;
    neuron_trainer_t *trainer;
    inside in = {NULL, 0, 0};
    assert_ok(neuron_optimizer_create(&sgd, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, sgd, NULL));
    for (int i = 1; i < 4; i++) {
        int status = NEURON_E_MEMORY;
        for (long n = 0; status == NEURON_E_MEMORY; n++) {
            memory.left = n;
            status = neuron_trainer_add_function(trainer, 1, change_list, &in, count_end);
            ck_assert(n > 0 || status == NEURON_E_MEMORY);
            ck_assert_int_eq(in.destroyed, 0);
        }
        assert_ok(status);
    }
    test_refill(&memory);
    neuron_trainer_unref(trainer);
    ck_assert_int_eq(in.destroyed, 3);
    neuron_optimizer_unref(sgd);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

/* ---- Callbacks of the library that go ---- */

/* What is trained in the graph. */
static float *trained(const neuron_trainer_t *trainer)
{
    const neuron_graph_t *graph = neuron_trainer_graph(trainer);
    size_t bytes = (size_t)graph->trainable_count * sizeof(float);
    float *copy = malloc(bytes);
    return memcpy(copy, graph->values, bytes);
}

static int take_trained(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    float **copy = user_data;
    (void)event;
    free(*copy);
    *copy = trained(trainer);
    return 0;
}

/* The parameters of the best epoch stay, and a run goes on from them; another that had put its own
 * back before has nothing left to take out again. */
START_TEST(early_stopping_goes)
{
    const double losses[] = {3, 1, 2, 4, 5, 6};
    script s = {losses, 6};
    bench b = set_up(4);
    neuron_callback_t *c[2];
    float *last = NULL;
    size_t bytes = (size_t)b.graph->trainable_count * sizeof(float);
    add_early(&b, play, &s);
    c[0] = add(&b, "early_stopping", "patience=20, restore_best=yes");
    c[1] = add(&b, "early_stopping", "patience=20, restore_best=yes, start=2");
    assert_ok(
        neuron_trainer_add_function(b.trainer, NEURON_EVENT_EPOCH_END, take_trained, &last, NULL));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    float *best = trained(b.trainer);
    ck_assert(memcmp(best, last, bytes) != 0);
    assert_ok(neuron_trainer_remove_callback(b.trainer, c[_i]));
    assert_ok(neuron_trainer_run(NULL, b.trainer)); /* nothing to do */
    float *left = trained(b.trainer);
    ck_assert_mem_eq(left, best, bytes);
    /* Steps of nothing go on from there. */
    assert_ok(neuron_optimizer_set(b.optimizer, "learning_rate=0, momentum=0"));
    run_epoch(&b);
    ck_assert_mem_eq(last, best, bytes);
    free(left);
    free(best);
    free(last);
    tear_down(&b);
}
END_TEST

/* One that ended the training leaves it ended. */
START_TEST(a_reason_outlives_its_callback)
{
    const double losses[] = {1, 2, 3, 4};
    script s = {losses, 4};
    bench b = set_up(10);
    add_early(&b, play, &s);
    neuron_callback_t *c = add(&b, "early_stopping", NULL);
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert_int_eq(epochs_of(&b), 2);
    assert_ok(neuron_trainer_remove_callback(b.trainer, c));
    ck_assert(strstr(neuron_trainer_stop_reason(b.trainer), "early_stopping") != NULL);
    /* Through a file that has no callbacks, too. */
    bench other = set_up(10);
    add_early(&other, play, &s);
    const char *path = test_file("ended");
    assert_ok(neuron_trainer_save(b.trainer, path));
    assert_ok(neuron_trainer_load(other.trainer, path));
    bench *benches[] = {&b, &other};
    for (int i = 0; i < 2; i++) {
        neuron_trainer_t *t = benches[i]->trainer;
        assert_ok(neuron_trainer_run(NULL, t));
        ck_assert_int_eq(epochs_of(benches[i]), 2);
        assert_ok(neuron_trainer_clear_stop(t));
        assert_ok(neuron_trainer_run(NULL, t));
        ck_assert_int_eq(epochs_of(benches[i]), 10);
        tear_down(benches[i]);
    }
}
END_TEST

/* The factor of a schedule goes with it, what was done to the base stays; through a file too. */
START_TEST(schedules_go)
{
    bench b = set_up(1), other = set_up(1);
    const char *path = test_file("schedules");
    neuron_callback_t *fall = add(&b, "exponential_schedule", "factor=0.5");
    neuron_callback_t *warm = add(&b, "warm_up", "length=8");
    add_idle_plateau(&b);
    run_epoch(&b);
    ck_assert_double_eq_tol(rate_of(&b), 0.1 / 8, 1e-12);
    run_epoch(&b);
    ck_assert_double_eq_tol(rate_of(&b), 0.1 * 0.5 * 2 / 8, 1e-12);
    assert_ok(neuron_trainer_remove_callback(b.trainer, fall));
    run_epoch(&b);
    ck_assert_double_eq_tol(rate_of(&b), 0.1 * 3 / 8, 1e-12);
    neuron_callback_t *plateau = b.trainer->callbacks.entries[1].callback;
    assert_ok(neuron_callback_set(plateau, "min_rate=0.07, factor=0.5"));
    run_epoch(&b);
    assert_ok(neuron_trainer_remove_callback(b.trainer, warm));
    assert_ok(neuron_trainer_remove_callback(b.trainer, plateau));
    assert_ok(neuron_trainer_save(b.trainer, path));
    assert_ok(neuron_trainer_load(other.trainer, path));
    for (int i = 0; i < 2; i++) {
        run_epoch(&b);
        run_epoch(&other);
        ck_assert_double_eq_tol(rate_of(&b), 0.07, 1e-12);
        ck_assert(rate_of(&b) == rate_of(&other));
        ck_assert(same_parameters(b.graph, other.graph));
    }
    tear_down(&other);
    tear_down(&b);
}
END_TEST

/* ---- Files ---- */

typedef struct keeper {
    const char *path;
    int32_t event;
    int left, answer;
} keeper;

static int keep(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    keeper *k = user_data;
    if (event != k->event || --k->left != 0)
        return 0;
    assert_ok(neuron_trainer_save(trainer, k->path));
    return k->answer;
}

/* Of a trainer with functions a file is loaded into one with none or with others, and the other way
 * round: the bytes are the same, and no beginning of an epoch comes twice or is lost. */
START_TEST(functions_are_not_in_files)
{
    static const struct {
        int32_t event;
        int left, begins; /* the call that saves, and epochs that begin behind it */
    } cases[] = {
        {NEURON_EVENT_RUN_BEGIN, 1, 3},   {NEURON_EVENT_EPOCH_BEGIN, 1, 2},
        {NEURON_EVENT_EPOCH_BEGIN, 2, 1}, {NEURON_EVENT_STEP_END, 1, 2},
        {NEURON_EVENT_STEP_END, 2, 2},    {NEURON_EVENT_STEP_END, 5, 0},
        {NEURON_EVENT_EPOCH_END, 2, 1},   {NEURON_EVENT_RUN_END, 1, 0},
    };
    static const char *path, *again;
    path = path ? path : test_file("with-functions");
    again = again ? again : test_file("loaded");
    bool library = _i % 2;
    int which = _i / 2;
    bench whole = set_up(3);
    if (library)
        add(&whole, "warm_up", "length=4, per_step=yes");
    assert_ok(neuron_trainer_run(NULL, whole.trainer));
    for (int answer = NEURON_STOP; answer >= 0; answer--) {
        keeper k = {path, cases[which].event, cases[which].left, answer};
        bench b = set_up(3), plain = set_up(3), other = set_up(3);
        bench *benches[] = {&b, &plain, &other};
        for (int i = 0; library && i < 3; i++)
            add(benches[i], "warm_up", "length=4, per_step=yes");
        add_custom(&b, keep, &k);
        ck_assert_int_eq(neuron_trainer_run(NULL, b.trainer), answer);
        int calls[7] = {0};
        assert_ok(
            neuron_trainer_add_function(other.trainer, TEST_EVENTS, count_events, calls, NULL));
        assert_ok(neuron_trainer_load(plain.trainer, path));
        assert_ok(neuron_trainer_save(plain.trainer, again)); /* of one without functions */
        assert_ok(neuron_trainer_load(other.trainer, again));
        for (int i = 1; i < 3; i++) {
            assert_ok(neuron_trainer_run(NULL, benches[i]->trainer));
            ck_assert(same_parameters(whole.graph, benches[i]->graph));
        }
        assert_that(calls[1] == cases[which].begins, "%d epochs began", calls[1]);
        for (int i = 0; i < 3; i++)
            tear_down(benches[i]);
    }
    tear_down(&whole);
}
END_TEST

/* ---- Schedules ---- */

typedef struct planned {
    double rate;
    int64_t epoch;
    int answer, calls;
} planned;

static int plan(double *rate, int64_t epoch, void *user_data)
{
    planned *p = user_data;
    p->calls++;
    if (epoch != p->epoch)
        return 0;
    if (p->answer < 0)
        assert_status(neuron_trainer_run(NULL, NULL), NEURON_E_ARGUMENT);
    *rate = p->rate;
    return p->answer;
}

START_TEST(a_schedule_may_fail_or_stop)
{
    static const struct {
        int answer, status;
        const char *message;
    } cases[] = {
        {0, 0, NULL},
        {NEURON_STOP, NEURON_STOP, NULL},
        {2, NEURON_E_CALLBACK, "schedule: the function returned 2 for epoch 1"},
        {-7, -7,
         "schedule: the function returned -7 for epoch 1: neuron_trainer_run: trainer is NULL"},
    };
    planned p = {0.025, 1, cases[_i].answer, 0};
    bench b = set_up(3);
    neuron_callback_t *c;
    neuron_history_t *history;
    assert_ok(neuron_callback_create_schedule(&c, b.context, plan, &p, NULL));
    assert_ok(neuron_trainer_add_callback(b.trainer, c));
    neuron_callback_unref(c);
    assert_status(neuron_trainer_run(&history, b.trainer), cases[_i].status);
    if (cases[_i].message)
        assert_message(cases[_i].message);
    ck_assert_int_eq(history != NULL, cases[_i].status >= 0);
    neuron_history_unref(history);
    ck_assert_int_eq(epochs_of(&b), cases[_i].status == 0 ? 3 : 1);
    ck_assert(rate_of(&b) == (cases[_i].status < 0 ? 0.1 : 0.025));
    p.answer = 0;
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert_int_eq(p.calls, cases[_i].status < 0 ? 4 : 3);
    ck_assert(rate_of(&b) == 0.025);
    tear_down(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("callback-functions");
    TCase *tests = tcase_create("callback-functions");
    tcase_set_timeout(tests, 0);
    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, called_for_what_it_asks_for, 1, 64);
    tcase_add_test(tests, events_that_there_are_not);
    tcase_add_test(tests, functions_come_and_go);
    tcase_add_test(tests, the_list_is_closed_in_a_run);
    tcase_add_test(tests, without_memory);
    tcase_add_loop_test(tests, early_stopping_goes, 0, 2);
    tcase_add_test(tests, a_reason_outlives_its_callback);
    tcase_add_test(tests, schedules_go);
    tcase_add_loop_test(tests, functions_are_not_in_files, 0, 16);
    tcase_add_loop_test(tests, a_schedule_may_fail_or_stop, 0, 4);
    return run_suite(suite);
}
