/* What a layer is: one row of functions and facts, in one file of this folder.
 *
 * A layer knows nothing of graphs: it is told the shapes of its inputs and its options, and it is
 * handed memory to work on. Shapes leave the batch dimension out; in memory the batch comes first,
 * so that example e of a value of shape s begins at e * neuron_shape_count(s). */
#ifndef LAYERS_LAYER_H
#define LAYERS_LAYER_H

#include <libneuron/layers.h>

#include "base/compiler/attributes.h"
#include "base/options/options.h"
#include "base/pool.h"
#include "base/random.h"
#include "base/shape.h"
#include "base/status.h"
#include "kernels/kernels.h"
#include "layers/registry.h"

#include <stdbool.h>

typedef struct neuron_layer neuron_layer;

/* Keys of the options: see neuron_node_set(). */
enum {
    NEURON_NODE_USE_BIAS = 1,
    NEURON_NODE_INITIALIZER,
    NEURON_NODE_STRIDE_HEIGHT,
    NEURON_NODE_STRIDE_WIDTH,
    NEURON_NODE_PADDING,
    NEURON_NODE_MOMENTUM,
    NEURON_NODE_EPSILON,
    NEURON_NODE_UNITS,
    NEURON_NODE_FILTERS,
    NEURON_NODE_KERNEL_HEIGHT,
    NEURON_NODE_KERNEL_WIDTH,
    NEURON_NODE_RATE,
    NEURON_NODE_AXIS,
    NEURON_NODE_SLOPE,
    NEURON_NODE_ALPHA,
    NEURON_NODE_APPROXIMATE,
    NEURON_NODE_BALLOT,
    NEURON_NODE_DEPTH_MULTIPLIER,
    NEURON_NODE_DEVIATION,
    NEURON_NODE_FACTOR,
    NEURON_NODE_FILL_MODE,
    NEURON_NODE_FILL_VALUE,
    NEURON_NODE_TOP,
    NEURON_NODE_BOTTOM,
    NEURON_NODE_LEFT,
    NEURON_NODE_RIGHT,
    NEURON_NODE_INPUT_SCALE,
    NEURON_NODE_INPUT_ZERO_POINT,
    NEURON_NODE_EXTENT_0,
    NEURON_NODE_EXTENT_1,
    NEURON_NODE_EXTENT_2,
    NEURON_NODE_EXTENT_3,
    NEURON_NODE_EXTENT_4,
    NEURON_NODE_EXTENT_5,
    NEURON_NODE_EXTENT_6,
    NEURON_NODE_DILATION_HEIGHT,
    NEURON_NODE_DILATION_WIDTH,
    NEURON_NODE_GROUPS,
    NEURON_NODE_PADDING_TOP,
    NEURON_NODE_PADDING_BOTTOM,
    NEURON_NODE_PADDING_LEFT,
    NEURON_NODE_PADDING_RIGHT,
    NEURON_NODE_BEGIN,
    NEURON_NODE_COUNT,
    NEURON_NODE_FACTOR_HEIGHT,
    NEURON_NODE_FACTOR_WIDTH,
    NEURON_NODE_INTERPOLATION,
    NEURON_NODE_SCALE,
    NEURON_NODE_OFFSET,
    NEURON_NODE_KERNEL_SIZE,
    NEURON_NODE_STRIDE,
    NEURON_NODE_DILATION,
    NEURON_NODE_PADDING_BEFORE,
    NEURON_NODE_PADDING_BEHIND,
    NEURON_NODE_MINIMUM,
    NEURON_NODE_MAXIMUM,
    NEURON_NODE_AXIS_0,
    NEURON_NODE_AXIS_1,
    NEURON_NODE_AXIS_2,
    NEURON_NODE_AXIS_3,
    NEURON_NODE_AXIS_4,
    NEURON_NODE_AXIS_5,
    NEURON_NODE_AXIS_6,
    NEURON_NODE_ACTIVATION,
    NEURON_NODE_NORMALIZE,
    NEURON_NODE_POINTS,
    NEURON_NODE_MEASURE,
    NEURON_NODE_THRESHOLD,
    NEURON_NODE_METHOD,
    NEURON_NODE_PENALTY,
    NEURON_NODE_K_REG,
    NEURON_NODE_ALLOW_EMPTY
};

/* How convolution and pooling treat the edge. */
enum { NEURON_PADDING_VALID = 1, NEURON_PADDING_SAME };

enum { NEURON_ARRAYS_MAX = 8, NEURON_POST_ARRAYS_MAX = 2 };

/* How a parameter array starts: see neuron_node_set_initializer(). */
enum {
    NEURON_INITIALIZER_GLOROT_UNIFORM = 1,
    NEURON_INITIALIZER_ZEROS,
    NEURON_INITIALIZER_GLOROT_NORMAL,
    NEURON_INITIALIZER_HE_UNIFORM,
    NEURON_INITIALIZER_HE_NORMAL,
    NEURON_INITIALIZER_LECUN_UNIFORM,
    NEURON_INITIALIZER_LECUN_NORMAL,
    NEURON_INITIALIZER_UNIFORM,
    NEURON_INITIALIZER_NORMAL,
    NEURON_INITIALIZER_TRUNCATED_NORMAL,
    NEURON_INITIALIZER_CONSTANT,
    NEURON_INITIALIZER_ONES
};

/* All of NEURON_PADDING_..., and of NEURON_INITIALIZER_... those without a parameter. */
extern const neuron_word neuron_padding_words[];
extern const neuron_word neuron_initializer_words[];

/* Rows of the options that layers with a kernel and a bias have. */
#define NEURON_OPTIONS_BIAS                                                                        \
    NEURON_FLAG(NEURON_NODE_USE_BIAS, "use_bias", 1, "yes to add a bias"),                         \
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
    bool bytes;             /* whole numbers from -127 to 127, which files have as such */
} neuron_array;

/* A layer with its numbers filled in. `inputs` and `weights` belong to whoever made it. */
typedef struct neuron_spec {
    const neuron_layer *layer;
    neuron_options options; /* of layer->options */
    int64_t input_count;
    const neuron_shape *inputs;
    const double *weights; /* one per input for joining layers that weigh; else NULL */

    /* Set by infer: */
    neuron_shape output;
    int64_t array_count;
    neuron_array arrays[NEURON_ARRAYS_MAX];
} neuron_spec;

/* What else is done in the pass of a layer, so that values between two layers never exist. The
 * session fills it in (session/fuse.c); arrays are there only while the layer runs. */
typedef struct neuron_fused {
    /* Forward: what follows, in order. `output` and `output_gradient` of the run are those of the
     * last of them. */
    neuron_post_ops post;
    bool reads_bytes; /* forward: the input are bytes, as `quantizer` of the row has said */

    /* Backward: the activation that made the input, back through which its gradient goes, with what
     * is `seen`; of kind NONE for none. */
    neuron_post_op back;

    /* Forward with NEURON_LAYER_READS_STATISTICS: those of its input; NULL if it measures
     * itself. */
    const neuron_statistics *statistics;

    /* Backward: if not NULL, the only consumer of the output, which makes its gradient a few
     * rows at a time by `gradient_rows`; then `output_gradient` is NULL. The first row must be a
     * multiple of `gradient_multiple`. */
    const struct neuron_run *consumer;
    int64_t gradient_multiple;

    /* Backward: if not NULL, is given the gradient of elements first .. first + count - 1 of an
     * array as soon as it is made, and may change these elements; then gradients[array] is NULL
     * if the layer has NEURON_LAYER_SINKS and it is the layer's first array. Any thread. */
    void (*on_gradient)(const struct neuron_run *run, int32_t array, const float *gradient,
                        int64_t first, int64_t count);
    const void *sink;
} neuron_fused;

/* What a layer may be asked to do in its own pass. */
typedef struct neuron_fuse_request {
    const neuron_spec *spec;
    const neuron_post_ops *post; /* what it does already */
    neuron_post_op op;           /* what would follow */
    bool training;
    bool first; /* nobody wants the gradient of its inputs */
} neuron_fuse_request;

/* What a layer prepares for, once, when a session is compiled. */
typedef struct neuron_plan_request {
    const neuron_spec *spec;
    const char *node; /* what the layer is called */
    const neuron_fused *fused;
    int64_t batch; /* the largest */
    bool training;
    bool invariant;  /* what becomes of an example must be the same bytes in any batch */
    int32_t threads; /* of the pool that will be used */
    const neuron_kernels *kernels;
    void *operation; /* operation_size bytes, all 0: to be filled with what was decided */
} neuron_plan_request;

/* Bytes that a layer needs for a batch beside its inputs, output and gradients. */
typedef struct neuron_needs {
    size_t saved;    /* written by forward, read by backward */
    size_t scratch;  /* during one call */
    size_t prepared; /* made of the parameters by prepare, read by forward */
    int64_t chunks;  /* at most, that it measures STATISTICS in; 0 if it cannot */
} neuron_needs;

/* A batch that is computed in parts, as a layer sees it whose examples depend on each other: what
 * `measure` or `measure_back` has told of each part. */
typedef struct neuron_batch_parts {
    const double *const *sums; /* of each part, in their order */
    int64_t count;             /* of parts */
    int64_t own;               /* the part that is computed */
    int64_t batch;             /* examples of all parts */
} neuron_batch_parts;

/* One call of prepare, forward or backward. All arrays are in the order of the spec. */
typedef struct neuron_run {
    const neuron_spec *spec;
    const char *node;      /* what the layer is called */
    const void *operation; /* what plan decided */
    const neuron_fused *fused;
    const neuron_kernels *kernels;
    neuron_pool *pool;
    int64_t batch;
    bool training; /* backward follows */
    bool predicts; /* layers do what they do in a prediction, which may be so in training too */
    bool frozen;   /* `gradients` are all NULL */
    bool fixed;    /* a normalisation goes by its moving statistics in training too, */
    bool keeps;    /* and forward leaves arrays that are not trained as they are */
    const neuron_batch_parts *parts; /* of which this batch is one; NULL for a whole batch */
    const float *const *inputs;      /* in backward only with NEURON_LAYER_READS_INPUT */
    float *output;                   /* in backward only with NEURON_LAYER_READS_OUTPUT */
    const float *output_gradient;    /* backward */
    float *const *input_gradients;   /* backward: to be overwritten; an entry is NULL if unwanted */
    float *const *values;            /* parameter arrays */
    float *const *gradients;         /* backward: to be overwritten; NULL for one not trained */
    void *saved, *scratch, *prepared;
    neuron_random random; /* this node's random numbers, */
    uint64_t
        random_first; /* and where those of this step begin: the next 2^32 blocks are its own */
} neuron_run;

/* Facts about a layer. */
enum {
    NEURON_LAYER_VIEW = 1,                /* the output is the input under another shape */
    NEURON_LAYER_TRAINING_ONLY = 2,       /* when predicting, the output is the input */
    NEURON_LAYER_NO_GRADIENT = 4,         /* has no backward; nothing behind it can be trained */
    NEURON_LAYER_READS_INPUT = 8,         /* backward reads the inputs */
    NEURON_LAYER_READS_OUTPUT = 16,       /* backward reads the output */
    NEURON_LAYER_IN_PLACE = 32,           /* output may be written over its only input, and the
                                             input's gradient over the output's */
    NEURON_LAYER_WEIGHTS_NEEDED = 64,     /* joins by weights that must be given */
    NEURON_LAYER_WEIGHTS_ALLOWED = 128,   /* joins by weights that may be given */
    NEURON_LAYER_MANY_INPUTS = 256,       /* any number of inputs from 1; else exactly one */
    NEURON_LAYER_SUMS = 512,              /* joins without weights by adding up, not by a mean */
    NEURON_LAYER_READS_STATISTICS = 1024, /* training goes by the statistics of its input */
    NEURON_LAYER_READS_ROWS = 2048,       /* can do with `consumer` if it makes no input gradient */
    NEURON_LAYER_SINKS = 4096,            /* calls `on_gradient` for its first array */
    NEURON_LAYER_CUSTOM = 8192,           /* the caller's own: see custom.h */
    NEURON_LAYER_TELLS = 16384            /* tells of what is put out, and has no target */
};

/* What an output layer makes of its input, so that a loss can do it better together with itself. */
typedef enum neuron_output_kind {
    NEURON_OUTPUT_OTHER,
    NEURON_OUTPUT_SOFTMAX, /* probabilities of classes, along the last axis */
    NEURON_OUTPUT_SIGMOID, /* of each value for itself */
    NEURON_OUTPUT_LOGITS   /* whose softmax are probabilities of classes, along the last axis */
} neuron_output_kind;

struct neuron_layer {
    const char *name; /* in files, in messages, and as the default name of its nodes */
    uint32_t flags;
    neuron_option_table options; /* NEURON_NODE_... */

    /* Derives output and arrays from options and inputs. A message begins with `node`: what the
     * caller calls the layer. */
    int (*infer)(neuron_spec *spec, const char *node);

    /* Decides how the layer works for a batch, and tells what memory that needs. What it writes to
     * the operation is what prepare, forward and backward go by. NULL for nothing. */
    int (*plan)(const neuron_plan_request *request, neuron_needs *needs);
    size_t operation_size;

    /* Makes of the parameters what forward works with. When training it is called before every
     * forward, when predicting after the parameters changed. NULL for nothing. */
    void (*prepare)(const neuron_run *run);

    /* Only a custom layer's can fail. NULL in a view; forward is also NULL for the input. */
    int (*forward)(const neuron_run *run);
    int (*backward)(const neuron_run *run);

    /* Of a layer that joins the examples of a batch, when training: tells in so many numbers what a
     * part of a batch adds to what it knows of all, before forward or backward. All numbers of a
     * part without examples are 0; forward is then called for no examples, where nothing else of
     * its batch is computed, so that it can move averages. NULL where examples are on their own. */
    int64_t (*part_sums)(const neuron_spec *spec);
    void (*measure)(const neuron_run *run, double *sums);
    void (*measure_back)(const neuron_run *run, double *sums);

    /* After a backward without input gradients: makes that of rows first .. first + rows - 1 (along
     * axis 0) of one example. Any thread. NULL if the layer cannot. */
    void (*gradient_rows)(const neuron_run *run, int64_t example, int64_t first, int64_t rows,
                          float *to);

    /* What the layer is as a post-operation, but for arrays; of kind NONE if it is none with
     * these options. NULL for never. If it goes by parameters, it has so many arrays, each with
     * a float per channel in whole panels (see neuron_post_op), and can be one only when
     * predicting. */
    neuron_post_op (*post_op)(const neuron_spec *spec);
    int32_t post_arrays;
    void (*set_post_arrays)(const neuron_spec *spec, const float *const *values,
                            float *const *arrays);

    /* Why the layer does not do a post-operation in its own pass, as the end of a sentence; NULL if
     * it does. A layer without this function does none. */
    const char *(*refuse)(const neuron_fuse_request *request);

    /* How the layer makes bytes of its input, if it does, so that the layer before it can do
     * that in its own pass (NEURON_POST_QUANTIZE). NULL for never. */
    neuron_quantizer (*quantizer)(const neuron_spec *spec);

    /* Activations in `back` that backward can do: a sum of NEURON_POST_BIT(kind). A layer without
     * NEURON_LAYER_READS_INPUT has no `seen`; it can do those whose slope its own output tells. */
    uint32_t back_kinds;

    /* NULL for NEURON_OUTPUT_OTHER. */
    neuron_output_kind (*output_kind)(const neuron_spec *spec);
};

/* Infers that the output has the shape of the input. */
int neuron_layer_infer_same(neuron_spec *spec, const char *node);

/* The same of an input of rank 1 or more: its last axis are the channels. */
int neuron_layer_infer_channels(neuron_spec *spec, const char *node);

/* The value of an option that the layer has. */
double neuron_spec_option(const neuron_spec *spec, int32_t key);

/* All layers, ended by NULL. */
extern const neuron_layer *const neuron_layers[];

/* The layer of that name, or NULL. */
NEURON_SHARED const neuron_layer *neuron_layer_find(const char *name);

#define DECLARE(name) extern const neuron_layer neuron_layer_##name;
NEURON_LAYERS(DECLARE)
#undef DECLARE

#endif
