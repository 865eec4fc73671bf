/* Joins of inputs of unlike shapes, as NumPy has it: aligned at the last axis, an extent of 1, or
 * an axis that is not there, stands for as many as the others have. */
#ifndef LAYERS_JOINS_BROADCAST_H
#define LAYERS_JOINS_BROADCAST_H

#include "layers/layer.h"

/* The output has the largest of each extent; NEURON_E_SHAPE if they differ and neither is 1. */
int neuron_broadcast_infer(neuron_spec *spec, const char *node);

/* Whether any input has another shape than the output. */
bool neuron_broadcasts(const neuron_spec *spec);

/* How two blocks of floats are joined: output = values and others; may be in place. */
typedef void (*neuron_join_block)(const neuron_run *run, const float *values, const float *others,
                                  int64_t count, float *output);

/* Joins all inputs, one after the other. */
void neuron_broadcast_forward(const neuron_run *run, neuron_join_block join);

/* The gradient of each input: that of the output, joined with all others but itself if `join` is
 * not NULL, and summed over what stands for several. */
void neuron_broadcast_backward(const neuron_run *run, neuron_join_block join);

#endif
