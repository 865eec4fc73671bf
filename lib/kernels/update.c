/* One pass over a run of parameters, for the optimizers that most networks are trained with. */
#include "kernels/tiles.h"
#include "kernels/update.h"

void KERNEL(momentum)(const neuron_momentum_work *work, float *restrict values,
                      const float *restrict gradients, float *restrict velocities, int64_t count)
{
    const float rate = work->rate, momentum = work->momentum;
    const float ahead = work->nesterov ? momentum : 1, extra = work->nesterov ? rate : 0;
    for (int64_t i = 0; i < count; i++) {
        /* The velocity is kept without momentum too: it may be set while a training runs. */
        float velocity = momentum * velocities[i] - rate * gradients[i];
        velocities[i] = fabsf(velocity) < FLT_MIN ? 0 : velocity;
        values[i] += ahead * velocity - extra * gradients[i];
    }
}

static ALWAYS_INLINE void adam_vector(const neuron_adam_work *work, int64_t left, float *values,
                                      const float *gradients, float *means, float *squares)
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
    store_some(values, value - step, left);
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
