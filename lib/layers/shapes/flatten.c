/* The same values as a row: see neuron_flatten(). A view, which takes no time. */
#include "layers/layer.h"

static int infer(neuron_spec *spec, const char *node)
{
    (void)node;
    spec->output = (neuron_shape){.rank = 1, .extent = {neuron_shape_count(&spec->inputs[0])}};
    return NEURON_OK;
}

const neuron_layer neuron_layer_flatten = {
    .name = "flatten", .flags = NEURON_LAYER_VIEW, .infer = infer};
