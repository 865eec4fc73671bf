/* ELU: see neuron_elu(). */
#include "layers/activations/activation.h"

#include <float.h>

static const neuron_option options[] = {
    NEURON_REAL(NEURON_NODE_ALPHA, "alpha", 0, FLT_MAX, 1, "what it goes down to, negated"),
};

static neuron_post_op op(const neuron_spec *spec)
{
    return (neuron_post_op){.kind = NEURON_POST_ELU,
                            .alpha = (float)neuron_spec_option(spec, NEURON_NODE_ALPHA)};
}

const neuron_layer neuron_layer_elu = {
    .name = "elu",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    .options = NEURON_OPTION_TABLE(options),
    NEURON_ACTIVATION_CALLS(op),
};
