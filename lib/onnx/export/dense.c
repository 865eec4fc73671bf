/* Fully connected layers. */
#include "onnx/export/layers.h"

void neuron_onnx_add_dense(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const char *inputs[] = {neuron_onnx_input(writer, node, 0, NEURON_ONNX_CHANNELS_LAST),
                            neuron_onnx_add_array(writer, node, 0),
                            neuron_onnx_add_array(writer, node, 1)};
    size_t count = node->spec.array_count > 1 ? 3 : 2;
    neuron_onnx_add_last(writer, node, "Gemm", inputs, count, NEURON_ONNX_CHANNELS_LAST);
}
