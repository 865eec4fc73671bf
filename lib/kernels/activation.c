/* Activations over arrays and their way back: each is one case of the two switches below; and
 * softmax. The functions that they are made of are in activation.h. */
#include "kernels/activation.h"

#include "kernels/store-tile.h"
#include "kernels/table.h"

/* SELU is ELU with these, stretched: Klambauer and others, arXiv 1706.02515. */
#define SELU_SCALE 1.05070098735548f
#define SELU_ALPHA 1.67326324235438f

/* The inner function of GELU by tanh is x * (1 + CUBE * x^2) * sqrt(2 / pi); this is twice that
 * root, for (1 + tanh(u)) / 2 is the logistic function of 2 u. */
#define GELU_SLOPE 1.59576912f
#define GELU_CUBE  0.044715f

/* x times a share that goes to 0 below; where it is gone, so is infinity. */
static ALWAYS_INLINE vector times_share(vector x, vector share)
{
    return pick(share == 0, (vector){0}, x * share);
}

static ALWAYS_INLINE vector elu(vector x, float alpha)
{
    return pick(x > 0, x, alpha * expm1_vector(x));
}

static ALWAYS_INLINE vector softplus(vector x)
{
    return pick(x < 0, (vector){0}, x) + log1p_vector(exp_vector(-magnitude(x)));
}

static ALWAYS_INLINE vector softsign(vector x)
{
    vector size = magnitude(x);
    return pick(size > 1e30f, with_sign(broadcast(1), sign_of(x)), x / (1.0f + size));
}

static ALWAYS_INLINE vector gelu(vector x)
{
    vector bell;
    return times_share(x, normal_vector(x, &bell));
}

static ALWAYS_INLINE vector gelu_inner(vector x)
{
    return GELU_SLOPE * x * (1.0f + GELU_CUBE * x * x);
}

/* x * min(max(x + 3, 0), 6) / 6 */
static ALWAYS_INLINE vector hard_swish(vector x)
{
    vector inner = x * ((x + 3.0f) / 6.0f);
    return pick(x < -3.0f, (vector){0}, pick(x > 3.0f, x, inner));
}

static ALWAYS_INLINE vector clip(vector x, float least, float most)
{
    x = pick(x < least, broadcast(least), x);
    return pick(x > most, broadcast(most), x);
}

static ALWAYS_INLINE vector value_of(const neuron_post_op *op, vector x, int64_t n)
{
    switch (op->kind) {
    case NEURON_POST_LEAKY_RELU:
        return pick(x < 0, op->alpha * x, x);
    case NEURON_POST_ELU:
        return elu(x, op->alpha);
    case NEURON_POST_SELU:
        return SELU_SCALE * elu(x, SELU_ALPHA);
    case NEURON_POST_TANH:
        return tanh_vector(x);
    case NEURON_POST_SIGMOID:
        return sigmoid_vector(x);
    case NEURON_POST_SOFTPLUS:
        return softplus(x);
    case NEURON_POST_SOFTSIGN:
        return softsign(x);
    case NEURON_POST_EXPONENTIAL:
        return exp_vector(x);
    case NEURON_POST_GELU:
        return gelu(x);
    case NEURON_POST_GELU_TANH:
        return times_share(x, sigmoid_vector(gelu_inner(x)));
    case NEURON_POST_SILU:
        return times_share(x, sigmoid_vector(x));
    case NEURON_POST_HARD_SWISH:
        return hard_swish(x);
    case NEURON_POST_CLIP:
        return clip(x, op->alpha, op->beta);
    case NEURON_POST_PRELU:
        return pick(x < 0, load(op->scale + n) * x, x);
    default:
        return x;
    }
}

/* The slope of x times the logistic function of `inner`, whose own slope is given. Where that
 * function is 0 or 1 it no longer changes. */
static ALWAYS_INLINE vector share_slope(vector x, vector inner, vector inner_slope)
{
    vector rest;
    vector share = logistic_vector(inner, &rest), density = share * rest;
    return pick(density == 0, share, share + x * density * inner_slope);
}

static ALWAYS_INLINE vector gelu_slope(vector x)
{
    vector bell;
    vector share = normal_vector(x, &bell);
    return share + times_share(x, 0.39894228f * bell);
}

static ALWAYS_INLINE vector softsign_slope(vector y)
{
    vector rest = 1.0f - magnitude(y);
    return rest * rest;
}

static ALWAYS_INLINE vector hard_swish_slope(vector x)
{
    return pick(x < -3.0f, (vector){0}, pick(x > 3.0f, broadcast(1), x / 3.0f + 0.5f));
}

/* The slope at x if neuron_post_sees_input(), else where the activation made y. */
static ALWAYS_INLINE vector slope_at(const neuron_post_op *op, vector seen, int64_t n)
{
    switch (op->kind) {
    case NEURON_POST_LEAKY_RELU: /* alpha is not negative, so y is above 0 exactly where x is */
        return pick(seen > 0, broadcast(1), broadcast(op->alpha));
    case NEURON_POST_ELU: /* below 0 it is alpha exp(x) */
        return pick(seen > 0, broadcast(1), seen + op->alpha);
    case NEURON_POST_SELU:
        return pick(seen > 0, broadcast(SELU_SCALE), seen + SELU_SCALE * SELU_ALPHA);
    case NEURON_POST_TANH: /* near the ends 1 - y is exact, and 1 - y^2 is not */
        return (1.0f - seen) * (1.0f + seen);
    case NEURON_POST_SIGMOID:
        return seen * (1.0f - seen);
    case NEURON_POST_SOFTPLUS: /* the logistic function of x */
        return -expm1_vector(-seen);
    case NEURON_POST_SOFTSIGN:
        return softsign_slope(seen);
    case NEURON_POST_EXPONENTIAL:
        return seen;
    case NEURON_POST_GELU:
        return gelu_slope(seen);
    case NEURON_POST_GELU_TANH:
        return share_slope(seen, gelu_inner(seen),
                           GELU_SLOPE * (1.0f + 3 * GELU_CUBE * seen * seen));
    case NEURON_POST_SILU:
        return share_slope(seen, seen, broadcast(1));
    case NEURON_POST_HARD_SWISH:
        return hard_swish_slope(seen);
    case NEURON_POST_CLIP:
        return pick(seen > op->alpha, pick(seen < op->beta, broadcast(1), (vector){0}),
                    (vector){0});
    case NEURON_POST_PRELU:
        return pick(seen > 0, broadcast(1), load(op->scale + n));
    default:
        return broadcast(1);
    }
}

/* NaN goes through: a training that blew up must be seen. */
static void relu(const float *values, int64_t count, float *output)
{
    for (int64_t n = 0; n < count; n += LANES) {
        int64_t left = count - n;
        store_some(output + n, at_least((vector){0}, load_some(values + n, left)), left);
    }
}

static void relu_back(const float *gradients, const float *seen, int64_t count, float *output)
{
    for (int64_t n = 0; n < count; n += LANES) {
        int64_t left = count - n;
        vector gradient = load_some(gradients + n, left);
        store_some(output + n, pick(load_some(seen + n, left) > 0, gradient, (vector){0}), left);
    }
}

void KERNEL(activate)(const neuron_post_op *op, const float *values, int64_t count, float *output)
{
    if (op->kind == NEURON_POST_RELU) {
        relu(values, count, output);
        return;
    }
    for (int64_t n = 0; n < count; n += LANES)
        store_some(output + n, value_of(op, load_some(values + n, count - n), n), count - n);
}

void KERNEL(activate_back)(const neuron_post_op *op, const float *gradients, const float *seen,
                           int64_t count, float *output)
{
    if (op->kind == NEURON_POST_RELU) {
        relu_back(gradients, seen, count, output);
        return;
    }
    for (int64_t n = 0; n < count; n += LANES) {
        int64_t left = count - n;
        vector slope = slope_at(op, load_some(seen + n, left), n);
        store_some(output + n, load_some(gradients + n, left) * slope, left);
    }
}

/* Softmax of one row. The largest value is taken away first, so that no exponential overflows. */
static void softmax_row(const float *values, int64_t width, float *output)
{
    vector lowest = broadcast(-INFINITY), largest = lowest, sum = {0};
    for (int64_t i = 0; i < width; i += LANES) {
        vector value = load_or(values + i, width - i, lowest);
        largest = pick(value > largest, value, largest);
    }
    float most = largest_of_lanes(largest);
    for (int64_t i = 0; i < width; i += LANES) {
        vector power = exp_vector(load_or(values + i, width - i, lowest) - most);
        store_some(output + i, power, width - i);
        sum += power;
    }
    float share = 1 / sum_of_lanes(sum);
    for (int64_t i = 0; i < width; i += LANES)
        store_some(output + i, load_some(output + i, width - i) * share, width - i);
}

/* The same of some columns, at most a vector of them, whose rows lie `step` floats apart. */
static void softmax_columns(const float *values, int64_t width, int64_t step, int64_t columns,
                            float *output)
{
    vector largest = load_some(values, columns), sum = {0};
    for (int64_t i = step; i < width * step; i += step) {
        vector value = load_some(values + i, columns);
        largest = pick(value > largest, value, largest);
    }
    for (int64_t i = 0; i < width * step; i += step) {
        vector power = exp_vector(load_some(values + i, columns) - largest);
        store_some(output + i, power, columns);
        sum += power;
    }
    vector share = 1.0f / sum;
    for (int64_t i = 0; i < width * step; i += step)
        store_some(output + i, load_some(output + i, columns) * share, columns);
}

void KERNEL(softmax)(const float *values, int64_t count, int64_t width, int64_t step, float *output)
{
    for (int64_t first = 0; first < count * width * step; first += width * step) {
        if (step == 1)
            softmax_row(values + first, width, output + first);
        else
            for (int64_t c = 0; c < step; c += LANES)
                softmax_columns(values + first + c, width, step, step - c, output + first + c);
    }
}

/* dx = y (dy - sum(y dy)) */
static void softmax_row_back(const float *seen, const float *gradients, int64_t width,
                             float *output)
{
    vector sum = {0};
    for (int64_t i = 0; i < width; i += LANES)
        sum += load_some(seen + i, width - i) * load_some(gradients + i, width - i);
    float product = sum_of_lanes(sum);
    for (int64_t i = 0; i < width; i += LANES) {
        vector gradient = load_some(gradients + i, width - i) - product;
        store_some(output + i, load_some(seen + i, width - i) * gradient, width - i);
    }
}

static void softmax_columns_back(const float *seen, const float *gradients, int64_t width,
                                 int64_t step, int64_t columns, float *output)
{
    vector sum = {0};
    for (int64_t i = 0; i < width * step; i += step)
        sum += load_some(seen + i, columns) * load_some(gradients + i, columns);
    for (int64_t i = 0; i < width * step; i += step)
        store_some(output + i,
                   load_some(seen + i, columns) * (load_some(gradients + i, columns) - sum),
                   columns);
}

void KERNEL(softmax_back)(const float *seen, const float *gradients, int64_t count, int64_t width,
                          int64_t step, float *output)
{
    for (int64_t first = 0; first < count * width * step; first += width * step) {
        if (step == 1)
            softmax_row_back(seen + first, gradients + first, width, output + first);
        else
            for (int64_t c = 0; c < step; c += LANES)
                softmax_columns_back(seen + first + c, gradients + first + c, width, step, step - c,
                                     output + first + c);
    }
}
