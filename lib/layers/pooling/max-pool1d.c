/* Maximum pooling of sequences: see neuron_max_pool1d(). It is that of max-pool2d.c. */
#include "layers/pooling/max-pool2d.h"

const neuron_layer neuron_layer_max_pool1d = {
    .name = "max_pool1d",
    .options = NEURON_OPTION_TABLE(neuron_pool1d_options),
    NEURON_MAX_POOL_CALLS,
};
