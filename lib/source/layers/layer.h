/* How a layer becomes a function of C: one row for each layer, in the files of this folder.
 *
 * A function reads values, which are called x, and writes one, y. Its lines are loops over
 * constants, so that compilers unroll them and make vectors of them. What is summed lies in arrays
 * of the function's own, to which nothing else can point. */
#ifndef SOURCE_LAYERS_LAYER_H
#define SOURCE_LAYERS_LAYER_H

#include "graph/graph.h"
#include "source/text/code.h"
#include "source/text/identifier.h"

typedef struct neuron_writer neuron_writer;

/* Facts about a layer. */
enum {
    NEURON_SOURCE_CHAINS = 1,   /* layers behind it that have `apply` can be part of its pass */
    NEURON_SOURCE_IN_PLACE = 2, /* the output may be written over an input of its size */
    NEURON_SOURCE_CHANNELS = 4, /* `apply` goes by the index in the last axis */
    NEURON_SOURCE_MANY = 8,     /* x are pointers to the inputs, however many there are */
    NEURON_SOURCE_FOLDS = 16    /* its parameters can take in a normalisation behind it */
};

typedef struct neuron_source_layer {
    const char *name; /* as layers are called */
    uint32_t flags;

    /* Writes the body of its function. With `apply` that is done for each value. */
    void (*write)(neuron_writer *writer);

    /* Writes lines that change the value `v`, of the channel that an expression tells. */
    void (*apply)(neuron_writer *writer, const neuron_node_t *node, const char *channel);

    /* Bytes that its function needs beside its values, which it calls `scratch`. NULL for none. */
    int64_t (*scratch)(const neuron_node_t *node);
} neuron_source_layer;

/* The row of a layer; NULL if there is no source for it. */
const neuron_source_layer *neuron_source_layer_find(const char *name);

/* One pass: a layer, and those behind it that change each value as it is made. */
typedef struct neuron_step {
    const neuron_source_layer *layer;
    const neuron_node_t *node;
    const neuron_node_t *chain; /* the first of these, with `apply` the node itself; or NULL */
    int64_t output;             /* a value of the program */
    int64_t scratch;            /* where that lies in the workspace, in floats; -1 for none */
    const neuron_node_t
        *folded; /* a normalisation behind it that its parameters take in; or NULL */
} neuron_step;

/* What rows write with. */
struct neuron_writer {
    const neuron_graph_t *graph;
    const char *name;    /* what all names begin with */
    neuron_code *body;   /* of the function */
    neuron_code *arrays; /* of all */
    bool *has_arrays;    /* by the index of a node */
    const neuron_step *step;
    const neuron_node_t *const *next; /* by the index of a node: the one behind it in its chain */
    bool needs_memory, needs_math, needs_integers; /* <string.h>, <math.h>, <stdint.h> */
    int status;                                    /* the first failure */
};

/* Writes lines with fields, to which this adds:
 *   node   what the arrays of the step's node begin with, "digits_3_conv2d"
 *   count  the values of its output */
#define WRITE(writer, template, ...)                                                               \
    neuron_write(writer, template, (const neuron_field[]){__VA_ARGS__},                            \
                 sizeof((const neuron_field[]){__VA_ARGS__}) / sizeof(neuron_field))
void neuron_write(neuron_writer *writer, const char *template, const neuron_field *fields,
                  size_t count);

/* Lines without fields of their own. */
void neuron_write_lines(neuron_writer *writer, const char *template);

/* ---- Nodes ---- */

/* An option that the layer has, and one that it may have, as a whole number. */
double neuron_source_real(const neuron_node_t *node, int32_t key);
int64_t neuron_source_option(const neuron_node_t *node, int32_t key);
int64_t neuron_source_option_or(const neuron_node_t *node, int32_t key, int64_t otherwise);

/* The values of an array of a node, by its name; NULL if it has none. */
const float *neuron_source_values(const neuron_node_t *node, const char *array);

/* The last extent of a node's output. */
int64_t neuron_source_channels(const neuron_node_t *node);

/* What the arrays of a node begin with. Those that share arrays begin alike. */
enum { NEURON_NODE_TEXT = 2 * NEURON_IDENTIFIER_TEXT + 24 };
const char *neuron_node_prefix(const neuron_writer *writer, const neuron_node_t *node,
                               char text[NEURON_NODE_TEXT]);

/* ---- Arrays ---- */

/* True the first time for the arrays of a node, which are written then. */
bool neuron_write_arrays_now(neuron_writer *writer, const neuron_node_t *node);

/* Writes `static const float <prefix>_<array>[count]`, or of whole numbers of eight bits. The array
 * of a node is named in messages. */
void neuron_write_floats(neuron_writer *writer, const neuron_node_t *node, const char *array,
                         const float *values, int64_t count);
void neuron_write_bytes(neuron_writer *writer, const neuron_node_t *node, const char *array,
                        const float *values, int64_t count);

/* Memory that the caller releases; NULL is a failure that the writer keeps. */
float *neuron_writer_floats(neuron_writer *writer, int64_t count);

/* ---- Values ---- */

/* Whether anything in the chain of the step goes by channels. */
bool neuron_chain_has_channels(const neuron_writer *writer);

/* Writes what stores a value, as the chain changes it. All are expressions, and that of the value a
 * template; that of the channel may be NULL where the chain needs none. */
void neuron_write_store(neuron_writer *writer, const char *target, const char *value,
                        const char *channel);

/* Writes a loop over all values y[i], of which each is an expression of i. */
void neuron_write_each(neuron_writer *writer, const char *value);

/* The body of a layer that has `apply`. */
void neuron_write_map(neuron_writer *writer);

/* What a normalisation does to a channel: x * scale + shift. */
typedef struct neuron_affine {
    double scale, shift;
} neuron_affine;
neuron_affine neuron_batch_norm_affine(const neuron_node_t *node, int64_t channel);

/* How many sums of `count` are made at a time: all if they are few, else a part of which there are
 * several. */
int64_t neuron_block_of(int64_t count);

/* All layers with source, one line each, by alphabet. */
/* clang-format off */
#define NEURON_SOURCE_LAYERS(X) \
    X(add) \
    X(average) \
    X(average_pool1d) \
    X(average_pool2d) \
    X(batch_norm) \
    X(clip) \
    X(concat) \
    X(conv1d) \
    X(conv2d) \
    X(conv2d_transpose) \
    X(dense) \
    X(depthwise_conv2d) \
    X(elu) \
    X(exponential) \
    X(gelu) \
    X(global_average_pool1d) \
    X(global_average_pool2d) \
    X(global_max_pool1d) \
    X(global_max_pool2d) \
    X(hard_swish) \
    X(layer_norm) \
    X(leaky_relu) \
    X(log_softmax) \
    X(max_pool1d) \
    X(max_pool2d) \
    X(multiply) \
    X(permute) \
    X(piecewise_linear) \
    X(prediction_set) \
    X(prelu) \
    X(quantized_conv2d) \
    X(quantized_dense) \
    X(relu) \
    X(rescale) \
    X(selu) \
    X(sigmoid) \
    X(silu) \
    X(slice) \
    X(softmax) \
    X(softplus) \
    X(softsign) \
    X(standardize) \
    X(tanh) \
    X(temperature_scaling) \
    X(uncertainty) \
    X(unstandardize) \
    X(upsample2d) \
    X(vector_scaling) \
    X(vote) \
    X(weighted_average) \
    X(zero_pad2d)
/* clang-format on */

#define NEURON_SOURCE_DECLARE(name) extern const neuron_source_layer neuron_source_##name;
NEURON_SOURCE_LAYERS(NEURON_SOURCE_DECLARE)
#undef NEURON_SOURCE_DECLARE

#endif
