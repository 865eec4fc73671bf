/* Augmented batches and batches made ahead: the same training whoever makes them. */
#include "test-models.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

enum { SIZE = 12, PIXELS = SIZE * SIZE, EXAMPLES = 50, BATCH = 16, STEPS = 4, EPOCHS = 3 };

static int make_augmentation(neuron_augmentation_t **made, neuron_context_t *context)
{
    int status = neuron_augmentation_create(made, context, NULL);
    if (status < 0)
        return status;
    assert_ok(neuron_augmentation_set(
        *made, "rotation=15, width_shift=0.1, horizontal_flip=yes, noise=0.02"));
    return NEURON_OK;
}

typedef struct setting {
    int32_t threads;
    int64_t workers;
    bool augments;
} setting;

typedef struct bench {
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_optimizer_t *optimizer;
    neuron_dataset_t *train;
    neuron_trainer_t *trainer;
} bench;

static bench set_up(setting s)
{
    bench b;
    b.context = test_context();
    assert_ok(neuron_context_set_number(b.context, "threads", s.threads));
    b.graph = test_cnn(b.context, SIZE);
    assert_ok(neuron_optimizer_create(&b.optimizer, b.context, "adam", NULL));
    b.train = test_glyphs(b.context, EXAMPLES, SIZE);
    assert_ok(neuron_trainer_create(&b.trainer, b.graph, b.optimizer, b.train));
    assert_ok(neuron_trainer_set_number(b.trainer, "batch_size", BATCH));
    assert_ok(neuron_trainer_set_number(b.trainer, "epochs", EPOCHS));
    assert_ok(neuron_trainer_set_number(b.trainer, "workers", (double)s.workers));
    if (s.augments) {
        neuron_augmentation_t *augmentation;
        assert_ok(make_augmentation(&augmentation, b.context));
        assert_ok(neuron_trainer_set_augmentation(b.trainer, augmentation));
        neuron_augmentation_unref(augmentation);
    }
    return b;
}

static void tear_down(bench *b)
{
    neuron_trainer_unref(b->trainer);
    neuron_dataset_unref(b->train);
    neuron_optimizer_unref(b->optimizer);
    neuron_graph_unref(b->graph);
    neuron_context_unref(b->context);
}

static void count_warnings(int32_t level, const char *category, const char *line, void *user_data)
{
    (void)category;
    *(int *)user_data += level == NEURON_LOG_WARNING && strstr(line, "worker");
}

/* By default, for workers that were asked for, with augmentation and without; where none is
 * wanted, it is not missed. */
START_TEST(goes_on_where_no_thread_can_be_had)
{
    static const setting settings[] = {{3, -1, true}, {1, 1, true}, {2, 3, true},
                                       {2, 2, false}, {1, 0, true}, {1, -1, false}};
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        bench expected = set_up(settings[i]);
        assert_ok(neuron_trainer_run(NULL, expected.trainer));
        bool refused = test_refuse_threads(true);
        bench b = set_up(settings[i]);
        int warnings = 0;
        assert_ok(
            neuron_context_set_log(b.context, NEURON_LOG_WARNING, count_warnings, &warnings, NULL));
        assert_ok(neuron_trainer_run(NULL, b.trainer));
        ck_assert_int_eq(warnings > 0, refused && i < 4);
        if (refused)
            test_refuse_threads(false);
        ck_assert(same_parameters(expected.graph, b.graph));
        assert_ok(neuron_trainer_set_number(b.trainer, "epochs", EPOCHS + 1));
        assert_ok(neuron_trainer_run(NULL, b.trainer)); /* now with workers */
        tear_down(&b);
        tear_down(&expected);
    }
}
END_TEST

START_TEST(workers_and_threads_change_nothing)
{
    for (int augments = 0; augments < 2; augments++) {
        bench expected = set_up((setting){1, 0, augments});
        assert_ok(neuron_trainer_run(NULL, expected.trainer));
        for (int32_t threads = 1; threads <= 3; threads++)
            for (int64_t workers = -1; workers <= 3; workers++) {
                bench b = set_up((setting){threads, workers, augments});
                assert_ok(neuron_trainer_run(NULL, b.trainer));
                assert_that(same_parameters(expected.graph, b.graph), "threads %d, workers %d",
                            (int)threads, (int)workers);
                tear_down(&b);
            }
        tear_down(&expected);
    }
}
END_TEST

#ifdef __linux__
enum { STREAMED = 8 };

typedef struct looked {
    pthread_t caller;
    atomic_int others, blocked, bound;
} looked;

static int look_around(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                       void *user_data)
{
    looked *seen = user_data;
    sigset_t signals;
    cpu_set_t allowed;
    for (int64_t i = 0; i < count; i++) {
        if (examples)
            ((float *)examples)[i] = (float)positions[i];
        if (labels)
            labels[i] = (int32_t)(positions[i] % 2);
    }
    if (pthread_equal(pthread_self(), seen->caller))
        return NEURON_OK;
    pthread_sigmask(SIG_BLOCK, NULL, &signals);
    sched_getaffinity(0, sizeof allowed, &allowed);
    atomic_fetch_add(&seen->others, 1);
    atomic_fetch_add(&seen->blocked,
                     sigismember(&signals, SIGUSR1) && !sigismember(&signals, SIGBUS));
    atomic_fetch_add(&seen->bound, CPU_COUNT(&allowed) == 1);
    return NEURON_OK;
}

static neuron_trainer_t *stream_trainer(neuron_context_t *context, looked *seen)
{
    neuron_graph_t *graph;
    neuron_optimizer_t *optimizer;
    neuron_dataset_t *stream;
    neuron_trainer_t *trainer;
    int64_t one = 1;
    assert_ok(neuron_dataset_create_stream(&stream, context, look_around, seen, NULL, STREAMED,
                                           test_stream_options(&one, 1, NEURON_TYPE_F32, 2)));
    assert_ok(neuron_graph_create(&graph, context));
    assert_ok(neuron_graph_finish(
        graph,
        neuron_softmax(graph, neuron_dense(graph, neuron_input(graph, &one, 1), 2, NULL), NULL)));
    assert_ok(neuron_optimizer_create(&optimizer, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, optimizer, stream));
    assert_ok(neuron_trainer_set(trainer, "epochs=1"));
    neuron_dataset_unref(stream);
    neuron_optimizer_unref(optimizer);
    neuron_graph_unref(graph);
    return trainer;
}

/* As those of the context's pool, though the run's caller may be bound to one processor. */
START_TEST(a_worker_has_its_contexts_processors_and_no_signals)
{
    neuron_context_t *context = test_context();
    looked seen = {.caller = pthread_self()};
    neuron_trainer_t *trainer = stream_trainer(context, &seen);
    cpu_set_t allowed, one;
    sched_getaffinity(0, sizeof allowed, &allowed);
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &allowed))
            CPU_SET(i, &one);
    sched_setaffinity(0, sizeof one, &one);
    assert_ok(neuron_trainer_run(NULL, trainer));
    sched_setaffinity(0, sizeof allowed, &allowed);
    ck_assert_int_gt(seen.others, 0);
    ck_assert_int_eq(seen.blocked, seen.others);
    if (CPU_COUNT(&allowed) > 1)
        ck_assert_int_eq(seen.bound, 0);
    neuron_trainer_unref(trainer);
    neuron_context_unref(context);
}
END_TEST
#endif

START_TEST(augmentation_changes_the_training)
{
    bench plain = set_up((setting){2, 0, false}), other = set_up((setting){2, 0, true});
    bench still = set_up((setting){2, -1, false}), taken_back = set_up((setting){2, -1, true});
    neuron_augmentation_t *nothing;
    assert_ok(neuron_augmentation_create(&nothing, still.context, NULL));
    assert_ok(neuron_trainer_set_augmentation(still.trainer, nothing));
    assert_ok(neuron_trainer_set_augmentation(taken_back.trainer, NULL));
    assert_ok(neuron_trainer_run(NULL, plain.trainer));
    assert_ok(neuron_trainer_run(NULL, other.trainer));
    assert_ok(neuron_trainer_run(NULL, still.trainer));
    assert_ok(neuron_trainer_run(NULL, taken_back.trainer));
    ck_assert(!same_parameters(plain.graph, other.graph));
    ck_assert(same_parameters(plain.graph, still.graph));
    ck_assert(same_parameters(plain.graph, taken_back.graph));
    neuron_augmentation_unref(nothing);
    tear_down(&taken_back);
    tear_down(&still);
    tear_down(&other);
    tear_down(&plain);
}
END_TEST

/* An epoch sees what neuron_augmentation_apply() shows of it. */
START_TEST(trains_with_what_apply_shows)
{
    bench b = set_up((setting){2, 1, true}), by_hand = set_up((setting){2, 0, false});
    assert_ok(neuron_trainer_set(b.trainer, "epochs=1"));
    neuron_augmentation_t *augmentation;
    neuron_tensor_t *examples, *labels;
    const int64_t extents[] = {EXAMPLES, SIZE, SIZE, 1};
    assert_ok(make_augmentation(&augmentation, b.context));
    assert_ok(neuron_tensor_create(&examples, b.context, NEURON_TYPE_F32, extents, 4));
    assert_ok(neuron_tensor_create(&labels, b.context, NEURON_TYPE_I32, extents, 1));
    assert_ok(neuron_augmentation_apply(neuron_tensor_data(examples), augmentation, b.train, 0,
                                        EXAMPLES, neuron_context_seed(b.context), 0));
    assert_ok(neuron_dataset_read(NULL, neuron_tensor_data(labels), b.train, 0, EXAMPLES));
    neuron_dataset_t *shown;
    neuron_trainer_t *trainer;
    assert_ok(neuron_dataset_create(&shown, b.context, examples, labels, TEST_CLASSES));
    assert_ok(neuron_trainer_create(&trainer, by_hand.graph, by_hand.optimizer, shown));
    assert_ok(neuron_trainer_set_number(trainer, "batch_size", BATCH));
    assert_ok(neuron_trainer_run(NULL, trainer));
    assert_ok(neuron_trainer_run(NULL, b.trainer));
    ck_assert(same_parameters(b.graph, by_hand.graph));
    neuron_trainer_unref(trainer);
    neuron_dataset_unref(shown);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
    neuron_augmentation_unref(augmentation);
    tear_down(&by_hand);
    tear_down(&b);
}
END_TEST

/* ---- Ends of a run ---- */

static int stop_each_time(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    (void)trainer;
    (void)user_data;
    return NEURON_STOP;
}

static int change_threads(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    int32_t threads = 1 + (int32_t)neuron_trainer_progress(trainer, "step") % 3;
    return neuron_context_set_number(user_data, "threads", threads);
}

static int evaluate(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    neuron_evaluation_t *evaluation;
    int status =
        neuron_graph_evaluate(&evaluation, neuron_trainer_graph(trainer), user_data, NULL, NULL);
    neuron_evaluation_unref(evaluation);
    return status;
}

START_TEST(callbacks_may_stop_and_change_threads)
{
    bench expected = set_up((setting){2, 0, true});
    assert_ok(neuron_trainer_run(NULL, expected.trainer));
    for (int64_t workers = 0; workers < 3; workers++)
        for (int which = 0; which < 3; which++) {
            bench b = set_up((setting){1, workers, true});
            neuron_callback_function_t calls[] = {stop_each_time, change_threads, evaluate};
            void *data[] = {NULL, b.context, b.train};
            assert_ok(neuron_trainer_add_function(b.trainer, NEURON_EVENT_STEP_END, calls[which],
                                                  data[which], NULL));
            int runs = 1;
            while (neuron_trainer_run(NULL, b.trainer) == NEURON_STOP)
                runs++;
            ck_assert_int_eq(runs, which == 0 ? EPOCHS * STEPS + 1 : 1);
            assert_that(same_parameters(expected.graph, b.graph), "workers %d, callback %d",
                        (int)workers, which);
            tear_down(&b);
        }
    tear_down(&expected);
}
END_TEST

START_TEST(continues_from_a_file)
{
    bench expected = set_up((setting){2, 1, true}), first = set_up((setting){2, 1, true});
    bench second = set_up((setting){1, 2, true});
    const char *path = test_file("training");
    assert_ok(neuron_trainer_run(NULL, expected.trainer));
    assert_ok(neuron_trainer_add_function(first.trainer, NEURON_EVENT_STEP_END, stop_each_time,
                                          NULL, NULL));
    for (int i = 0; i < STEPS + 2; i++)
        assert_status(neuron_trainer_run(NULL, first.trainer), NEURON_STOP);
    assert_ok(neuron_trainer_save(first.trainer, path));
    assert_ok(neuron_trainer_load(second.trainer, path));
    assert_ok(neuron_trainer_run(NULL, second.trainer));
    ck_assert(same_parameters(expected.graph, second.graph));
    tear_down(&second);
    tear_down(&first);
    tear_down(&expected);
}
END_TEST

/* The settings are not taken from the file, so they must be the same; none is as good as one that
 * does nothing. */
START_TEST(another_augmentation_is_refused)
{
    const char *path = test_file("training");
    bench with = set_up((setting){1, 0, true}), without = set_up((setting){1, 0, false});
    bench other = set_up((setting){1, 0, false}), same = set_up((setting){1, 0, false});
    neuron_augmentation_t *augmentation, *nothing;
    assert_ok(make_augmentation(&augmentation, other.context));
    assert_ok(neuron_augmentation_set(augmentation, "rotation=30"));
    assert_ok(neuron_trainer_set_augmentation(other.trainer, augmentation));
    assert_ok(neuron_augmentation_create(&nothing, same.context, NULL));
    assert_ok(neuron_trainer_set_augmentation(same.trainer, nothing));
    assert_ok(neuron_trainer_save(with.trainer, path));
    assert_status(neuron_trainer_load(without.trainer, path), NEURON_E_DATA);
    assert_message("augmentation: rotation is 15 in the file, 0 here");
    assert_status(neuron_trainer_load(other.trainer, path), NEURON_E_DATA);
    assert_message("augmentation: rotation is 15 in the file, 30 here");
    assert_ok(neuron_trainer_save(without.trainer, path));
    assert_status(neuron_trainer_load(with.trainer, path), NEURON_E_DATA);
    assert_message("augmentation: rotation is 0 in the file, 15 here");
    assert_ok(neuron_trainer_load(same.trainer, path));
    neuron_augmentation_unref(nothing);
    neuron_augmentation_unref(augmentation);
    tear_down(&same);
    tear_down(&other);
    tear_down(&without);
    tear_down(&with);
}
END_TEST

START_TEST(a_failed_step_ends_the_workers)
{
    bench b = set_up((setting){2, 2, true});
    assert_ok(neuron_optimizer_set(b.optimizer, "learning_rate=1e38"));
    assert_status(neuron_trainer_run(NULL, b.trainer), NEURON_E_NOT_FINITE);
    tear_down(&b);
}
END_TEST

/* ---- Settings ---- */

static int set_workers(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    *(int *)user_data = neuron_trainer_set(trainer, "workers=1");
    return 0;
}

START_TEST(settings_are_checked)
{
    bench b = set_up((setting){1, 0, true});
    neuron_trainer_t *t = b.trainer;
    assert_status(neuron_trainer_set(t, "workers=-2"), NEURON_E_ARGUMENT);
    assert_message("trainer: workers is -2; it must be -1 to 256");
    assert_status(neuron_trainer_set(t, "workers=257"), NEURON_E_ARGUMENT);
    assert_status(neuron_trainer_set_augmentation(NULL, NULL), NEURON_E_ARGUMENT);
    int status = 0;
    assert_ok(neuron_trainer_add_function(t, NEURON_EVENT_STEP_END, set_workers, &status, NULL));
    assert_ok(neuron_trainer_run(NULL, t));
    ck_assert_int_eq(status, NEURON_E_STATE);
    assert_message("workers are set between runs");
    assert_ok(neuron_trainer_set(t, "workers=2"));
    assert_status(neuron_trainer_set_augmentation(t, NULL), NEURON_E_STATE);
    assert_message("the augmentation is set before the first step");
    tear_down(&b);
}
END_TEST

START_TEST(only_images_are_augmented)
{
    neuron_context_t *context = test_context();
    neuron_dataset_t *glyphs = test_glyphs(context, EXAMPLES, SIZE);
    neuron_graph_t *g;
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
    neuron_augmentation_t *augmentation;
    assert_ok(neuron_dataset_reshape(glyphs, (int64_t[]){PIXELS}, 1));
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (int64_t[]){PIXELS}, 1);
    assert_ok(
        neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, x, TEST_CLASSES, NULL), NULL)));
    assert_ok(neuron_optimizer_create(&optimizer, context, "sgd", NULL));
    assert_ok(neuron_trainer_create(&trainer, g, optimizer, glyphs));
    assert_ok(make_augmentation(&augmentation, context));
    assert_status(neuron_trainer_set_augmentation(trainer, augmentation), NEURON_E_SHAPE);
    assert_message("examples are 144, not height x width");
    for (int workers = 0; workers <= 1; workers++) { /* without */
        assert_ok(neuron_trainer_set_number(trainer, "workers", workers));
        assert_ok(neuron_trainer_set_number(trainer, "epochs", workers + 1));
        assert_ok(neuron_trainer_run(NULL, trainer));
    }
    neuron_augmentation_unref(augmentation);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(optimizer);
    neuron_graph_unref(g);
    neuron_dataset_unref(glyphs);
    neuron_context_unref(context);
}
END_TEST

/* ---- Memory ---- */

static int refuse(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    (void)trainer;
    test_memory *memory = user_data;
    memory->left = 0; /* no step needs memory */
    return 0;
}

START_TEST(survives_each_failure_and_needs_no_memory_in_a_step)
{
    test_memory memory;
    neuron_context_t *context = test_limited_context(&memory);
    neuron_graph_t *graph;
    neuron_optimizer_t *optimizer;
    neuron_augmentation_t *augmentation;
    graph = test_linear(context, SIZE);
    neuron_dataset_t *glyphs = test_glyphs(context, EXAMPLES, SIZE);
    assert_ok(neuron_optimizer_create(&optimizer, context, "sgd", NULL));
    assert_ok(make_augmentation(&augmentation, context));
    long before = memory.live;
    int status = NEURON_E_MEMORY, failures = 0;
    for (; status != NEURON_OK; failures++) {
        ck_assert_int_lt(failures, 200);
        memory.left = failures;
        neuron_trainer_t *trainer = NULL;
        status = neuron_trainer_create(&trainer, graph, optimizer, glyphs);
        if (status == NEURON_OK) {
            assert_ok(neuron_trainer_set_augmentation(trainer, augmentation));
            assert_ok(neuron_trainer_set(trainer, "workers=2"));
            status =
                neuron_trainer_add_function(trainer, NEURON_EVENT_STEP_END, refuse, &memory, NULL);
            if (status == NEURON_OK)
                status = neuron_trainer_run(NULL, trainer);
        }
        neuron_trainer_unref(trainer);
        if (status != NEURON_OK)
            assert_that(status == NEURON_E_MEMORY, "%s", neuron_error_last());
        ck_assert_int_eq(memory.live, before);
    }
    ck_assert_int_gt(failures, 8);
    neuron_augmentation_unref(augmentation);
    neuron_optimizer_unref(optimizer);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    ck_assert_int_eq(memory.live, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("batch-source");
    TCase *tests = tcase_create("batch-source");
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, workers_and_threads_change_nothing);
    tcase_add_test(tests, goes_on_where_no_thread_can_be_had);
#ifdef __linux__
    tcase_add_test(tests, a_worker_has_its_contexts_processors_and_no_signals);
#endif
    tcase_add_test(tests, augmentation_changes_the_training);
    tcase_add_test(tests, trains_with_what_apply_shows);
    tcase_add_test(tests, callbacks_may_stop_and_change_threads);
    tcase_add_test(tests, continues_from_a_file);
    tcase_add_test(tests, another_augmentation_is_refused);
    tcase_add_test(tests, a_failed_step_ends_the_workers);
    tcase_add_test(tests, settings_are_checked);
    tcase_add_test(tests, only_images_are_augmented);
    tcase_add_test(tests, survives_each_failure_and_needs_no_memory_in_a_step);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
