/* Reading the structure of a graph, from the inside: the parts of a node are read in files of their
 * own. */
#ifndef MODEL_STRUCTURE_READER_H
#define MODEL_STRUCTURE_READER_H

#include "graph/graph.h"
#include "base/files/json.h"

/* A graph while it is read. */
typedef struct neuron_structure_reader {
    neuron_graph_t *graph;
    const char *source;
    const json_t *nodes; /* of the file */
    int32_t node;        /* the one at work */
    /* Its inputs and their weights. */
    neuron_node_t **inputs;
    double *weights;
    int64_t input_count;
} neuron_structure_reader;

/* Begins a message about the node at work. */
#define NODE_WHO          "%s: node %" PRId32 " \"" NEURON_JSON_NAME "\""
#define NODE              NODE_WHO ": "
#define NODE_ARGUMENTS(r) (r)->source, (r)->node, neuron_structure_node_name(r)

/* Parses the text of a version that this library reads. */
int neuron_structure_parse(json_t **json, neuron_context_t *context, const char *text,
                           const char *source);

const char *neuron_structure_node_name(const neuron_structure_reader *r);

/* The graph would not take what the file says. Its message names the node. */
int neuron_structure_fail_as_graph(const neuron_structure_reader *r, int status);

/* A whole number from 0 to `limit` - 1; NEURON_E_FORMAT without a message for anything else. */
int neuron_structure_read_place(int32_t *place, const json_t *json, int64_t limit);

/* A list of extents: their number is checked here, they themselves by who takes them, with 0 for
 * what is no whole number. */
int neuron_structure_read_shape(int64_t shape[NEURON_RANK_MAX], int32_t *rank, const json_t *list,
                                const neuron_structure_reader *r);

/* Reads what is set on a node beside options, once it is there. */
int neuron_structure_read_parts(const neuron_structure_reader *r, neuron_node_t *node,
                                const json_t *json);

/* The kind that a custom layer's node names. */
int neuron_structure_find_kind(const neuron_layer **layer, const neuron_structure_reader *r,
                               const json_t *json);

/* Reads what a custom layer has of its own, once its node is there. */
int neuron_structure_read_custom(const neuron_structure_reader *r, neuron_node_t *node,
                                 const json_t *json);

/* Whether a key of a custom layer is read by that. */
bool neuron_structure_is_custom_part(const char *key);

/* Whether a key of a node is read by one of the above. */
bool neuron_structure_is_part(const neuron_layer *layer, const char *key);

#endif
