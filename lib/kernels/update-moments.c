/* One pass over a run of parameters, for the optimizers that most networks are trained with. */
#include "kernels/table.h"
#include "kernels/update-moments.h"

/* How velocity and value move: by the velocity times `ahead`, less the gradient times `extra`. */
typedef struct momentum_step {
    float rate, momentum, ahead, extra;
} momentum_step;

/* Notes in `beyond` which numbers it leaves are not finite. */
static ALWAYS_INLINE vector_mask momentum_vector(vector_mask beyond, momentum_step by, int64_t left,
                                                 float *values, const float *gradients,
                                                 float *velocities)
{
    vector gradient = load_some(gradients, left);
    /* The velocity is kept without momentum too: it may be set while a training runs. */
    vector velocity = by.momentum * load_some(velocities, left) - by.rate * gradient;
    store_some(velocities, flush_vector(velocity), left);
    vector value = load_some(values, left) + (by.ahead * velocity - by.extra * gradient);
    store_some(values, value, left);
    return beyond | (((vector_mask)value & INT32_MAX) > 0x7f7fffff);
}

bool KERNEL(momentum)(const neuron_momentum_work *work, float *values, const float *gradients,
                      float *velocities, int64_t count)
{
    const momentum_step by = {work->rate, work->momentum, work->nesterov ? work->momentum : 1,
                              work->nesterov ? work->rate : 0};
    vector_mask beyond = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        beyond = momentum_vector(beyond, by, LANES, values + i, gradients + i, velocities + i);
    if (i < count)
        beyond = momentum_vector(beyond, by, count - i, values + i, gradients + i, velocities + i);
    return all_finite(__builtin_convertvector(beyond, vector));
}

/* Notes in `seen` what it leaves, each by itself: a sum of two may be
 * infinite where both are finite. */
static ALWAYS_INLINE vector adam_vector(vector seen, const neuron_adam_work *work, int64_t left,
                                        float *values, const float *gradients, float *means,
                                        float *squares)
{
    vector gradient = load_some(gradients, left), value = load_some(values, left);
    vector mean = work->keep_mean * load_some(means, left) + work->take_mean * gradient;
    vector square =
        work->keep_square * load_some(squares, left) + work->take_square * gradient * gradient;
    mean = flush_vector(mean);
    square = flush_vector(square);
    store_some(means, mean, left);
    store_some(squares, square, left);
    vector step = work->rate * mean * inverse(root(square) + work->epsilon) + work->decay * value;
    value -= step;
    store_some(values, value, left);
    return note_finite(note_finite(seen, square), value);
}

bool KERNEL(adam)(const neuron_adam_work *work, float *values, const float *gradients, float *means,
                  float *squares, int64_t count)
{
    vector seen = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        seen = adam_vector(seen, work, LANES, values + i, gradients + i, means + i, squares + i);
    if (i < count)
        seen =
            adam_vector(seen, work, count - i, values + i, gradients + i, means + i, squares + i);
    return all_finite(seen);
}
