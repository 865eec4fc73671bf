/* The tables of one instruction set, made of the lists in kernels.h. */
#include "kernels/table.h"

#define TEXT(name)   #name
#define EXPAND(name) TEXT(name)

#define ENTRY(name)             .name = KERNEL(name),
#define DEFINE(family, KERNELS) const neuron_##family##_kernels KERNEL(family) = {KERNELS(ENTRY)};
NEURON_KERNEL_FAMILIES(DEFINE)

extern const neuron_kernels KERNEL(kernels);

#define FAMILY(family, KERNELS) .family = &KERNEL(family),
const neuron_kernels KERNEL(kernels) = {
    .name = EXPAND(NEURON_ISA), .lanes = LANES, NEURON_KERNEL_FAMILIES(FAMILY)};
