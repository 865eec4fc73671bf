/* A session from the inside: the compiled steps and the blocks of memory they work on. */
#ifndef GRAPH_STEPS_H
#define GRAPH_STEPS_H

#include "graph/plan.h"
#include "graph/session.h"

enum { NEURON_NO_BLOCK = -1 };

/* One input of a step. */
typedef struct neuron_edge {
    int32_t value;    /* block that forward reads */
    int32_t gradient; /* block that backward writes; NEURON_NO_BLOCK if nobody wants it */
    int32_t sum; /* block that the gradient is then added to, because the value is used more than
                    once; NEURON_NO_BLOCK if it is not */
} neuron_edge;

/* One layer at work. */
typedef struct neuron_step {
    const neuron_node_t *node;
    bool backward;
    int32_t value;    /* block of the output */
    int32_t gradient; /* block of its gradient */
    int32_t saved, scratch, backward_scratch;
    int32_t first_edge;
} neuron_step;

struct neuron_session {
    neuron_context_t *context;
    const neuron_graph_t *graph;
    const struct neuron_kernels *kernels;
    neuron_session_purpose purpose;
    int64_t batch, last_batch;
    int32_t threads; /* of the context when the session was made: layers planned for so many */
    int32_t input, output; /* blocks */
    int32_t output_gradient;
    bool logits;

    int32_t step_count, edge_count, block_count;
    neuron_step *steps;
    neuron_edge *edges;
    neuron_block *blocks;

    char *arena;
    size_t arena_bytes;
    const float *borrowed_input; /* stands in for block `input` in the current forward */
    const float **inputs;        /* room for the pointers of one step's edges */
    float **input_gradients;
    neuron_session *next; /* in the cache */
};

/* Fills steps, edges and blocks; what is allocated is released by neuron_session_destroy(). */
int neuron_session_compile(neuron_session *session);

#endif
