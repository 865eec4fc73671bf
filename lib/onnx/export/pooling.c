/* Pooling. */
#include "onnx/export/layers.h"
#include "onnx/export/windows.h"

#include <string.h>

static bool is_average(const neuron_node_t *node)
{
    return strstr(node->spec.layer->name, "average") != NULL;
}

/* Padding is no part of a mean, as ONNX has it too unless it is told otherwise. */
void neuron_onnx_add_pool(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const char *input = neuron_onnx_input(writer, node, 0, NEURON_ONNX_CHANNELS_FIRST);
    const char *type = is_average(node) ? "AveragePool" : "MaxPool";
    neuron_onnx_set_windows(
        writer, neuron_onnx_add_last(writer, node, type, &input, 1, NEURON_ONNX_CHANNELS_FIRST),
        node);
}

/* ONNX keeps axes of one pixel. */
void neuron_onnx_add_global_pool(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const char *input = neuron_onnx_input(writer, node, 0, NEURON_ONNX_CHANNELS_FIRST);
    const char *type = is_average(node) ? "GlobalAveragePool" : "GlobalMaxPool";
    const char *pooled = neuron_onnx_step(writer, node, type, "pooled", &input, 1);
    neuron_onnx_set_integer(
        writer,
        neuron_onnx_add_last(writer, node, "Flatten", &pooled, 1, NEURON_ONNX_CHANNELS_LAST),
        "axis", 1);
}
