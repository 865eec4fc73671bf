/* Layers that join values: concatenations, sums, products and means. */
#include "onnx/export/joins.h"
#include "onnx/export/layers.h"

#include <stdio.h>

neuron_onnx_order neuron_onnx_join_order(const neuron_onnx_writer *writer,
                                         const neuron_node_t *node)
{
    neuron_onnx_order order = NEURON_ONNX_CHANNELS_LAST;
    for (int64_t i = 0; i < node->spec.input_count; i++)
        if (node->spec.inputs[i].rank == node->spec.output.rank &&
            neuron_onnx_input_order(writer, node, i) == NEURON_ONNX_CHANNELS_FIRST)
            order = NEURON_ONNX_CHANNELS_FIRST;
    return order;
}

const char *neuron_onnx_numbered(neuron_onnx_writer *writer, const neuron_node_t *node,
                                 const char *part, int64_t number)
{
    char text[48];
    snprintf(text, sizeof text, "%s_%" PRId64, part, number);
    return neuron_onnx_part(writer, node, text);
}

const char *neuron_onnx_numbered_step(neuron_onnx_writer *writer, const neuron_node_t *node,
                                      const char *type, const char *part, int64_t number,
                                      const char *a, const char *b)
{
    const char *name = neuron_onnx_numbered(writer, node, part, number);
    neuron_onnx_add(writer, type, name, (const char *[]){a, b}, 2, name);
    return name;
}

/* An input with as many axes as the output has: those that it lacks come behind the batch, or
 * behind the channels where these are first. */
static const char *spread(neuron_onnx_writer *writer, const neuron_node_t *node, int64_t index,
                          neuron_onnx_order order)
{
    int32_t rank = node->spec.inputs[index].rank, missing = node->spec.output.rank - rank;
    const char *input = neuron_onnx_input(writer, node, index, order);
    if (missing == 0)
        return input;
    int64_t axes[NEURON_RANK_MAX];
    for (int32_t i = 0; i < missing; i++)
        axes[i] = i + (order == NEURON_ONNX_CHANNELS_FIRST && rank > 0 ? 2 : 1);
    const char *list = neuron_onnx_integers(
        writer, neuron_onnx_numbered(writer, node, "axes", index), axes, missing);
    return neuron_onnx_numbered_step(writer, node, "Unsqueeze", "spread", index, input, list);
}

const char **neuron_onnx_join_inputs(neuron_onnx_writer *writer, const neuron_node_t *node,
                                     neuron_onnx_order order)
{
    size_t count = (size_t)node->spec.input_count;
    const char **inputs = neuron_onnx_get(writer, count, sizeof *inputs);
    for (size_t i = 0; inputs && i < count; i++)
        inputs[i] = spread(writer, node, (int64_t)i, order);
    return inputs;
}

/* An operator of any number of inputs. */
static neuron_onnx_operator *add_join(neuron_onnx_writer *writer, const neuron_node_t *node,
                                      const char *type, neuron_onnx_order order)
{
    const char **inputs = neuron_onnx_join_inputs(writer, node, order);
    if (!inputs)
        return NULL;
    return neuron_onnx_add_last(writer, node, type, inputs, (size_t)node->spec.input_count, order);
}

void neuron_onnx_add_concat(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_join_order(writer, node);
    int64_t axis = neuron_onnx_integer_option(node, NEURON_NODE_AXIS, -1);
    neuron_onnx_set_integer(writer, add_join(writer, node, "Concat", order), "axis",
                            neuron_onnx_axis(node, axis, order));
}

void neuron_onnx_add_add(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const char *type = node->spec.input_count == 2 ? "Add" : "Sum";
    add_join(writer, node, type, neuron_onnx_join_order(writer, node));
}

void neuron_onnx_add_average(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    add_join(writer, node, "Mean", neuron_onnx_join_order(writer, node));
}

/* Two at a time. */
void neuron_onnx_add_multiply(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_join_order(writer, node);
    const char **inputs = neuron_onnx_join_inputs(writer, node, order);
    int64_t last = node->spec.input_count - 1;
    if (last == 0)
        neuron_onnx_pass(writer, node);
    if (!inputs || last == 0)
        return;
    const char *product = inputs[0];
    for (int64_t i = 1; i < last; i++)
        product = neuron_onnx_numbered_step(writer, node, "Mul", "product", i, product, inputs[i]);
    neuron_onnx_add_last(writer, node, "Mul", (const char *[]){product, inputs[last]}, 2, order);
}

double neuron_onnx_join_weight(const neuron_node_t *node, int64_t index)
{
    double all = 0;
    for (int64_t i = 0; i < node->spec.input_count; i++)
        all += node->spec.weights ? node->spec.weights[i] : 1;
    return (node->spec.weights ? node->spec.weights[index] : 1) / all;
}

void neuron_onnx_add_weighted_average(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_join_order(writer, node);
    const char **inputs = neuron_onnx_join_inputs(writer, node, order);
    int64_t count = node->spec.input_count;
    for (int64_t i = 0; inputs && i < count; i++) {
        const char *weight =
            neuron_onnx_number(writer, neuron_onnx_numbered(writer, node, "weight", i),
                               neuron_onnx_join_weight(node, i));
        inputs[i] =
            neuron_onnx_numbered_step(writer, node, "Mul", "weighted", i, inputs[i], weight);
    }
    if (inputs)
        neuron_onnx_add_last(writer, node, "Sum", inputs, (size_t)count, order);
}
