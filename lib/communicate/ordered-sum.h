/* Sums of floats over the parts of a batch, of which ranks have contiguous ranges. They are the
 * same bytes for any number of ranks: see part-tree.h. */
#ifndef COMMUNICATE_ORDERED_SUM_H
#define COMMUNICATE_ORDERED_SUM_H

#include "communicate/communicator.h"
#include "communicate/part-tree.h"

typedef struct neuron_ordered_sum neuron_ordered_sum;

/* Makes one for up to `longest` numbers at a time. `communicator` is NULL for a single rank. With
 * `any`, which each rank has one part for, sums are those of the communicator's, in no order. */
int neuron_ordered_sum_create(neuron_ordered_sum **sum, neuron_context_t *context,
                              neuron_communicator_t *communicator, int32_t parts, bool any,
                              int64_t longest);
void neuron_ordered_sum_destroy(neuron_ordered_sum *sum);

/* How many blocks this rank has in the end. */
int32_t neuron_ordered_sum_blocks(const neuron_ordered_sum *sum);

/* Adds up the numbers first ... first + count - 1 of the blocks of all ranks: `blocks` has those of
 * this rank, and the sums then are in its first. Ranks that are gone give anything. Allocates
 * nothing. */
void neuron_ordered_sum_run(const neuron_ordered_sum *sum, float *const *blocks, int64_t first,
                            int64_t count);

#endif
