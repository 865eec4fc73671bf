/* What a layer is: one row of functions and facts, in one file of this folder.
 *
 * A layer knows nothing of graphs: it is told the shapes of its inputs and its options, and it is
 * handed memory to work on. Shapes leave the batch dimension out; in memory the batch comes first,
 * so that example e of a value of shape s begins at e * neuron_shape_count(s). */
#ifndef LAYERS_LAYER_H
#define LAYERS_LAYER_H

#include <libneuron/layers.h>

#include "base/pool.h"
#include "base/random.h"
#include "base/shape.h"
#include "base/status.h"

#include <stdbool.h>

struct neuron_kernels;
typedef struct neuron_layer neuron_layer;

enum { NEURON_OPTIONS_MAX = 8, NEURON_ARRAYS_MAX = 4 };

/* A number that a node of this layer carries. It is set by `key`, saved by `name`. */
typedef struct neuron_option {
    int32_t key; /* NEURON_NODE_... */
    const char *name;
    bool whole;
    double minimum, maximum, fallback;
    const int32_t *choices; /* ended by 0: nothing else between the bounds; NULL for all of it */
} neuron_option;

/* All of NEURON_PADDING_... and NEURON_INITIALIZER_... */
extern const int32_t neuron_paddings[];
extern const int32_t neuron_initializers[];

/* How an array starts that is not a kernel. Kernels take one of NEURON_INITIALIZER_... */
enum { NEURON_INITIALIZER_ONES = 9000 };

/* A parameter array of a layer. */
typedef struct neuron_array {
    const char *name;
    neuron_shape shape;
    bool trainable;
    int32_t initializer;
    double fan_in, fan_out; /* for initialisers that scale by them */
} neuron_array;

/* A layer with its numbers filled in. `inputs` and `weights` belong to whoever made it. */
typedef struct neuron_spec {
    const neuron_layer *layer;
    double options[NEURON_OPTIONS_MAX]; /* in the order of layer->options */
    int32_t input_count;
    const neuron_shape *inputs;
    const double *weights; /* one per input for joining layers that weigh; else NULL */

    /* Set by infer: */
    neuron_shape output;
    int32_t array_count;
    neuron_array arrays[NEURON_ARRAYS_MAX];
} neuron_spec;

/* Bytes that a layer needs for a batch beside its inputs, output and gradients. */
typedef struct neuron_needs {
    size_t saved;   /* written by forward, read by backward */
    size_t scratch; /* during one call */
} neuron_needs;

/* One call of forward or backward. All arrays are in the order of the spec. */
typedef struct neuron_run {
    const neuron_spec *spec;
    const struct neuron_kernels *kernels;
    neuron_pool *pool;
    int64_t batch;
    bool training;
    const float *const *inputs;    /* in backward only with NEURON_LAYER_READS_INPUT */
    float *output;                 /* in backward only with NEURON_LAYER_READS_OUTPUT */
    const float *output_gradient;  /* backward */
    float *const *input_gradients; /* backward: to be overwritten; an entry is NULL if unwanted */
    float *const *values;          /* parameter arrays */
    float *const *gradients;       /* backward: to be overwritten; NULL for one not trainable */
    void *saved, *scratch;
    neuron_random random; /* this node's random numbers, */
    uint64_t
        random_first; /* and where those of this step begin: the next 2^32 blocks are its own */
} neuron_run;

/* Facts about a layer. */
enum {
    NEURON_LAYER_VIEW = 1,            /* the output is the input under another shape */
    NEURON_LAYER_TRAINING_ONLY = 2,   /* when predicting, the output is the input */
    NEURON_LAYER_NO_GRADIENT = 4,     /* has no backward; nothing behind it can be trained */
    NEURON_LAYER_READS_INPUT = 8,     /* backward reads the inputs */
    NEURON_LAYER_READS_OUTPUT = 16,   /* backward reads the output */
    NEURON_LAYER_IN_PLACE = 32,       /* output may be written over its only input, and the input's
                                         gradient over the output's */
    NEURON_LAYER_WEIGHTS_NEEDED = 64, /* joins by weights that must be given */
    NEURON_LAYER_WEIGHTS_ALLOWED = 128, /* joins by weights that may be given */
    NEURON_LAYER_MANY_INPUTS = 256      /* any number of inputs from 1; else exactly one */
};

struct neuron_layer {
    const char *name; /* in files, in messages, and as the default name of its nodes */
    uint32_t flags;
    int32_t option_count;
    const neuron_option *options;

    /* Derives output and arrays from options and inputs. A message begins with `node`: what the
     * caller calls the layer. */
    int (*infer)(neuron_spec *spec, const char *node);

    /* Tells what memory a batch needs; `threads` is the size of the pool that will be used. NULL
     * for none. */
    void (*plan)(const neuron_spec *spec, int64_t batch, bool training, int32_t threads,
                 neuron_needs *needs);

    /* NULL in a view; forward is also NULL for the input. */
    void (*forward)(const neuron_run *run);
    void (*backward)(const neuron_run *run);
};

/* The value of an option that the layer has. */
double neuron_spec_option(const neuron_spec *spec, int32_t key);

/* All layers, ended by NULL. */
extern const neuron_layer *const neuron_layers[];

/* The layer of that name, or NULL. */
const neuron_layer *neuron_layer_find(const char *name);

extern const neuron_layer neuron_layer_average;
extern const neuron_layer neuron_layer_batch_norm;
extern const neuron_layer neuron_layer_concat;
extern const neuron_layer neuron_layer_conv2d;
extern const neuron_layer neuron_layer_dense;
extern const neuron_layer neuron_layer_dropout;
extern const neuron_layer neuron_layer_flatten;
extern const neuron_layer neuron_layer_input;
extern const neuron_layer neuron_layer_max_pool2d;
extern const neuron_layer neuron_layer_relu;
extern const neuron_layer neuron_layer_softmax;
extern const neuron_layer neuron_layer_tanh;
extern const neuron_layer neuron_layer_vote;
extern const neuron_layer neuron_layer_weighted_average;

#endif
