/* Convolutions. ONNX has their channels first, and kernels as [out, in, height, width]. */
#include "onnx/export/layers.h"
#include "onnx/export/windows.h"

/* Turns [places, first, second] into [second, first, places], or if not `swaps` into
 * [first, second, places]. */
static float *turn(neuron_onnx_writer *writer, const float *from, int64_t places, int64_t first,
                   int64_t second, bool swaps)
{
    float *to = neuron_onnx_floats(writer, places * first * second);
    for (int64_t p = 0; to && p < places; p++)
        for (int64_t a = 0; a < first; a++)
            for (int64_t b = 0; b < second; b++)
                to[(swaps ? b * first + a : a * second + b) * places + p] = *from++;
    return to;
}

/* Adds the kernel of a node under its name, with `out` and `in` as its first axes. */
static const char *add_kernel(neuron_onnx_writer *writer, const neuron_node_t *node, int64_t out,
                              int64_t in, bool swaps)
{
    const neuron_graph_array *array = neuron_onnx_array(writer, node, 0);
    const neuron_shape *shape = &array->array->shape;
    int64_t extents[NEURON_RANK_MAX] = {out, in};
    int32_t places = shape->rank - 2;
    if (neuron_onnx_has_array(writer, array))
        return array->name;
    for (int32_t axis = 0; axis < places; axis++)
        extents[2 + axis] = shape->extent[axis];
    const float *turned = turn(writer, neuron_onnx_array_values(writer, array),
                               neuron_onnx_count(shape->extent, places), shape->extent[places],
                               shape->extent[places + 1], swaps);
    return neuron_onnx_add_array_as(writer, array, NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT, extents,
                                    shape->rank, turned);
}

/* Adds the operator, with a bias if the node has one. */
static neuron_onnx_operator *add_convolution(neuron_onnx_writer *writer, const neuron_node_t *node,
                                             const char *type, const char *kernel)
{
    const char *inputs[] = {neuron_onnx_input(writer, node, 0, NEURON_ONNX_CHANNELS_FIRST), kernel,
                            neuron_onnx_add_array(writer, node, 1)};
    return neuron_onnx_add_last(writer, node, type, inputs, node->spec.array_count > 1 ? 3 : 2,
                                NEURON_ONNX_CHANNELS_FIRST);
}

/* Of images and of sequences. */
void neuron_onnx_add_convolution(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const neuron_shape *shape = &node->spec.arrays[0].shape;
    const char *kernel = add_kernel(writer, node, shape->extent[shape->rank - 1],
                                    shape->extent[shape->rank - 2], true);
    neuron_onnx_operator *added = add_convolution(writer, node, "Conv", kernel);
    neuron_onnx_set_windows(writer, added, node);
    neuron_onnx_set_integer(writer, added, "group",
                            neuron_onnx_integer_option(node, NEURON_NODE_GROUPS, 1));
}

/* A group is a channel. */
void neuron_onnx_add_depthwise_conv2d(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const int64_t *shape = node->spec.arrays[0].shape.extent;
    const char *kernel = add_kernel(writer, node, shape[2] * shape[3], 1, false);
    neuron_onnx_operator *added = add_convolution(writer, node, "Conv", kernel);
    neuron_onnx_set_windows(writer, added, node);
    neuron_onnx_set_integer(writer, added, "group", shape[2]);
}

/* What is taken off the output along an axis, or added behind it. */
static void set_edges(const neuron_node_t *node, int32_t axis, int64_t pads[4], int64_t more[2])
{
    const neuron_window window = neuron_onnx_window(node, axis);
    int64_t whole = (window.input - 1) * window.stride + window.kernel;
    int64_t beyond = whole - node->spec.output.extent[axis];
    pads[axis] = beyond > 0 ? beyond / 2 : 0;
    pads[2 + axis] = beyond > 0 ? beyond - beyond / 2 : 0;
    more[axis] = beyond < 0 ? -beyond : 0;
}

/* Its kernel is [height, width, out, in]. */
void neuron_onnx_add_conv2d_transpose(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const int64_t *shape = node->spec.arrays[0].shape.extent;
    const char *kernel = add_kernel(writer, node, shape[3], shape[2], true);
    neuron_onnx_operator *added = add_convolution(writer, node, "ConvTranspose", kernel);
    const int64_t strides[] = {neuron_onnx_window(node, 0).stride,
                               neuron_onnx_window(node, 1).stride};
    int64_t pads[4], more[2];
    for (int32_t axis = 0; axis < 2; axis++)
        set_edges(node, axis, pads, more);
    neuron_onnx_set_integers(writer, added, "kernel_shape", shape, 2);
    neuron_onnx_set_integers(writer, added, "strides", strides, 2);
    neuron_onnx_set_integers(writer, added, "pads", pads, 4);
    neuron_onnx_set_integers(writer, added, "output_padding", more, 2);
}
