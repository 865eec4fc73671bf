/* What can be set of a context, for lists of options. */
#ifndef KERNELS_CONTEXT_OPTIONS_H
#define KERNELS_CONTEXT_OPTIONS_H

#include "base/options/options.h"

enum {
    NEURON_CONTEXT_THREADS = 1,
    NEURON_CONTEXT_SEED,
    NEURON_CONTEXT_KERNELS,
    NEURON_CONTEXT_BATCH_INVARIANT,
    NEURON_CONTEXT_MEMORY_LIMIT,
};

/* The sets of kernels; choose.c knows which there are. */
enum {
    NEURON_KERNELS_AUTO,
    NEURON_KERNELS_BASELINE,
    NEURON_KERNELS_NEON,
    NEURON_KERNELS_AVX2,
    NEURON_KERNELS_AVX2VNNI,
    NEURON_KERNELS_AVX512,
    NEURON_KERNELS_AVX512VNNI
};

extern const neuron_option_table neuron_context_options;

#endif
