/* The memory plan: where in one arena each block lies.
 *
 * Blocks whose times overlap never share bytes; all others may. */
#ifndef SESSION_PLAN_H
#define SESSION_PLAN_H

#include "base/compiler/attributes.h"
#include "base/context.h"

#include <stddef.h>
#include <stdint.h>

/* The last time of blocks that are read by many runs. They lie in an arena of their own. */
enum { NEURON_BLOCK_KEPT = INT32_MAX };

/* A piece of memory in use from time `first` to `last`, both included. */
typedef struct neuron_block {
    size_t bytes;
    int64_t first, last;
    size_t offset; /* set by the plan */
} neuron_block;

/* Sets the offsets, all multiples of NEURON_ALIGNMENT, and the sizes of both arenas. */
NEURON_SHARED int neuron_plan(neuron_context_t *context, neuron_block *blocks, int64_t count,
                              size_t *arena, size_t *kept);

#endif
