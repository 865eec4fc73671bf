/* The names of a graph's nodes, found by their hash: with a look at all nodes for each that is
 * added, large graphs would take long to build. */
#ifndef GRAPH_NAMES_H
#define GRAPH_NAMES_H

#include "graph/graph.h"

/* The node of a name; NULL if there is none. */
NEURON_SHARED neuron_node_t *neuron_names_find(const neuron_graph_t *graph, const char *name);

/* Room for one more node. */
int neuron_names_reserve(neuron_graph_t *graph);

/* Adds a node of the graph, for which there is room, and takes it away, as before it is renamed. */
void neuron_names_add(neuron_graph_t *graph, neuron_node_t *node);
void neuron_names_remove(neuron_graph_t *graph, const neuron_node_t *node);

/* How many nodes have names that begin with that of the layer. */
int neuron_names_count(neuron_graph_t *graph, const neuron_layer *layer, int64_t *count);

/* The first number, 0 or more, such that no node is called `<base>_<number>/...`, or for 0
 * `<base>/...`. */
int64_t neuron_names_free_number(const neuron_graph_t *graph, const char *base);

void neuron_names_drop(neuron_graph_t *graph);

#endif
