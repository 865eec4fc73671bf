/* What a graph says of examples that it was not trained with, and what is true of them. */
#ifndef CALIBRATE_HELD_OUT_H
#define CALIBRATE_HELD_OUT_H

#include "data/dataset.h"
#include "graph/graph.h"

typedef struct neuron_held_out {
    neuron_context_t *context;
    int64_t count, classes; /* of one class the probability is that of the second of two */
    neuron_tensor_t *probabilities;
    int32_t *labels; /* of each example; NULL if targets are there: */
    float *targets;  /* [count, classes], each 0 or 1 */
} neuron_held_out;

/* Predicts an output of a graph for all examples; with `multi_label` each class has a target for
 * itself. NEURON_E_SHAPE for an output that is no vector, NEURON_E_DATA for no examples or targets
 * and for what are no probabilities. `who` begins messages. After a failure it is to be ended,
 * too. */
int neuron_held_out_read(neuron_held_out *held_out, const neuron_graph_t *graph, int64_t output,
                         const neuron_dataset_t *dataset, bool multi_label, const char *who);
void neuron_held_out_end(neuron_held_out *held_out);

/* The probabilities of an example. */
static inline const float *neuron_held_out_row(const neuron_held_out *held_out, int64_t example)
{
    return (const float *)held_out->probabilities->data + example * held_out->classes;
}

/* Whether a class is true of an example. */
static inline bool neuron_held_out_is(const neuron_held_out *held_out, int64_t example, int64_t k)
{
    if (held_out->targets)
        return held_out->targets[example * held_out->classes + k] != 0;
    return held_out->labels[example] == (held_out->classes == 1 ? 1 : k);
}

/* Of how many examples it is true. */
int64_t neuron_held_out_count(const neuron_held_out *held_out, int64_t k);

#endif
