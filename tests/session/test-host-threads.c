/* Work in threads of the host's: whatever its function does with the parts, all is computed, and to
 * the same bytes. */
#include "test-models.h"

#include <fenv.h>
#include <pthread.h>
#include <stdatomic.h>

enum { SIZE = 12, COUNT = 150, PARTS = 5, FEW = 3 };

/* What the host lends: how it runs parts, and what it saw. */
typedef struct host {
    void (*run)(int64_t count, neuron_part_function_t part, const void *loop, struct host *host);
    atomic_int loops, destroyed, wrong, at_work;
    const neuron_graph_t *graph; /* to predict with meanwhile; NULL for nothing to do */
    neuron_tensor_t *input, *output;
} host;

static void run_parts(int64_t count, neuron_part_function_t part, const void *loop, void *user_data)
{
    host *h = user_data;
    atomic_fetch_add(&h->loops, 1);
    /* One loop at a time, of no more parts than the context has threads, in the host's mode. */
    if (atomic_fetch_add(&h->at_work, 1) != 0 || count < 1 || count > PARTS ||
        fegetround() != FE_UPWARD)
        atomic_fetch_add(&h->wrong, 1);
    h->run(count, part, loop, h);
    atomic_fetch_sub(&h->at_work, 1);
}

static void destroy_host(void *user_data)
{
    host *h = user_data;
    atomic_fetch_add(&h->destroyed, 1);
}

static void in_order(int64_t count, neuron_part_function_t part, const void *loop, host *h)
{
    (void)h;
    for (int64_t i = 0; i < count; i++)
        part(loop, i);
}

static void from_behind(int64_t count, neuron_part_function_t part, const void *loop, host *h)
{
    (void)h;
    while (count-- > 0)
        part(loop, count);
}

static void not_at_all(int64_t count, neuron_part_function_t part, const void *loop, host *h)
{
    (void)count, (void)part, (void)loop, (void)h;
}

static void too_often(int64_t count, neuron_part_function_t part, const void *loop, host *h)
{
    (void)h;
    for (int64_t i = 0; i < 3 * count; i++)
        part(loop, i % 2);
}

typedef struct part_job {
    neuron_part_function_t part;
    const void *loop;
    int64_t index;
    host *host;
} part_job;

static void *run_part(void *argument)
{
    const part_job *job = argument;
    fesetround(FE_DOWNWARD);
    job->part(job->loop, job->index);
    if (fegetround() != FE_DOWNWARD)
        atomic_fetch_add(&job->host->wrong, 1);
    return NULL;
}

/* A thread for each part; the calling one predicts something while it waits. */
static void in_threads(int64_t count, neuron_part_function_t part, const void *loop, host *h)
{
    pthread_t threads[PARTS];
    part_job jobs[PARTS];
    for (int64_t i = 0; i < count && i < PARTS; i++) {
        jobs[i] = (part_job){part, loop, i, h};
        if (pthread_create(&threads[i], NULL, run_part, &jobs[i]) != 0)
            abort();
    }
    if (h->graph && neuron_graph_predict(h->graph, h->input, h->output) < 0)
        atomic_fetch_add(&h->wrong, 1);
    for (int64_t i = 0; i < count && i < PARTS; i++)
        pthread_join(threads[i], NULL);
}

/* The first part alone; the others were refused. */
static void one_of_them(int64_t count, neuron_part_function_t part, const void *loop, host *h)
{
    in_threads(count < 1 ? count : 1, part, loop, h);
}

static void (*const ways[])(int64_t, neuron_part_function_t, const void *, host *) = {
    in_order, from_behind, not_at_all, too_often, in_threads, one_of_them};

enum { WAYS = sizeof ways / sizeof ways[0] };

/* All that was computed in a context. */
typedef struct results {
    neuron_graph_t *graph;
    float predicted[COUNT * TEST_CLASSES];
    double loss;
} results;

static void work(results *made, neuron_context_t *context, host *h)
{
    neuron_dataset_t *glyphs = test_glyphs(context, COUNT, SIZE);
    neuron_optimizer_t *adam;
    neuron_trainer_t *trainer;
    neuron_augmentation_t *augmentation;
    neuron_tensor_t *input, *output;
    neuron_evaluation_t *evaluation;
    made->graph = test_cnn(context, SIZE);
    assert_ok(neuron_tensor_create(&input, context, NEURON_TYPE_F32,
                                   (const int64_t[]){COUNT, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_dataset_read(neuron_tensor_data(input), NULL, glyphs, 0, COUNT));
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32,
                                   (const int64_t[]){COUNT, TEST_CLASSES}, 2));
    neuron_graph_t *other = NULL;
    if (h) {
        other = test_mlp(context, SIZE);
        assert_ok(neuron_tensor_create(&h->input, context, NEURON_TYPE_F32,
                                       (const int64_t[]){FEW, SIZE, SIZE, 1}, 4));
        assert_ok(neuron_tensor_create(&h->output, context, NEURON_TYPE_F32,
                                       (const int64_t[]){FEW, TEST_CLASSES}, 2));
        h->graph = other;
    }
    assert_ok(neuron_optimizer_create(&adam, context, "adam", NULL));
    assert_ok(neuron_augmentation_create(&augmentation, context, "rotation=8, width_shift=0.1"));
    assert_ok(neuron_trainer_create(&trainer, made->graph, adam, glyphs));
    assert_ok(neuron_trainer_set(trainer, "epochs=2, batch_size=32"));
    assert_ok(neuron_trainer_set_augmentation(trainer, augmentation));
    assert_ok(neuron_trainer_run(NULL, trainer));
    assert_ok(neuron_graph_predict(made->graph, input, output));
    memcpy(made->predicted, neuron_tensor_data(output), sizeof made->predicted);
    assert_ok(neuron_graph_evaluate(&evaluation, made->graph, glyphs, NULL, NULL));
    made->loss = neuron_evaluation_loss(evaluation);
    neuron_evaluation_unref(evaluation);
    neuron_trainer_unref(trainer);
    neuron_augmentation_unref(augmentation);
    neuron_optimizer_unref(adam);
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    neuron_dataset_unref(glyphs);
    if (h) {
        neuron_tensor_unref(h->input);
        neuron_tensor_unref(h->output);
        h->graph = NULL;
    }
    neuron_graph_unref(other);
}

START_TEST(results_are_the_same_bytes)
{
    static results own, lent;
    neuron_context_t *context = test_context();
    work(&own, context, NULL);
    neuron_context_unref(context);
    host h = {.run = ways[_i]};
    assert_ok(neuron_context_create(&context, "seed=1"));
    assert_ok(neuron_context_set_number(context, "threads", PARTS));
    assert_ok(neuron_context_set_parallel_for(context, run_parts, &h, destroy_host));
    fesetround(FE_UPWARD);
    work(&lent, context, &h);
    ck_assert_int_eq(fegetround(), FE_UPWARD);
    fesetround(FE_TONEAREST);
    ck_assert_int_gt(h.loops, 20);
    ck_assert_int_eq(h.wrong, 0);
    ck_assert(same_parameters(own.graph, lent.graph));
    ck_assert_mem_eq(own.predicted, lent.predicted, sizeof own.predicted);
    ck_assert(own.loss == lent.loss);
    neuron_graph_unref(own.graph);
    neuron_graph_unref(lent.graph);
    ck_assert_int_eq(h.destroyed, 0);
    neuron_context_unref(context);
    ck_assert_int_eq(h.destroyed, 1);
}
END_TEST

static void *predict_often(void *argument)
{
    host *job = argument;
    for (int i = 0; i < 20; i++)
        if (neuron_graph_predict(job->graph, job->input, job->output) < 0)
            atomic_fetch_add(&job->wrong, 1);
    return NULL;
}

/* Loops of several threads in one context: one is given to the host, the others are done alone. */
START_TEST(many_threads_share_the_hosts)
{
    enum { CALLERS = 4 };
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_cnn(context, SIZE);
    neuron_dataset_t *glyphs = test_glyphs(context, COUNT, SIZE);
    host h = {.run = in_threads}, callers[CALLERS];
    pthread_t threads[CALLERS];
    assert_ok(neuron_context_set(context, "threads=3"));
    assert_ok(neuron_context_set_parallel_for(context, run_parts, &h, NULL));
    fesetround(FE_UPWARD);
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (host){.graph = graph};
        assert_ok(neuron_tensor_create(&callers[i].input, context, NEURON_TYPE_F32,
                                       (const int64_t[]){COUNT, SIZE, SIZE, 1}, 4));
        assert_ok(
            neuron_dataset_read(neuron_tensor_data(callers[i].input), NULL, glyphs, 0, COUNT));
        assert_ok(neuron_tensor_create(&callers[i].output, context, NEURON_TYPE_F32,
                                       (const int64_t[]){COUNT, TEST_CLASSES}, 2));
        ck_assert_int_eq(pthread_create(&threads[i], NULL, predict_often, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    fesetround(FE_TONEAREST);
    for (int i = 0; i < CALLERS; i++) {
        ck_assert_int_eq(callers[i].wrong, 0);
        ck_assert_mem_eq(neuron_tensor_data(callers[i].output),
                         neuron_tensor_data(callers[0].output),
                         COUNT * TEST_CLASSES * sizeof(float));
    }
    for (int i = 0; i < CALLERS; i++) {
        neuron_tensor_unref(callers[i].input);
        neuron_tensor_unref(callers[i].output);
    }
    ck_assert_int_eq(h.wrong, 0);
    neuron_dataset_unref(glyphs);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
}
END_TEST

static int predict_some(neuron_context_t *context, neuron_graph_t *graph)
{
    neuron_tensor_t *input, *output;
    assert_ok(neuron_tensor_create(&input, context, NEURON_TYPE_F32,
                                   (const int64_t[]){COUNT, SIZE, SIZE, 1}, 4));
    assert_ok(neuron_tensor_create(&output, context, NEURON_TYPE_F32,
                                   (const int64_t[]){COUNT, TEST_CLASSES}, 2));
    int status = neuron_graph_predict(graph, input, output);
    neuron_tensor_unref(input);
    neuron_tensor_unref(output);
    return status;
}

START_TEST(functions_come_and_go)
{
    neuron_context_t *context = test_context();
    neuron_graph_t *graph = test_cnn(context, SIZE);
    host a = {.run = in_order}, b = {.run = in_order};
    fesetround(FE_UPWARD);
    assert_status(neuron_context_set_parallel_for(NULL, run_parts, &a, destroy_host),
                  NEURON_E_ARGUMENT);
    assert_ok(neuron_context_set_parallel_for(context, run_parts, &a, destroy_host));
    assert_ok(predict_some(context, graph));
    ck_assert_int_gt(a.loops, 0);
    ck_assert_int_eq(a.destroyed, 0);
    assert_ok(neuron_context_set_parallel_for(context, run_parts, &b, destroy_host));
    ck_assert_int_eq(a.destroyed, 1);
    int before = a.loops;
    assert_ok(neuron_context_set(context, "threads=4")); /* which keeps the host's */
    ck_assert_int_eq(neuron_context_threads(context), 4);
    assert_ok(predict_some(context, graph));
    ck_assert_int_eq(a.loops, before);
    ck_assert_int_gt(b.loops, 0);
    before = b.loops;
    assert_ok(neuron_context_set(context, "threads=1")); /* nothing to share */
    assert_ok(predict_some(context, graph));
    ck_assert_int_eq(b.loops, before);
    assert_ok(neuron_context_set(context, "threads=2"));
    assert_ok(neuron_context_set_parallel_for(context, NULL, NULL, NULL));
    ck_assert_int_eq(b.destroyed, 1);
    before = b.loops;
    assert_ok(predict_some(context, graph));
    ck_assert_int_eq(b.loops, before);
    ck_assert_int_eq(a.wrong + b.wrong, 0);
    fesetround(FE_TONEAREST);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    ck_assert_int_eq(a.destroyed + b.destroyed, 2);
}
END_TEST

static int left = -1; /* allocations until one fails; -1 for none */

static void *allocate(size_t size, size_t alignment, void *user_data)
{
    (void)user_data;
    void *memory = NULL;
    if (left > 0)
        left--;
    return left != 0 && posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

static void release(void *memory, void *user_data)
{
    (void)user_data;
    free(memory);
}

START_TEST(memory_that_is_short_changes_nothing)
{
    neuron_context_t *context;
    host a = {.run = in_order}, b = {.run = in_order};
    assert_ok(
        neuron_context_create_with_allocator(&context, allocate, release, NULL, NULL, "threads=2"));
    neuron_graph_t *graph = test_cnn(context, SIZE);
    assert_ok(neuron_context_set_parallel_for(context, run_parts, &a, destroy_host));
    int status = NEURON_E_MEMORY, failures = 0;
    for (int n = 1; status < 0; n++) {
        left = n;
        status = neuron_context_set_parallel_for(context, run_parts, &b, destroy_host);
        left = -1;
        ck_assert_int_eq(a.destroyed, status == 0);
        ck_assert_int_eq(b.destroyed, 0);
        if (status == 0)
            break;
        assert_status(status, NEURON_E_MEMORY);
        failures++;
        int before = a.loops;
        fesetround(FE_UPWARD);
        assert_ok(predict_some(context, graph));
        fesetround(FE_TONEAREST);
        ck_assert_int_gt(a.loops, before);
    }
    ck_assert_int_ge(failures, 2);
    neuron_graph_unref(graph);
    neuron_context_unref(context);
    ck_assert_int_eq(b.destroyed, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("host-threads");
    TCase *tests = tcase_create("host-threads");
    tcase_set_timeout(tests, 0);
    tcase_add_loop_test(tests, results_are_the_same_bytes, 0, WAYS);
    tcase_add_test(tests, many_threads_share_the_hosts);
    tcase_add_test(tests, functions_come_and_go);
    tcase_add_test(tests, memory_that_is_short_changes_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
