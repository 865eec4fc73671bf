/* Layers whose outputs are sums of products: what they share. */
#ifndef SOURCE_LAYERS_SUMS_H
#define SOURCE_LAYERS_SUMS_H

#include "source/layers/layer.h"

/* Sums of a place: `filters` in all, in groups, of which a block is made at a time. */
typedef struct neuron_source_sums {
    int64_t filters, groups, block;
    const char *first;  /* what stands before the number of a filter in its block: "first + " */
    const char *type;   /* of the sums, */
    const char *weight; /* of the numbers of the kernel */
    const char *minus;  /* and what is taken away from each value: " - 128", or nothing */
} neuron_source_sums;

neuron_source_sums neuron_source_sums_of(int64_t filters, int64_t groups);

/* Writes the kernel and the bias of the step's node, with the normalisation that they take in. The
 * kernel has the filters innermost; with `channels` it is one that has these, so many, innermost,
 * and is turned around. */
void neuron_write_parameters(neuron_writer *writer, int64_t filters, int64_t channels);

/* Writes what begins the loops over groups and blocks, in which `sum` has the biases then; and what
 * stores `value`, made of sum[f], and ends them. */
void neuron_write_sums(neuron_writer *writer, const neuron_source_sums *sums);
void neuron_write_sums_end(neuron_writer *writer, const neuron_source_sums *sums,
                           const char *value);

/* Writes what adds values at p times rows of a kernel at k, as many as an expression tells, or
 * without one a number. */
void neuron_write_products(neuron_writer *writer, const neuron_source_sums *sums, const char *depth,
                           int64_t number);

/* Writes where the kernel's part for a cell or a row of cells begins: so many numbers times an
 * expression. */
void neuron_write_kernel_at(neuron_writer *writer, const neuron_source_sums *sums, const char *row,
                            int64_t step);

#endif
