/* Hard swish, SiLU of straight lines and a parabola: see neuron_hard_swish(). */
#include "layers/activations/activation.h"

static neuron_post_op op(const neuron_spec *spec)
{
    (void)spec;
    return (neuron_post_op){.kind = NEURON_POST_HARD_SWISH};
}

const neuron_layer neuron_layer_hard_swish = {
    .name = "hard_swish",
    .flags = NEURON_LAYER_READS_INPUT,
    NEURON_ACTIVATION_CALLS(op),
};
