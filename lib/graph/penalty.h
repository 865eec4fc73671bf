/* Penalties on the size of parameters, which regularisers add to the loss. */
#ifndef GRAPH_PENALTY_H
#define GRAPH_PENALTY_H

#include "graph/graph.h"

static inline bool neuron_choice_penalizes(const neuron_array_choice *choice)
{
    return choice->l1 > 0 || choice->l2 > 0;
}

#endif
