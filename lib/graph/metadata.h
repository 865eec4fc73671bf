/* Texts that are kept with a graph and go into its file, by key. */
#ifndef GRAPH_METADATA_H
#define GRAPH_METADATA_H

#include <libneuron/table.h>

#include "graph/graph.h"

/* Keys that begin so are the library's: files have them, but users neither see nor set them. */
#define NEURON_METADATA_PREFIX "libneuron."

/* The fitted preparation of a table, as JSON: see preparation.c. */
#define NEURON_METADATA_PREPARATION NEURON_METADATA_PREFIX "preparation"

/* What is known of inputs and outputs, as texts of files have it: see model/meaning.h. */
#define NEURON_METADATA_INPUTS  NEURON_METADATA_PREFIX "inputs"
#define NEURON_METADATA_OUTPUTS NEURON_METADATA_PREFIX "outputs"

typedef struct neuron_metadata {
    struct neuron_metadata *next; /* in the order in which they were set */
    char *text;
    char key[];
} neuron_metadata;

/* Keeps a copy of a text, which is UTF-8, under any key; NULL takes it away. */
NEURON_SHARED int neuron_graph_keep_text(neuron_graph_t *graph, const char *key, const char *text);

/* Keeps a preparation as such a text. */
int neuron_graph_keep_preparation(neuron_graph_t *graph, const neuron_preparation_t *preparation);

/* The text under any key, or NULL. */
const char *neuron_graph_kept_text(const neuron_graph_t *graph, const char *key);

/* Gives a graph the texts of another. */
int neuron_graph_copy_metadata(neuron_graph_t *graph, const neuron_graph_t *from);

void neuron_graph_drop_metadata(neuron_graph_t *graph);

#endif
