/* One pass over a run of parameters, for the other optimizers, and what limits gradients. */
#include "kernels/table.h"
#include "kernels/update-moments.h"

#include <assert.h>

/* One vector of the parameters, or as many of it as are `left`. `first` and `second` are
 * what the rule remembers of each. Notes in `seen` what it leaves, each by itself: a sum of two may
 * be infinite where both are finite. */
typedef vector (*update_vector)(vector seen, const neuron_rule_work *work, int64_t left,
                                float *values, const float *gradients, float *first, float *second);

static ALWAYS_INLINE bool update_all(update_vector update, const neuron_rule_work *work,
                                     float *values, const float *gradients, float *first,
                                     float *second, int64_t count)
{
    vector seen = {0};
    for (int64_t i = 0; i < count; i += LANES)
        seen = update(seen, work, count - i, values + i, gradients + i, first + i,
                      second ? second + i : NULL);
    return all_finite(seen);
}

static ALWAYS_INLINE vector replace(vector seen, float *values, vector by, int64_t left)
{
    store_some(values, by, left);
    return note_finite(seen, by);
}

/* Moves an average towards a value, keeps it and returns it. */
static ALWAYS_INLINE vector move(float *average, float keep, float take, vector value, int64_t left)
{
    vector moved = flush_vector(keep * load_some(average, left) + take * value);
    store_some(average, moved, left);
    return moved;
}

/* By what a gradient is multiplied: one epsilon is above 0. */
static ALWAYS_INLINE vector inverse_of_root(const neuron_rule_work *work, vector square)
{
    if (work->outer_epsilon > 0)
        return inverse(root(square) + work->outer_epsilon);
    return finite_inverse_root(square + work->epsilon);
}

static ALWAYS_INLINE vector rmsprop_vector(vector seen, const neuron_rule_work *work, int64_t left,
                                           float *values, const float *gradients, float *squares,
                                           float *velocities)
{
    vector gradient = load_some(gradients, left);
    vector square = move(squares, work->keep_second, work->take_second, gradient * gradient, left);
    vector step = gradient * inverse_of_root(work, square);
    /* Kept without momentum too: it may be set while a training runs. */
    step = move(velocities, work->keep_first, work->rate, step, left);
    return replace(note_finite(seen, square), values, load_some(values, left) - step, left);
}

static ALWAYS_INLINE vector adagrad_vector(vector seen, const neuron_rule_work *work, int64_t left,
                                           float *values, const float *gradients, float *sums,
                                           float *none)
{
    (void)none;
    vector gradient = load_some(gradients, left);
    vector sum = move(sums, 1, 1, gradient * gradient, left);
    vector step = work->rate * gradient * inverse_of_root(work, sum);
    return replace(note_finite(seen, sum), values, load_some(values, left) - step, left);
}

static ALWAYS_INLINE vector adadelta_vector(vector seen, const neuron_rule_work *work, int64_t left,
                                            float *values, const float *gradients, float *squares,
                                            float *changes)
{
    vector gradient = load_some(gradients, left);
    vector square = move(squares, work->keep_second, work->take_second, gradient * gradient, left);
    vector change = gradient * root(load_some(changes, left) + work->epsilon) *
                    finite_inverse_root(square + work->epsilon);
    seen = note_finite(seen,
                       move(changes, work->keep_second, work->take_second, change * change, left));
    return replace(note_finite(seen, square), values, load_some(values, left) - work->rate * change,
                   left);
}

static ALWAYS_INLINE vector adamax_vector(vector seen, const neuron_rule_work *work, int64_t left,
                                          float *values, const float *gradients, float *means,
                                          float *largest)
{
    vector gradient = load_some(gradients, left);
    vector mean = move(means, work->keep_first, work->take_first, gradient, left);
    vector size = choose(gradient < 0, -gradient, gradient);
    vector faded = work->keep_second * load_some(largest, left);
    vector most = flush_vector(choose(faded > size, faded, size));
    store_some(largest, most, left);
    vector step = work->rate * mean * inverse(most + work->epsilon);
    return replace(note_finite(seen, most), values, load_some(values, left) - step, left);
}

static ALWAYS_INLINE vector nadam_vector(vector seen, const neuron_rule_work *work, int64_t left,
                                         float *values, const float *gradients, float *means,
                                         float *squares)
{
    vector gradient = load_some(gradients, left);
    vector mean = move(means, work->keep_first, work->take_first, gradient, left);
    vector square = move(squares, work->keep_second, work->take_second, gradient * gradient, left);
    vector step = work->rate * mean + work->gradient_rate * gradient;
    step *= inverse(work->root_scale * root(square) + work->epsilon);
    return replace(note_finite(seen, square), values, load_some(values, left) - step, left);
}

bool KERNEL(rmsprop)(const neuron_rule_work *work, float *values, const float *gradients,
                     float *squares, float *velocities, int64_t count)
{
    return update_all(rmsprop_vector, work, values, gradients, squares, velocities, count);
}

bool KERNEL(adagrad)(const neuron_rule_work *work, float *values, const float *gradients,
                     float *sums, float *none, int64_t count)
{
    return update_all(adagrad_vector, work, values, gradients, sums, none, count);
}

bool KERNEL(adadelta)(const neuron_rule_work *work, float *values, const float *gradients,
                      float *squares, float *changes, int64_t count)
{
    assert(changes);
    return update_all(adadelta_vector, work, values, gradients, squares, changes, count);
}

bool KERNEL(adamax)(const neuron_rule_work *work, float *values, const float *gradients,
                    float *means, float *largest, int64_t count)
{
    assert(largest);
    return update_all(adamax_vector, work, values, gradients, means, largest, count);
}

bool KERNEL(nadam)(const neuron_rule_work *work, float *values, const float *gradients,
                   float *means, float *squares, int64_t count)
{
    assert(squares);
    return update_all(nadam_vector, work, values, gradients, means, squares, count);
}

void KERNEL(limit)(const float *values, int64_t count, float scale, float bound, float *output)
{
    for (int64_t i = 0; i < count; i += LANES) {
        vector value = scale * load_some(values + i, count - i);
        value = choose(value > bound, broadcast(bound), value); /* a NaN stays one */
        store_some(output + i, choose(value < -bound, broadcast(-bound), value), count - i);
    }
}

double KERNEL(square_sum)(const float *values, int64_t count)
{
    /* As many sums in every instruction set, so that all give the same. */
    enum { SUMS = 16 };
    double sums[SUMS] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + SUMS <= count; i += SUMS)
        for (int64_t j = 0; j < SUMS; j++)
            sums[j] += (double)values[i + j] * (double)values[i + j];
    for (; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    for (int64_t j = 0; j < SUMS; j++)
        sum += sums[j];
    return sum;
}
