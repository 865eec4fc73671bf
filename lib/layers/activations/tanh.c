#include "layers/activations/activation.h"

#include <math.h>

static void values(const neuron_spec *spec, const float *x, int64_t count, float *y)
{
    (void)spec;
    for (int64_t i = 0; i < count; i++)
        y[i] = tanhf(x[i]);
}

/* dx = dy (1 - y^2), as a product: near the ends 1 - y is exact, and 1 - y^2 is not. */
static void gradients(const neuron_spec *spec, const float *y, const float *dy, int64_t count,
                      float *dx)
{
    (void)spec;
    for (int64_t i = 0; i < count; i++)
        dx[i] = dy[i] * ((1 - y[i]) * (1 + y[i]));
}

const neuron_layer neuron_layer_tanh = {
    .name = "tanh",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    NEURON_ACTIVATION_CALLS(values, gradients),
};
