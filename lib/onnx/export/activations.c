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

void neuron_onnx_add_selu(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_operator *added = add_single(writer, node, "Selu");
    neuron_onnx_set_number(writer, added, "alpha", 1.67326324235438);
    neuron_onnx_set_number(writer, added, "gamma", 1.05070098735548);
}

void neuron_onnx_add_prelu(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_channels_order(writer, node);
    const char *inputs[] = {neuron_onnx_input(writer, node, 0, order),
                            neuron_onnx_add_channels(writer, node, 0, NULL, order)};
    neuron_onnx_add_last(writer, node, "PRelu", inputs, 2, order);
}

void neuron_onnx_add_softmax(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_input_order(writer, node, 0);
    bool logarithm = strcmp(node->spec.layer->name, "log_softmax") == 0;
    neuron_onnx_operator *added = add_single(writer, node, logarithm ? "LogSoftmax" : "Softmax");
    int64_t axis = neuron_onnx_integer_option(node, NEURON_NODE_AXIS, -1);
    neuron_onnx_set_integer(writer, added, "axis", neuron_onnx_axis(node, axis, order));
}

void neuron_onnx_add_clip(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_input_order(writer, node, 0);
    const char *inputs[] = {neuron_onnx_input(writer, node, 0, order),
                            neuron_onnx_number(writer, neuron_onnx_part(writer, node, "minimum"),
                                               neuron_onnx_option(node, NEURON_NODE_MINIMUM)),
                            neuron_onnx_number(writer, neuron_onnx_part(writer, node, "maximum"),
                                               neuron_onnx_option(node, NEURON_NODE_MAXIMUM))};
    neuron_onnx_add_last(writer, node, "Clip", inputs, 3, order);
}

/* ---- Those that take several operators ---- */

/* Multiplies what was made of the input with the input. */
static void add_product(neuron_onnx_writer *writer, const neuron_node_t *node, const char *input,
                        const char *made, neuron_onnx_order order)
{
    neuron_onnx_add_last(writer, node, "Mul", (const char *[]){input, made}, 2, order);
}

void neuron_onnx_add_silu(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_input_order(writer, node, 0);
    const char *input = neuron_onnx_input(writer, node, 0, order);
    const char *gate = neuron_onnx_step(writer, node, "Sigmoid", "gate", &input, 1);
    add_product(writer, node, input, gate, order);
}

/* min(max(x / 6 + 1/2, 0), 1), times x. */
void neuron_onnx_add_hard_swish(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_input_order(writer, node, 0);
    const char *input = neuron_onnx_input(writer, node, 0, order);
    const char *gate = neuron_onnx_part(writer, node, "gate");
    neuron_onnx_operator *added = neuron_onnx_add(writer, "HardSigmoid", gate, &input, 1, gate);
    neuron_onnx_set_number(writer, added, "alpha", 1 / 6.0);
    neuron_onnx_set_number(writer, added, "beta", 0.5);
    add_product(writer, node, input, gate, order);
}

/* A step with a number as its second input. */
static const char *step(neuron_onnx_writer *writer, const neuron_node_t *node, const char *type,
                        const char *part, const char *input, const char *number_part, double value)
{
    const char *number =
        neuron_onnx_number(writer, neuron_onnx_part(writer, node, number_part), value);
    return neuron_onnx_step(writer, node, type, part, (const char *[]){input, number}, 2);
}

/* erf(x / sqrt 2), the exact form. */
static const char *add_erf(neuron_onnx_writer *writer, const neuron_node_t *node, const char *input)
{
    const char *part = step(writer, node, "Div", "part", input, "sqrt_2", 1.41421356237309505);
    return neuron_onnx_step(writer, node, "Erf", "erf", &part, 1);
}

/* tanh(sqrt(2 / pi) (x + 0.044715 x^3)), the approximation. */
static const char *add_tanh(neuron_onnx_writer *writer, const neuron_node_t *node,
                            const char *input)
{
    const char *square =
        neuron_onnx_step(writer, node, "Mul", "square", (const char *[]){input, input}, 2);
    const char *cube =
        neuron_onnx_step(writer, node, "Mul", "cube", (const char *[]){square, input}, 2);
    const char *share = step(writer, node, "Mul", "share", cube, "cubic", 0.044715);
    const char *sum =
        neuron_onnx_step(writer, node, "Add", "sum", (const char *[]){input, share}, 2);
    const char *inner = step(writer, node, "Mul", "inner", sum, "slope", 0.797884560802865356);
    return neuron_onnx_step(writer, node, "Tanh", "tanh", &inner, 1);
}

/* x (1 + f(x)) / 2: the form by which runtimes know it. */
void neuron_onnx_add_gelu(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_input_order(writer, node, 0);
    const char *input = neuron_onnx_input(writer, node, 0, order);
    bool approximate = neuron_onnx_option(node, NEURON_NODE_APPROXIMATE) != 0;
    const char *made = (approximate ? add_tanh : add_erf)(writer, node, input);
    const char *raised = step(writer, node, "Add", "raised", made, "one", 1);
    const char *product =
        neuron_onnx_step(writer, node, "Mul", "product", (const char *[]){input, raised}, 2);
    const char *half = neuron_onnx_number(writer, neuron_onnx_part(writer, node, "half"), 0.5);
    add_product(writer, node, product, half, order);
}
