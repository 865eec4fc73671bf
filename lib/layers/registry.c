/* Finds layers by name, and what all of them share. */
#include "layers/layer.h"

#include <string.h>

#define ROW(name) &neuron_layer_##name,
const neuron_layer *const neuron_layers[] = {NEURON_LAYERS(ROW) NULL};
#undef ROW

const int32_t neuron_paddings[] = {NEURON_PADDING_VALID, NEURON_PADDING_SAME, 0};
const int32_t neuron_initializers[] = {NEURON_INITIALIZER_GLOROT_UNIFORM,
                                       NEURON_INITIALIZER_ZEROS,
                                       NEURON_INITIALIZER_GLOROT_NORMAL,
                                       NEURON_INITIALIZER_HE_UNIFORM,
                                       NEURON_INITIALIZER_HE_NORMAL,
                                       NEURON_INITIALIZER_LECUN_UNIFORM,
                                       NEURON_INITIALIZER_LECUN_NORMAL,
                                       NEURON_INITIALIZER_ONES,
                                       0};

const neuron_layer *neuron_layer_find(const char *name)
{
    for (const neuron_layer *const *layer = neuron_layers; *layer; layer++)
        if (strcmp((*layer)->name, name) == 0)
            return *layer;
    return NULL;
}

int neuron_layer_infer_same(neuron_spec *spec, const char *node)
{
    (void)node;
    spec->output = spec->inputs[0];
    return NEURON_OK;
}

double neuron_spec_option(const neuron_spec *spec, int32_t key)
{
    return neuron_options_value(&spec->layer->options, spec->options, key);
}
