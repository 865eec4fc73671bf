/* A session from the inside: the compiled steps and the blocks of memory they work on. */
#ifndef SESSION_STEPS_H
#define SESSION_STEPS_H

#include "session/plan.h"
#include "session/session.h"
#include "kernels/kernels.h"

enum { NEURON_NO_BLOCK = -1 };

/* One input of a step. */
typedef struct neuron_edge {
    int32_t value;    /* block that forward reads */
    int32_t gradient; /* block that backward writes; NEURON_NO_BLOCK if nobody wants it */
    int32_t sum; /* block that the gradient is then added to, because the value is used more than
                    once; NEURON_NO_BLOCK if it is not */
} neuron_edge;

/* One layer at work, and the layers behind it that are done in the same pass, in this order: see
 * fuse.c. */
typedef struct neuron_step {
    const neuron_node_t *node;
    bool rectify;
    const neuron_node_t *norm; /* predicting: a batch normalisation, NULL for none */
    bool rectify_last;
    const neuron_node_t *pool;   /* NULL for none */
    const neuron_node_t *result; /* the last of them, whose value this is */

    bool backward;
    bool gates_input;    /* its input comes from a rectifier, and backward goes through that too */
    bool gates_itself;   /* its own rectifier's gradient is taken before backward */
    bool defers;         /* backward leaves the input's gradient to the step before it, */
    int32_t reader;      /* which asks this step for it a few rows at a time; -1 for none */
    int32_t measured_by; /* the step that takes the moments of its input; -1 for none */
    int32_t moments;     /* block of those of the output; NEURON_NO_BLOCK if nobody wants them */
    int64_t chunks;      /* there is room for */
    neuron_moments measured;
    int32_t value;    /* block of the output */
    int32_t gradient; /* block of its gradient */
    int32_t saved, scratch, backward_scratch;
    int32_t prepared;  /* what the layer makes of its parameters: see neuron_needs */
    int32_t affine;    /* scale and shift of `norm` */
    int32_t gradients; /* of its parameters, until they are handed on */
    int32_t first_edge;
} neuron_step;

struct neuron_session {
    neuron_context_t *context;
    const neuron_graph_t *graph;
    const struct neuron_kernels *kernels;
    neuron_session_purpose purpose;
    int64_t batch, last_batch;
    uint32_t marks;  /* of the graph when the session was made: see graph.h */
    int32_t threads; /* of the context when the session was made: layers planned for so many */
    int32_t input, output; /* blocks */
    int32_t output_gradient;
    bool logits;
    int status; /* what a custom layer of this pass failed with, or 0 */

    int32_t step_count, edge_count, block_count;
    neuron_step *steps;
    neuron_edge *edges;
    neuron_block *blocks;

    char *arena;
    size_t arena_bytes;
    neuron_random last_random; /* of the last forward */
    uint64_t last_step;
    const float *borrowed_input; /* stands in for block `input` in the current forward */
    const float **inputs;        /* room for the pointers of one step's edges */
    float **input_gradients;
    uint64_t version;     /* of the parameters that `prepared` and `affine` blocks are made of */
    neuron_session *next; /* in the cache */
};

/* Whether the layer hands on the gradient of this array itself, piece by piece. */
static inline bool neuron_step_hands_on(const neuron_step *step, int32_t array)
{
    return array == 0 && step->node->spec.layer->flags & NEURON_LAYER_HANDS_ON;
}

/* Rows that a deferred gradient of the step's value is made in multiples of; 0 if it is not. */
int64_t neuron_step_gradient_multiple(const neuron_session *session, const neuron_step *step);

/* Where a block lies; NULL for NEURON_NO_BLOCK. */
void *neuron_session_memory(const neuron_session *session, int32_t block);

/* The same for a block that is read, which may be the caller's input. */
const float *neuron_session_value(const neuron_session *session, int32_t block);

/* Fills steps, edges and blocks; what is allocated is released by neuron_session_destroy(). */
int neuron_session_compile(neuron_session *session);

#endif
