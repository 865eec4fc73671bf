/* What a test trains with. */
#ifndef TEST_TRAINING_H
#define TEST_TRAINING_H

#include "test-models.h"

typedef struct bench {
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_optimizer_t *optimizer;
    neuron_dataset_t *train, *validation;
    neuron_trainer_t *trainer;
} bench;

/* Adds a checkpoint; the trainer keeps it. */
static inline neuron_callback_t *add_checkpoint(const bench *b, const char *path,
                                                const char *options)
{
    neuron_callback_t *c;
    assert_ok(neuron_callback_create_checkpoint(&c, b->context, path, options));
    assert_ok(neuron_trainer_add_callback(b->trainer, c));
    neuron_callback_unref(c);
    return c;
}

static inline void tear_down(bench *b)
{
    neuron_trainer_unref(b->trainer);
    neuron_dataset_unref(b->validation);
    neuron_dataset_unref(b->train);
    neuron_optimizer_unref(b->optimizer);
    neuron_graph_unref(b->graph);
    neuron_context_unref(b->context);
}

#endif
