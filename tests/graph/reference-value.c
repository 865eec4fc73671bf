#include "reference-call.h"

#include <float.h>
#include <math.h>
#include <string.h>

static void copy(const reference_call *c)
{
    memcpy(c->y, c->x, (size_t)c->count * sizeof *c->y);
}

static void relu(const reference_call *c)
{
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = c->x[i] > 0 ? c->x[i] : 0;
}

static void hyperbolic_tangent(const reference_call *c)
{
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = tanh(c->x[i]);
}

static void sigmoid(const reference_call *c)
{
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = 1 / (1 + exp(-c->x[i]));
}

static void leaky_relu(const reference_call *c)
{
    double slope = reference_option(c, NEURON_NODE_SLOPE);
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = c->x[i] > 0 ? c->x[i] : slope * c->x[i];
}

static void prelu(const reference_call *c)
{
    const double *alpha = reference_array(c, "alpha");
    int64_t channels = c->shape->extent[c->shape->rank - 1];
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = c->x[i] > 0 ? c->x[i] : alpha[i % channels] * c->x[i];
}

static void elu(const reference_call *c)
{
    double alpha = reference_option(c, NEURON_NODE_ALPHA);
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = c->x[i] > 0 ? c->x[i] : alpha * expm1(c->x[i]);
}

static void gelu(const reference_call *c)
{
    bool approximate = reference_option(c, NEURON_NODE_APPROXIMATE) != 0;
    double pi = acos(-1);
    for (int64_t i = 0; i < c->count; i++) {
        double x = c->x[i];
        double inner = sqrt(2 / pi) * (x + 0.044715 * pow(x, 3));
        c->y[i] = 0.5 * x * (1 + (approximate ? tanh(inner) : erf(x / sqrt(2))));
    }
}

static void exponential(const reference_call *c)
{
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = exp(c->x[i]);
}

static void hard_swish(const reference_call *c)
{
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = c->x[i] * fmin(fmax(c->x[i] + 3, 0), 6) / 6;
}

static void clip(const reference_call *c)
{
    double least = reference_option(c, NEURON_NODE_MINIMUM);
    double most = reference_option(c, NEURON_NODE_MAXIMUM);
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = fmin(fmax(c->x[i], least), most);
}

static void selu(const reference_call *c)
{
    double scale = 1.0507009873554805, alpha = 1.6732632423543772;
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = scale * (c->x[i] > 0 ? c->x[i] : alpha * expm1(c->x[i]));
}

static void softplus(const reference_call *c)
{
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = fmax(c->x[i], 0) + log1p(exp(-fabs(c->x[i])));
}

static void softsign(const reference_call *c)
{
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = c->x[i] / (1 + fabs(c->x[i]));
}

/* Also "swish", a custom layer of test-custom.c. */
static void silu(const reference_call *c)
{
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = c->x[i] / (1 + exp(-c->x[i]));
}

/* Custom layers of test-custom-run.c: a dropout that takes one number for each value, */
static void own_dropout(const reference_call *c)
{
    double rate = c->reference->training ? *reference_array(c, "rate") : 0;
    for (int64_t i = 0; i < c->count; i++) {
        uint32_t numbers[4];
        reference_random(c, (uint64_t)i / 4, numbers);
        bool dropped = (double)(numbers[i % 4] >> 8) * 0x1p-24 < rate;
        c->y[i] = dropped ? 0 : c->x[i] / (1 - rate);
    }
}

/* and examples of length 1. */
static void unit_length(const reference_call *c)
{
    int64_t size = c->count / c->reference->batch;
    for (int64_t i = 0; i < c->count; i++) {
        double sum = 0;
        for (int64_t j = i / size * size; j < (i / size + 1) * size; j++)
            sum += c->x[j] * c->x[j];
        c->y[i] = c->x[i] / sqrt(sum);
    }
}

/* Sums of each row of values that lie along the axis. */
static void softmax(const reference_call *c)
{
    int32_t axis = (int32_t)reference_option(c, NEURON_NODE_AXIS), rank = c->shape->rank;
    int64_t width = c->shape->extent[axis], step = 1;
    for (int32_t a = axis + 1; a < rank; a++)
        step *= c->shape->extent[a];
    for (int64_t v = 0; v < c->count; v++) {
        int64_t first = v - v / step % width * step;
        double largest = -INFINITY, sum = 0;
        for (int64_t i = 0; i < width; i++)
            largest = fmax(largest, c->x[first + i * step]);
        for (int64_t i = 0; i < width; i++)
            sum += exp(c->x[first + i * step] - largest);
        c->y[v] = exp(c->x[v] - largest) / sum;
    }
}

static void log_softmax(const reference_call *c)
{
    softmax(c);
    for (int64_t v = 0; v < c->count; v++)
        c->y[v] = log(c->y[v]);
}

/* A value is dropped if its 16 random bits, as a fraction, are below the rate. Of every 64 values
 * number i takes them from block i % 8 of eight: number i / 8 % 4 of it, the lower half for the
 * first 32 values, the upper one for the others. */
static void dropout(const reference_call *c)
{
    double rate = c->reference->training ? reference_option(c, NEURON_NODE_RATE) : 0;
    for (int64_t i = 0; i < c->count; i++) {
        uint32_t numbers[4], place = (uint32_t)(i % 64);
        uint64_t block = (uint64_t)i / 64 * 8 + place % 8;
        reference_random(c, block, numbers);
        uint32_t bits = numbers[place / 8 % 4] >> (place < 32 ? 0 : 16) & 0xffff;
        bool dropped = bits < rint(rate * 0x1p16);
        c->y[i] = dropped ? 0 : c->x[i] / (1 - rate);
    }
}

/* Of every four values the first two take the two normal numbers that the first half of a block
 * makes, the others those of the second half. */
static void gaussian_noise(const reference_call *c)
{
    double deviation = c->reference->training ? reference_option(c, NEURON_NODE_DEVIATION) : 0;
    for (int64_t i = 0; i < c->count; i++) {
        uint32_t numbers[4];
        reference_random(c, (uint64_t)i / 4, numbers);
        double share = (double)(numbers[i % 4 / 2 * 2] >> 8) * 0x1p-24;
        double angle = 2 * acos(-1) * (double)(numbers[i % 4 / 2 * 2 + 1] >> 8) * 0x1p-24;
        double radius = sqrt(-2 * log(1 - share));
        c->y[i] = c->x[i] + deviation * radius * (i % 2 ? sin(angle) : cos(angle));
    }
}

static void rescale(const reference_call *c)
{
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = c->x[i] * reference_option(c, NEURON_NODE_SCALE) +
                  reference_option(c, NEURON_NODE_OFFSET);
}

static void standardize(const reference_call *c)
{
    int64_t channels = c->shape->extent[c->shape->rank - 1];
    const double *mean = reference_array(c, "mean"), *deviation = reference_array(c, "deviation");
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = (c->x[i] - mean[i % channels]) / deviation[i % channels];
}

static void unstandardize(const reference_call *c)
{
    int64_t channels = c->shape->extent[c->shape->rank - 1];
    const double *mean = reference_array(c, "mean"), *deviation = reference_array(c, "deviation");
    for (int64_t i = 0; i < c->count; i++)
        c->y[i] = c->x[i] * deviation[i % channels] + mean[i % channels];
}

/* What calibration makes probabilities of again, by the channel: logarithms or log-odds, times a
 * scale, and a bias. */
static double scaled(const reference_call *c, int64_t i, bool odds)
{
    int64_t k = i % c->shape->extent[c->shape->rank - 1];
    const double *temperature = reference_array(c, "temperature");
    const double *scale = reference_array(c, "scale"), *bias = reference_array(c, "bias");
    double value = fmax(c->x[i], (double)FLT_MIN);
    value = odds ? log(fmin(value, 1 - 0x1p-24) / (1 - fmin(value, 1 - 0x1p-24))) : log(value);
    return temperature ? value / temperature[0] : value * scale[k] + bias[k];
}

/* Divides by the sums of the last axis. */
static void share(const reference_call *c)
{
    int64_t channels = c->shape->extent[c->shape->rank - 1];
    for (int64_t row = 0; row < c->count; row += channels) {
        double sum = 0;
        for (int64_t k = 0; k < channels; k++)
            sum += c->y[row + k];
        for (int64_t k = 0; k < channels; k++)
            c->y[row + k] = sum == 0 ? 1.0 / (double)channels : c->y[row + k] / sum;
    }
}

static void scaling(const reference_call *c)
{
    bool sigmoid = reference_option(c, NEURON_NODE_ACTIVATION) != 0;
    bool vector = reference_array(c, "scale") != NULL;
    for (int64_t i = 0; i < c->count; i++) {
        double score = scaled(c, i, sigmoid);
        c->y[i] = sigmoid ? 1 / (1 + exp(-score)) : exp(score);
    }
    if (!sigmoid || (vector && reference_option(c, NEURON_NODE_NORMALIZE) != 0))
        share(c);
}

static void piecewise_linear(const reference_call *c)
{
    int64_t channels = c->shape->extent[c->shape->rank - 1];
    int64_t points = (int64_t)reference_option(c, NEURON_NODE_POINTS);
    for (int64_t i = 0; i < c->count; i++) {
        const double *x = reference_array(c, "x") + i % channels * points;
        const double *y = reference_array(c, "y") + i % channels * points;
        int64_t j = 0;
        while (j < points && x[j] < c->x[i])
            j++;
        if (j == 0 || j == points)
            c->y[i] = y[j == 0 ? 0 : points - 1];
        else
            c->y[i] = y[j - 1] + (y[j] - y[j - 1]) * (c->x[i] - x[j - 1]) / (x[j] - x[j - 1]);
    }
    if (reference_option(c, NEURON_NODE_NORMALIZE) != 0)
        share(c);
}

const reference_layer reference_value_layers[] = {
    {"clip", clip},
    {"dropout", dropout},
    {"elu", elu},
    {"exponential", exponential},
    {"flatten", copy},
    {"gaussian_noise", gaussian_noise},
    {"gelu", gelu},
    {"hard_swish", hard_swish},
    {"leaky_relu", leaky_relu},
    {"log_softmax", log_softmax},
    {"own_dropout", own_dropout},
    {"piecewise_linear", piecewise_linear},
    {"prelu", prelu},
    {"relu", relu},
    {"rescale", rescale},
    {"reshape", copy},
    {"selu", selu},
    {"sigmoid", sigmoid},
    {"silu", silu},
    {"softmax", softmax},
    {"softplus", softplus},
    {"softsign", softsign},
    {"standardize", standardize},
    {"swish", silu},
    {"tanh", hyperbolic_tangent},
    {"temperature_scaling", scaling},
    {"unit_length", unit_length},
    {"unstandardize", unstandardize},
    {"vector_scaling", scaling},
    {NULL, NULL},
};
