/* GELU, exact or by tanh: see neuron_gelu(). */
#include "layers/activations/activation.h"

static const neuron_option options[] = {
    NEURON_FLAG(NEURON_NODE_APPROXIMATE, "approximate", 0, "yes for the tanh form"),
};

static neuron_post_op op(const neuron_spec *spec)
{
    bool approximate = neuron_spec_option(spec, NEURON_NODE_APPROXIMATE) != 0;
    return (neuron_post_op){.kind = approximate ? NEURON_POST_GELU_TANH : NEURON_POST_GELU};
}

const neuron_layer neuron_layer_gelu = {
    .name = "gelu",
    .flags = NEURON_LAYER_READS_INPUT,
    .options = NEURON_OPTION_TABLE(options),
    NEURON_ACTIVATION_CALLS(op),
};
