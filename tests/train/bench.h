/* What a test trains with. */
#ifndef TEST_BENCH_H
#define TEST_BENCH_H

#include "test-models.h"

typedef struct bench {
    neuron_context_t *context;
    neuron_graph_t *graph;
    neuron_optimizer_t *optimizer;
    neuron_dataset_t *train, *validation;
    neuron_trainer_t *trainer;
} bench;

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
