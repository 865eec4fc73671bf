/* One pass over a run of parameters, for each optimizer. */
#include "kernels/tiles.h"

#include <float.h>
#include <math.h>

/* A memory that fades never reaches 0 by itself: it ends among the subnormal numbers, where
 * processors are up to a hundred times slower. Parameters without a gradient are many (dead units,
 * blank pixels), and nothing below FLT_MIN can move a parameter. A NaN stays. */
static ALWAYS_INLINE float flush(float value)
{
    return fabsf(value) < FLT_MIN ? 0 : value;
}

void KERNEL(momentum)(const neuron_momentum_work *work, float *restrict values,
                      const float *restrict gradients, float *restrict velocities, int64_t count)
{
    const float rate = work->rate, momentum = work->momentum;
    for (int64_t i = 0; i < count; i++) {
        /* The velocity is kept without momentum too: it may be set while a training runs. */
        float velocity = momentum * velocities[i] - rate * gradients[i];
        velocities[i] = flush(velocity);
        values[i] += velocity;
    }
}

static ALWAYS_INLINE vector flush_vector(vector value)
{
    vector_mask tiny = (value < FLT_MIN) & (value > -FLT_MIN);
    return choose(tiny, (vector){0}, value);
}

/* The root of what is not negative; 0 of 0, and a NaN stays one. */
static ALWAYS_INLINE vector root(vector value)
{
    value = choose(value > FLT_MAX, broadcast(FLT_MAX), value);
    return choose(value == 0, value, value * inverse_root(value));
}

static ALWAYS_INLINE void adam_vector(const neuron_adam_work *work, int64_t left, float *values,
                                      const float *gradients, float *means, float *squares)
{
    vector gradient = load_some(gradients, left);
    vector mean = work->keep_mean * load_some(means, left) + work->take_mean * gradient;
    vector square =
        work->keep_square * load_some(squares, left) + work->take_square * gradient * gradient;
    mean = flush_vector(mean);
    square = flush_vector(square);
    store_some(means, mean, left);
    store_some(squares, square, left);
    vector step = work->rate * mean * inverse(root(square) + work->epsilon);
    store_some(values, load_some(values, left) - step, left);
}

void KERNEL(adam)(const neuron_adam_work *work, float *values, const float *gradients, float *means,
                  float *squares, int64_t count)
{
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        adam_vector(work, LANES, values + i, gradients + i, means + i, squares + i);
    if (i < count)
        adam_vector(work, count - i, values + i, gradients + i, means + i, squares + i);
}
