/* Every allocation fails once: that of the n-th piece of memory, for every n, through the life of a
 * graph. The JSON library's memory comes from the same place. A call that fails says so, is made
 * again with memory there, and then does what it would have done; at the end nothing is left. */
#include "test-models.h"

#include <jansson.h>
#include <stdatomic.h>

enum { SIZE = 8, EXAMPLES = 20, BATCH = 5 };

/* ---- The allocator ---- */

typedef enum fault { NO_FAULT, FAIL_ONCE, FAIL_UNTIL_HEALED } fault;

static atomic_long live, calls, failures;
static atomic_long fail_at; /* number of the call; 0 for none */
static fault kind;

static bool fails(void)
{
    long call = atomic_fetch_add(&calls, 1) + 1, at = atomic_load(&fail_at);
    bool failing = at > 0 && (kind == FAIL_ONCE ? call == at : call >= at);
    if (failing)
        atomic_fetch_add(&failures, 1);
    return failing;
}

static void *allocate(size_t size, size_t alignment, void *user_data)
{
    (void)user_data;
    void *memory = NULL;
    if (fails() || posix_memalign(&memory, alignment, size) != 0)
        return NULL;
    memset(memory, 0xa5, size); /* nobody may count on zeros */
    atomic_fetch_add(&live, 1);
    return memory;
}

static void release(void *memory, void *user_data)
{
    (void)user_data;
    atomic_fetch_sub(&live, 1);
    free(memory);
}

static void *json_allocate(size_t size)
{
    return allocate(size, 16, NULL);
}

static void json_release(void *memory)
{
    if (memory)
        release(memory, NULL);
}

static void heal(void)
{
    atomic_store(&fail_at, 0);
}

/* ---- Calls that may fail ---- */

static const char stale[] = "option 4711";

static void assert_out_of_memory(int status, const char *call)
{
    ck_assert_msg(status == NEURON_E_MEMORY, "%s is %s (%s)", call, neuron_error_name(status),
                  neuron_error_last());
    const char *text = neuron_error_last();
    ck_assert_msg(!strstr(text, stale) && (strstr(text, "memory") || strstr(text, "threads")),
                  "%s says \"%s\"", call, text);
}

/* Makes a call; if memory ran out, says that it must have, and makes it again. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        long before_ = atomic_load(&failures);                                                     \
        int first_ = (call);                                                                       \
        bool failed_ = atomic_load(&failures) > before_;                                           \
        if (failed_)                                                                               \
            heal();                                                                                \
        if (first_ < 0) {                                                                          \
            ck_assert_msg(failed_, "%s: %s", #call, neuron_error_last());                          \
            assert_out_of_memory(first_, #call);                                                   \
            assert_ok(call);                                                                       \
        }                                                                                          \
    } while (0)

/* ---- What the stages work on ---- */

typedef struct world {
    neuron_context_t *context;
    neuron_dataset_t *glyphs;
    neuron_graph_t *graph;
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
} world;

static int make_context(neuron_context_t **context)
{
    int status = neuron_context_create_with_allocator(context, allocate, release, NULL);
    if (status < 0)
        ck_assert_ptr_null(*context);
    return status;
}

/* Every layer. Builder calls are not looked at: finish tells of the first that failed. */
static int build(neuron_graph_t **graph, neuron_context_t *context)
{
    neuron_graph_t *g;
    int status = neuron_graph_create(&g, context);
    *graph = g;
    if (status < 0)
        return status;
    assert_ok(neuron_graph_set_seed(g, 11));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3);
    neuron_node_t *c = neuron_conv2d(g, x, 2, 3, 3);
    neuron_node_set_int(c, NEURON_NODE_PADDING, NEURON_PADDING_SAME);
    neuron_node_t *p = neuron_max_pool2d(g, neuron_relu(g, neuron_batch_norm(g, c)), 2, 2);
    neuron_node_t *both[] = {neuron_flatten(g, x), neuron_flatten(g, neuron_dropout(g, p, 0.25))};
    neuron_node_t *y = neuron_dense(g, neuron_concat(g, both, 2, -1), TEST_CLASSES);
    neuron_node_set_name(y, "logits");
    status = neuron_graph_finish(g, neuron_softmax(g, y));
    if (status < 0) {
        neuron_graph_unref(g);
        *graph = NULL;
    }
    return status;
}

static int make_trainer(world *w, neuron_dataset_t *validation, const char *path)
{
    w->trainer = NULL;
    int status = neuron_trainer_create(&w->trainer, w->graph, w->adam, w->glyphs);
    if (status < 0) {
        ck_assert_ptr_null(w->trainer);
        return status;
    }
    assert_ok(neuron_trainer_set_int(w->trainer, NEURON_TRAINER_BATCH_SIZE, BATCH));
    assert_ok(neuron_trainer_set_int(w->trainer, NEURON_TRAINER_EPOCHS, 2));
    assert_ok(neuron_trainer_set_validation(w->trainer, validation));
    if (path)
        status = neuron_trainer_set_checkpoint(w->trainer, path, NEURON_METRIC_LOSS);
    if (status < 0) {
        neuron_trainer_unref(w->trainer);
        w->trainer = NULL;
    }
    return status;
}

/* A world in which nothing fails yet. */
static world make_world(void)
{
    world w;
    assert_ok(make_context(&w.context));
    assert_ok(neuron_context_set_threads(w.context, 2));
    assert_ok(neuron_dataset_generate_glyphs(&w.glyphs, w.context, EXAMPLES, SIZE, SIZE, 3));
    assert_ok(build(&w.graph, w.context));
    assert_ok(neuron_optimizer_create(&w.adam, w.context, NEURON_OPTIMIZER_ADAM));
    w.trainer = NULL;
    return w;
}

static void end_world(world *w)
{
    neuron_trainer_unref(w->trainer);
    neuron_optimizer_unref(w->adam);
    neuron_graph_unref(w->graph);
    neuron_dataset_unref(w->glyphs);
    neuron_context_unref(w->context);
}

/* The n-th allocation from here on fails. */
static void arm(long n)
{
    neuron_optimizer_t *none;
    neuron_context_t *context;
    long before = atomic_load(&calls);
    assert_ok(neuron_context_create(&context)); /* of the C library's memory */
    assert_status(neuron_optimizer_create(&none, context, 4711), NEURON_E_ARGUMENT);
    neuron_context_unref(context);
    ck_assert_int_eq(before, atomic_load(&calls));
    atomic_store(&failures, 0);
    atomic_store(&fail_at, kind == NO_FAULT ? 0 : atomic_load(&calls) + n);
}

/* Runs a stage with each allocation failing in turn, until none is left to fail. */
static void fail_each(void (*stage)(long n))
{
    for (kind = FAIL_ONCE; kind <= FAIL_UNTIL_HEALED; kind++) {
        long n = 0;
        do {
            atomic_store(&live, 0);
            stage(++n);
            heal();
            ck_assert_msg(atomic_load(&live) == 0, "%ld pieces are left after failure %ld, kind %d",
                          atomic_load(&live), n, (int)kind);
        } while (atomic_load(&failures) > 0);
        ck_assert_int_gt(n, 1);
    }
}

/* ---- The stages ---- */

static void use_context(long n)
{
    neuron_context_t *context;
    arm(n);
    TRY(make_context(&context));
    TRY(neuron_context_set_threads(context, 3));
    ck_assert_int_eq(neuron_context_threads(context), 3);
    TRY(neuron_context_set_threads(context, 1));
    neuron_context_unref(context);
}

START_TEST(contexts)
{
    fail_each(use_context);
}
END_TEST

static void use_data(long n)
{
    const double fractions[] = {0.5, 0.5};
    neuron_context_t *context;
    neuron_dataset_t *glyphs, *parts[2], *joined, *one_hot, *subset;
    neuron_tensor_t *copy, *examples, *labels;
    float values[4] = {1, 2, 3, 4};
    assert_ok(make_context(&context));
    arm(n);
    TRY(neuron_dataset_generate_glyphs(&glyphs, context, 40, 8, 8, 3));
    for (int32_t split = NEURON_SPLIT_IN_ORDER; split <= NEURON_SPLIT_STRATIFIED; split += 10) {
        parts[0] = parts[1] = glyphs;
        TRY(neuron_dataset_split(glyphs, fractions, 2, split, 5, parts));
        TRY(neuron_dataset_join(&joined, parts, 2));
        ck_assert_int_eq(neuron_dataset_count(joined), 40);
        neuron_dataset_unref(joined);
        neuron_dataset_unref(parts[0]);
        neuron_dataset_unref(parts[1]);
    }
    TRY(neuron_dataset_one_hot(&one_hot, glyphs));
    TRY(neuron_dataset_subset(&subset, one_hot, 3, 4));
    TRY(neuron_tensor_wrap(&copy, context, NEURON_F32, (const int64_t[]){4}, 1, values, NEURON_COPY,
                           NULL, NULL));
    TRY(neuron_tensor_create(&examples, context, NEURON_F32, (const int64_t[]){4, 2}, 2));
    TRY(neuron_tensor_create(&labels, context, NEURON_I64, (const int64_t[]){4}, 1));
    neuron_dataset_unref(glyphs);
    TRY(neuron_dataset_create(&glyphs, context, examples, labels, 2));
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
    neuron_tensor_unref(copy);
    neuron_dataset_unref(subset);
    neuron_dataset_unref(one_hot);
    neuron_dataset_unref(glyphs);
    neuron_context_unref(context);
}

START_TEST(data)
{
    fail_each(use_data);
}
END_TEST

static void use_builders(long n)
{
    neuron_context_t *context;
    neuron_graph_t *graph, *expected;
    assert_ok(make_context(&context));
    assert_ok(build(&expected, context));
    arm(n);
    TRY(build(&graph, context));
    ck_assert(same_parameters(expected, graph));
    neuron_graph_unref(graph);
    neuron_graph_unref(expected);
    neuron_context_unref(context);
}

START_TEST(builders)
{
    fail_each(use_builders);
}
END_TEST

/* Memory that runs out while finishing leaves a graph that can still be finished. */
static void use_finish(long n)
{
    neuron_context_t *context;
    neuron_graph_t *g;
    assert_ok(make_context(&context));
    assert_ok(neuron_graph_create(&g, context));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){4}, 1);
    neuron_node_t *y = neuron_dense(g, x, 3);
    neuron_dense(g, y, 2); /* nobody needs it */
    arm(n);
    TRY(neuron_graph_finish(g, y));
    ck_assert_int_eq(neuron_graph_parameter_count(g), 15);
    neuron_graph_unref(g);
    neuron_context_unref(context);
}

START_TEST(finish)
{
    fail_each(use_finish);
}
END_TEST

static int import(neuron_graph_t **graph, neuron_context_t *context, const neuron_graph_t *source)
{
    neuron_graph_t *g;
    int status = neuron_graph_create(&g, context);
    *graph = g;
    if (status < 0)
        return status;
    neuron_node_t *x = neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3);
    neuron_node_t *both[] = {neuron_import(g, x, source, "left"),
                             neuron_import(g, x, source, NULL)};
    status = neuron_graph_finish(g, neuron_weighted_average(g, both, 2, (const double[]){1, 1}));
    if (status < 0) {
        neuron_graph_unref(g);
        *graph = NULL;
    }
    return status;
}

static void use_committees(long n)
{
    world w = make_world();
    neuron_graph_t *members[] = {w.graph, w.graph}, *committee, *imported;
    double weights[] = {7, 7};
    arm(n);
    TRY(neuron_committee_weights(members, 2, w.glyphs, weights));
    ck_assert_double_eq(weights[1], 0.5);
    committee = w.graph;
    TRY(neuron_committee_create(&committee, w.context, members, 2, NEURON_COMMITTEE_WEIGHTED_VOTE,
                                weights));
    ck_assert_int_eq(neuron_graph_parameter_count(committee),
                     2 * neuron_graph_parameter_count(w.graph));
    TRY(import(&imported, w.context, w.graph));
    neuron_graph_unref(imported);
    neuron_graph_unref(committee);
    end_world(&w);
}

START_TEST(committees)
{
    fail_each(use_committees);
}
END_TEST

static void use_predictions(long n)
{
    world w = make_world();
    neuron_tensor_t *input, *output;
    neuron_evaluation_t *evaluation;
    size_t needed;
    char report[2000];
    assert_ok(neuron_tensor_create(&input, w.context, NEURON_F32,
                                   (const int64_t[]){3, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_tensor_create(&output, w.context, NEURON_F32,
                                   (const int64_t[]){3, TEST_CLASSES}, 2));
    arm(n);
    TRY(neuron_graph_predict(w.graph, input, output));
    TRY(neuron_graph_evaluate(w.graph, w.glyphs, &evaluation));
    TRY(neuron_evaluation_report(evaluation, NULL, 4, report, sizeof report, &needed));
    neuron_evaluation_unref(evaluation);
    const int32_t classes[] = {0, 1, 1};
    TRY(neuron_evaluation_create(&evaluation, w.context, classes, classes, 3, 2));
    neuron_evaluation_unref(evaluation);
    neuron_tensor_unref(output);
    neuron_tensor_unref(input);
    end_world(&w);
}

START_TEST(predictions)
{
    fail_each(use_predictions);
}
END_TEST

static void use_summary(long n)
{
    world w = make_world();
    size_t needed;
    int64_t bytes, expected;
    char text[4000];
    assert_ok(neuron_graph_memory(w.graph, NEURON_MEMORY_TRAINING, BATCH, &expected));
    arm(n);
    TRY(neuron_graph_memory(w.graph, NEURON_MEMORY_TRAINING, BATCH, &bytes));
    ck_assert_int_eq(bytes, expected);
    TRY(neuron_graph_memory(w.graph, NEURON_MEMORY_PREDICTION, BATCH, &bytes));
    TRY(neuron_graph_summary(w.graph, BATCH, NULL, 0, &needed));
    TRY(neuron_graph_summary(w.graph, BATCH, text, sizeof text, &needed));
    ck_assert_uint_eq(strlen(text) + 1, needed);
    end_world(&w);
}

START_TEST(summaries)
{
    fail_each(use_summary);
}
END_TEST

static float *trained; /* parameters of a training that nothing disturbed */

static void use_trainer(long n)
{
    world w = make_world();
    neuron_dataset_t *validation;
    neuron_loss_t *loss;
    const double class_weights[TEST_CLASSES] = {1, 2, 3};
    neuron_history_t *history = (neuron_history_t *)&w;
    assert_ok(neuron_dataset_subset(&validation, w.glyphs, 0, 5));
    neuron_optimizer_unref(w.adam);
    arm(n);
    TRY(neuron_optimizer_create(&w.adam, w.context, NEURON_OPTIMIZER_ADAM));
    /* Needs memory of its own. */
    assert_ok(neuron_optimizer_set_float(w.adam, NEURON_OPTIMIZER_CLIP_GLOBAL_NORM, 0.5));
    TRY(make_trainer(&w, validation, NULL));
    TRY(neuron_loss_create(&loss, w.context, NEURON_LOSS_HUBER));
    assert_ok(neuron_trainer_set_loss(w.trainer, loss));
    TRY(neuron_trainer_set_class_weights(w.trainer, class_weights, TEST_CLASSES));
    TRY(neuron_trainer_run(w.trainer, &history));
    ck_assert_int_eq(neuron_history_epochs(history), 2);
    neuron_history_unref(history);
    neuron_loss_unref(loss);
    heal();
    size_t count;
    float *values = test_parameters(w.graph, &count);
    if (!trained)
        trained = values;
    ck_assert_mem_eq(values, trained, count * sizeof *values);
    if (values != trained)
        free(values);
    neuron_dataset_unref(validation);
    end_world(&w);
}

START_TEST(training)
{
    kind = NO_FAULT;
    use_trainer(1);
    fail_each(use_trainer);
    free(trained);
    trained = NULL;
}
END_TEST

static void use_history(long n)
{
    static const char *path;
    if (!path)
        path = test_file("history");
    world w = make_world();
    neuron_history_t *history;
    assert_ok(make_trainer(&w, NULL, NULL));
    assert_ok(neuron_trainer_run(w.trainer, &history));
    arm(n);
    TRY(neuron_history_save_csv(history, path));
    neuron_history_unref(history);
    end_world(&w);
}

START_TEST(histories)
{
    fail_each(use_history);
}
END_TEST

/* Every fifth allocation, as each try waits for the disk. */
static void use_checkpoint(long n)
{
    static const char *path;
    if (!path)
        path = test_file("best");
    world w = make_world();
    neuron_graph_t *loaded;
    assert_ok(make_trainer(&w, NULL, path));
    assert_ok(neuron_trainer_set_int(w.trainer, NEURON_TRAINER_EPOCHS, 0));
    assert_ok(neuron_trainer_run(w.trainer, NULL)); /* plans the memory */
    assert_ok(neuron_trainer_set_int(w.trainer, NEURON_TRAINER_EPOCHS, 1));
    arm(5 * n - 4);
    TRY(neuron_trainer_run(w.trainer, NULL));
    heal();
    ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(w.trainer)), 1);
    assert_ok(neuron_graph_load(&loaded, w.context, path));
    ck_assert(same_parameters(w.graph, loaded));
    neuron_graph_unref(loaded);
    end_world(&w);
}

START_TEST(checkpoints)
{
    fail_each(use_checkpoint);
}
END_TEST

static size_t saved_size(const neuron_graph_t *graph)
{
    size_t size;
    assert_ok(neuron_graph_save_memory(graph, NULL, 0, &size));
    return size;
}

static void use_saving(long n)
{
    world w = make_world();
    size_t size = saved_size(w.graph), needed;
    char *first = malloc(size), *second = malloc(size);
    assert_ok(neuron_graph_save_memory(w.graph, first, size, &needed));
    arm(n);
    TRY(neuron_graph_save_memory(w.graph, second, size, &needed));
    ck_assert_uint_eq(needed, size);
    ck_assert_mem_eq(first, second, size);
    free(second);
    free(first);
    end_world(&w);
}

START_TEST(saving)
{
    fail_each(use_saving);
}
END_TEST

static void use_loading(long n)
{
    world w = make_world();
    size_t size = saved_size(w.graph), needed;
    char *bytes = malloc(size);
    neuron_graph_t *loaded = w.graph;
    assert_ok(neuron_graph_save_memory(w.graph, bytes, size, &needed));
    arm(n);
    TRY(neuron_graph_load_memory(&loaded, w.context, bytes, size));
    ck_assert(same_parameters(w.graph, loaded));
    neuron_graph_unref(loaded);
    free(bytes);
    end_world(&w);
}

START_TEST(loading)
{
    fail_each(use_loading);
}
END_TEST

/* Files of graph and training, written once: what is looked at is the reading and the writing's own
 * memory, which ends before the disk is waited for. */
static const char *graph_path, *trainer_path;

static void write_files(void)
{
    graph_path = test_file("graph");
    trainer_path = test_file("trainer");
    kind = NO_FAULT;
    world w = make_world();
    assert_ok(make_trainer(&w, NULL, NULL));
    assert_ok(neuron_trainer_run(w.trainer, NULL));
    assert_ok(neuron_graph_save(w.graph, graph_path));
    assert_ok(neuron_trainer_save(w.trainer, trainer_path));
    end_world(&w);
}

static void use_files(long n)
{
    world w = make_world();
    neuron_graph_t *loaded = w.graph;
    assert_ok(make_trainer(&w, NULL, NULL));
    arm(n);
    TRY(neuron_graph_load(&loaded, w.context, graph_path));
    ck_assert(!same_parameters(w.graph, loaded));
    size_t count;
    float *values = test_parameters(w.graph, &count);
    long before = atomic_load(&failures);
    int status = neuron_trainer_load(w.trainer, trainer_path);
    if (status < 0) { /* then nothing has changed */
        ck_assert_int_gt(atomic_load(&failures), before);
        assert_out_of_memory(status, "neuron_trainer_load");
        heal();
        float *unchanged = test_parameters(w.graph, &count);
        ck_assert_mem_eq(values, unchanged, count * sizeof *values);
        free(unchanged);
        ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(w.trainer)), 0);
        assert_ok(neuron_trainer_load(w.trainer, trainer_path));
    }
    heal();
    ck_assert(same_parameters(w.graph, loaded));
    ck_assert_int_eq(neuron_history_epochs(neuron_trainer_history(w.trainer)), 2);
    free(values);
    neuron_graph_unref(loaded);
    end_world(&w);
}

START_TEST(files)
{
    write_files();
    fail_each(use_files);
}
END_TEST

/* The call is not made again where it failed: that only waits for the disk. */
static void use_file_writers(long n)
{
    world w = make_world();
    assert_ok(make_trainer(&w, NULL, NULL));
    arm(n);
    int status = neuron_trainer_save(w.trainer, trainer_path);
    if (atomic_load(&failures) > 0 && status < 0)
        assert_out_of_memory(status, "neuron_trainer_save");
    else
        assert_ok(status);
    heal();
    if (n % 64 == 1)
        assert_ok(neuron_trainer_save(w.trainer, trainer_path));
    end_world(&w);
}

START_TEST(file_writers)
{
    write_files();
    fail_each(use_file_writers);
}
END_TEST

/* ---- Nothing is allocated where time counts ---- */

typedef struct counter {
    long last;
    int steps;
} counter;

static int count_step(neuron_trainer_t *trainer, void *user_data)
{
    counter *c = user_data;
    long now = atomic_load(&calls);
    if (neuron_trainer_progress(trainer, NEURON_PROGRESS_STEP) > 1)
        ck_assert_msg(now == c->last, "a step allocates %ld times", now - c->last);
    c->last = now;
    c->steps++;
    return 0;
}

START_TEST(steps_allocate_nothing)
{
    kind = NO_FAULT;
    atomic_store(&live, 0);
    world w = make_world();
    counter c = {0};
    assert_ok(neuron_optimizer_set_float(w.adam, NEURON_OPTIMIZER_CLIP_NORM, _i));
    assert_ok(make_trainer(&w, NULL, NULL));
    assert_ok(neuron_trainer_set_int(w.trainer, NEURON_TRAINER_EPOCHS, 3));
    assert_ok(neuron_trainer_set_step_callback(w.trainer, count_step, &c));
    assert_ok(neuron_trainer_run(w.trainer, NULL));
    ck_assert_int_eq(c.steps, 3 * EXAMPLES / BATCH);
    end_world(&w);
    ck_assert_int_eq(atomic_load(&live), 0);
}
END_TEST

START_TEST(second_predictions_allocate_nothing)
{
    kind = NO_FAULT;
    atomic_store(&live, 0);
    world w = make_world();
    const int64_t counts[] = {1, 5, 128, 300};
    for (int i = 0; i < 4; i++) {
        neuron_tensor_t *input, *output;
        assert_ok(neuron_tensor_create(&input, w.context, NEURON_F32,
                                       (const int64_t[]){counts[i], SIZE, SIZE, 1}, 4));
        assert_ok(neuron_tensor_create(&output, w.context, NEURON_F32,
                                       (const int64_t[]){counts[i], TEST_CLASSES}, 2));
        assert_ok(neuron_graph_predict(w.graph, input, output));
        long before = atomic_load(&calls);
        for (int again = 0; again < 3; again++)
            assert_ok(neuron_graph_predict(w.graph, input, output));
        ck_assert_int_eq(atomic_load(&calls), before);
        neuron_tensor_unref(output);
        neuron_tensor_unref(input);
    }
    end_world(&w);
    ck_assert_int_eq(atomic_load(&live), 0);
}
END_TEST

int main(void)
{
    json_set_alloc_funcs(json_allocate, json_release);
    Suite *suite = suite_create("memory");
    TCase *cases = tcase_create("memory");
    tcase_set_timeout(cases, 0);
    tcase_add_test(cases, contexts);
    tcase_add_test(cases, data);
    tcase_add_test(cases, builders);
    tcase_add_test(cases, finish);
    tcase_add_test(cases, committees);
    tcase_add_test(cases, predictions);
    tcase_add_test(cases, summaries);
    tcase_add_test(cases, training);
    tcase_add_test(cases, histories);
    tcase_add_test(cases, checkpoints);
    tcase_add_test(cases, saving);
    tcase_add_test(cases, loading);
    tcase_add_test(cases, files);
    tcase_add_test(cases, file_writers);
    tcase_add_loop_test(cases, steps_allocate_nothing, 0, 2);
    tcase_add_test(cases, second_predictions_allocate_nothing);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
