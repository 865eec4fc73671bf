/* What makes a graph of a model's description. A failure sticks: from then on functions do nothing,
 * so that only the end has to ask for the status. */
#ifndef KERAS_READER_H
#define KERAS_READER_H

#include "base/files/json.h"
#include "graph/graph.h"
#include "keras/weights/classes.h"

/* Nodes that go into a call of a layer, or come out of it: one, but of a model all that it has. */
typedef struct neuron_keras_nodes {
    neuron_node_t **nodes;
    size_t count, capacity;
} neuron_keras_nodes;

typedef struct neuron_keras_layer neuron_keras_layer;

/* A model of the file: the whole one, or one that is a layer of another. */
typedef struct neuron_keras_model {
    const json_t *config;
    bool sequence;
    neuron_keras_layer *layers;
    size_t layer_count;
    json_t *indices; /* of layers, by name */
} neuron_keras_model;

/* A layer of the file. */
struct neuron_keras_layer {
    const char *name, *class_name; /* in the description */
    const json_t *json;
    char group[NEURON_KERAS_GROUP]; /* where Keras 3 has its weights */
    char node[NEURON_NODE_NAME_MAX + 1];
    bool frozen;
    neuron_keras_model *model; /* NULL for all but a model */
    neuron_node_t *base;       /* the node with its arrays; NULL before its first call */
    neuron_keras_nodes *outputs;
    size_t call_count, made;          /* how often it is called, and has been here */
    bool skips[NEURON_ARRAYS_MAX];    /* arrays of the node that the layer does without */
    size_t places[NEURON_ARRAYS_MAX]; /* of arrays in the group of the model that it is in */
    const json_t *mean, *variance;    /* of a normalisation that has no weights */
};

typedef struct neuron_keras_reader {
    neuron_context_t *context;
    const char *source; /* begins the messages */
    neuron_graph_t *graph;
    int status; /* the first failure */
    neuron_keras_model model;
    size_t layer_count, call_count; /* of all models */
    json_t *names;                  /* of nodes: all that are taken */
} neuron_keras_reader;

/* One call of a layer: its arguments, each of which is taken away when it is read, and the options
 * of the node that is made of them. */
typedef struct neuron_keras_call {
    neuron_keras_reader *reader;
    neuron_keras_layer *layer;
    neuron_node_t *const *inputs;
    size_t input_count;
    neuron_node_t *output;
    json_t *arguments;
    char options[1024];
} neuron_keras_call;

/* Keeps a failure, whose message is set. */
void neuron_keras_stop(neuron_keras_reader *reader, int status);

/* ---- Arguments ---- */

/* Fails with NEURON_E_UNSUPPORTED: "file: layer "conv" (Conv2D): padding is "odd", which is not
 * known". */
void neuron_keras_refuse(neuron_keras_call *call, const char *argument, const json_t *value);

/* Takes an argument away and returns it, which neuron_keras_call owns no longer: the caller drops
 * it by json_decref(). NULL if there is none, or a null. */
json_t *neuron_keras_take(neuron_keras_call *call, const char *argument);

/* A whole number; a real one; yes or no. */
int64_t neuron_keras_integer(neuron_keras_call *call, const char *argument, int64_t otherwise);
double neuron_keras_real(neuron_keras_call *call, const char *argument, double otherwise);
bool neuron_keras_flag(neuron_keras_call *call, const char *argument, bool otherwise);

/* `count` whole numbers, of which one may stand for all. */
void neuron_keras_integers(neuron_keras_call *call, const char *argument, int64_t *values,
                           size_t count, int64_t otherwise);

/* One of `words`, which end with NULL, by its place; the first one if it is not there. */
size_t neuron_keras_word(neuron_keras_call *call, const char *argument, const char *const *words);

/* Refuses the argument unless it is the last axis of the input. */
void neuron_keras_last_axis(neuron_keras_call *call, const char *argument);

/* The place of an axis that counts the batch: -1 or 0 and more, as options have it. */
int64_t neuron_keras_axis(neuron_keras_call *call, const char *argument, int64_t otherwise);

/* Refuses what is left, but for nulls, false, and what has no meaning here. */
void neuron_keras_end_arguments(neuron_keras_call *call);

/* ---- Nodes ---- */

/* Adds to the options of the next node: a name and a number, or a word. */
void neuron_keras_option(neuron_keras_call *call, const char *name, double value);
void neuron_keras_option_word(neuron_keras_call *call, const char *name, const char *word);

/* Makes a node of the call's output so far (first of its inputs) with the options so far. The first
 * one that is made by neuron_keras_add_base() has the layer's name and arrays. */
void neuron_keras_add(neuron_keras_call *call, const char *layer, const char *suffix);
void neuron_keras_add_base(neuron_keras_call *call, const char *layer);

/* A name that no node has, which it takes: "<base><suffix>" or with a number behind it. */
void neuron_keras_name(char name[NEURON_NODE_NAME_MAX + 1], neuron_keras_reader *reader,
                       const char *base, const char *suffix);

/* Adds a function such as "relu", by what Keras calls it, or as the object that it is written as.
 * NULL for none. `suffix` as above; NULL for a node with the layer's name. */
void neuron_keras_add_function(neuron_keras_call *call, const json_t *function,
                               const char *argument, const char *suffix);

/* ---- Layers and models ---- */

/* Calls a layer that is no model; NULL after a failure. */
neuron_node_t *neuron_keras_apply(neuron_keras_reader *reader, neuron_keras_layer *layer,
                                  const neuron_keras_nodes *inputs);

/* Makes all nodes of a model, and of those within it, without finishing the graph: the outputs,
 * which the caller releases, after a failure too. */
int neuron_keras_read_model(neuron_keras_nodes *outputs, neuron_keras_reader *reader,
                            const json_t *model);

void neuron_keras_release_model(neuron_keras_model *model, neuron_context_t *context);

#endif
