#include "layers/activations/activation.h"

static void values(const neuron_spec *spec, const float *x, int64_t count, float *y)
{
    (void)spec;
    for (int64_t i = 0; i < count; i++)
        y[i] = neuron_logistic(x[i]);
}

/* dx = dy y (1 - y) */
static void gradients(const neuron_spec *spec, const float *y, const float *dy, int64_t count,
                      float *dx)
{
    (void)spec;
    for (int64_t i = 0; i < count; i++)
        dx[i] = dy[i] * (y[i] * (1 - y[i]));
}

const neuron_layer neuron_layer_sigmoid = {
    .name = "sigmoid",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    NEURON_ACTIVATION_CALLS(values, gradients),
};
