/* SiLU, x times the logistic function of x: see neuron_silu(). */
#include "layers/activations/activation.h"

static neuron_post_op op(const neuron_spec *spec)
{
    (void)spec;
    return (neuron_post_op){.kind = NEURON_POST_SILU};
}

const neuron_layer neuron_layer_silu = {
    .name = "silu",
    .flags = NEURON_LAYER_READS_INPUT,
    NEURON_ACTIVATION_CALLS(op),
};
