/* The bump allocator: where things lie in one piece of memory, one behind the other. What a call
 * will need is laid out once to know its size, and once more, the same way, to know the offsets. */
#ifndef BASE_BUMP_H
#define BASE_BUMP_H

#include <stddef.h>
#include <stdint.h>

/* Reserves `count` times `size` bytes, aligned for vectors, on top of *total and returns where they
 * begin. A total that does not fit becomes SIZE_MAX, which no allocator has. */
size_t neuron_reserve(size_t *total, int64_t count, size_t size);

#endif
