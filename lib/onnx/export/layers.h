/* What ONNX has for each layer. */
#ifndef ONNX_LAYERS_H
#define ONNX_LAYERS_H

#include "onnx/export/writer.h"

/* Adds the operators of a node. */
typedef void neuron_onnx_layer_function(neuron_onnx_writer *writer, const neuron_node_t *node);

/* By the layer's name; NULL for one that ONNX has no operators for. */
neuron_onnx_layer_function *neuron_onnx_layer_find(const char *layer);

neuron_onnx_layer_function neuron_onnx_add_activation, neuron_onnx_add_dense, neuron_onnx_add_elu,
    neuron_onnx_add_flatten, neuron_onnx_add_leaky_relu, neuron_onnx_add_softmax;

#endif
