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

void KERNEL(adam)(const neuron_adam_work *work, float *restrict values,
                  const float *restrict gradients, float *restrict means, float *restrict squares,
                  int64_t count)
{
    const float rate = work->rate, epsilon = work->epsilon;
    const float keep_1 = work->keep_mean, take_1 = work->take_mean;
    const float keep_2 = work->keep_square, take_2 = work->take_square;
    for (int64_t i = 0; i < count; i++) {
        float gradient = gradients[i];
        float mean = flush(keep_1 * means[i] + take_1 * gradient);
        float square = flush(keep_2 * squares[i] + take_2 * gradient * gradient);
        means[i] = mean;
        squares[i] = square;
        values[i] -= rate * mean / (sqrtf(square) + epsilon);
    }
}
