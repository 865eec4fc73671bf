/* Windows: see windows.h. */
#include "onnx/export/windows.h"

/* Options of an axis: of images down and along, and of sequences. */
enum { KERNEL, STRIDE, DILATION, BEFORE, BEHIND, OPTIONS };
static const int32_t keys[3][OPTIONS] = {
    {NEURON_NODE_KERNEL_HEIGHT, NEURON_NODE_STRIDE_HEIGHT, NEURON_NODE_DILATION_HEIGHT,
     NEURON_NODE_PADDING_TOP, NEURON_NODE_PADDING_BOTTOM},
    {NEURON_NODE_KERNEL_WIDTH, NEURON_NODE_STRIDE_WIDTH, NEURON_NODE_DILATION_WIDTH,
     NEURON_NODE_PADDING_LEFT, NEURON_NODE_PADDING_RIGHT},
    {NEURON_NODE_KERNEL_SIZE, NEURON_NODE_STRIDE, NEURON_NODE_DILATION, NEURON_NODE_PADDING_BEFORE,
     NEURON_NODE_PADDING_BEHIND}};

neuron_window neuron_onnx_window(const neuron_node_t *node, int32_t axis)
{
    const neuron_shape *input = &node->spec.inputs[0];
    const int32_t *own = keys[input->rank == 2 ? 2 : axis];
    int64_t before = neuron_onnx_integer_option(node, own[BEFORE], 0);
    return (neuron_window){
        .input = input->extent[axis],
        .kernel = neuron_onnx_integer_option(node, own[KERNEL], 1),
        .stride = neuron_onnx_integer_option(node, own[STRIDE], 1),
        .dilation = neuron_onnx_integer_option(node, own[DILATION], 1),
        .output = node->spec.output.extent[axis],
        .padding = before,
        .padded = before + input->extent[axis] + neuron_onnx_integer_option(node, own[BEHIND], 0),
    };
}

void neuron_onnx_set_windows(neuron_onnx_writer *writer, neuron_onnx_operator *added,
                             const neuron_node_t *node)
{
    int64_t kernel[2], strides[2], dilations[2], pads[4];
    size_t axes = (size_t)node->spec.inputs[0].rank - 1;
    bool same = neuron_onnx_option(node, NEURON_NODE_PADDING) == NEURON_PADDING_SAME;
    for (size_t axis = 0; axis < axes; axis++) {
        const neuron_window window = neuron_onnx_window(node, (int32_t)axis);
        int64_t seen = neuron_dilated(window.kernel, window.dilation);
        int64_t covered = (window.output - 1) * window.stride + seen;
        bool pads_more = same && covered > window.padded;
        int64_t before = window.padding + (pads_more ? (covered - window.padded) / 2 : 0);
        int64_t behind = covered - before - window.input;
        kernel[axis] = window.kernel;
        strides[axis] = window.stride;
        dilations[axis] = window.dilation;
        pads[axis] = before;
        pads[axes + axis] = behind > 0 ? behind : 0; /* the last pixels may be in no window */
    }
    neuron_onnx_set_integers(writer, added, "kernel_shape", kernel, axes);
    neuron_onnx_set_integers(writer, added, "strides", strides, axes);
    neuron_onnx_set_integers(writer, added, "pads", pads, 2 * axes);
    if (dilations[0] > 1 || dilations[axes - 1] > 1)
        neuron_onnx_set_integers(writer, added, "dilations", dilations, axes);
}
