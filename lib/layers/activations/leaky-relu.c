/* Leaky ReLU: see neuron_leaky_relu(). */
#include "layers/activations/activation.h"

#include <float.h>

static const neuron_option options[] = {
    NEURON_REAL(NEURON_NODE_SLOPE, "slope", 0, FLT_MAX, 0.3, "slope below 0"),
};

static neuron_post_op op(const neuron_spec *spec)
{
    return (neuron_post_op){.kind = NEURON_POST_LEAKY_RELU,
                            .alpha = (float)neuron_spec_option(spec, NEURON_NODE_SLOPE)};
}

const neuron_layer neuron_layer_leaky_relu = {
    .name = "leaky_relu",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    .options = NEURON_OPTION_TABLE(options),
    NEURON_ACTIVATION_CALLS(op),
};
