/* Post-operations: what is done to values on their way to memory, in order, each with its
 * arrays.
 *
 * One list goes from the session through a layer (layers/) and its driver (ops/) to the kernel.
 * A layer says in its row what it is as a post-operation and which it accepts: see
 * layers/layer.h.
 *
 * Kernels do what they can while sums are in registers: a leading ReLU, Winograd's also a scale and
 * shift and the way back through a ReLU. All else is done by post_ops() of kernels/post-ops.c, out
 * of line, to rows of values that lie in the nearest cache. What the activations compute is in
 * kernels/activation.c. */
#ifndef KERNELS_POST_OPS_H
#define KERNELS_POST_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Those from RELU to PRELU are activations: functions of one value. */
typedef enum neuron_post_kind {
    NEURON_POST_NONE,
    NEURON_POST_RELU,
    NEURON_POST_LEAKY_RELU, /* by alpha */
    NEURON_POST_ELU,        /* by alpha */
    NEURON_POST_SELU,
    NEURON_POST_TANH,
    NEURON_POST_SIGMOID,
    NEURON_POST_SOFTPLUS,
    NEURON_POST_SOFTSIGN,
    NEURON_POST_EXPONENTIAL,
    NEURON_POST_GELU,
    NEURON_POST_GELU_TANH, /* the approximation by tanh */
    NEURON_POST_SILU,
    NEURON_POST_HARD_SWISH,
    NEURON_POST_CLIP,        /* from alpha to beta */
    NEURON_POST_PRELU,       /* with a slope for each column, in `scale` */
    NEURON_POST_SCALE_SHIFT, /* value * scale + shift, each per column */
    NEURON_POST_MAX_POOL,    /* of windows side by side; a driver's */
    NEURON_POST_STATISTICS,  /* measures and changes nothing; a driver's */
    NEURON_POST_QUANTIZE     /* to bytes; a driver's, and the last of its list */
} neuron_post_kind;

/* Max-pooling of a layer's output by windows side by side. `argmax` has a byte for each pooled
 * value: see neuron_pool_work; NULL if nobody wants them. */
typedef struct neuron_pooling {
    int64_t window_rows, window_columns;
    int64_t rows, columns; /* of windows */
    float *output;         /* then the layer's own is never written */
    uint8_t *argmax;
} neuron_pooling;

/* How a float becomes a byte: round(value / scale) + zero_point, from 0 to 255, where a value
 * halfway goes to the even number and a NaN counts as the least. */
typedef struct neuron_quantizer {
    float inverse; /* of the scale */
    int32_t zero_point;
} neuron_quantizer;

typedef struct neuron_post_op {
    neuron_post_kind kind;
    float alpha, beta;
    union {
        struct {
            /* Per column, padded to whole panels. */
            const float *scale, *shift;

            /* Forward through an activation whose slope follows from its input
             * (neuron_post_sees_input()): where that is kept for the backward pass. Lies like the
             * output; NULL if nobody wants it. */
            float *before;

            /* Not NULL: backward through an activation. The value is a gradient, and is multiplied
             * by the slope at `seen`, which lies like the output: what the activation made, or for
             * those whose slope follows from their input, what it was made of. */
            const float *seen;
        };
        neuron_pooling pooling; /* MAX_POOL; the last of its list, and then no other has `before` or
                                   `seen` */
        struct neuron_statistics *statistics; /* STATISTICS; the last of its list */
        neuron_quantizer quantizer;           /* QUANTIZE */
    };
} neuron_post_op;

enum { NEURON_POST_OPS_MAX = 4 };

typedef struct neuron_post_ops {
    int32_t count;
    neuron_post_op list[NEURON_POST_OPS_MAX];
} neuron_post_ops;

/* A list as a block of the output sees it, which begins so many columns and so many floats
 * behind the first of the arrays. `ops` may be NULL for none. */
typedef struct neuron_post_slice {
    const neuron_post_ops *ops;
    int64_t column, offset;
} neuron_post_slice;

/* The same for a block that begins so many columns and floats further. */
static inline neuron_post_slice neuron_post_slice_at(const neuron_post_slice *slice, int64_t column,
                                                     int64_t offset)
{
    return (neuron_post_slice){slice->ops, slice->column + column, slice->offset + offset};
}

/* A kind in a set of kinds, and the set of all activations. */
#define NEURON_POST_BIT(kind) (UINT32_C(1) << (kind))
#define NEURON_POST_ACTIVATIONS                                                                    \
    (2 * NEURON_POST_BIT(NEURON_POST_PRELU) - NEURON_POST_BIT(NEURON_POST_RELU))

static inline bool neuron_post_is_activation(neuron_post_kind kind)
{
    return kind >= NEURON_POST_RELU && kind <= NEURON_POST_PRELU;
}

/* Whether the slope of an activation follows from what it was made of, not from what it made. */
static inline bool neuron_post_sees_input(neuron_post_kind kind)
{
    return kind == NEURON_POST_GELU || kind == NEURON_POST_GELU_TANH || kind == NEURON_POST_SILU ||
           kind == NEURON_POST_HARD_SWISH || kind == NEURON_POST_PRELU;
}

/* The first activation, or NULL. */
static inline const neuron_post_op *neuron_post_activation(const neuron_post_ops *ops)
{
    for (int32_t i = 0; i < ops->count; i++)
        if (neuron_post_is_activation(ops->list[i].kind))
            return &ops->list[i];
    return NULL;
}

/* The entry of that kind, or NULL. `ops` may be NULL. */
static inline const neuron_post_op *neuron_post_find(const neuron_post_ops *ops,
                                                     neuron_post_kind kind)
{
    for (int32_t i = 0; ops && i < ops->count; i++)
        if (ops->list[i].kind == kind)
            return &ops->list[i];
    return NULL;
}

/* What a list pools by, or NULL. */
static inline const neuron_pooling *neuron_post_pooling(const neuron_post_ops *ops)
{
    const neuron_post_op *op = neuron_post_find(ops, NEURON_POST_MAX_POOL);
    return op ? &op->pooling : NULL;
}

/* Whether entry `at` is a ReLU, which kernels can do to sums in registers: none is below 0. */
static inline bool neuron_post_is_floor(const neuron_post_ops *ops, int32_t at)
{
    return ops && ops->count > at && ops->list[at].kind == NEURON_POST_RELU && !ops->list[at].seen;
}

static inline bool neuron_post_begins_with_relu(const neuron_post_ops *ops)
{
    return neuron_post_is_floor(ops, 0);
}

/* Whether a kernel has anything to do from entry `from` on. */
static inline bool neuron_post_goes_on(const neuron_post_ops *ops, int32_t from)
{
    for (int32_t i = from; ops && i < ops->count; i++)
        if (ops->list[i].kind != NEURON_POST_NONE && ops->list[i].kind < NEURON_POST_MAX_POOL)
            return true;
    return false;
}

#endif
