/* Tensors of the caller's at the ends of a graph: one for each of its inputs or outputs. */
#ifndef SESSION_ENDS_H
#define SESSION_ENDS_H

#include "base/compiler/attributes.h"
#include "base/tensor.h"
#include "graph/graph.h"

/* The inputs or the outputs of a graph, and what messages call one and what belongs to it. */
typedef struct neuron_ends {
    const neuron_graph_t *graph;
    neuron_node_t *const *nodes;
    int64_t count;
    const char *what;
    bool bytes; /* may be given where it is known how they become inputs */
} neuron_ends;

static inline neuron_ends neuron_ends_inputs(const neuron_graph_t *graph, const char *what)
{
    return (neuron_ends){graph, graph->inputs, graph->input_count, what, false};
}

static inline neuron_ends neuron_ends_outputs(const neuron_graph_t *graph, const char *what)
{
    return (neuron_ends){graph, graph->outputs, graph->output_count, what, false};
}

/* What messages call an end: `output`, or `output digit` where there are several. */
enum { NEURON_END_TEXT = NEURON_NODE_NAME_MAX + 64 };
const char *neuron_end_text(const neuron_ends *ends, int64_t index, char text[NEURON_END_TEXT]);

/* NEURON_E_ARGUMENT unless as many things are given as there are ends. */
int neuron_ends_check_count(const neuron_ends *ends, int64_t given);

/* Whether `tensors` are f32 [n, ...shape of the end], or u8 where the ends take bytes. `*count` is
 * n, or -1 before the first that tells it. With `some` tensors may be NULL. */
NEURON_SHARED int neuron_ends_check(const neuron_ends *ends, neuron_tensor_t *const *tensors,
                                    int64_t given, bool some, int64_t *count);

/* One more owner of tensors, NULL ones aside, as long as functions of the caller's run. To be given
 * to neuron_hold_add(hold, neuron_tensors_end_hold, NULL, owners). NULL without memory. */
typedef struct neuron_tensor_owners neuron_tensor_owners;
NEURON_SHARED neuron_tensor_owners *
neuron_tensors_own(neuron_context_t *context, neuron_tensor_t *const *some, int64_t some_count,
                   neuron_tensor_t *const *others, int64_t other_count);
NEURON_SHARED NEURON_HOLD_DECLARE(tensors);

#endif
