/* What tests of committee trainers train with: small networks for images of ten kinds of glyphs. */
#ifndef TEST_COMMITTEE_BENCH_H
#define TEST_COMMITTEE_BENCH_H

#include "test-common.h"

#include <libneuron-committee/committees.h>

#include <stdio.h>
#include <unistd.h>

enum { SIDE = 10, PIXELS = SIDE * SIDE, EXAMPLES = 120, CLASSES = 10 };

typedef struct bench {
    neuron_context_t *context;
    neuron_optimizer_t *optimizer;
    neuron_dataset_t *train, *validation;
    neuron_committee_trainer_t *trainer;
} bench;

/* A network whose initial parameters, dropout and statistics differ between members. */
static inline int build_glyphs(neuron_graph_t **graph, neuron_context_t *context, int64_t member,
                               void *user_data)
{
    (void)member;
    (void)user_data;
    int status = neuron_graph_create(graph, context);
    if (status < 0)
        return status;
    neuron_graph_t *g = *graph;
    neuron_node_t *x = neuron_input(g, (const int64_t[]){SIDE, SIDE, 1}, 3);
    neuron_node_t *h = neuron_dense(g, neuron_flatten(g, x), 12, NULL);
    h = neuron_dropout(g, neuron_relu(g, neuron_batch_norm(g, h, "momentum=0.8")), 0.1);
    return neuron_graph_finish(g, neuron_softmax(g, neuron_dense(g, h, CLASSES, NULL), NULL));
}

/* One whose outputs are numbers of any size. */
static inline int build_numbers(neuron_graph_t **graph, neuron_context_t *context, int64_t member,
                                void *user_data)
{
    (void)member;
    (void)user_data;
    int status = neuron_graph_create(graph, context);
    if (status < 0)
        return status;
    neuron_graph_t *g = *graph;
    neuron_node_t *x = neuron_flatten(g, neuron_input(g, (const int64_t[]){SIDE, SIDE, 1}, 3));
    x = neuron_tanh(g, neuron_dense(g, x, 6, NULL));
    return neuron_graph_finish(g, neuron_dense(g, x, CLASSES, NULL));
}

/* In a context of the caller's, which the bench takes over. */
static inline int set_up_in(bench *b, neuron_context_t *context, const char *options)
{
    *b = (bench){.context = context};
    int status = neuron_optimizer_create(&b->optimizer, context, "adam", "learning_rate=0.01");
    if (status == NEURON_OK)
        status = neuron_dataset_generate_glyphs(&b->train, context, EXAMPLES, SIDE, SIDE, 3);
    if (status == NEURON_OK)
        status = neuron_dataset_generate_glyphs(&b->validation, context, 40, SIDE, SIDE, 4);
    if (status == NEURON_OK)
        status =
            neuron_committee_trainer_create(&b->trainer, context, b->optimizer, b->train, options);
    return status;
}

static inline void set_up(bench *b, const char *options)
{
    assert_ok(set_up_in(b, test_context(), options));
    assert_ok(neuron_committee_trainer_set_builder(b->trainer, build_glyphs, NULL, NULL));
}

static inline void tear_down(bench *b)
{
    neuron_committee_trainer_unref(b->trainer);
    neuron_dataset_unref(b->validation);
    neuron_dataset_unref(b->train);
    neuron_optimizer_unref(b->optimizer);
    neuron_context_unref(b->context);
}

/* The bytes of a graph's file; the caller frees them. */
static inline test_bytes bytes_of(const neuron_graph_t *graph)
{
    test_bytes bytes;
    assert_ok(neuron_graph_save_memory(NULL, 0, &bytes.size, graph));
    bytes.data = malloc(bytes.size);
    assert_ok(neuron_graph_save_memory(bytes.data, bytes.size, NULL, graph));
    return bytes;
}

static inline bool same_bytes(test_bytes a, test_bytes b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* Trains to the end and returns the bytes of the committee. */
static inline test_bytes train(bench *b)
{
    neuron_graph_t *committee;
    assert_ok(neuron_committee_trainer_run(&committee, b->trainer));
    test_bytes bytes = bytes_of(committee);
    neuron_graph_unref(committee);
    return bytes;
}

/* Empties a folder of a committee of up to three members and removes it. */
static inline const char *new_folder(const char *folder)
{
    static const char *const files[] = {"committee.json", "member-0.safetensors",
                                        "member-1.safetensors", "member-2.safetensors",
                                        "training.safetensors"};
    for (int i = 0; i < 5; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    rmdir(folder);
    return folder;
}

/* Fits a committee with room for more and more allocations until there is enough; nothing is left
 * of those that failed. */
static inline void fit_with_little(const char *options, const char *of_context)
{
    int status = NEURON_E_MEMORY;
    for (long allowed = 0; status != NEURON_OK; allowed += 1 + allowed / 30) {
        test_memory memory;
        neuron_context_t *context = test_limited_context(&memory);
        neuron_dataset_t *train;
        neuron_graph_t *committee = NULL;
        assert_ok(neuron_context_set(context, of_context));
        assert_ok(neuron_dataset_generate_glyphs(&train, context, EXAMPLES, SIDE, SIDE, 3));
        atomic_store(&memory.left, allowed);
        status = neuron_committee_fit(&committee, context, build_glyphs, NULL, train, options);
        if (status != NEURON_OK) {
            assert_status(status, NEURON_E_MEMORY);
            ck_assert_ptr_null(committee);
        }
        test_refill(&memory);
        neuron_graph_unref(committee);
        neuron_dataset_unref(train);
        neuron_context_unref(context);
        ck_assert_int_eq(atomic_load(&memory.live), 0);
    }
}

#endif
