/* Post-operations on values that lie in the nearest cache, one after the other over the whole block:
 * the only place that knows what each of them does. See post-ops.h. */
#include "kernels/store-tile.h"

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
            const int64_t left = on->columns - n;
            const vector value = load_some(values + n, left);
            store_some(values + n, value * load(scale + n) + load(shift + n), left);
        }
    }
}

static void relu(const block *on, const neuron_post_op *op)
{
    const vector zero = {0};
    for (int64_t row = 0; row < on->rows; row++) {
        float *values = on->values + row * on->row_step;
        const float *seen = op->seen ? op->seen + on->offset + row * on->row_step : NULL;
        for (int64_t n = 0; n < on->columns; n += LANES) {
            const int64_t left = on->columns - n;
            const vector value = load_some(values + n, left);
            const vector result = seen ? choose(load_some(seen + n, left) > zero, value, zero)
                                       : at_least(zero, value);
            store_some(values + n, result, left);
        }
    }
}

static void apply(const block *on, const neuron_post_op *op)
{
    switch (op->kind) {
    case NEURON_POST_RELU:
        relu(on, op);
        break;
    case NEURON_POST_SCALE_SHIFT:
        scale_shift(on, op);
        break;
    case NEURON_POST_MAX_POOL:
    case NEURON_POST_STATISTICS:
        break; /* the driver's */
    }
}

void KERNEL(post_ops)(const neuron_post_slice *post, int32_t from, int64_t rows, int64_t columns,
                      float *values, int64_t row_step)
{
    const block on = {values, rows, columns, row_step, post->column, post->offset};
    for (int32_t i = from; post->ops && i < post->ops->count; i++)
        apply(&on, &post->ops->list[i]);
}
