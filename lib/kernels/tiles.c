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
    .correlate_shallow = KERNEL(correlate_shallow),
    .accumulate_shallow = KERNEL(accumulate_shallow),
    .multiply = KERNEL(multiply),
    .stream = KERNEL(stream),
    .join = KERNEL(join),
    .transpose = KERNEL(transpose),
    .pack = KERNEL(pack),
    .winograd_pixels = KERNEL(winograd_pixels),
    .winograd_gradients = KERNEL(winograd_gradients),
    .winograd_outputs = KERNEL(winograd_outputs),
    .winograd_weights = KERNEL(winograd_weights),
    .winograd_sums = KERNEL(winograd_sums),
    .maximum = KERNEL(maximum),
    .scatter = KERNEL(scatter),
    .pool = KERNEL(pool),
    .pool_back = KERNEL(pool_back),
    .scale_bytes = KERNEL(scale_bytes),
    .scale_floats = KERNEL(scale_floats),
    .rectify = KERNEL(rectify),
    .gate = KERNEL(gate),
    .dropout = KERNEL(dropout),
    .momentum = KERNEL(momentum),
    .adam = KERNEL(adam),
    .rmsprop = KERNEL(rmsprop),
    .adagrad = KERNEL(adagrad),
    .adadelta = KERNEL(adadelta),
    .adamax = KERNEL(adamax),
    .nadam = KERNEL(nadam),
    .limit = KERNEL(limit),
    .square_sum = KERNEL(square_sum),
    .moments = KERNEL(moments),
    .normalize = KERNEL(normalize),
    .gradient_sums = KERNEL(gradient_sums),
    .normalize_back = KERNEL(normalize_back),
    .norm_pool = KERNEL(norm_pool),
    .norm_pool_back = KERNEL(norm_pool_back),
};
