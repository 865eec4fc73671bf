/* The order in which sums over the parts of a batch are made: a binary tree over all parts, whoever
 * has them. Its nodes are blocks of 1, 2, 4, ... parts; those at the end may have fewer. Who goes
 * through parts in their order adds the last two of its blocks up as soon as they are neighbours in
 * the tree. */
#ifndef COMMUNICATE_PART_TREE_H
#define COMMUNICATE_PART_TREE_H

#include <stdint.h>

enum { NEURON_PARTS_MAX = 4096, NEURON_PART_BLOCKS_MAX = 32 };

/* Parts index * 2^level and those behind it, 2^level of them. */
typedef struct neuron_part_block {
    int32_t level, index;
} neuron_part_block;

/* The blocks of parts `first` to that which was added last, of `parts` in all. */
typedef struct neuron_part_stack {
    int32_t parts, first, count;
    neuron_part_block blocks[NEURON_PART_BLOCKS_MAX];
} neuron_part_stack;

/* Adds the block behind the others. Returns how often, from then on, the last block is to be added
 * to the one before it, which takes its place. */
int32_t neuron_part_push(neuron_part_stack *stack, neuron_part_block block);

/* The first part of a rank; that of the rank behind the last is the number of parts. */
static inline int32_t neuron_part_of_rank(int32_t parts, int32_t rank, int32_t ranks)
{
    return (int32_t)((int64_t)parts * rank / ranks);
}

#endif
