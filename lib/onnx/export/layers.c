/* The list of layers that are exported. */
#include "onnx/export/layers.h"

#include <string.h>

static const struct {
    char layer[24];
    neuron_onnx_layer_function *add;
} rows[] = {
    {"add", neuron_onnx_add_add},
    {"average", neuron_onnx_add_average},
    {"average_pool1d", neuron_onnx_add_pool},
    {"average_pool2d", neuron_onnx_add_pool},
    {"batch_norm", neuron_onnx_add_batch_norm},
    {"clip", neuron_onnx_add_clip},
    {"concat", neuron_onnx_add_concat},
    {"conv1d", neuron_onnx_add_convolution},
    {"conv2d", neuron_onnx_add_convolution},
    {"conv2d_transpose", neuron_onnx_add_conv2d_transpose},
    {"dense", neuron_onnx_add_dense},
    {"depthwise_conv2d", neuron_onnx_add_depthwise_conv2d},
    {"dropout", neuron_onnx_pass},
    {"elu", neuron_onnx_add_elu},
    {"exponential", neuron_onnx_add_activation},
    {"flatten", neuron_onnx_add_flatten},
    {"gaussian_noise", neuron_onnx_pass},
    {"gelu", neuron_onnx_add_gelu},
    {"global_average_pool1d", neuron_onnx_add_global_pool},
    {"global_average_pool2d", neuron_onnx_add_global_pool},
    {"global_max_pool1d", neuron_onnx_add_global_pool},
    {"global_max_pool2d", neuron_onnx_add_global_pool},
    {"hard_swish", neuron_onnx_add_hard_swish},
    {"layer_norm", neuron_onnx_add_layer_norm},
    {"leaky_relu", neuron_onnx_add_leaky_relu},
    {"log_softmax", neuron_onnx_add_softmax},
    {"max_pool1d", neuron_onnx_add_pool},
    {"max_pool2d", neuron_onnx_add_pool},
    {"multiply", neuron_onnx_add_multiply},
    {"permute", neuron_onnx_add_permute},
    {"piecewise_linear", neuron_onnx_add_piecewise_linear},
    {"prediction_set", neuron_onnx_add_prediction_set},
    {"prelu", neuron_onnx_add_prelu},
    {"quantized_conv2d", neuron_onnx_add_quantized_conv2d},
    {"quantized_dense", neuron_onnx_add_quantized_dense},
    {"random_rotation", neuron_onnx_pass},
    {"relu", neuron_onnx_add_activation},
    {"rescale", neuron_onnx_add_rescale},
    {"reshape", neuron_onnx_add_reshape},
    {"selu", neuron_onnx_add_selu},
    {"sigmoid", neuron_onnx_add_activation},
    {"silu", neuron_onnx_add_silu},
    {"slice", neuron_onnx_add_slice},
    {"softmax", neuron_onnx_add_softmax},
    {"softplus", neuron_onnx_add_activation},
    {"softsign", neuron_onnx_add_activation},
    {"standardize", neuron_onnx_add_standardize},
    {"tanh", neuron_onnx_add_activation},
    {"temperature_scaling", neuron_onnx_add_temperature_scaling},
    {"uncertainty", neuron_onnx_add_uncertainty},
    {"unstandardize", neuron_onnx_add_unstandardize},
    {"upsample2d", neuron_onnx_add_upsample2d},
    {"vector_scaling", neuron_onnx_add_vector_scaling},
    {"vote", neuron_onnx_add_vote},
    {"weighted_average", neuron_onnx_add_weighted_average},
    {"zero_pad2d", neuron_onnx_add_zero_pad2d},
};

neuron_onnx_layer_function *neuron_onnx_layer_find(const char *layer)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].layer, layer) == 0)
            return rows[i].add;
    return NULL;
}
