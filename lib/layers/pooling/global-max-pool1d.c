/* The largest value of each channel over a sequence: that of global-max-pool2d.c. */
#include "layers/pooling/max-pool2d.h"

const neuron_layer neuron_layer_global_max_pool1d = {
    .name = "global_max_pool1d",
    .infer = neuron_global_pool1d_infer,
    NEURON_GLOBAL_MAX_POOL_CALLS,
};
