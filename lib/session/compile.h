/* What the compiler of sessions knows while it works. */
#ifndef SESSION_COMPILE_H
#define SESSION_COMPILE_H

#include "session/steps.h"

/* The value of a node. Nodes that only pass a value on (views, and dropout when predicting) and
 * nodes that are done in the same pass share the entry of the step that made it: their root. */
typedef struct neuron_value {
    int32_t block, gradient; /* NEURON_NO_BLOCK where there is none */
    int32_t producer;        /* step, or -1 for the input */
    int32_t uses;            /* edges that read it, and the loss */
    bool requires_grad;      /* whether something before it is trained, or its gradient is wanted */
} neuron_value;

typedef struct neuron_compiler {
    neuron_session *session;
    const neuron_graph_t *graph;
    int32_t *root;        /* of each node */
    int32_t *consumers;   /* of each node, how many: the nodes that read it, and the caller */
    neuron_value *values; /* of each root */
    int64_t block_capacity;
} neuron_compiler;

static inline bool neuron_compiler_trains(const neuron_compiler *compiler)
{
    return compiler->session->purpose != NEURON_SESSION_PREDICT;
}

static inline neuron_value *neuron_compiler_value(neuron_compiler *compiler,
                                                  const neuron_node_t *node)
{
    return &compiler->values[compiler->root[node->index]];
}

/* Whether the gradient of a node's value is wanted. */
bool neuron_compiler_wants(const neuron_compiler *compiler, const neuron_node_t *node);

/* Lists the steps, several nodes in one where they can be done in one pass over memory, and sets
 * the roots and producers. */
void neuron_compiler_list_steps(neuron_compiler *compiler);

/* Decides which step goes back through each activation that is part of one, and which gradients are
 * never written down whole. Needs the uses. */
void neuron_compiler_fuse_gradients(neuron_compiler *compiler);

#endif
