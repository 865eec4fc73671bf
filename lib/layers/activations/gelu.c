#include "layers/activations/activation.h"

#include <math.h>

static const neuron_option options[] = {
    NEURON_FLAG(NEURON_NODE_APPROXIMATE, "approximate", 0, "1 for the tanh form"),
};

/* x times a share that goes to 0 below and to 1 above; where the share is gone, so is infinity. */
static float share_of(float x, float share)
{
    return share == 0 ? 0 : x * share;
}

/* The normal distribution up to x: by erfc(), which is exact where 1 + erf() would cancel. */
static float distribution(float x)
{
    return 0.5f * erfcf(-0.70710678f * x);
}

/* 1/2 (1 + tanh(inner(x))) is the logistic function of twice that. */
static float approximate_distribution(float x)
{
    return neuron_logistic(1.59576912f * x * (1 + 0.044715f * x * x));
}

static void values(const neuron_spec *spec, const float *x, int64_t count, float *y)
{
    bool approximate = neuron_spec_option(spec, NEURON_NODE_APPROXIMATE) != 0;
    for (int64_t i = 0; i < count; i++)
        y[i] = share_of(x[i], approximate ? approximate_distribution(x[i]) : distribution(x[i]));
}

/* The distribution plus x times its density. */
static float slope(float x)
{
    float density = 0.39894228f * expf(-0.5f * x * x);
    return distribution(x) + share_of(x, density);
}

static float approximate_slope(float x)
{
    float share = approximate_distribution(x), density = share * (1 - share);
    if (density == 0)
        return share;
    return share + x * density * 1.59576912f * (1 + 3 * 0.044715f * x * x);
}

static void gradients(const neuron_spec *spec, const float *x, const float *dy, int64_t count,
                      float *dx)
{
    bool approximate = neuron_spec_option(spec, NEURON_NODE_APPROXIMATE) != 0;
    for (int64_t i = 0; i < count; i++)
        dx[i] = dy[i] * (approximate ? approximate_slope(x[i]) : slope(x[i]));
}

const neuron_layer neuron_layer_gelu = {
    .name = "gelu",
    .flags = NEURON_LAYER_READS_INPUT,
    .options = NEURON_OPTION_TABLE(options),
    NEURON_ACTIVATION_CALLS(values, gradients),
};
