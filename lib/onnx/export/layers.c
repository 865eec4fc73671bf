/* The list of layers that are exported. */
#include "onnx/export/layers.h"

#include <string.h>

static const struct {
    char layer[24];
    neuron_onnx_layer_function *add;
} rows[] = {
    {"dense", neuron_onnx_add_dense},
    {"dropout", neuron_onnx_pass},
    {"elu", neuron_onnx_add_elu},
    {"exponential", neuron_onnx_add_activation},
    {"flatten", neuron_onnx_add_flatten},
    {"gaussian_noise", neuron_onnx_pass},
    {"leaky_relu", neuron_onnx_add_leaky_relu},
    {"random_rotation", neuron_onnx_pass},
    {"relu", neuron_onnx_add_activation},
    {"sigmoid", neuron_onnx_add_activation},
    {"softmax", neuron_onnx_add_softmax},
    {"softplus", neuron_onnx_add_activation},
    {"softsign", neuron_onnx_add_activation},
    {"tanh", neuron_onnx_add_activation},
};

neuron_onnx_layer_function *neuron_onnx_layer_find(const char *layer)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].layer, layer) == 0)
            return rows[i].add;
    return NULL;
}
