/* One pass over a run of parameters, for the optimizers that most networks are trained with. */
#include "kernels/table.h"
#include "kernels/update-moments.h"

bool KERNEL(momentum)(const neuron_momentum_work *work, float *restrict values,
                      const float *restrict gradients, float *restrict velocities, int64_t count)
{
    float rate = work->rate, momentum = work->momentum;
    float ahead = work->nesterov ? momentum : 1, extra = work->nesterov ? rate : 0;
    int32_t beyond = 0;
    for (int64_t i = 0; i < count; i++) {
        /* The velocity is kept without momentum too: it may be set while a training runs. */
        float velocity = momentum * velocities[i] - rate * gradients[i];
#if defined(__x86_64__) || defined(__aarch64__)
        velocities[i] = velocity; /* flushed: see flush_vector() */
#else
        velocities[i] = fabsf(velocity) < FLT_MIN ? 0 : velocity;
#endif
        float value = values[i] + (ahead * velocity - extra * gradients[i]);
        values[i] = value;
        beyond |= !(fabsf(value) <= FLT_MAX); /* as is a NaN */
    }
    return beyond == 0;
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
