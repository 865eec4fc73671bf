/* The logistic function: see neuron_sigmoid(). */
#include "layers/activations/activation.h"

static neuron_post_op op(const neuron_spec *spec)
{
    (void)spec;
    return (neuron_post_op){.kind = NEURON_POST_SIGMOID};
}

static neuron_output_kind output_kind(const neuron_spec *spec)
{
    (void)spec;
    return NEURON_OUTPUT_SIGMOID;
}

const neuron_layer neuron_layer_sigmoid = {
    .name = "sigmoid",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    NEURON_ACTIVATION_CALLS(op),
    .output_kind = output_kind,
};
