/* Normalisations, and what multiplies and adds. */
#include "onnx/export/layers.h"

void neuron_onnx_add_batch_norm(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const char *inputs[5] = {neuron_onnx_input(writer, node, 0, NEURON_ONNX_CHANNELS_FIRST)};
    for (int32_t i = 0; i < 4; i++)
        inputs[1 + i] = neuron_onnx_add_array(writer, node, i);
    neuron_onnx_set_number(writer,
                           neuron_onnx_add_last(writer, node, "BatchNormalization", inputs, 5,
                                                NEURON_ONNX_CHANNELS_FIRST),
                           "epsilon", neuron_onnx_option(node, NEURON_NODE_EPSILON));
}

/* The mean over the channels, which stay as an axis of one. */
static const char *add_mean(neuron_onnx_writer *writer, const neuron_node_t *node,
                            neuron_onnx_order order, const char *part, const char *input)
{
    int64_t axis = neuron_onnx_axis(node, -1, order);
    const char *name = neuron_onnx_part(writer, node, part);
    neuron_onnx_operator *added = neuron_onnx_add(writer, "ReduceMean", name, &input, 1, name);
    neuron_onnx_set_integers(writer, added, "axes", &axis, 1);
    neuron_onnx_set_integer(writer, added, "keepdims", 1);
    return name;
}

/* A step of two inputs. */
static const char *step(neuron_onnx_writer *writer, const neuron_node_t *node, const char *type,
                        const char *part, const char *a, const char *b)
{
    return neuron_onnx_step(writer, node, type, part, (const char *[]){a, b}, 2);
}

/* The set of operators has no one for it. */
void neuron_onnx_add_layer_norm(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_channels_order(writer, node);
    const char *input = neuron_onnx_input(writer, node, 0, order);
    const char *mean = add_mean(writer, node, order, "mean", input);
    const char *centered = step(writer, node, "Sub", "centered", input, mean);
    const char *squares = step(writer, node, "Mul", "squares", centered, centered);
    const char *variance = add_mean(writer, node, order, "variance", squares);
    const char *epsilon = neuron_onnx_number(writer, neuron_onnx_part(writer, node, "epsilon"),
                                             neuron_onnx_option(node, NEURON_NODE_EPSILON));
    const char *sum = step(writer, node, "Add", "variance_above_0", variance, epsilon);
    const char *deviation = neuron_onnx_step(writer, node, "Sqrt", "deviation", &sum, 1);
    const char *normalized = step(writer, node, "Div", "normalized", centered, deviation);
    const char *scaled = step(writer, node, "Mul", "scaled", normalized,
                              neuron_onnx_add_channels(writer, node, 0, NULL, order));
    const char *inputs[] = {scaled, neuron_onnx_add_channels(writer, node, 1, NULL, order)};
    neuron_onnx_add_last(writer, node, "Add", inputs, 2, order);
}

/* Deviations, of which 0 counts as 1. */
static const char *add_deviation(neuron_onnx_writer *writer, const neuron_node_t *node,
                                 neuron_onnx_order order)
{
    const neuron_graph_array *array = neuron_onnx_array(writer, node, 1);
    const float *values = neuron_onnx_array_values(writer, array);
    float *numbers = neuron_onnx_floats(writer, array->count);
    for (int64_t k = 0; numbers && k < array->count; k++)
        numbers[k] = values[k] == 0 ? 1 : values[k];
    return numbers ? neuron_onnx_add_channels(writer, node, 1, numbers, order) : NULL;
}

void neuron_onnx_add_standardize(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_channels_order(writer, node);
    const char *input = neuron_onnx_input(writer, node, 0, order);
    const char *mean = neuron_onnx_add_channels(writer, node, 0, NULL, order);
    const char *deviation = add_deviation(writer, node, order);
    const char *centered = step(writer, node, "Sub", "centered", input, mean);
    neuron_onnx_add_last(writer, node, "Div", (const char *[]){centered, deviation}, 2, order);
}

void neuron_onnx_add_unstandardize(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_channels_order(writer, node);
    const char *input = neuron_onnx_input(writer, node, 0, order);
    const char *mean = neuron_onnx_add_channels(writer, node, 0, NULL, order);
    const char *deviation = add_deviation(writer, node, order);
    const char *scaled = step(writer, node, "Mul", "scaled", input, deviation);
    neuron_onnx_add_last(writer, node, "Add", (const char *[]){scaled, mean}, 2, order);
}

void neuron_onnx_add_rescale(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_input_order(writer, node, 0);
    const char *scale = neuron_onnx_number(writer, neuron_onnx_part(writer, node, "scale"),
                                           neuron_onnx_option(node, NEURON_NODE_SCALE));
    const char *offset = neuron_onnx_number(writer, neuron_onnx_part(writer, node, "offset"),
                                            neuron_onnx_option(node, NEURON_NODE_OFFSET));
    const char *scaled =
        step(writer, node, "Mul", "scaled", neuron_onnx_input(writer, node, 0, order), scale);
    neuron_onnx_add_last(writer, node, "Add", (const char *[]){scaled, offset}, 2, order);
}
