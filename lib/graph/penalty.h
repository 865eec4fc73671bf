/* Penalties on the size of parameters, which regularisers add to the loss. */
#ifndef GRAPH_PENALTY_H
#define GRAPH_PENALTY_H

#include "graph/graph.h"

static inline bool neuron_choice_penalizes(const neuron_array_choice *choice)
{
    return choice->l1 > 0 || choice->l2 > 0;
}

/* to = gradient + that of the penalty on `values`; `to` may be the gradient. */
void neuron_penalty_add_gradient(const neuron_array_choice *choice, const float *values,
                                 const float *gradient, int64_t count, float *to);

#endif
