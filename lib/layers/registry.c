/* Finds layers by name, and what all of them share. */
#include "layers/layer.h"

#include <string.h>

#define ROW(name) &neuron_layer_##name,
const neuron_layer *const neuron_layers[] = {NEURON_LAYERS(ROW) NULL};
#undef ROW

const neuron_word neuron_padding_words[] = {
    {NEURON_PADDING_VALID, "valid"},
    {NEURON_PADDING_SAME, "same"},
    {0, ""},
};

const neuron_word neuron_initializer_words[] = {
    {NEURON_INITIALIZER_GLOROT_UNIFORM, "glorot_uniform"},
    {NEURON_INITIALIZER_ZEROS, "zeros"},
    {NEURON_INITIALIZER_GLOROT_NORMAL, "glorot_normal"},
    {NEURON_INITIALIZER_HE_UNIFORM, "he_uniform"},
    {NEURON_INITIALIZER_HE_NORMAL, "he_normal"},
    {NEURON_INITIALIZER_LECUN_UNIFORM, "lecun_uniform"},
    {NEURON_INITIALIZER_LECUN_NORMAL, "lecun_normal"},
    {NEURON_INITIALIZER_ONES, "ones"},
    {0, ""},
};

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

int neuron_layer_infer_channels(neuron_spec *spec, const char *node)
{
    if (spec->inputs[0].rank < 1)
        return neuron_fail(NEURON_E_SHAPE, "%s: needs an input of rank 1 or more, not scalar",
                           node);
    return neuron_layer_infer_same(spec, node);
}

double neuron_spec_option(const neuron_spec *spec, int32_t key)
{
    return neuron_options_value(&spec->options, key);
}
