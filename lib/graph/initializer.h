/* How parameter arrays start: the kinds of initialisers, their names, and what they fill in. */
#ifndef GRAPH_INITIALIZER_H
#define GRAPH_INITIALIZER_H

#include "layers/layer.h"

/* Whether there is such a kind and its parameter is within its bounds; `who` begins the message. */
int neuron_initializer_check(int32_t kind, double parameter, const char *who);

/* Fills the `count` values of an array that is described by `array`. */
void neuron_initializer_fill(const neuron_array *array, const neuron_random *random, int64_t count,
                             float *values);

#endif
