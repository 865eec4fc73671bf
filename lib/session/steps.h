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

/* What a step has in memory; NEURON_NO_BLOCK for what it has not. */
typedef struct neuron_step_blocks {
    int32_t value, gradient;                            /* of the output */
    int32_t saved, scratch, backward_scratch, prepared; /* see neuron_needs */
    int32_t post_arrays;         /* of all its post-operations, one after the other */
    int32_t before;              /* what its activation is made of, for the way back */
    int32_t statistics;          /* of the output */
    int32_t parameter_gradients; /* until the sink has them */
    int32_t gradient_sum;        /* of parameters, over the steps that work with the same arrays */
} neuron_step_blocks;

/* One layer at work, with the layers behind it that are done in its pass: see fuse.c. */
typedef struct neuron_step {
    const neuron_node_t *node;
    const neuron_node_t *result; /* the last of them, whose value this is */
    const neuron_node_t *post_nodes[NEURON_POST_OPS_MAX]; /* what is in fused.post; NULL for
                                                             statistics */
    neuron_fused fused;
    void *operation;

    bool backward;
    bool defers;           /* backward leaves the input's gradient to the step before it, */
    int32_t consumer;      /* which asks this step for it a few rows at a time; -1 for none */
    int32_t activation_of; /* the step whose activation made the input, and back through which
                              backward goes too; -1 for none */
    bool begins_sum;       /* the first step, from the end, whose gradients are in gradient_sum, */
    bool ends_sum;         /* and the last, after which the sum is whole */
    bool takes_prepared;   /* of a step before it with the same arrays */
    bool activation_alone; /* nobody else goes back through its own activation */
    int32_t statistics_of; /* the step that measures the input for this one; -1 for none */
    int64_t chunks;        /* there is room for in the statistics of the output */
    neuron_statistics statistics;

    neuron_step_blocks blocks;
    int64_t first_edge;
} neuron_step;

/* An output of the graph. */
typedef struct neuron_output {
    const neuron_node_t *node; /* the output's, or the one before it if that is left to the loss */
    bool logits;               /* it is */
    int32_t value, gradient;   /* blocks */
    int32_t sum; /* block that the gradient is then added to, because another output has the same
                    value; NEURON_NO_BLOCK if none has */
} neuron_output;

struct neuron_session {
    neuron_context_t *context;
    const neuron_graph_t *graph;
    const struct neuron_kernels *kernels;
    neuron_session_purpose purpose;
    int64_t batch, last_batch;
    uint32_t layout_version; /* of the graph when the session was made: see graph.h */
    int32_t threads; /* of the context when the session was made: layers planned for so many */
    bool invariant;  /* predictions are the same bytes in any batch */
    bool tells;      /* the log what became of each node */
    neuron_session_training training; /* unless it predicts; `purposes` may be NULL: `purpose` is
                                         that of all outputs */

    int32_t *input_blocks;  /* of each input of the graph */
    const float **borrowed; /* stand in for these blocks in the current forward */
    neuron_output *outputs; /* of each output of the graph */

    int64_t step_count, edge_count, block_count;
    neuron_step *steps;
    neuron_edge *edges;
    neuron_block *blocks;
    char *operations;

    char *arena;
    char *kept; /* behind the arena, or the leader's where this is a member of a team */
    size_t arena_bytes, kept_bytes;
    neuron_pool *pool;        /* of its team where this is a member; NULL for the context's, which
                                 set_threads() replaces */
    neuron_session **members; /* of a team: see team.h; else NULL */
    int64_t member_count;
    neuron_pool *team_pool; /* of one thread, in which members work; NULL without a team */
    bool is_member;
    atomic_bool busy;          /* a member that a thread is at work with */
    neuron_random last_random; /* of the last forward */
    uint64_t last_step;
    const neuron_session_observer *observer;
    int64_t at;                      /* the next step, where a batch is run in pieces */
    const neuron_batch_parts *parts; /* that the step which runs has to join; else NULL */
    const float **inputs;            /* room for the pointers of one step's edges */
    float **input_gradients;
    uint64_t version;     /* of the parameters that `prepared` and `post_arrays` are made of */
    neuron_session *next; /* in the cache */
};

/* Whether the layer itself gives the sink the gradient of this array, piece by piece. */
static inline bool neuron_step_sinks(const neuron_step *step, int32_t array)
{
    return array == 0 && step->node->spec.layer->flags & NEURON_LAYER_SINKS &&
           step->blocks.gradient_sum == NEURON_NO_BLOCK;
}

/* Floats of an array per channel of the step's value, in whole panels. */
int64_t neuron_step_panels(const neuron_step *step);

/* Where a block lies; NULL for NEURON_NO_BLOCK. */
void *neuron_session_memory(const neuron_session *session, int32_t block);

/* The same for a block that is read, which may be the caller's input. */
const float *neuron_session_value(const neuron_session *session, int32_t block);

/* Has the next forward read the caller's memory, as neuron_session_forward() says. */
void neuron_session_borrow(neuron_session *session, const float *const *inputs);

/* Makes of the parameters what a prediction works with, if they have changed. */
void neuron_session_prepare(neuron_session *session);

/* Plans a member of a team, which works in the threads of another pool than the context's. */
int neuron_session_plan_member(neuron_session **session, const neuron_graph_t *graph,
                               neuron_pool *pool, int64_t batch);

/* Gives up the steps and blocks. */
void neuron_session_clear(neuron_session *session);

/* The memory to run what was planned. */
int neuron_session_allocate(neuron_session *session);

/* Fills steps, edges and blocks; what is allocated is released by neuron_session_destroy(). */
int neuron_session_compile(neuron_session *session);

#endif
