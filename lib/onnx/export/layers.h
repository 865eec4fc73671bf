/* What ONNX has for each layer. */
#ifndef ONNX_LAYERS_H
#define ONNX_LAYERS_H

#include "onnx/export/writer.h"

/* Adds the operators of a node. */
typedef void neuron_onnx_layer_function(neuron_onnx_writer *writer, const neuron_node_t *node);

/* By the layer's name; NULL for one that ONNX has no operators for. */
neuron_onnx_layer_function *neuron_onnx_layer_find(const char *layer);

neuron_onnx_layer_function neuron_onnx_add_activation, neuron_onnx_add_add, neuron_onnx_add_average,
    neuron_onnx_add_batch_norm, neuron_onnx_add_clip, neuron_onnx_add_concat,
    neuron_onnx_add_conv2d_transpose, neuron_onnx_add_convolution, neuron_onnx_add_dense,
    neuron_onnx_add_depthwise_conv2d, neuron_onnx_add_elu, neuron_onnx_add_flatten,
    neuron_onnx_add_gelu, neuron_onnx_add_global_pool, neuron_onnx_add_hard_swish,
    neuron_onnx_add_layer_norm, neuron_onnx_add_leaky_relu, neuron_onnx_add_multiply,
    neuron_onnx_add_permute, neuron_onnx_add_piecewise_linear, neuron_onnx_add_pool,
    neuron_onnx_add_prediction_set, neuron_onnx_add_prelu, neuron_onnx_add_quantized_conv2d,
    neuron_onnx_add_quantized_dense, neuron_onnx_add_rescale, neuron_onnx_add_reshape,
    neuron_onnx_add_selu, neuron_onnx_add_silu, neuron_onnx_add_slice, neuron_onnx_add_softmax,
    neuron_onnx_add_standardize, neuron_onnx_add_temperature_scaling, neuron_onnx_add_uncertainty,
    neuron_onnx_add_unstandardize, neuron_onnx_add_upsample2d, neuron_onnx_add_vector_scaling,
    neuron_onnx_add_vote, neuron_onnx_add_weighted_average, neuron_onnx_add_zero_pad2d;

#endif
