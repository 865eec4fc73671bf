/* Memory that runs out at the n-th allocation, for every n, and calls that are made again with
 * memory there. The JSON library's memory comes from the same place. */
#ifndef TEST_FAILING_MEMORY_H
#define TEST_FAILING_MEMORY_H

#include "test-models.h"

#include <jansson.h>
#include <stdatomic.h>

enum { SIZE = 8, EXAMPLES = 20, BATCH = 5 };

/* ---- The allocator ---- */

typedef enum fault { NO_FAULT, FAIL_ONCE, FAIL_UNTIL_HEALED } fault;

static atomic_long live, calls, failures;
static atomic_long fail_at; /* number of the call; 0 for none */
static fault kind;

static inline bool fails(void)
{
    long call = atomic_fetch_add(&calls, 1) + 1, at = atomic_load(&fail_at);
    bool failing = at > 0 && (kind == FAIL_ONCE ? call == at : call >= at);
    if (failing)
        atomic_fetch_add(&failures, 1);
    return failing;
}

static inline void *allocate(size_t size, size_t alignment, void *user_data)
{
    (void)user_data;
    void *memory = NULL;
    if (fails() || posix_memalign(&memory, alignment, size) != 0)
        return NULL;
    memset(memory, 0xa5, size); /* nobody may count on zeros */
    atomic_fetch_add(&live, 1);
    return memory;
}

static inline void release(void *memory, void *user_data)
{
    (void)user_data;
    atomic_fetch_sub(&live, 1);
    free(memory);
}

static inline void *json_allocate(size_t size)
{
    return allocate(size, 16, NULL);
}

static inline void json_release(void *memory)
{
    if (memory)
        release(memory, NULL);
}

static inline void heal(void)
{
    atomic_store(&fail_at, 0);
}

/* ---- Calls that may fail ---- */

static const char stale[] = "no rule \"4711\"";

static inline void assert_out_of_memory(int status, const char *call)
{
    assert_that(status == NEURON_E_MEMORY, "%s is %s (%s)", call, neuron_error_name(status),
                neuron_error_last());
    const char *text = neuron_error_last();
    assert_that(!strstr(text, stale) && (strstr(text, "memory") || strstr(text, "threads")),
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
            assert_that(failed_, "%s: %s", #call, neuron_error_last());                            \
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

static inline int make_context(neuron_context_t **context)
{
    int status = neuron_context_create_with_allocator(context, allocate, release, NULL, NULL, NULL);
    if (status < 0)
        ck_assert_ptr_null(*context);
    return status;
}

/* Every layer. Builder calls are not looked at: finish tells of the first that failed. */
static inline int build(neuron_graph_t **graph, neuron_context_t *context)
{
    neuron_graph_t *g;
    int status = neuron_graph_create(&g, context);
    *graph = g;
    if (status < 0)
        return status;
    assert_ok(neuron_graph_set_seed(g, 11));
    neuron_node_t *x = neuron_input(g, (const int64_t[]){SIZE, SIZE, 1}, 3);
    neuron_node_t *c = neuron_conv2d(g, x, 2, 3, 3, "padding=same");
    neuron_node_t *p =
        neuron_max_pool2d(g, neuron_relu(g, neuron_batch_norm(g, c, NULL)), 2, 2, NULL);
    neuron_node_t *again = neuron_max_pool2d(
        g, neuron_shared_part(g, neuron_slice(g, p, 0, 1, NULL), x, c), 4, 4, NULL);
    neuron_node_t *all[] = {neuron_flatten(g, x), neuron_flatten(g, neuron_dropout(g, p, 0.25)),
                            neuron_flatten(g, again)};
    neuron_node_t *y = neuron_dense(g, neuron_concat(g, all, 3, NULL), TEST_CLASSES, NULL);
    neuron_node_set_name(y, "logits");
    status = neuron_graph_finish(g, neuron_softmax(g, y, NULL));
    if (status < 0) {
        neuron_graph_unref(g);
        *graph = NULL;
    }
    return status;
}

static inline int add_checkpoint(const world *w, const char *path)
{
    neuron_callback_t *best;
    int status = neuron_callback_create_checkpoint(&best, w->context, path, "monitor=loss");
    if (status < 0)
        return status;
    status = neuron_trainer_add_callback(w->trainer, best);
    neuron_callback_unref(best);
    return status;
}

static inline int make_trainer(world *w, neuron_dataset_t *validation, const char *path)
{
    w->trainer = NULL;
    int status = neuron_trainer_create(&w->trainer, w->graph, w->adam, w->glyphs);
    if (status < 0) {
        ck_assert_ptr_null(w->trainer);
        return status;
    }
    assert_ok(neuron_trainer_set_number(w->trainer, "batch_size", BATCH));
    assert_ok(neuron_trainer_set(w->trainer, "epochs=2"));
    assert_ok(neuron_trainer_set_validation(w->trainer, validation));
    if (path)
        status = add_checkpoint(w, path);
    if (status < 0) {
        neuron_trainer_unref(w->trainer);
        w->trainer = NULL;
    }
    return status;
}

/* A world in which nothing fails yet. */
static inline world make_world(void)
{
    world w;
    assert_ok(make_context(&w.context));
    assert_ok(neuron_context_set_number(w.context, "threads", 2));
    assert_ok(neuron_dataset_generate_glyphs(&w.glyphs, w.context, EXAMPLES, SIZE, SIZE, 3));
    assert_ok(build(&w.graph, w.context));
    assert_ok(neuron_optimizer_create(&w.adam, w.context, "adam", NULL));
    w.trainer = NULL;
    return w;
}

static inline void end_world(world *w)
{
    neuron_trainer_unref(w->trainer);
    neuron_optimizer_unref(w->adam);
    neuron_graph_unref(w->graph);
    neuron_dataset_unref(w->glyphs);
    neuron_context_unref(w->context);
}

/* The n-th allocation from here on fails. */
static inline void arm(long n)
{
    static neuron_context_t *context; /* of the C library's memory, and for the process's life */
    neuron_optimizer_t *none;
    long before = atomic_load(&calls);
    if (!context)
        assert_ok(neuron_context_create(&context, NULL));
    assert_status(neuron_optimizer_create(&none, context, "4711", NULL), NEURON_E_ARGUMENT);
    ck_assert_int_eq(before, atomic_load(&calls));
    atomic_store(&failures, 0);
    atomic_store(&fail_at, kind == NO_FAULT ? 0 : atomic_load(&calls) + n);
}

/* Runs a stage with each allocation failing in turn, until none is left to fail. */
static inline void fail_each(void (*stage)(long n))
{
    for (kind = FAIL_ONCE; kind <= FAIL_UNTIL_HEALED; kind++) {
        long n = 0;
        do {
            atomic_store(&live, 0);
            stage(++n);
            heal();
            assert_that(atomic_load(&live) == 0, "%ld pieces are left after failure %ld, kind %d",
                        atomic_load(&live), n, (int)kind);
        } while (atomic_load(&failures) > 0);
        ck_assert_int_gt(n, 1);
    }
}

#endif
