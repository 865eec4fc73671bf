#include "layers/layer.h"

#include <string.h>

const neuron_layer *const neuron_layers[] = {&neuron_layer_add,
                                             &neuron_layer_average,
                                             &neuron_layer_average_pool2d,
                                             &neuron_layer_batch_norm,
                                             &neuron_layer_concat,
                                             &neuron_layer_conv2d,
                                             &neuron_layer_dense,
                                             &neuron_layer_depthwise_conv2d,
                                             &neuron_layer_dropout,
                                             &neuron_layer_elu,
                                             &neuron_layer_flatten,
                                             &neuron_layer_gaussian_noise,
                                             &neuron_layer_gelu,
                                             &neuron_layer_global_average_pool2d,
                                             &neuron_layer_global_max_pool2d,
                                             &neuron_layer_input,
                                             &neuron_layer_leaky_relu,
                                             &neuron_layer_max_pool2d,
                                             &neuron_layer_multiply,
                                             &neuron_layer_random_rotation,
                                             &neuron_layer_relu,
                                             &neuron_layer_reshape,
                                             &neuron_layer_sigmoid,
                                             &neuron_layer_softmax,
                                             &neuron_layer_tanh,
                                             &neuron_layer_vote,
                                             &neuron_layer_weighted_average,
                                             &neuron_layer_zero_pad2d,
                                             NULL};

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

double neuron_spec_option(const neuron_spec *spec, int32_t key)
{
    return neuron_options_value(&spec->layer->options, spec->options, key);
}
