/* What layers that join values share. */
#ifndef ONNX_JOINS_H
#define ONNX_JOINS_H

#include "onnx/export/writer.h"

/* Channels first if an input as large as the output has them so already. */
neuron_onnx_order neuron_onnx_join_order(const neuron_onnx_writer *writer,
                                         const neuron_node_t *node);

/* The tensors of all inputs, with the axes of the output. */
const char **neuron_onnx_join_inputs(neuron_onnx_writer *writer, const neuron_node_t *node,
                                     neuron_onnx_order order);

/* The weight of an input, of all weights; as much as the others have if there are none. */
double neuron_onnx_join_weight(const neuron_node_t *node, int64_t index);

/* "<node>.<part>_<number>", and an operator of two inputs that is called so. */
const char *neuron_onnx_numbered(neuron_onnx_writer *writer, const neuron_node_t *node,
                                 const char *part, int64_t number);
const char *neuron_onnx_numbered_step(neuron_onnx_writer *writer, const neuron_node_t *node,
                                      const char *type, const char *part, int64_t number,
                                      const char *a, const char *b);

#endif
