/* How trainings of several ranks end: together, whoever ends them, and how they go on. */
#include "ranks-bench.h"

#include <math.h>
#include <stdio.h>

/* What each rank does, what it is to start with, and what it leaves. */
typedef struct task {
    network which;
    const char *options;
    void (*set_up)(training *t, int32_t rank, const struct task *given);
    int32_t culprit; /* the rank on which something is done, or not */
    int answer;
    const char *path, *best_path;
    outcome found[TEST_RANKS_MOST];
    int status[TEST_RANKS_MOST];
    char messages[TEST_RANKS_MOST][512];
    char reasons[TEST_RANKS_MOST][256];
    double steps[TEST_RANKS_MOST], rates[TEST_RANKS_MOST];
    atomic_int calls[TEST_RANKS_MOST];
} task;

static void run(test_rank *own)
{
    task *given = own->user_data;
    training t = make_training(own->context, given->which);
    if (given->options)
        assert_ok(neuron_trainer_set(t.trainer, given->options));
    assert_ok(neuron_trainer_set_communicator(t.trainer, own->communicator));
    if (given->set_up)
        given->set_up(&t, own->rank, given);
    given->status[own->rank] = neuron_trainer_run(NULL, t.trainer);
    snprintf(given->messages[own->rank], sizeof given->messages[0], "%s", neuron_error_last());
    snprintf(given->reasons[own->rank], sizeof given->reasons[0], "%s",
             neuron_trainer_stop_reason(t.trainer));
    given->steps[own->rank] = neuron_trainer_progress(t.trainer, "all_steps");
    given->rates[own->rank] = neuron_trainer_progress(t.trainer, "learning_rate");
    given->found[own->rank] = outcome_of(&t);
    end_training(&t);
}

static void run_in(task *given, int32_t size)
{
    test_ranks all = {.size = size, .work = run, .user_data = given, .dying = -1};
    test_run_ranks(&all);
}

/* All ranks have ended alike. */
static void assert_alike(const task *given, int32_t size)
{
    for (int32_t i = 1; i < size; i++) {
        ck_assert_int_eq(given->status[i], given->status[0]);
        ck_assert_double_eq(given->steps[i], given->steps[0]);
        ck_assert_double_eq(given->rates[i], given->rates[0]);
        ck_assert_str_eq(given->reasons[i], given->reasons[0]);
        if (given->status[0] < 0)
            ck_assert_str_eq(given->messages[i], given->messages[0]);
        ck_assert(same_outcome(&given->found[i], &given->found[0]));
    }
}

static void drop(task *given, int32_t size)
{
    for (int32_t i = 0; i < size; i++)
        end_outcome(&given->found[i]);
}

/* ---- Callbacks ---- */

static void stop_early(training *t, int32_t rank, const task *given)
{
    (void)rank;
    neuron_callback_t *stop, *log;
    assert_ok(neuron_callback_create(&stop, t->context, "early_stopping",
                                     "monitor=accuracy, restore_best=yes, min_delta=0.5"));
    assert_ok(neuron_trainer_add_callback(t->trainer, stop));
    neuron_callback_unref(stop);
    assert_ok(neuron_callback_create_csv_log(&log, t->context, given->path));
    assert_ok(neuron_trainer_add_callback(t->trainer, log));
    neuron_callback_unref(log);
    assert_ok(
        neuron_callback_create_checkpoint(&log, t->context, given->best_path, "monitor=loss"));
    assert_ok(neuron_trainer_add_callback(t->trainer, log));
    neuron_callback_unref(log);
}

START_TEST(early_stopping)
{
    task alone = {.which = DENSE, .options = "parts=8, epochs=9", .path = test_file("alone.csv")};
    task three = {.which = DENSE, .options = "parts=8, epochs=9", .path = test_file("three.csv")};
    alone.set_up = three.set_up = stop_early;
    alone.best_path = three.best_path = test_file("ranks-best");
    run_in(&alone, 1);
    run_in(&three, 3);
    assert_alike(&three, 3);
    ck_assert_int_eq(three.status[0], 0);
    ck_assert_int_lt(three.found[0].epochs, 9);
    assert_that(strstr(three.reasons[0], "early_stopping"), "%s", three.reasons[0]);
    ck_assert_str_eq(three.reasons[0], alone.reasons[0]);
    ck_assert(same_outcome(&three.found[0], &alone.found[0]));
    /* One rank wrote the file, and it is whole. */
    test_bytes text = test_read_file(three.path);
    int64_t lines = 0;
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    ck_assert_int_eq(lines, three.found[0].epochs + 1);
    free(text.data);
    drop(&three, 3);
    drop(&alone, 1);
}
END_TEST

/* Sets a rate at the third step, and ends the run at the sixth. */
static int interfere(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    atomic_int *calls = user_data;
    int call = atomic_fetch_add(calls, 1) + 1;
    if (call == 3)
        assert_ok(neuron_optimizer_set(neuron_trainer_optimizer(trainer), "learning_rate=0.003"));
    if (call == 4)
        assert_ok(neuron_trainer_set(trainer, "epochs=2"));
    return call == 6 ? NEURON_STOP : 0;
}

static void add_function(training *t, int32_t rank, const task *given)
{
    assert_ok(neuron_trainer_add_function(t->trainer, NEURON_EVENT_STEP_END, interfere,
                                          (void *)(uintptr_t)&given->calls[rank], NULL));
}

START_TEST(functions)
{
    task alone = {.which = DENSE, .options = "parts=8, epochs=5", .set_up = add_function};
    run_in(&alone, 1);
    ck_assert_int_eq(alone.status[0], NEURON_STOP);
    for (int32_t every = 0; every < 2; every++) {
        task three = {.which = DENSE,
                      .options = every ? "epochs=5, callbacks=all" : "epochs=5",
                      .set_up = add_function};
        run_in(&three, 3);
        assert_alike(&three, 3);
        ck_assert_int_eq(three.status[0], NEURON_STOP);
        ck_assert_double_eq(three.steps[0], 6);
        ck_assert_double_eq(three.rates[2], 0.003);
        ck_assert(same_outcome(&three.found[0], &alone.found[0]));
        for (int32_t i = 0; i < 3; i++)
            ck_assert_int_eq(atomic_load(&three.calls[i]), every || i == 0 ? 6 : 0);
        drop(&three, 3);
    }
    drop(&alone, 1);
}
END_TEST

static int fail_once(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)user_data;
    neuron_callback_t *none;
    if (event == NEURON_EVENT_EPOCH_END && neuron_trainer_progress(trainer, "epoch") < 2)
        return 0;
    return neuron_callback_create(&none, NULL, "early_stopping", NULL) < 0 ? -4711 : 0;
}

static void add_failing(training *t, int32_t rank, const task *given)
{
    if (rank == given->culprit)
        assert_ok(neuron_trainer_add_function(t->trainer, given->answer, fail_once, NULL, NULL));
}

/* At any point of a run, on any rank. */
START_TEST(failing_functions)
{
    static const int32_t events[] = {NEURON_EVENT_RUN_BEGIN, NEURON_EVENT_EPOCH_BEGIN,
                                     NEURON_EVENT_STEP_END,  NEURON_EVENT_VALIDATION_STEP_END,
                                     NEURON_EVENT_EPOCH_END, NEURON_EVENT_RUN_END};
    for (int32_t i = 0; i < 6; i++)
        for (int32_t culprit = 0; culprit < 3; culprit += 2) {
            task three = {.which = DENSE,
                          .options = "callbacks=all",
                          .set_up = add_failing,
                          .culprit = culprit,
                          .answer = events[i]};
            char begin[16];
            run_in(&three, 3);
            assert_alike(&three, 3);
            ck_assert_int_eq(three.status[0], -4711);
            snprintf(begin, sizeof begin, "rank %d: ", (int)culprit);
            assert_that(strstr(three.messages[0], begin) == three.messages[0], "%s",
                        three.messages[0]);
            drop(&three, 3);
        }
}
END_TEST

/* ---- Numbers that are not finite ---- */

static void spoil(training *t, int32_t rank, const task *given)
{
    (void)rank;
    float bad[SIZE * SIZE] = {0};
    neuron_tensor_t *images, *labels;
    neuron_dataset_t *dataset;
    const int64_t shape[] = {EXAMPLES, SIZE, SIZE, 1}, count[] = {EXAMPLES};
    assert_ok(neuron_tensor_create(&images, t->context, NEURON_TYPE_F32, shape, 4));
    assert_ok(neuron_tensor_create(&labels, t->context, NEURON_TYPE_I32, count, 1));
    memset(neuron_tensor_data(images), 0, EXAMPLES * sizeof bad);
    memset(neuron_tensor_data(labels), 0, EXAMPLES * sizeof(int32_t));
    ((float *)neuron_tensor_data(images))[44 * SIZE * SIZE + 5] = NAN;
    assert_ok(neuron_dataset_create(&dataset, t->context, images, labels, TEST_CLASSES));
    assert_ok(neuron_trainer_set_dataset(t->trainer, dataset));
    neuron_dataset_unref(dataset);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(images);
    neuron_callback_t *stop;
    if (!given->path)
        return;
    assert_ok(neuron_callback_create(&stop, t->context, "stop_on_nan", NULL));
    assert_ok(neuron_trainer_add_callback(t->trainer, stop));
    neuron_callback_unref(stop);
}

START_TEST(bad_numbers)
{
    for (int32_t stops = 0; stops < 2; stops++) {
        task alone = {.which = DENSE, .options = "parts=8, shuffle=no", .set_up = spoil};
        task three = {.which = DENSE, .options = "shuffle=no", .set_up = spoil};
        alone.path = three.path = stops ? "" : NULL;
        run_in(&alone, 1);
        run_in(&three, 3);
        assert_alike(&three, 3);
        ck_assert_int_eq(three.status[0], stops ? 0 : NEURON_E_NOT_FINITE);
        ck_assert_double_eq(three.steps[0], 2);
        ck_assert(same_outcome(&three.found[0], &alone.found[0]));
        const char *said = stops ? three.reasons[0] : three.messages[0];
        assert_that(strstr(said, "rank 2: the loss of epoch 1, step 3 is not a number"), "%s",
                    said);
        if (!stops)
            assert_that(strstr(said, "number 5 of example 44 of the training set"), "%s", said);
        drop(&three, 3);
        drop(&alone, 1);
    }
}
END_TEST

/* ---- Streams that fail ---- */

typedef struct reader {
    int32_t rank, culprit;
    int calls;
} reader;

static int read_stream(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                       void *user_data)
{
    reader *r = user_data;
    if (r->rank == r->culprit && ++r->calls == 7)
        return -77;
    for (int64_t i = 0; i < count; i++) {
        for (int k = 0; examples && k < SIZE * SIZE; k++)
            ((float *)examples)[i * SIZE * SIZE + k] = (float)(positions[i] * k % 7);
        if (labels)
            labels[i] = (int32_t)(positions[i] % TEST_CLASSES);
    }
    return 0;
}

static void stream(training *t, int32_t rank, const task *given)
{
    neuron_dataset_t *dataset;
    reader *r = calloc(1, sizeof *r);
    *r = (reader){.rank = rank, .culprit = given->culprit};
    assert_ok(neuron_dataset_create_stream(
        &dataset, t->context, read_stream, r, free, EXAMPLES,
        test_stream_options((const int64_t[]){SIZE, SIZE, 1}, 3, NEURON_TYPE_F32, TEST_CLASSES)));
    assert_ok(neuron_trainer_set_dataset(t->trainer, dataset));
    neuron_dataset_unref(dataset);
}

START_TEST(failing_streams)
{
    for (int32_t culprit = 0; culprit < 3; culprit++) {
        task three = {.which = DENSE, .set_up = stream, .culprit = culprit};
        char begin[16];
        run_in(&three, 3);
        assert_alike(&three, 3);
        ck_assert_int_eq(three.status[0], -77);
        snprintf(begin, sizeof begin, "rank %d: ", (int)culprit);
        assert_that(strstr(three.messages[0], begin) == three.messages[0], "%s", three.messages[0]);
        drop(&three, 3);
    }
}
END_TEST

/* ---- Trainers that differ ---- */

static void differ(training *t, int32_t rank, const task *given)
{
    if (rank == given->culprit)
        assert_ok(neuron_trainer_set(t->trainer, given->path));
}

static void freeze(training *t, int32_t rank, const task *given)
{
    if (rank == given->culprit)
        assert_ok(neuron_node_set_trainable(neuron_graph_find_node(t->graph, "dense"), 0));
}

static void take_many(training *t, int32_t rank, const task *given)
{
    (void)rank;
    (void)given;
    assert_ok(neuron_trainer_set(t->trainer, "parts=2"));
}

static void assert_refused(task *given, const char *message)
{
    run_in(given, 3);
    for (int32_t i = 0; i < 3; i++) {
        ck_assert_int_eq(given->status[i], NEURON_E_ARGUMENT);
        ck_assert_str_eq(given->messages[i], message);
    }
    drop(given, 3);
}

START_TEST(refused)
{
    task given = {.which = DENSE, .set_up = differ, .culprit = 1, .path = "batch_size=20"};
    assert_refused(&given, "trainer: batch_size is 20 on rank 1, 16 on rank 0");
    given.path = "parts=9";
    assert_refused(&given, "trainer: parts is 9 on rank 1, 8 on rank 0");
    given.path = "micro_batch_size=2";
    assert_refused(&given,
                   "rank 1: trainer: parts is 8 and micro_batch_size 2; a batch is computed "
                   "in the one or the other");
    given.set_up = freeze;
    assert_refused(&given, "trainer: layers, losses or their options on rank 1 are not those on "
                           "rank 0");
    given.set_up = take_many;
    assert_refused(&given, "rank 0: trainer: parts is 2; 3 ranks need at least as many");
}
END_TEST

/* The parameters of the first rank count. */
static void begin_elsewhere(training *t, int32_t rank, const task *given)
{
    (void)given;
    size_t count;
    float *values = test_parameters(t->graph, &count);
    neuron_graph_t *graph = t->graph;
    for (size_t i = 0; i < count; i++)
        values[i] += (float)rank;
    size_t size, place = 0;
    for (int32_t i = 0; i < neuron_graph_array_count(graph); i++, place += size) {
        assert_ok(neuron_graph_read_array(NULL, 0, &size, graph, i));
        assert_ok(neuron_graph_write_array(graph, i, values + place, size));
    }
    free(values);
    assert_ok(neuron_trainer_set_seed(t->trainer, (uint64_t)rank + 1));
    assert_ok(neuron_optimizer_set_number(t->optimizer, "learning_rate", 0.01 * (rank + 1)));
}

START_TEST(first_rank_counts)
{
    task three = {.which = DENSE, .set_up = begin_elsewhere};
    outcome alone = train_alone(DENSE, "parts=8", 1);
    run_in(&three, 3);
    assert_alike(&three, 3);
    ck_assert(same_outcome(&three.found[0], &alone));
    drop(&three, 3);
    end_outcome(&alone);
}
END_TEST

/* ---- Going on ---- */

static void go_on(training *t, int32_t rank, const task *given)
{
    (void)rank;
    assert_ok(neuron_trainer_load(t->trainer, given->path));
}

/* Runs some epochs, or a few steps, and saves; all ranks make the same calls. */
static void run_and_save(test_rank *own)
{
    const task *given = own->user_data;
    training t = make_training(own->context, given->which);
    assert_ok(neuron_trainer_set_communicator(t.trainer, own->communicator));
    assert_ok(neuron_trainer_set(t.trainer, given->options));
    atomic_int *calls = (void *)(uintptr_t)&given->calls[own->rank];
    if (given->culprit >= 0) /* in the middle of an epoch */
        assert_ok(
            neuron_trainer_add_function(t.trainer, NEURON_EVENT_STEP_END, interfere, calls, NULL));
    ck_assert_int_eq(neuron_trainer_run(NULL, t.trainer), given->culprit >= 0 ? NEURON_STOP : 0);
    assert_ok(neuron_trainer_save(t.trainer, given->path));
    end_training(&t);
}

START_TEST(resumed)
{
    outcome whole = train_alone(CONVOLUTED, "parts=8, epochs=4", 1);
    static const int32_t before[] = {1, 2, 3}, behind[] = {3, 1, 4};
    for (int32_t i = 0; i < 3; i++) {
        const char *path = test_file("resumed");
        task given = {.which = CONVOLUTED, .path = path, .options = "epochs=2", .culprit = -1};
        test_ranks all = {
            .size = before[i], .work = run_and_save, .user_data = &given, .dying = -1};
        test_run_ranks(&all);
        task rest = {.which = CONVOLUTED, .path = path, .options = "epochs=4", .set_up = go_on};
        run_in(&rest, behind[i]);
        assert_alike(&rest, behind[i]);
        ck_assert(same_outcome(&rest.found[0], &whole));
        drop(&rest, behind[i]);
    }
    end_outcome(&whole);
}
END_TEST

/* Stopped at step 6, which is in the second epoch, with the rate of step 3. */
START_TEST(resumed_in_an_epoch)
{
    outcome found[2];
    for (int32_t i = 0; i < 2; i++) {
        const char *path = test_file("resumed-inside");
        task given = {.which = DENSE, .path = path, .options = "epochs=4"};
        test_ranks all = {.size = 1 + i, .work = run_and_save, .user_data = &given, .dying = -1};
        test_run_ranks(&all);
        task rest = {.which = DENSE, .path = path, .options = "epochs=4", .set_up = go_on};
        run_in(&rest, 4 - 3 * i);
        assert_alike(&rest, 4 - 3 * i);
        ck_assert_int_eq(rest.status[0], 0);
        found[i] = rest.found[0];
        for (int32_t k = 1; k < 4 - 3 * i; k++)
            end_outcome(&rest.found[k]);
    }
    ck_assert(same_outcome(&found[0], &found[1]));
    end_outcome(&found[0]);
    end_outcome(&found[1]);
}
END_TEST

/* A file tells in how many parts its batches were computed. */
START_TEST(other_parts)
{
    neuron_context_t *context = test_context();
    training t = make_training(context, LINEAR), other = make_training(context, LINEAR);
    assert_ok(neuron_trainer_set(t.trainer, "parts=4, epochs=1"));
    assert_ok(neuron_trainer_run(NULL, t.trainer));
    assert_ok(neuron_trainer_save(t.trainer, test_file("four-parts")));
    assert_status(neuron_trainer_load(other.trainer, test_file("four-parts")), NEURON_E_DATA);
    assert_that(strstr(neuron_error_last(), "parts"), "%s", neuron_error_last());
    assert_ok(neuron_trainer_set(other.trainer, "parts=4"));
    assert_ok(neuron_trainer_load(other.trainer, test_file("four-parts")));
    end_training(&other);
    end_training(&t);
    neuron_context_unref(context);
}
END_TEST

/* ---- Averages of parameters ---- */

static void average(training *t, int32_t rank, const task *given)
{
    (void)rank;
    (void)given;
    neuron_callback_t *averaging;
    assert_ok(neuron_callback_create(&averaging, t->context, "weight_averaging", "start=1"));
    assert_ok(neuron_trainer_add_callback(t->trainer, averaging));
    neuron_callback_unref(averaging);
}

START_TEST(renewed_statistics)
{
    task alone = {.which = DEEP, .options = "parts=8", .set_up = average};
    task three = {.which = DEEP, .options = "parts=8", .set_up = average};
    run_in(&alone, 1);
    run_in(&three, 3);
    assert_alike(&three, 3);
    ck_assert_int_eq(three.status[0], 0);
    ck_assert(same_outcome(&three.found[0], &alone.found[0]));
    drop(&three, 3);
    drop(&alone, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ranks-ends");
    TCase *tests = tcase_create("ranks-ends");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, early_stopping);
    tcase_add_test(tests, functions);
    tcase_add_test(tests, failing_functions);
    tcase_add_test(tests, bad_numbers);
    tcase_add_test(tests, failing_streams);
    tcase_add_test(tests, refused);
    tcase_add_test(tests, first_rank_counts);
    tcase_add_test(tests, resumed);
    tcase_add_test(tests, resumed_in_an_epoch);
    tcase_add_test(tests, other_parts);
    tcase_add_test(tests, renewed_statistics);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
