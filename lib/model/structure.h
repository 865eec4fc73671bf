/* The structure of a graph as JSON text: what a model file keeps beside the parameters.
 *
 *     {"version": 1, "name": "graph", "nodes": [
 *         {"layer": "input", "name": "input", "shape": [784]},
 *         {"layer": "dense", "name": "dense", "inputs": [0], "units": 10, ...},
 *         ...], "output": 2}
 *
 * Inputs are places in the list of nodes, always before the node. The other keys of a node are its
 * layer's options, as base/options/json.h has them; joining layers may have "weights".
 *
 * What was set on the node beside options stands under "initializers", {"kernel": ["normal",
 * 0.02]}, and "regularizers", {"kernel": [l1, l2]}; and "trainable": 0 marks a frozen one.
 *
 * A layer of the caller's own is "custom", with the name of its "kind", its "shape", and "arrays":
 *
 *     {"name": "kernel", "shape": [3, 4], "initializer": "normal",
 *     "parameter": 0.02, "trainable": 1} */
#ifndef MODEL_STRUCTURE_H
#define MODEL_STRUCTURE_H

#include "graph/graph.h"
#include "base/files/json.h"
#include "model/safetensors.h"

#include <stddef.h>

enum { NEURON_STRUCTURE_VERSION = 1 };

/* The structure of a finished graph, which the caller releases with json_decref(). */
int neuron_structure_make(json_t **json, const neuron_graph_t *graph);

/* Writes the text for a finished graph. It is released with neuron_release(). */
int neuron_structure_write(char **text, const neuron_graph_t *graph);

/* Builds and finishes a graph whose parameters are in a file: no more
 * are allocated than that has. */
int neuron_structure_read(neuron_graph_t **graph, neuron_context_t *context, const char *text,
                          const neuron_safetensors *file);

/* Whether the parameters of the text's graph, what an optimizer remembers of them, and the
 * steps of a training are the same with this one; NEURON_E_DATA with the first difference
 * if not. Names that find no parameters, initialisers, and what is frozen play no part; the
 * log is warned of the last. */
int neuron_structure_compare(const neuron_graph_t *graph, const char *text, const char *source);

#endif
