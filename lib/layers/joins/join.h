/* What the layers that join inputs of one shape have in common. */
#ifndef LAYERS_JOINS_JOIN_H
#define LAYERS_JOINS_JOIN_H

#include "layers/post.h"

/* What an input of a vote gives to classes. */
typedef enum neuron_ballot { NEURON_BALLOT_PLURALITY = 10, NEURON_BALLOT_BORDA = 20 } neuron_ballot;

/* The output has the shape that all inputs must share; weights, where there are some, must be
 * finite, not negative and not all zero. */
int neuron_join_infer(neuron_spec *spec, const char *node);

/* Weight of an input: such that all add up to 1, equal ones where none were given; or 1 with
 * NEURON_LAYER_SUMS. */
double neuron_join_weight(const neuron_spec *spec, int32_t input);

/* What neuron_uncertainty() measures, one of which goes by a threshold. */
enum { NEURON_UNCERTAINTY_ANSWERS = 7, NEURON_UNCERTAINTY_MEASURES };
extern const neuron_word neuron_uncertainty_words[];

/* output = sum of weight x input, and back. */
int neuron_join_forward(const neuron_run *run);
int neuron_join_backward(const neuron_run *run);

#endif
