/* The parameters of a graph: one flat array, and where in it each layer's arrays lie. */
#ifndef GRAPH_ARRAYS_H
#define GRAPH_ARRAYS_H

#include "graph/graph.h"

/* Lays out and initialises the parameters of the nodes 0 .. node_count - 1. */
int neuron_graph_make_arrays(neuron_graph_t *graph);
void neuron_graph_drop_arrays(neuron_graph_t *graph);

#endif
