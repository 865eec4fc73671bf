/* How parameter arrays start: the kinds of initialisers, their names, and what they fill in. */
#ifndef GRAPH_INITIALIZER_H
#define GRAPH_INITIALIZER_H

#include "layers/layer.h"

/* The kind of a name; `who` begins the message if there is none. */
int neuron_initializer_find(int32_t *kind, const char *name, const char *who);

const char *neuron_initializer_name(int32_t kind);

/* Whether the parameter of a kind is within its bounds. */
int neuron_initializer_check(int32_t kind, double parameter, const char *who);

/* Fills the `count` values of an array that is described by `array`. */
void neuron_initializer_fill(const neuron_array *array, const neuron_random *random, int64_t count,
                             float *values);

#endif
