/* See bump.h. */
#include "base/bump.h"

#include "base/checked.h"
#include "base/context.h"

size_t neuron_reserve(size_t *total, int64_t count, size_t size)
{
    size_t begin = *total, bytes;
    if (!neuron_multiply_size(neuron_size(count), size, &bytes) ||
        !neuron_add_size(bytes, NEURON_ALIGNMENT - 1, &bytes) ||
        !neuron_add_size(begin, bytes & ~(size_t)(NEURON_ALIGNMENT - 1), total))
        *total = SIZE_MAX;
    return begin;
}
