/* Graphs and nodes, from the inside. */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H

#include <libneuron/graph.h>

#include "base/compiler/attributes.h"
#include "base/context.h"
#include "data/scale.h"
#include "layers/layer.h"

enum { NEURON_GRAPH_NAME_MAX = 63, NEURON_NODE_NAME_MAX = 127, NEURON_NODES_MAX = 10000 };

/* What the caller chose for one parameter array of a node. */
typedef struct neuron_array_choice {
    int32_t initializer; /* NEURON_INITIALIZER_...; 0 for the layer's own */
    double parameter;
    double l1, l2; /* of its regulariser; 0 for none */
} neuron_array_choice;

/* Whether a regulariser adds to the loss. */
static inline bool neuron_choice_penalizes(const neuron_array_choice *choice)
{
    return choice->l1 > 0 || choice->l2 > 0;
}

/* What an input or an output means: see meaning.h. */
typedef struct neuron_meaning {
    bool scaled;                  /* how bytes become an input is known: */
    neuron_scale scale;           /* all alike; */
    neuron_tensor_t *channels;    /* or, unless NULL, by the index in the last axis */
    neuron_tensor_t *class_names; /* as of a dataset; NULL if they are not known */
} neuron_meaning;

struct neuron_node {
    neuron_handle handle;
    neuron_graph_t *graph;
    int64_t index; /* in graph->nodes; inputs always have a lower one */
    char *name;
    neuron_node_t **inputs;
    neuron_shape *input_shapes; /* spec.inputs */
    double *weights;            /* spec.weights */
    neuron_spec spec;
    neuron_array_choice choices[NEURON_ARRAYS_MAX]; /* in the order of spec.arrays */
    bool frozen;                                    /* training leaves its arrays alone */
    neuron_node_t *owner; /* whose arrays it works with; NULL for its own */
    bool shared;          /* it has an owner, or is one: see shared.c */
    bool misfit;          /* its window is larger than its input, and padding may still be set */
    int64_t consumers;
    int64_t first_array;                  /* in graph->arrays, once finished */
    char *array_names[NEURON_ARRAYS_MAX]; /* of a custom layer's arrays */
    neuron_meaning meaning;
    float *imported; /* values of all arrays, one after the other, until the graph is finished */
};

/* Where a parameter array lies in the graph's flat array of values. */
typedef struct neuron_graph_array {
    const neuron_node_t *node;
    const neuron_array *array;
    char *name; /* "<node>.<array>" */
    int64_t offset;
    int64_t count;
} neuron_graph_array;

/* How many nodes have names that begin with that of a layer. */
typedef struct neuron_kind_names {
    const neuron_layer *layer;
    int64_t names;
} neuron_kind_names;

/* The head of what a room above keeps with a graph, which releases it when it goes. */
typedef struct neuron_attachment {
    void (*release)(struct neuron_attachment *attachment);
} neuron_attachment;

/* Numbers that files have parameters in: see neuron_graph_set_storage(). */
enum { NEURON_STORAGE_F32, NEURON_STORAGE_F16, NEURON_STORAGE_BF16 };

struct neuron_graph {
    neuron_handle handle;
    neuron_context_t *context;
    char name[NEURON_GRAPH_NAME_MAX + 1];
    uint64_t seed;
    int32_t storage; /* NEURON_STORAGE_...: in what files have parameters */

    /* The first builder error. */
    int status;
    char message[NEURON_MESSAGE_SIZE];

    int64_t node_total, node_capacity;
    int64_t node_count; /* once finished: those the output needs; they come first */
    neuron_node_t **nodes;
    neuron_node_t **by_name; /* see names.h */
    neuron_kind_names *kinds;
    int64_t name_places, kind_count;
    neuron_node_t **inputs;  /* in the order in which they were added */
    neuron_node_t **outputs; /* once finished */
    int64_t input_count, output_count;
    bool finished;

    /* All parameters, trainable ones first (frozen or not), each array at a multiple of
     * NEURON_ALIGNMENT bytes; the gaps are zero. */
    int64_t array_count;
    neuron_graph_array *arrays;
    float *values;
    int64_t value_count;      /* gaps included */
    int64_t trainable_count;  /* of these, gaps included */
    _Atomic uint64_t version; /* changes with the values */
    uint32_t layout_version;  /* changes with what is frozen and with options, once finished */

    struct neuron_metadata *metadata;            /* see metadata.h */
    _Atomic(neuron_preparation_t *) preparation; /* read of its text once it is asked for */

    _Atomic(neuron_attachment *) sessions; /* for prediction, see session/cache.c; NULL at first */
};

NEURON_SHARED NEURON_HOLD_DECLARE(graph);

/* Whether the graph takes more layers. A message tells that it is finished, or no graph; nothing is
 * said where it has an error already, nor of NULL, which an error before has left. */
bool neuron_graph_takes_more(const neuron_graph_t *graph, const char *who);

/* The most inputs that a node has, and 1 at least: room for the inputs of each. */
size_t neuron_graph_most_inputs(const neuron_graph_t *graph);

/* Keeps `status` and the thread's last message as the graph's first error, if it has none. */
void neuron_graph_latch(neuron_graph_t *graph, int status);

/* Adds a layer. The builder calls and the file reader come through here. `name` is NULL for the
 * default.
 * `options` are of the layer's table, or NULL for its defaults; `weights` has one number for each
 * input, or is NULL. Returns NULL and latches the error, that an input is NULL among others. If the
 * graph has an error already, returns NULL and does nothing else. */
NEURON_SHARED neuron_node_t *neuron_graph_add(neuron_graph_t *graph, const neuron_layer *layer,
                                              const char *name, neuron_node_t *const *inputs,
                                              int64_t input_count, const neuron_options *options,
                                              const double *weights);

/* As neuron_layer_by_name(), for files, which have layers that no builder makes: those of bytes. */
NEURON_SHARED neuron_node_t *neuron_graph_add_from_file(neuron_graph_t *graph, const char *layer,
                                                        neuron_node_t *const *inputs, int64_t count,
                                                        const char *options);

/* Adds a copy of a node of another graph, which is finished, with its parameters. `owners` has a
 * place for each node of the source, NULL at first: nodes that share arrays there do so here. */
int neuron_graph_copy_node(neuron_graph_t *graph, const neuron_graph_t *source,
                           const neuron_node_t *node, const char *name,
                           neuron_node_t *const *inputs, neuron_node_t **owners,
                           neuron_node_t **made);

/* Adds a node that does what `layer`, a node of the graph, does, with the arrays of that. Otherwise
 * as neuron_graph_add(). */
neuron_node_t *neuron_graph_add_shared(neuron_graph_t *graph, neuron_node_t *layer,
                                       const char *name, neuron_node_t *const *inputs,
                                       int64_t count);

/* The node that has the arrays that a node works with. */
static inline neuron_node_t *neuron_node_owner(neuron_node_t *node)
{
    return node->owner ? node->owner : node;
}

/* Whether two nodes work with the same arrays; both may be one. */
static inline bool neuron_node_shares(const neuron_node_t *a, const neuron_node_t *b)
{
    return (a->owner ? a->owner : a) == (b->owner ? b->owner : b);
}

/* Chooses for all that share a node's arrays what is chosen there, frozen or not included. */
void neuron_node_spread_choices(const neuron_node_t *node);

/* Makes the first node that is needed the owner of the arrays that it shares. */
void neuron_graph_settle_owners(neuron_graph_t *graph);

/* How many outputs of a finished graph have targets: all but those at the end that tell of others,
 * and at least one. */
NEURON_SHARED int64_t neuron_graph_target_count(const neuron_graph_t *graph);

/* Makes a node without inputs an input of the graph. */
int neuron_graph_add_input(neuron_graph_t *graph, neuron_node_t *node);

/* The shapes of the first input and of the first output, which are all that most graphs have. */
static inline const neuron_shape *neuron_graph_first_input(const neuron_graph_t *graph)
{
    return &graph->inputs[0]->spec.output;
}

static inline const neuron_shape *neuron_graph_first_output(const neuron_graph_t *graph)
{
    return &graph->outputs[0]->spec.output;
}

/* Whether a node is an input of its graph. */
static inline bool neuron_node_is_input(const neuron_node_t *node)
{
    return node->spec.layer == &neuron_layer_input;
}

/* Says that graph->values changed, so that nobody works on with what was made of the old ones. */
static inline void neuron_graph_touch(neuron_graph_t *graph)
{
    atomic_fetch_add(&graph->version, 1);
}

/* Whether training changes an array of the node. */
static inline bool neuron_node_trains(const neuron_node_t *node, int32_t array)
{
    return !node->frozen && node->spec.arrays[array].trainable;
}

void neuron_node_destroy(neuron_node_t *node);

/* Whether a node is given and its graph not finished; `who` begins a message without a node. */
int neuron_node_check_changeable(const neuron_node_t *node, const char *who);

/* Derives the node's shape and arrays. A window that is larger than its input may still get its
 * padding: then the node has its arrays, is marked, and is refused if it is used as it is. */
int neuron_node_infer(neuron_node_t *node);

/* Why a misfit cannot be used; NEURON_OK for any other node. */
int neuron_node_check_fits(const neuron_node_t *node);

/* Whether training changes array `index` of a finished graph. */
bool neuron_graph_trains(const neuron_graph_t *graph, int64_t index);

/* NEURON_E_STATE for a graph that is NULL (argument) or not finished; `who` begins the message. */
NEURON_SHARED int neuron_graph_check_finished(const neuron_graph_t *graph, const char *who);

/* Whether forward and backward of a finished graph may fail. */
bool neuron_graph_may_fail(const neuron_graph_t *graph);

/* The first layer that lets no gradient through; NULL if there is none. */
const neuron_node_t *neuron_graph_find_barrier(const neuron_graph_t *graph);

/* NEURON_E_UNSUPPORTED for a finished graph that cannot be trained; `who` begins the message. */
int neuron_graph_check_trainable(const neuron_graph_t *graph, const char *who);

#endif
