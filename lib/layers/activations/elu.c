#include "layers/activations/activation.h"

#include <float.h>
#include <math.h>

static const neuron_option options[] = {
    NEURON_REAL(NEURON_NODE_ALPHA, "alpha", 0, FLT_MAX, 1, "what it goes down to, negated"),
};

static void values(const neuron_spec *spec, const float *x, int64_t count, float *y)
{
    float alpha = (float)neuron_spec_option(spec, NEURON_NODE_ALPHA);
    for (int64_t i = 0; i < count; i++)
        y[i] = x[i] > 0 ? x[i] : alpha * expm1f(x[i]);
}

/* Below 0 the slope is alpha exp(x) = y + alpha. */
static void gradients(const neuron_spec *spec, const float *y, const float *dy, int64_t count,
                      float *dx)
{
    float alpha = (float)neuron_spec_option(spec, NEURON_NODE_ALPHA);
    for (int64_t i = 0; i < count; i++)
        dx[i] = y[i] > 0 ? dy[i] : dy[i] * (y[i] + alpha);
}

const neuron_layer neuron_layer_elu = {
    .name = "elu",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    .options = NEURON_OPTION_TABLE(options),
    NEURON_ACTIVATION_CALLS(values, gradients),
};
