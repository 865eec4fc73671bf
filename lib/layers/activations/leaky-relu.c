#include "layers/activations/activation.h"

#include <float.h>

static const neuron_option options[] = {
    NEURON_REAL(NEURON_NODE_SLOPE, "slope", 0, FLT_MAX, 0.3, "slope below 0"),
};

static void values(const neuron_spec *spec, const float *x, int64_t count, float *y)
{
    float slope = (float)neuron_spec_option(spec, NEURON_NODE_SLOPE);
    for (int64_t i = 0; i < count; i++)
        y[i] = x[i] < 0 ? slope * x[i] : x[i];
}

/* The slope is not negative, so y is above 0 exactly where x is. */
static void gradients(const neuron_spec *spec, const float *y, const float *dy, int64_t count,
                      float *dx)
{
    float slope = (float)neuron_spec_option(spec, NEURON_NODE_SLOPE);
    for (int64_t i = 0; i < count; i++)
        dx[i] = y[i] > 0 ? dy[i] : slope * dy[i];
}

const neuron_layer neuron_layer_leaky_relu = {
    .name = "leaky_relu",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    .options = NEURON_OPTION_TABLE(options),
    NEURON_ACTIVATION_CALLS(values, gradients),
};
