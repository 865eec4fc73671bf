/* Copying parameters into a graph by their names, from another graph or a file. */
#ifndef GRAPH_COPY_ARRAYS_H
#define GRAPH_COPY_ARRAYS_H

#include "graph/graph.h"

/* Where arrays come from. */
typedef struct neuron_array_source {
    const char *name; /* in messages */
    const void *owner;
    /* 1 if there is an array of that name, of which `to` can be made; 0 if there is none. */
    int (*check)(const void *owner, const char *name, const neuron_graph_array *to);
    void (*copy)(const void *owner, const char *name, const neuron_graph_array *to, float *values);
} neuron_array_source;

/* Copies all arrays of a graph that begin with one prefix and are there with the other, and says
 * how many these are. On failure nothing has changed. */
int neuron_graph_take_arrays(int64_t *count, neuron_graph_t *graph,
                             const neuron_array_source *source, const char *to_prefix,
                             const char *from_prefix, const char *who);

/* The array of a name, or -1 without a message. */
int64_t neuron_graph_array_place(const neuron_graph_t *graph, const char *name);

#endif
