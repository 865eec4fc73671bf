/* The mean of each channel over a sequence: that of global-average-pool2d.c. */
#include "layers/pooling/average-pool2d.h"

const neuron_layer neuron_layer_global_average_pool1d = {
    .name = "global_average_pool1d",
    .infer = neuron_global_pool1d_infer,
    NEURON_GLOBAL_AVERAGE_POOL_CALLS,
};
