/* Convolution of sequences: see neuron_conv1d(). All but its options is that of conv2d.c. */
#include "layers/convolutions/conv2d.h"

#include "layers/image.h"

static const neuron_option options[] = {
    NEURON_INTEGER(NEURON_NODE_FILTERS, "filters", 1, INT32_MAX, 1, "output channels"),
    NEURON_OPTIONS_KERNEL_1D,
    NEURON_OPTIONS_STRIDE_1D,
    NEURON_INTEGER(NEURON_NODE_DILATION, "dilation", 1, 65536, 1,
                   "places from one that a kernel sees to the next"),
    NEURON_OPTIONS_ZEROS_1D,
    NEURON_OPTION_GROUPS,
    NEURON_OPTIONS_BIAS,
};

const neuron_layer neuron_layer_conv1d = {
    .name = "conv1d",
    .options = NEURON_OPTION_TABLE(options),
    NEURON_CONV2D_CALLS,
};
