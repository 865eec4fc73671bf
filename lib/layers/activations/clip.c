/* Clipping: see neuron_clip(). */
#include "layers/activations/activation.h"

#include <float.h>

static const neuron_option options[] = {
    NEURON_REAL(NEURON_NODE_MINIMUM, "minimum", -FLT_MAX, FLT_MAX, 0, "what lower values become"),
    NEURON_REAL(NEURON_NODE_MAXIMUM, "maximum", -FLT_MAX, FLT_MAX, 6, "what higher values become"),
};

static neuron_post_op op(const neuron_spec *spec)
{
    return (neuron_post_op){.kind = NEURON_POST_CLIP,
                            .alpha = (float)neuron_spec_option(spec, NEURON_NODE_MINIMUM),
                            .beta = (float)neuron_spec_option(spec, NEURON_NODE_MAXIMUM)};
}

const neuron_layer neuron_layer_clip = {
    .name = "clip",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    .options = NEURON_OPTION_TABLE(options),
    NEURON_ACTIVATION_CALLS(op),
};
