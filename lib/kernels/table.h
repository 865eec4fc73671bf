/* Declares the kernels and tables of the instruction set that a file is compiled for. */
#ifndef KERNELS_TABLE_H
#define KERNELS_TABLE_H

#include "kernels/kernels.h"
#include "kernels/simd.h"

#define DECLARE_KERNEL(name) neuron_##name##_kernel KERNEL(name);
#define DECLARE(family, KERNELS)                                                                   \
    KERNELS(DECLARE_KERNEL)                                                                        \
    extern const neuron_##family##_kernels KERNEL(family);
NEURON_KERNEL_FAMILIES(DECLARE)
#undef DECLARE
#undef DECLARE_KERNEL

#endif
