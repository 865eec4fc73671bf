/* Sorts the classes of a row by their values: see layers/ranking.h. */
#include "layers/ranking.h"

#include "base/sort.h"

#include <stddef.h>

static int compare(const void *left, const void *right)
{
    const neuron_ranked *a = left, *b = right;
    int by_value = (a->value < b->value) - (a->value > b->value);
    return by_value != 0 ? by_value : a->index - b->index;
}

void neuron_rank(neuron_ranked *ranked, int64_t count)
{
    neuron_sort(ranked, (size_t)count, sizeof *ranked, compare);
}
