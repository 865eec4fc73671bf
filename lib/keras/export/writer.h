/* What makes a model of Keras of a graph: a list of layers, each with its calls. A failure sticks:
 * from then on functions do nothing, so that only the end has to ask for the status. */
#ifndef KERAS_WRITER_H
#define KERAS_WRITER_H

#include "base/files/json.h"
#include "graph/graph.h"
#include "keras/weights/classes.h"

enum { NEURON_KERAS_FORMAT_KERAS = 1, NEURON_KERAS_FORMAT_H5, NEURON_KERAS_FORMAT_WEIGHTS };

/* A layer of the model. */
typedef struct neuron_keras_made {
    char name[NEURON_NODE_NAME_MAX + 1];
    char group[NEURON_KERAS_GROUP];
    const char *class_name;
    const neuron_node_t *node; /* with the arrays; NULL for a layer that was put in */
    json_t *config, *calls;
    int64_t depth, turn; /* by which Keras sorts layers */
} neuron_keras_made;

/* What a node's value is called: the output of a call of a layer. */
typedef struct neuron_keras_value {
    size_t layer, call;
    size_t called; /* the place of that call among all */
} neuron_keras_value;

/* One call of a layer. */
typedef struct neuron_keras_called {
    size_t layer;
    size_t *inputs; /* calls */
    size_t input_count;
    int64_t depth;
    bool done;
} neuron_keras_called;

typedef struct neuron_keras_writer {
    neuron_context_t *context;
    const neuron_graph_t *graph;
    int format; /* NEURON_KERAS_FORMAT_KERAS, ... */
    int status; /* the first failure */
    neuron_keras_made *layers;
    size_t layer_count;
    size_t *order; /* of layers, as Keras has them */
    neuron_keras_called *called;
    size_t called_count;
    neuron_keras_value *values; /* of each node */
    json_t *names, *counts;
} neuron_keras_writer;

void neuron_keras_fail(neuron_keras_writer *writer, int status);

/* Fails with NEURON_E_UNSUPPORTED for a node that Keras has nothing for; `why` ends the message. */
void neuron_keras_has_none(neuron_keras_writer *writer, const neuron_node_t *node, const char *why);

/* A new layer; NULL after a failure. */
neuron_keras_made *neuron_keras_new_layer(neuron_keras_writer *writer, const char *name,
                                          const char *class_name);

/* Adds a call of a layer with inputs; returns its place among all calls. */
size_t neuron_keras_add_call(neuron_keras_writer *writer, neuron_keras_made *layer,
                             const neuron_keras_value *inputs, const neuron_shape *shapes,
                             size_t count);

/* Arguments. */
void neuron_keras_set(neuron_keras_writer *writer, json_t *config, const char *name, json_t *value);
void neuron_keras_set_number(neuron_keras_writer *writer, json_t *config, const char *name,
                             double value);

/* Sets the arguments of a node; false if Keras has no layer for it, and the failure is set. */
void neuron_keras_describe(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node);

/* Adds all nodes of the graph, and sorts their layers. */
void neuron_keras_add_nodes(neuron_keras_writer *writer);

/* Finds the order in which Keras has the layers, and their groups. */
void neuron_keras_sort(neuron_keras_writer *writer);

/* Releases all; zeros but for a context are fine. */
void neuron_keras_end_writer(neuron_keras_writer *writer);

/* The description of the model; the caller drops it by json_decref(). NULL after a failure. */
json_t *neuron_keras_describe_model(neuron_keras_writer *writer);

/* The HDF5 file of the model, which the caller releases. */
int neuron_keras_write_weights(void **bytes, size_t *size, const neuron_keras_writer *writer,
                               const char *description);

#endif
