/* Layers that change shapes. */
#include "onnx/export/layers.h"

void neuron_onnx_add_flatten(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const char *input = neuron_onnx_input(writer, node, 0, NEURON_ONNX_CHANNELS_LAST);
    neuron_onnx_operator *added =
        neuron_onnx_add_last(writer, node, "Flatten", &input, 1, NEURON_ONNX_CHANNELS_LAST);
    neuron_onnx_set_integer(writer, added, "axis", 1);
}
