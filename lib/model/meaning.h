/* What a file says of a graph beside its structure and parameters: how inputs are scaled, what
 * classes are called, and texts of users and other programs.
 *
 *     "libneuron.inputs": {"input": {"scale": 0.00392, "offset": 0.0}}
 *     "libneuron.outputs": {"softmax": {"classes": ["cat", "dog"]}}
 *
 * With a scale for each index of the last axis, "scale" and "offset" are lists; "rest" is what a
 * double lacks of an offset, if there is such. */
#ifndef MODEL_MEANING_H
#define MODEL_MEANING_H

#include "graph/graph.h"
#include "model/safetensors.h"

int neuron_meaning_write(neuron_safetensors_writer *writer, const neuron_graph_t *graph);

/* Gives a finished graph what its file says. */
int neuron_meaning_read(neuron_graph_t *graph, const neuron_safetensors *file);

/* The same of the texts for inputs and for outputs alone, of which either may be NULL; `source`
 * begins messages. */
NEURON_SHARED int neuron_meaning_read_texts(neuron_graph_t *graph, const char *source,
                                            const char *inputs, const char *outputs);

#endif
