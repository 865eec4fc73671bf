/* The table of one instruction set. */
#include "kernels/tiles.h"

#define TEXT(name)   #name
#define EXPAND(name) TEXT(name)

extern const neuron_kernels KERNEL(kernels);

const neuron_kernels KERNEL(kernels) = {
    .name = EXPAND(NEURON_ISA),
    .lanes = LANES,
    .correlate = KERNEL(correlate),
    .accumulate = KERNEL(accumulate),
    .multiply = KERNEL(multiply),
    .pack = KERNEL(pack),
    .maximum = KERNEL(maximum),
    .scatter = KERNEL(scatter),
    .moments = KERNEL(moments),
    .normalize = KERNEL(normalize),
    .gradient_sums = KERNEL(gradient_sums),
    .normalize_back = KERNEL(normalize_back),
};
