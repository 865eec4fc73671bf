/* Post-operations: what is done to values on their way to memory, in order, each with its arrays.
 *
 * A layer makes the list (layers/post.h), and its driver (ops/) hands it to the kernel. A kernel does a
 * leading RELU while its sums are in registers; all else is done by post_ops() of kernels/post-ops.c, out
 * of line, to rows of values that lie in the nearest cache. */
#ifndef KERNELS_POST_OPS_H
#define KERNELS_POST_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum neuron_post_kind {
    NEURON_POST_RELU,
    NEURON_POST_SCALE_SHIFT, /* value * scale + shift, each per column */
    NEURON_POST_MAX_POOL,    /* of windows side by side; a driver's, not a kernel's */
    NEURON_POST_STATISTICS   /* measures and changes nothing; a driver's, not a kernel's */
} neuron_post_kind;

typedef struct neuron_post_op {
    neuron_post_kind kind;

    /* SCALE_SHIFT: per column, padded to whole panels. */
    const float *scale, *shift;

    /* RELU, not NULL: backward. The value is a gradient, and becomes 0 where the output of the ReLU, which
     * lies like the value, is not above 0. */
    const float *seen;

    struct neuron_pooling *pooling;    /* MAX_POOL; the last of its list, and then no other has `seen` */
    struct neuron_moments *statistics; /* STATISTICS; the last of its list */
} neuron_post_op;

enum { NEURON_POST_OPS_MAX = 4 };

typedef struct neuron_post_ops {
    int32_t count;
    neuron_post_op list[NEURON_POST_OPS_MAX];
} neuron_post_ops;

/* A list as a block of the output sees it, which begins so many columns and so many floats behind the
 * first of the arrays. `ops` may be NULL for none. */
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
static inline struct neuron_pooling *neuron_post_pooling(const neuron_post_ops *ops)
{
    const neuron_post_op *op = neuron_post_find(ops, NEURON_POST_MAX_POOL);
    return op ? op->pooling : NULL;
}

/* Whether the first entry is a ReLU, which kernels can do to sums in registers. */
static inline bool neuron_post_begins_with_relu(const neuron_post_ops *ops)
{
    return ops && ops->count > 0 && ops->list[0].kind == NEURON_POST_RELU && !ops->list[0].seen;
}

/* Whether a kernel has anything to do from entry `from` on. */
static inline bool neuron_post_goes_on(const neuron_post_ops *ops, int32_t from)
{
    for (int32_t i = from; ops && i < ops->count; i++)
        if (ops->list[i].kind < NEURON_POST_MAX_POOL)
            return true;
    return false;
}

#endif
