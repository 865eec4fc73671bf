/* Softplus, log(1 + exp(x)): see neuron_softplus(). */
#include "layers/activations/activation.h"

static neuron_post_op op(const neuron_spec *spec)
{
    (void)spec;
    return (neuron_post_op){.kind = NEURON_POST_SOFTPLUS};
}

const neuron_layer neuron_layer_softplus = {
    .name = "softplus",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    NEURON_ACTIVATION_CALLS(op),
};
