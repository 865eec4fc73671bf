/* exp(x): see neuron_exponential(). */
#include "layers/activations/activation.h"

static neuron_post_op op(const neuron_spec *spec)
{
    (void)spec;
    return (neuron_post_op){.kind = NEURON_POST_EXPONENTIAL};
}

const neuron_layer neuron_layer_exponential = {
    .name = "exponential",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    NEURON_ACTIVATION_CALLS(op),
};
