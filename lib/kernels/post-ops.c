/* Post-operations on values that lie in the nearest cache, one after the other over the whole
 * block. What the activations compute is in activation.c. See post-ops.h. */
#include "kernels/store-tile.h"
#include "kernels/table.h"

/* A block: rows of values, and how they lie. */
typedef struct block {
    float *values;
    int64_t rows, columns, row_step;
    int64_t column, offset; /* of the first value, in the arrays of the list */
} block;

static void scale_shift(const block *on, const neuron_post_op *op)
{
    const float *scale = op->scale + on->column, *shift = op->shift + on->column;
    for (int64_t row = 0; row < on->rows; row++) {
        float *values = on->values + row * on->row_step;
        for (int64_t n = 0; n < on->columns; n += LANES) {
            int64_t left = on->columns - n;
            vector value = load_some(values + n, left);
            store_some(values + n, value * load_some(scale + n, left) + load_some(shift + n, left),
                       left);
        }
    }
}

/* The most frequent of all, of which a call for each row would be a large part. */
static void relu(const block *on, const neuron_post_op *op)
{
    vector zero = {0};
    for (int64_t row = 0; row < on->rows; row++) {
        float *values = on->values + row * on->row_step;
        const float *seen = op->seen ? op->seen + on->offset + row * on->row_step : NULL;
        for (int64_t n = 0; n < on->columns; n += LANES) {
            int64_t left = on->columns - n;
            vector value = load_some(values + n, left);
            vector result = seen ? choose(load_some(seen + n, left) > zero, value, zero)
                                 : at_least(zero, value);
            store_some(values + n, result, left);
        }
    }
}

/* As frequent, with a slope for each column. */
static void prelu(const block *on, const neuron_post_op *op)
{
    const float *slopes = op->scale + on->column;
    for (int64_t row = 0; row < on->rows; row++) {
        float *values = on->values + row * on->row_step;
        for (int64_t n = 0; n < on->columns; n += LANES) {
            int64_t left = on->columns - n;
            vector value = load_some(values + n, left);
            store_some(values + n, choose(value < 0, load_some(slopes + n, left) * value, value),
                       left);
        }
    }
}

static void activate(block on, const neuron_post_op *op)
{
    neuron_post_op here = *op;
    if (op->kind == NEURON_POST_PRELU)
        here.scale += on.column;
    else if (on.row_step == on.columns) {
        on.columns *= on.rows;
        on.rows = 1;
    }
    for (int64_t row = 0; row < on.rows; row++) {
        int64_t at = row * on.row_step;
        float *values = on.values + at;
        if (op->seen) {
            KERNEL(activate_back)(&here, values, op->seen + on.offset + at, on.columns, values);
            continue;
        }
        if (op->before)
            memcpy(op->before + on.offset + at, values, (size_t)on.columns * sizeof *values);
        KERNEL(activate)(&here, values, on.columns, values);
    }
}

void KERNEL(post_ops)(const neuron_post_slice *post, int32_t from, int64_t rows, int64_t columns,
                      float *values, int64_t row_step)
{
    const block on = {values, rows, columns, row_step, post->column, post->offset};
    for (int32_t i = from; post->ops && i < post->ops->count; i++) {
        const neuron_post_op *op = &post->ops->list[i];
        if (op->kind == NEURON_POST_RELU && !op->before)
            relu(&on, op);
        else if (op->kind == NEURON_POST_PRELU && !op->before && !op->seen)
            prelu(&on, op);
        else if (neuron_post_is_activation(op->kind))
            activate(on, op);
        else if (op->kind == NEURON_POST_SCALE_SHIFT)
            scale_shift(&on, op);
    }
}
