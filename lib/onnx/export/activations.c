/* Activations: functions of single values, which keep the order of axes that they find, and
 * softmax. */
#include "onnx/export/layers.h"

#include <string.h>

/* Adds an operator of one input, in the order in which that is there. */
static neuron_onnx_operator *add_single(neuron_onnx_writer *writer, const neuron_node_t *node,
                                        const char *type)
{
    neuron_onnx_order order = neuron_onnx_input_order(writer, node, 0);
    const char *input = neuron_onnx_input(writer, node, 0, order);
    return neuron_onnx_add_last(writer, node, type, &input, 1, order);
}

/* Those that are an operator without attributes. */
static const struct {
    char layer[12], type[12];
} plain[] = {{"exponential", "Exp"},   {"relu", "Relu"},         {"sigmoid", "Sigmoid"},
             {"softplus", "Softplus"}, {"softsign", "Softsign"}, {"tanh", "Tanh"}};

void neuron_onnx_add_activation(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    size_t i = 0;
    while (strcmp(plain[i].layer, node->spec.layer->name) != 0)
        i++;
    add_single(writer, node, plain[i].type);
}

void neuron_onnx_add_elu(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    double alpha = neuron_onnx_option(node, NEURON_NODE_ALPHA);
    neuron_onnx_set_number(writer, add_single(writer, node, "Elu"), "alpha", alpha);
}

void neuron_onnx_add_leaky_relu(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    double slope = neuron_onnx_option(node, NEURON_NODE_SLOPE);
    neuron_onnx_set_number(writer, add_single(writer, node, "LeakyRelu"), "alpha", slope);
}

void neuron_onnx_add_softmax(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_input_order(writer, node, 0);
    neuron_onnx_operator *added = add_single(writer, node, "Softmax");
    int64_t axis = neuron_onnx_integer_option(node, NEURON_NODE_AXIS, -1);
    neuron_onnx_set_integer(writer, added, "axis", neuron_onnx_axis(node, axis, order));
}
