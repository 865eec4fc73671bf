/* Softsign, x / (1 + |x|): see neuron_softsign(). */
#include "layers/activations/activation.h"

static neuron_post_op op(const neuron_spec *spec)
{
    (void)spec;
    return (neuron_post_op){.kind = NEURON_POST_SOFTSIGN};
}

const neuron_layer neuron_layer_softsign = {
    .name = "softsign",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    NEURON_ACTIVATION_CALLS(op),
};
