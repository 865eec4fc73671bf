/* Copies of a finished graph's nodes in a graph that is built, with options and parameters. */
#ifndef GRAPH_IMPORT_H
#define GRAPH_IMPORT_H

#include "base/compiler/attributes.h"
#include "graph/graph.h"

/* Keys of the options: see neuron_graph_import(). */
enum { NEURON_IMPORT_TRAINABLE = 1, NEURON_IMPORT_DROPOUT };

extern const neuron_option_table neuron_import_options;

/* A copying that is under way. */
typedef struct neuron_copying {
    neuron_graph_t *graph;
    const neuron_graph_t *source;
    const char *prefix;     /* copies are called "<prefix>/<node>"; NULL for as their originals */
    neuron_options options; /* of neuron_import_options */
    neuron_node_t **copies; /* of each node of the source, NULL for one without; before the copying
                               those that take the place of nodes */
    neuron_node_t **owners; /* for each of the source: the copy that has its arrays */
    neuron_node_t **inputs; /* room for those of one node */
} neuron_copying;

/* Makes the memory; after a failure it is to be released, too. `text` are options, NULL for
 * none. */
int neuron_copying_begin(neuron_copying *copying, neuron_graph_t *graph,
                         const neuron_graph_t *source, const char *text);
void neuron_copying_end(neuron_copying *copying);

/* Copies what nodes of the source need that has no copy yet. NEURON_E_ARGUMENT if that is an
 * input. */
int neuron_copying_run(const neuron_copying *copying, neuron_node_t *const *nodes, int64_t count);

/* Changes the outputs of a copy before it is finished: `outputs` are those of the source, with room
 * for one more, and `by` is what it goes by. */
typedef int neuron_output_change(neuron_graph_t *graph, neuron_node_t **outputs, int64_t *count,
                                 const void *by);

/* Makes a copy of a finished graph with all that goes with it, and with other outputs, which mean
 * what those in their places do. */
NEURON_SHARED int neuron_graph_copy_changed(neuron_graph_t **made, const neuron_graph_t *source,
                                            neuron_output_change *change, const void *by);

/* Adds an input like that of another graph. */
NEURON_SHARED neuron_node_t *neuron_graph_copy_input(neuron_graph_t *graph,
                                                     const neuron_node_t *input);

#endif
