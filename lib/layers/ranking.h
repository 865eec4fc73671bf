/* The classes of a row in the order of their values. */
#ifndef LAYERS_RANKING_H
#define LAYERS_RANKING_H

#include <stdint.h>

typedef struct neuron_ranked {
    float value;
    int32_t index;
} neuron_ranked;

/* The largest value first, of equal ones that with the smallest index. */
void neuron_rank(neuron_ranked *ranked, int64_t count);

#endif
