/* The tables of one instruction set, made of the lists in kernels.h. With NEURON_LIKE it is a
 * set that differs from the one of that name in products of bytes only. */
#include "kernels/table.h"

#define TEXT(name)   #name
#define EXPAND(name) TEXT(name)

#define ENTRY(name)             .name = KERNEL(name),
#define DEFINE(family, KERNELS) const neuron_##family##_kernels KERNEL(family) = {KERNELS(ENTRY)};

#if defined(NEURON_LIKE)
#define SHARED(name)             KERNEL_EXPAND(name, NEURON_LIKE)
#define DECLARE(family, KERNELS) extern const neuron_##family##_kernels SHARED(family);
NEURON_COMMON_KERNEL_FAMILIES(DECLARE)
#else
#define SHARED(name) KERNEL(name)
NEURON_COMMON_KERNEL_FAMILIES(DEFINE)
#endif
DEFINE(dot, NEURON_DOT_KERNELS)

extern const neuron_kernels KERNEL(kernels);

#define FAMILY(family, KERNELS) .family = &SHARED(family),
const neuron_kernels KERNEL(kernels) = {.name = EXPAND(NEURON_ISA),
                                        .lanes = LANES,
                                        NEURON_COMMON_KERNEL_FAMILIES(FAMILY).dot = &KERNEL(dot)};
