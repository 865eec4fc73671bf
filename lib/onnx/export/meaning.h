/* What a model says of itself beside its operators: how bytes become inputs, what classes are
 * called, and the texts that are kept with the graph. */
#ifndef ONNX_MEANING_H
#define ONNX_MEANING_H

#include "onnx/export/writer.h"

/* Adds what makes numbers of an input that are bytes, as the graph knows how; returns their
 * tensor. */
const char *neuron_onnx_scale_bytes(neuron_onnx_writer *writer, const neuron_node_t *input);

/* Adds all that is known as metadata: under the keys, and in the JSON, of safetensors files. */
void neuron_onnx_add_meaning(neuron_onnx_writer *writer);

#endif
