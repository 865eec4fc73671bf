/* SELU, an ELU that keeps mean and variance: see neuron_selu(). */
#include "layers/activations/activation.h"

static neuron_post_op op(const neuron_spec *spec)
{
    (void)spec;
    return (neuron_post_op){.kind = NEURON_POST_SELU};
}

const neuron_layer neuron_layer_selu = {
    .name = "selu",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    NEURON_ACTIVATION_CALLS(op),
};
