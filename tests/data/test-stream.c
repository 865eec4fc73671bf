/* Datasets that a function reads: the same as those in memory, wherever they are used. */
#include "test-models.h"

#include "data/stream.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 12, PIXELS = SIZE * SIZE, EXAMPLES = 50, BATCH = 16 };

/* A set in memory that plays the one that is not. */
typedef struct source {
    int32_t type;
    uint8_t bytes[EXAMPLES * PIXELS];
    float floats[EXAMPLES * PIXELS];
    int32_t labels[EXAMPLES];
    atomic_int calls, inside; /* calls that wanted examples; of these now */
    atomic_bool crowded;
    int fail_at, answer; /* from which call on, and with what */
} source;

static neuron_context_t *context;
static neuron_graph_t *start; /* graphs of one context begin unlike */
static source whole;

static int read_some(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                     void *user_data)
{
    source *from = user_data;
    if (atomic_fetch_add(&from->inside, 1) > 0)
        atomic_store(&from->crowded, true);
    for (int64_t i = 0; labels && i < count; i++)
        labels[i] = from->labels[positions[i]];
    for (int64_t i = 0; examples && i < count; i++)
        if (from->type == NEURON_TYPE_U8)
            memcpy((uint8_t *)examples + i * PIXELS, from->bytes + positions[i] * PIXELS, PIXELS);
        else
            memcpy((float *)examples + i * PIXELS, from->floats + positions[i] * PIXELS,
                   PIXELS * sizeof(float));
    int calls = examples ? atomic_fetch_add(&from->calls, 1) : -1;
    atomic_fetch_sub(&from->inside, 1);
    return from->fail_at >= 0 && calls >= from->fail_at ? from->answer : 0;
}

static void setup(void)
{
    context = test_context();
    start = test_cnn(context, SIZE);
    whole = (source){.type = NEURON_TYPE_U8, .fail_at = -1};
    for (int i = 0; i < EXAMPLES * PIXELS; i++) {
        whole.bytes[i] = (uint8_t)(i * 31 % 251);
        whole.floats[i] = (float)(i * 29 % 101) / 100;
    }
    for (int i = 0; i < EXAMPLES; i++)
        whole.labels[i] = i * 7 % TEST_CLASSES;
}

static void teardown(void)
{
    ck_assert(!whole.crowded);
    neuron_graph_unref(start);
    neuron_context_unref(context);
}

static neuron_dataset_t *streamed(int32_t type)
{
    neuron_dataset_t *dataset;
    const int64_t shape[] = {SIZE, SIZE, 1};
    whole.type = type;
    assert_ok(neuron_dataset_create_stream(&dataset, context, read_some, &whole, NULL, EXAMPLES,
                                           test_stream_options(shape, 3, type, TEST_CLASSES)));
    return dataset;
}

static neuron_dataset_t *in_memory(int32_t type)
{
    const int64_t shape[] = {EXAMPLES, SIZE, SIZE, 1};
    neuron_tensor_t *examples, *labels;
    neuron_dataset_t *dataset;
    void *data = type == NEURON_TYPE_U8 ? (void *)whole.bytes : (void *)whole.floats;
    assert_ok(neuron_tensor_wrap(&examples, context, type, shape, 4, data));
    assert_ok(neuron_tensor_wrap(&labels, context, NEURON_TYPE_I32, shape, 1, whole.labels));
    assert_ok(neuron_dataset_create(&dataset, context, examples, labels, TEST_CLASSES));
    neuron_tensor_unref(examples);
    neuron_tensor_unref(labels);
    return dataset;
}

static void check_equal(const neuron_dataset_t *a, const neuron_dataset_t *b)
{
    int64_t count = neuron_dataset_count(a);
    size_t size = (size_t)count * PIXELS * sizeof(float);
    float *values[2] = {malloc(size), malloc(size)};
    int32_t labels[2][EXAMPLES];
    ck_assert_int_eq(count, neuron_dataset_count(b));
    assert_ok(neuron_dataset_read(values[0], labels[0], a, 0, count));
    assert_ok(neuron_dataset_read(values[1], labels[1], b, 0, count));
    ck_assert_mem_eq(values[0], values[1], size);
    ck_assert_mem_eq(labels[0], labels[1], (size_t)count * sizeof labels[0][0]);
    free(values[0]);
    free(values[1]);
}

static void check_all(neuron_dataset_t **streams, neuron_dataset_t **memories, int count)
{
    for (int i = 0; i < count; i++) {
        check_equal(streams[i], memories[i]);
        neuron_dataset_unref(streams[i]);
        neuron_dataset_unref(memories[i]);
    }
}

START_TEST(reads_what_memory_has)
{
    const int32_t types[] = {NEURON_TYPE_U8, NEURON_TYPE_F32};
    for (int t = 0; t < 2; t++) {
        neuron_dataset_t *all[] = {streamed(types[t]), in_memory(types[t])};
        neuron_dataset_t *made[2][8];
        ck_assert_int_eq(whole.calls, 0); /* labels came without examples */
        const int32_t classes[] = {1, 4};
        for (int i = 0; i < 2; i++) {
            neuron_dataset_t **m = made[i];
            assert_ok(neuron_dataset_subset(&m[0], all[i], 7, 30));
            assert_ok(neuron_dataset_split(&m[1], all[i], (double[]){0.6, 0.4}, 2, 3,
                                           "order=stratified"));
            assert_ok(neuron_dataset_filter(&m[3], all[i], classes, 2));
            assert_ok(neuron_dataset_shuffle(&m[4], all[i], 5));
            assert_ok(neuron_dataset_k_fold(&m[5], &m[6], all[i], 5, 2, 1));
            assert_ok(neuron_dataset_join(&m[7], (neuron_dataset_t *[]){m[0]}, 1));
            assert_ok(neuron_dataset_set_scale(m[0], 2, -1));
            assert_ok(neuron_dataset_standardize(m[4], all[i]));
            assert_ok(neuron_dataset_standardize_channels(m[3], all[i]));
        }
        check_all(made[0], made[1], 8);
        check_all(&all[0], &all[1], 1);
        whole.calls = 0;
    }
}
END_TEST

static int count_up(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                    void *user_data)
{
    int64_t *most = user_data;
    for (int64_t i = 0; i < count; i++) {
        if (examples)
            ((float *)examples)[i] = (float)positions[i];
        if (labels)
            labels[i] = (int32_t)(positions[i] % 3);
    }
    *most = count > *most ? count : *most;
    return 0;
}

START_TEST(large_reads_come_in_pieces)
{
    enum { MANY = 2500 };
    neuron_dataset_t *dataset;
    int64_t one = 1;
    int64_t most = 0;
    int wrong = 0;
    float values[MANY];
    int32_t labels[MANY];
    assert_ok(neuron_dataset_create_stream(&dataset, context, count_up, &most, NULL, MANY,
                                           test_stream_options(&one, 1, NEURON_TYPE_F32, 3)));
    assert_ok(neuron_dataset_read(values, labels, dataset, 0, MANY));
    for (int i = 0; i < MANY; i++)
        wrong += values[i] != (float)i || labels[i] != i % 3;
    ck_assert_int_eq(wrong, 0);
    ck_assert_int_eq(most, 1024);
    neuron_dataset_unref(dataset);
}
END_TEST

static int count_calls(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                       void *user_data)
{
    int *calls = user_data;
    ck_assert_int_gt(count, 0);
    *calls += examples != NULL;
    int64_t most = 0;
    return count_up(examples, labels, positions, count, &most);
}

/* The last piece may be a whole one. */
START_TEST(no_piece_is_empty)
{
    enum { PIECES = 2 };
    neuron_dataset_t *dataset;
    int64_t one = 1;
    int calls = 0;
    assert_ok(neuron_dataset_create_stream(&dataset, context, count_calls, &calls, NULL,
                                           PIECES * NEURON_STREAM_CHUNK,
                                           test_stream_options(&one, 1, NEURON_TYPE_F32, 3)));
    ck_assert_int_eq(calls, 0);
    assert_ok(neuron_dataset_normalize(dataset, 0, 1));
    ck_assert_int_eq(calls % PIECES, 0);
    float values[2];
    assert_ok(neuron_dataset_read(values, NULL, dataset, PIECES * NEURON_STREAM_CHUNK - 2, 2));
    ck_assert(values[0] < 1 && values[1] == 1);
    neuron_dataset_unref(dataset);
}
END_TEST

/* ---- Training ---- */

static neuron_graph_t *train_with(neuron_dataset_t *train, int64_t workers, bool augments,
                                  int expected)
{
    neuron_graph_t *graph = test_cnn(context, SIZE);
    copy_parameters(graph, start);
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
    neuron_dataset_t *validation;
    assert_ok(neuron_optimizer_create(&optimizer, context, "adam", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, optimizer, train));
    assert_ok(neuron_dataset_subset(&validation, train, 0, 20));
    assert_ok(neuron_trainer_set_validation(trainer, validation));
    assert_ok(neuron_trainer_set_number(trainer, "batch_size", BATCH));
    assert_ok(neuron_trainer_set(trainer, "epochs=2"));
    assert_ok(neuron_trainer_set_number(trainer, "workers", (double)workers));
    if (augments) {
        neuron_augmentation_t *augmentation;
        assert_ok(neuron_augmentation_create(&augmentation, context, "rotation=9"));
        assert_ok(neuron_trainer_set_augmentation(trainer, augmentation));
        neuron_augmentation_unref(augmentation);
    }
    assert_status(neuron_trainer_run(NULL, trainer), expected);
    neuron_dataset_unref(validation);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(optimizer);
    return graph;
}

START_TEST(trains_as_memory_does)
{
    for (int augments = 0; augments < 2; augments++) {
        neuron_dataset_t *memory = in_memory(NEURON_TYPE_U8), *stream = streamed(NEURON_TYPE_U8);
        neuron_graph_t *expected = train_with(memory, 0, augments, NEURON_OK);
        for (int64_t workers = -1; workers <= 2; workers++) {
            neuron_graph_t *graph = train_with(stream, workers, augments, NEURON_OK);
            ck_assert(same_parameters(expected, graph));
            neuron_graph_unref(graph);
        }
        neuron_graph_unref(expected);
        neuron_dataset_unref(stream);
        neuron_dataset_unref(memory);
    }
}
END_TEST

START_TEST(a_failing_source_ends_the_run)
{
    for (int64_t workers = 0; workers <= 2; workers++)
        for (int fail_at = 0; fail_at < 7; fail_at++) {
            whole.fail_at = fail_at;
            whole.answer = -1234;
            whole.calls = 0;
            neuron_dataset_t *stream = streamed(NEURON_TYPE_U8);
            neuron_graph_t *graph = train_with(stream, workers, false, -1234);
            assert_message("stream: reading ");
            assert_message("the callback returned -1234");
            /* it is not called again after it failed */
            ck_assert_int_eq(whole.calls, fail_at + 1);
            neuron_graph_unref(graph);
            neuron_dataset_unref(stream);
        }
}
END_TEST

START_TEST(a_failing_source_fails_every_call)
{
    neuron_dataset_t *stream = streamed(NEURON_TYPE_U8), *made = stream;
    neuron_graph_t *graph = test_linear(context, SIZE);
    neuron_evaluation_t *evaluation;
    neuron_augmentation_t *augmentation;
    float values[2 * PIXELS];
    assert_ok(neuron_augmentation_create(&augmentation, context, NULL));
    whole.fail_at = 0;
    whole.answer = 3;
    assert_status(neuron_dataset_read(values, NULL, stream, 4, 2), NEURON_E_CALLBACK);
    assert_message(
        "stream: reading 2 examples, the first of them 4, failed: the callback returned 3");
    assert_ok(neuron_dataset_read(NULL, whole.labels, stream, 4, 2));
    assert_status(neuron_graph_evaluate(&evaluation, graph, stream, NULL, NULL), NEURON_E_CALLBACK);
    ck_assert_ptr_null(evaluation);
    assert_status(neuron_dataset_join(&made, &stream, 1), NEURON_E_CALLBACK);
    ck_assert_ptr_null(made);
    assert_status(neuron_dataset_standardize(stream, stream), NEURON_E_CALLBACK);
    assert_status(neuron_dataset_standardize_channels(stream, stream), NEURON_E_CALLBACK);
    assert_status(neuron_augmentation_apply(values, augmentation, stream, 0, 2, 1, 0),
                  NEURON_E_CALLBACK);
    whole.fail_at = -1;
    assert_ok(neuron_dataset_read(values, NULL, stream, 4, 2));
    assert_ok(neuron_graph_evaluate(&evaluation, graph, stream, NULL, NULL));
    neuron_evaluation_unref(evaluation);
    neuron_augmentation_unref(augmentation);
    neuron_graph_unref(graph);
    neuron_dataset_unref(stream);
}
END_TEST

/* ---- Threads ---- */

static void *read_often(void *argument)
{
    neuron_dataset_t *stream = argument;
    float values[10 * PIXELS];
    int status = 0;
    for (int64_t first = 0; first < EXAMPLES && status == 0; first += 10)
        status = neuron_dataset_read(values, NULL, stream, first, 10);
    return status == 0 ? stream : NULL;
}

START_TEST(one_thread_reads_at_a_time)
{
    neuron_dataset_t *stream = streamed(NEURON_TYPE_F32);
    pthread_t handles[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&handles[i], NULL, read_often, stream), 0);
    for (int i = 0; i < 4; i++) {
        void *result;
        ck_assert_int_eq(pthread_join(handles[i], &result), 0);
        ck_assert_ptr_eq(result, stream);
    }
    neuron_dataset_unref(stream);
}
END_TEST

/* ---- Processes ---- */

typedef struct gate {
    pid_t parent;
    int calls;
    atomic_bool closed, waiting; /* for the gate to open */
    pid_t child;
} gate;

/* From the second batch on, the worker that reads it ahead waits as long as the gate is closed. */
static int read_behind_gate(void *examples, int32_t *labels, const int64_t *positions,
                            int64_t count, void *user_data)
{
    gate *door = user_data;
    if (examples && getpid() == door->parent && door->calls++ == 1) {
        atomic_store(&door->waiting, true);
        while (atomic_load(&door->closed))
            usleep(1000);
    }
    return read_some(examples, labels, positions, count, &whole);
}

/* What a child does with a dataset whose source the parent's worker is reading at this moment. */
static int use_in_child(neuron_dataset_t *stream, neuron_dataset_t *memory)
{
    enum { SOME = 20 };
    static float values[2][SOME * PIXELS];
    signal(SIGALRM, SIG_DFL);
    alarm(20); /* rather than hang */
    for (int again = 0; again < 2; again++)
        if (neuron_dataset_read(values[0], NULL, stream, 3, SOME) < 0 ||
            neuron_dataset_read(values[1], NULL, memory, 3, SOME) < 0 ||
            memcmp(values[0], values[1], sizeof values[0]) != 0)
            return 1;
    neuron_dataset_unref(stream);
    return 0;
}

static neuron_dataset_t *forked_stream, *forked_memory;

static int fork_in_callback(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    gate *door = user_data;
    (void)trainer;
    (void)event;
    if (door->child > 0)
        return 0;
    while (!atomic_load(&door->waiting))
        usleep(1000);
    door->child = fork();
    if (door->child == 0)
        _exit(use_in_child(forked_stream, forked_memory));
    int status = -1;
    pid_t ended = waitpid(door->child, &status, 0);
    atomic_store(&door->closed, false);
    return ended == door->child && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

START_TEST(a_child_reads_what_the_parent_is_reading)
{
    gate door = {.parent = getpid(), .closed = true};
    const int64_t shape[] = {SIZE, SIZE, 1};
    neuron_graph_t *graph = test_cnn(context, SIZE);
    neuron_optimizer_t *optimizer;
    neuron_trainer_t *trainer;
    forked_memory = in_memory(NEURON_TYPE_U8);
    assert_ok(neuron_dataset_create_stream(
        &forked_stream, context, read_behind_gate, &door, NULL, EXAMPLES,
        test_stream_options(shape, 3, NEURON_TYPE_U8, TEST_CLASSES)));
    assert_ok(neuron_optimizer_create(&optimizer, context, "adam", NULL));
    assert_ok(neuron_trainer_create(&trainer, graph, optimizer, forked_stream));
    assert_ok(neuron_trainer_set_number(trainer, "batch_size", BATCH));
    assert_ok(neuron_trainer_set(trainer, "epochs=1"));
    assert_ok(
        neuron_trainer_add_function(trainer, NEURON_EVENT_STEP_END, fork_in_callback, &door, NULL));
    assert_ok(neuron_trainer_run(NULL, trainer));
    ck_assert_int_gt(door.child, 0);
    neuron_trainer_unref(trainer);
    neuron_optimizer_unref(optimizer);
    neuron_graph_unref(graph);
    neuron_dataset_unref(forked_stream);
    neuron_dataset_unref(forked_memory);
}
END_TEST

/* ---- Bad input ---- */

static const struct {
    const char *options, *message;
} refused[] = {
    {NULL, "neuron_dataset_create_stream: shape is missing; write \"shape=...\""},
    {"classes=10", "shape is missing"},
    {"shape=4x4x1", "classes is missing; write \"classes=...\""},
    {"shape=4x4x1, classes=0", "classes is missing"},
    {"shape=4x4x1, classes=10, type=i32", "type is i32; it must be f32 or u8"},
    {"shape=4x0, classes=10", "shape[1] is 0"},
    {"shape=4x, classes=10", "shape is 4x; it must be 1 to 7 extents"},
    {"shape=1x1x1x1x1x1x1x1, classes=10", "it must be 1 to 7 extents"},
    {"shape=1073741824x1073741824, classes=10", "elements"},
    {"shape=99999999999999999999, classes=10", "it must be 1 to 7 extents"},
    {"shape=4, classes=10, targets=2", "targets is given, but the stream has classes"},
};

START_TEST(refuses_options)
{
    neuron_dataset_t *made;
    assert_status(neuron_dataset_create_stream(&made, context, read_some, &whole, NULL, 50,
                                               refused[_i].options),
                  NEURON_E_ARGUMENT);
    assert_message(refused[_i].message);
    ck_assert_ptr_null(made);
}
END_TEST

START_TEST(refuses)
{
    neuron_dataset_t *made;
    const int64_t shape[] = {SIZE, SIZE, 1};
    const char *options = test_stream_options(shape, 3, NEURON_TYPE_U8, 10);
#define CREATE(out, where, how, count)                                                             \
    neuron_dataset_create_stream(out, where, how, &whole, NULL, count, options)
    assert_status(CREATE(NULL, context, read_some, 50), NEURON_E_ARGUMENT);
    assert_status(CREATE(&made, NULL, read_some, 50), NEURON_E_ARGUMENT);
    assert_status(CREATE(&made, context, NULL, 50), NEURON_E_ARGUMENT);
    assert_status(CREATE(&made, context, read_some, 0), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_create_stream: count is 0; it must be 1 or more");
    options = test_stream_options(shape, 3, NEURON_TYPE_U8, 9);
    assert_status(CREATE(&made, context, read_some, 50), NEURON_E_DATA);
    assert_message("label 9 of example 7 is not 0 to 8");
    ck_assert_ptr_null(made);
#undef CREATE
}
END_TEST

/* ---- Targets ---- */

/* Example i is the number i, with the targets i / 2 and -i; `wrong` of them has none. */
static int read_halves(void *examples, float *targets, const int64_t *positions, int64_t count,
                       void *user_data)
{
    const int64_t *wrong = user_data;
    for (int64_t i = 0; i < count; i++) {
        if (examples)
            ((float *)examples)[i] = (float)positions[i];
        if (targets) {
            targets[2 * i] = positions[i] == *wrong ? NAN : (float)positions[i] / 2;
            targets[2 * i + 1] = -(float)positions[i];
        }
    }
    return *wrong == -2 ? NEURON_E_UNSUPPORTED : 0;
}

START_TEST(targets_come_from_a_function)
{
    enum { MANY = 2000 };
    static float targets[2 * MANY], values[MANY];
    neuron_dataset_t *stream, *part;
    int64_t wrong = -1;
    float weights[MANY], met[2];
    assert_ok(neuron_dataset_create_stream_with_targets(&stream, context, read_halves, &wrong, NULL,
                                                        MANY, "shape=1, targets=2x1"));
    assert_ok(neuron_dataset_read(values, NULL, stream, 0, MANY));
    assert_ok(neuron_dataset_read_targets(targets, 2 * MANY, NULL, stream, 0, MANY));
    for (int i = 0; i < MANY; i++) {
        ck_assert(values[i] == (float)i && targets[2 * i] == (float)i / 2);
        ck_assert(targets[2 * i + 1] == -(float)i);
        weights[i] = (float)(i % 3);
    }
    assert_ok(neuron_dataset_set_weights(stream, weights, MANY));
    assert_ok(neuron_dataset_subset(&part, stream, 1004, 1));
    assert_ok(neuron_dataset_read_weights(met, part, 0, 1));
    ck_assert_float_eq(met[0], 2);
    assert_ok(neuron_dataset_read_targets(met, 2, NULL, part, 0, 1));
    ck_assert_float_eq(met[0], 502);
    neuron_dataset_unref(part);
    neuron_dataset_unref(stream);
}
END_TEST

START_TEST(streams_with_targets_are_checked)
{
    neuron_dataset_t *made;
    int64_t wrong = 1500;
#define CREATE(out, where, how, count, options)                                                    \
    neuron_dataset_create_stream_with_targets(out, where, how, &wrong, NULL, count, options)
    const char *good = "shape=1, targets=2";
    assert_status(CREATE(NULL, context, read_halves, 9, good), NEURON_E_ARGUMENT);
    assert_status(CREATE(&made, NULL, read_halves, 9, good), NEURON_E_ARGUMENT);
    assert_status(CREATE(&made, context, NULL, 9, good), NEURON_E_ARGUMENT);
    assert_status(CREATE(&made, context, read_halves, 0, good), NEURON_E_ARGUMENT);
    assert_status(CREATE(&made, context, read_halves, 9, "shape=1"), NEURON_E_ARGUMENT);
    assert_message("neuron_dataset_create_stream_with_targets: targets is missing; write");
    assert_status(CREATE(&made, context, read_halves, 9, "shape=1, targets=2, classes=2"),
                  NEURON_E_ARGUMENT);
    assert_message("classes is given, but the stream has targets");
    assert_status(CREATE(&made, context, read_halves, 2000, good), NEURON_E_DATA);
    assert_message("target 0 of example 1500 is not finite");
    wrong = -2;
    assert_status(CREATE(&made, context, read_halves, 9, good), NEURON_E_UNSUPPORTED);
    assert_message("stream: reading the targets of 9 examples, the first of them 0, failed");
    ck_assert_ptr_null(made);
#undef CREATE
}
END_TEST

static int read_nothing(void *examples, int32_t *labels, const int64_t *positions, int64_t count,
                        void *user_data)
{
    (void)user_data;
    (void)positions;
    (void)count;
    (void)examples;
    (void)labels;
    return NEURON_E_UNSUPPORTED;
}

START_TEST(labels_may_fail)
{
    neuron_dataset_t *made;
    const int64_t shape[] = {3};
    assert_status(neuron_dataset_create_stream(&made, context, read_nothing, NULL, NULL, 3000,
                                               test_stream_options(shape, 1, NEURON_TYPE_F32, 2)),
                  NEURON_E_UNSUPPORTED);
    assert_message("stream: reading the labels of 1024 examples, the first of them 0, failed: the "
                   "callback returned -100");
    ck_assert_ptr_null(made);
}
END_TEST

static int read_from_nowhere(void *examples, int32_t *labels, const int64_t *positions,
                             int64_t count, void *user_data)
{
    neuron_tensor_t *shard;
    (void)positions;
    if (examples)
        return neuron_tensor_load_npy(&shard, user_data, "/nowhere/shard-7.npy");
    memset(labels, 0, (size_t)count * sizeof *labels);
    return 0;
}

/* What the source failed with is in the message, in a worker too; not what failed before it. */
START_TEST(a_failure_in_a_source_is_told)
{
    const char *message =
        "failed: the callback returned -60: cannot open \"/nowhere/shard-7.npy\": "
        "No such file";
    const int64_t shape[] = {SIZE, SIZE, 1};
    float values[PIXELS];
    neuron_dataset_t *stream;
    assert_ok(
        neuron_dataset_create_stream(&stream, context, read_from_nowhere, context, NULL, EXAMPLES,
                                     test_stream_options(shape, 3, NEURON_TYPE_U8, TEST_CLASSES)));
    assert_status(neuron_dataset_read(values, NULL, stream, 0, 1), NEURON_E_IO);
    assert_message(message);
    for (int64_t workers = 0; workers <= 1; workers++) {
        neuron_graph_unref(train_with(stream, workers, false, NEURON_E_IO));
        assert_message(message);
    }
    neuron_dataset_unref(stream);
    stream = streamed(NEURON_TYPE_U8);
    whole.fail_at = 0;
    whole.answer = 3;
    assert_status(neuron_dataset_read(values, NULL, stream, 0, 1), NEURON_E_CALLBACK);
    ck_assert_ptr_null(strstr(neuron_error_last(), "shard-7"));
    neuron_dataset_unref(stream);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stream");
    TCase *tests = tcase_create("stream");
    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reads_what_memory_has);
    tcase_add_test(tests, large_reads_come_in_pieces);
    tcase_add_test(tests, no_piece_is_empty);
    tcase_add_test(tests, trains_as_memory_does);
    tcase_add_test(tests, a_failing_source_ends_the_run);
    tcase_add_test(tests, a_failing_source_fails_every_call);
    tcase_add_test(tests, one_thread_reads_at_a_time);
    tcase_add_test(tests, a_child_reads_what_the_parent_is_reading);
    tcase_add_test(tests, refuses);
    tcase_add_loop_test(tests, refuses_options, 0, sizeof refused / sizeof refused[0]);
    tcase_add_test(tests, targets_come_from_a_function);
    tcase_add_test(tests, streams_with_targets_are_checked);
    tcase_add_test(tests, labels_may_fail);
    tcase_add_test(tests, a_failure_in_a_source_is_told);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
