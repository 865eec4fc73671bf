/* Custom layers as nodes of a graph. */
#ifndef GRAPH_CUSTOM_H
#define GRAPH_CUSTOM_H

#include "graph/graph.h"
#include "layers/custom.h"

static inline bool neuron_layer_is_custom(const neuron_layer *layer)
{
    return layer->flags & NEURON_LAYER_CUSTOM;
}

/* The kind of that name in the graph's context; NEURON_E_UNSUPPORTED with a message that begins
 * with `who` if there is none. */
int neuron_custom_need(const neuron_custom_kind **kind, const neuron_graph_t *graph,
                       const char *name, const char *who);

/* Sets the shape of a custom node's output. `shape` is NULL for what the kind makes of the inputs;
 * if the kind has a rule for that, no other is taken. `result` is that of neuron_custom_infer(). */
int neuron_custom_set_output(neuron_node_t *node, const int64_t *shape, int32_t rank, int *result);

/* Gives a node an array like this one. */
int neuron_custom_take_array(neuron_node_t *node, const neuron_array *array);

#endif
