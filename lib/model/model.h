/* Graphs in files of the safetensors layout: the parts that other files can use as well. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "graph/graph.h"
#include "model/safetensors.h"

/* Adds structure and parameters. The parameters must stay until the file is written. */
int neuron_model_write(neuron_safetensors_writer *writer, const neuron_graph_t *graph,
                       int32_t storage);

/* Whether a training that was saved with a file's graph can go on in this one, as
 * neuron_structure_compare() has it, and the file has all the parameters. Nothing is changed. */
int neuron_model_check(const neuron_graph_t *graph, const neuron_safetensors *file);

/* Takes the parameters over from a file that passed neuron_model_check(). */
void neuron_model_take(neuron_graph_t *graph, const neuron_safetensors *file);

#endif
