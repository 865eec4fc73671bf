/* Blocks of parts: see part-tree.h. */
#include "communicate/part-tree.h"

#include <stdbool.h>

int32_t neuron_part_push(neuron_part_stack *stack, neuron_part_block block)
{
    int32_t merges = 0;
    stack->blocks[stack->count++] = block;
    for (;;) {
        neuron_part_block *last = &stack->blocks[stack->count - 1];
        int64_t neighbour = last->index ^ 1, begin = neighbour * ((int64_t)1 << last->level);
        bool second = last->index % 2 == 1;
        if (((int64_t)1 << last->level) >= stack->parts)
            return merges; /* it is the root */
        if (second ? begin < stack->first : begin < stack->parts)
            return merges; /* the neighbour is elsewhere, or is to come */
        if (second) {
            last = &stack->blocks[--stack->count - 1];
            merges++;
        }
        last->level++;
        last->index /= 2;
    }
}
