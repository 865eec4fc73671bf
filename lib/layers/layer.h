/* What a layer is: one row of functions and facts, in one file of this folder.
 *
 * A layer knows nothing of graphs: it is told the shapes of its inputs and its options, and it is
 * handed memory to work on. Shapes leave the batch dimension out; in memory the batch comes first,
 * so that example e of a value of shape s begins at e * neuron_shape_count(s). */
#ifndef LAYERS_LAYER_H
#define LAYERS_LAYER_H

#include <libneuron/layers.h>

#include "base/options/options.h"
#include "base/pool.h"
#include "base/random.h"
#include "base/shape.h"
#include "base/status.h"
#include "layers/registry.h"

#include <stdbool.h>

struct neuron_kernels;
typedef struct neuron_layer neuron_layer;
typedef struct neuron_activation neuron_activation;

enum { NEURON_ARRAYS_MAX = 8 };

/* All of NEURON_PADDING_..., and of NEURON_INITIALIZER_... those without a parameter. */
extern const neuron_word neuron_padding_words[];
extern const neuron_word neuron_initializer_words[];

/* Rows of the options that layers with a kernel and a bias have. */
#define NEURON_OPTIONS_BIAS                                                                        \
    NEURON_FLAG(NEURON_NODE_USE_BIAS, "use_bias", 1, "1 to add a bias"),                           \
        NEURON_CHOICE(NEURON_NODE_INITIALIZER, "initializer", neuron_initializer_words,            \
                      NEURON_INITIALIZER_GLOROT_UNIFORM, "how the kernel starts")

/* A parameter array of a layer. */
typedef struct neuron_array {
    const char *name;
    neuron_shape shape;
    bool trainable;
    int32_t initializer;    /* NEURON_INITIALIZER_... */
    double parameter;       /* of the initialiser */
    double fan_in, fan_out; /* for initialisers that scale by them; 0 to follow from the shape */
} neuron_array;

/* A layer with its numbers filled in. `inputs` and `weights` belong to whoever made it. */
typedef struct neuron_spec {
    const neuron_layer *layer;
    neuron_options options; /* of layer->options */
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
    const neuron_spec *pooling; /* given: see neuron_run */
    int64_t gradient_multiple;  /* given: the same */
    const char *node;           /* given: what the layer is called */
    size_t saved;               /* written by forward, read by backward */
    size_t scratch;             /* during one call */
    int64_t chunks;             /* at most, that `measure` is given in */
    size_t prepared;            /* made of the parameters by prepare, read by forward */
    int status;                 /* of a custom layer's callback that did not say what it needs */
} neuron_needs;

/* One call of forward or backward. All arrays are in the order of the spec. */
typedef struct neuron_run {
    const neuron_spec *spec;
    const char *node; /* what the layer is called */
    const struct neuron_kernels *kernels;
    neuron_pool *pool;
    int64_t batch;
    int64_t capacity; /* the largest batch, for which the layer planned */
    bool training;
    bool frozen; /* no array is trained: `gradients` are all NULL, and a normalisation goes by its
                    moving statistics and leaves them alone */
    const float *const *inputs;    /* in backward only with NEURON_LAYER_READS_INPUT */
    float *output;                 /* in backward only with NEURON_LAYER_READS_OUTPUT */
    const float *output_gradient;  /* backward */
    float *const *input_gradients; /* backward: to be overwritten; an entry is NULL if unwanted */
    float *const *values;          /* parameter arrays */
    float *const *gradients;       /* backward: to be overwritten; NULL for one not trained */
    void *saved, *scratch;
    void *prepared;
    int *status; /* where a custom layer leaves its failure: it is 0 before */

    /* Layers behind this one that are done in the same pass. `output` and `output_gradient` are
     * those of the last of them. Only for layers with the flags below. */
    bool rectify;               /* max(0, value), */
    const float *scale, *shift; /* then value * scale + shift for each element of the last axis, in
                                   whole panels; NULL for none, */
    bool rectify_last;          /* then max(0, value), */
    const neuron_spec *pooling; /* then this max_pool2d; NULL for none */
    struct neuron_moments *measure; /* forward: the moments of the output, to be taken with it; only
                                       with NEURON_LAYER_MEASURES; NULL for none */
    const struct neuron_moments
        *measured; /* forward of a batch_norm: those of its input; or NULL */
    bool gate; /* backward: the input comes from a rectifier; set its gradient to 0 where it is not
                  above 0 */

    /* Backward: if not NULL, the only layer that reads the output, which makes its gradient a few
     * rows at a time by `gradient_rows`; then `output_gradient` is NULL. The first row must be a
     * multiple of `gradient_multiple`. */
    const struct neuron_run *reader;
    int64_t gradient_multiple;

    /* Backward: if not NULL, takes the gradient of elements first .. first + count - 1 of an array
     * as soon as it is made, and may change these elements; then gradients[array] is NULL if the
     * layer has NEURON_LAYER_HANDS_ON and it is the layer's first array. Any thread. */
    void (*hand_on)(const struct neuron_run *run, int32_t array, const float *gradient,
                    int64_t first, int64_t count);
    const void *receiver;

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
    NEURON_LAYER_WEIGHTS_ALLOWED = 128,   /* joins by weights that may be given */
    NEURON_LAYER_MANY_INPUTS = 256,       /* any number of inputs from 1; else exactly one */
    NEURON_LAYER_RECTIFIES = 512,         /* can do `rectify` */
    NEURON_LAYER_SCALES = 1024,           /* can do `scale` and `rectify_last` */
    NEURON_LAYER_POOLS = 2048,            /* can do `pooling` */
    NEURON_LAYER_POOLS_PREDICTING = 4096, /* can do `pooling` when predicting */
    NEURON_LAYER_POOLS_FIRST = 32768,     /* and when training if no input gradient is wanted */
    NEURON_LAYER_GATES = 8192,            /* can do `gate` */
    NEURON_LAYER_TAKES_ROWS = 65536,      /* can do `reader` if no input gradient is wanted */
    NEURON_LAYER_MEASURES = 131072,       /* can do `measure` */
    NEURON_LAYER_HANDS_ON = 16384,        /* calls `hand_on` for its first array */
    NEURON_LAYER_SUMS = 262144,           /* joins without weights by adding up, not by a mean */
    NEURON_LAYER_CUSTOM = 1048576 /* the caller's own: see custom.h. Its callbacks may fail */
};

struct neuron_layer {
    const char *name; /* in files, in messages, and as the default name of its nodes */
    uint32_t flags;
    neuron_option_table options;         /* NEURON_NODE_... */
    const neuron_activation *activation; /* of layers that are one: see activation.h */

    /* Derives output and arrays from options and inputs. A message begins with `node`: what the
     * caller calls the layer. */
    int (*infer)(neuron_spec *spec, const char *node);

    /* Tells what memory a batch needs; `threads` is the size of the pool that will be used. NULL
     * for none. */
    void (*plan)(const neuron_spec *spec, int64_t batch, bool training, int32_t threads,
                 neuron_needs *needs);

    /* Makes of the parameters what forward works with. When training it is called before every
     * forward, when predicting after the parameters changed. NULL for nothing. */
    void (*prepare)(const neuron_run *run);

    /* NULL in a view; forward is also NULL for the input. */
    void (*forward)(const neuron_run *run);
    void (*backward)(const neuron_run *run);

    /* After a backward without input gradients: makes that of rows first .. first + rows - 1 (along
     * axis 0) of one example. Any thread. NULL if the layer cannot. */
    void (*gradient_rows)(const neuron_run *run, int64_t example, int64_t first, int64_t rows,
                          float *to);
};

/* The scale and shift per channel that a batch_norm with these arrays is when predicting. */
void neuron_batch_norm_affine(const neuron_spec *spec, const float *const *values, float *scale,
                              float *shift);

/* Infers that the output has the shape of the input. */
int neuron_layer_infer_same(neuron_spec *spec, const char *node);

/* The value of an option that the layer has. */
double neuron_spec_option(const neuron_spec *spec, int32_t key);

/* All layers, ended by NULL. */
extern const neuron_layer *const neuron_layers[];

/* The layer of that name, or NULL. */
const neuron_layer *neuron_layer_find(const char *name);

#define DECLARE(name) extern const neuron_layer neuron_layer_##name;
NEURON_LAYERS(DECLARE)
#undef DECLARE

#endif
