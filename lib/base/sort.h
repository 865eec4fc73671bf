/* Sorting without memory of its own, unlike qsort() of many C libraries. */
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include "base/compiler/attributes.h"

#include <stddef.h>

/* As qsort(), but in the same steps everywhere, so that those that compare as equal, which may
 * change places, end up in the same order. `size` is a multiple of 4. No recursion; the time grows
 * as count * log(count) whatever the order, also where `compare` contradicts itself. */
NEURON_SHARED void neuron_sort(void *items, size_t count, size_t size,
                               int (*compare)(const void *, const void *));

#endif
