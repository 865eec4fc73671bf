/* Average pooling of sequences: see neuron_average_pool1d(). It is that of average-pool2d.c. */
#include "layers/pooling/average-pool2d.h"

const neuron_layer neuron_layer_average_pool1d = {
    .name = "average_pool1d",
    .options = NEURON_OPTION_TABLE(neuron_pool1d_options),
    NEURON_AVERAGE_POOL_CALLS,
};
