/* Layers that change shapes, and what they take of a value. */
#include "onnx/export/layers.h"

#include <string.h>

void neuron_onnx_add_flatten(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const char *input = neuron_onnx_input(writer, node, 0, NEURON_ONNX_CHANNELS_LAST);
    neuron_onnx_set_integer(
        writer, neuron_onnx_add_last(writer, node, "Flatten", &input, 1, NEURON_ONNX_CHANNELS_LAST),
        "axis", 1);
}

/* 0 stands for as many examples as there are. */
void neuron_onnx_add_reshape(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    int64_t extents[NEURON_RANK_MAX] = {0};
    int32_t rank = node->spec.output.rank;
    memcpy(extents + 1, node->spec.output.extent, (size_t)rank * sizeof *extents);
    const char *inputs[] = {
        neuron_onnx_input(writer, node, 0, NEURON_ONNX_CHANNELS_LAST),
        neuron_onnx_integers(writer, neuron_onnx_part(writer, node, "shape"), extents, rank + 1)};
    neuron_onnx_add_last(writer, node, "Reshape", inputs, 2, NEURON_ONNX_CHANNELS_LAST);
}

/* The batch stays in front. */
void neuron_onnx_add_permute(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    int64_t order[NEURON_RANK_MAX] = {0};
    int32_t rank = node->spec.output.rank;
    for (int32_t axis = 0; axis < rank; axis++)
        order[axis + 1] = 1 + (int64_t)neuron_onnx_option(node, NEURON_NODE_AXIS_0 + axis);
    const char *input = neuron_onnx_input(writer, node, 0, NEURON_ONNX_CHANNELS_LAST);
    neuron_onnx_set_integers(
        writer,
        neuron_onnx_add_last(writer, node, "Transpose", &input, 1, NEURON_ONNX_CHANNELS_LAST),
        "perm", order, (size_t)rank + 1);
}

/* Padding of all axes: first that before, then that behind. */
void neuron_onnx_add_zero_pad2d(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    static const int32_t keys[2][2] = {{NEURON_NODE_TOP, NEURON_NODE_BOTTOM},
                                       {NEURON_NODE_LEFT, NEURON_NODE_RIGHT}};
    enum { AXES = 4 };
    neuron_onnx_order order = neuron_onnx_input_order(writer, node, 0);
    int64_t pads[2 * AXES] = {0};
    for (int32_t axis = 0; axis < 2; axis++)
        for (int64_t end = 0; end < 2; end++)
            pads[end * AXES + neuron_onnx_axis(node, axis, order)] =
                neuron_onnx_integer_option(node, keys[axis][end], 0);
    const char *inputs[] = {
        neuron_onnx_input(writer, node, 0, order),
        neuron_onnx_integers(writer, neuron_onnx_part(writer, node, "pads"), pads, 2 * AXES)};
    neuron_onnx_add_last(writer, node, "Pad", inputs, 2, order);
}

void neuron_onnx_add_slice(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_input_order(writer, node, 0);
    int64_t begin = neuron_onnx_integer_option(node, NEURON_NODE_BEGIN, 0);
    int64_t end = begin + neuron_onnx_integer_option(node, NEURON_NODE_COUNT, 1);
    int64_t axis =
        neuron_onnx_axis(node, neuron_onnx_integer_option(node, NEURON_NODE_AXIS, -1), order);
    const char *inputs[] = {
        neuron_onnx_input(writer, node, 0, order),
        neuron_onnx_integers(writer, neuron_onnx_part(writer, node, "begin"), &begin, 1),
        neuron_onnx_integers(writer, neuron_onnx_part(writer, node, "end"), &end, 1),
        neuron_onnx_integers(writer, neuron_onnx_part(writer, node, "axis"), &axis, 1)};
    neuron_onnx_add_last(writer, node, "Slice", inputs, 4, order);
}

void neuron_onnx_add_upsample2d(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const int64_t *from = node->spec.inputs[0].extent, *to = node->spec.output.extent;
    bool nearest = neuron_onnx_option_is(node, "interpolation", "nearest");
    float *scales = neuron_onnx_floats(writer, 4);
    if (!scales)
        return;
    scales[0] = scales[1] = 1;
    scales[2] = (float)(to[0] / from[0]);
    scales[3] = (float)(to[1] / from[1]);
    const char *inputs[] = {neuron_onnx_input(writer, node, 0, NEURON_ONNX_CHANNELS_FIRST), "",
                            neuron_onnx_constant(writer, neuron_onnx_part(writer, node, "scales"),
                                                 NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT,
                                                 &(int64_t){4}, 1, scales)};
    neuron_onnx_operator *added =
        neuron_onnx_add_last(writer, node, "Resize", inputs, 3, NEURON_ONNX_CHANNELS_FIRST);
    neuron_onnx_set_word(writer, added, "mode", nearest ? "nearest" : "linear");
    neuron_onnx_set_word(writer, added, "coordinate_transformation_mode",
                         nearest ? "asymmetric" : "half_pixel");
    if (nearest)
        neuron_onnx_set_word(writer, added, "nearest_mode", "floor");
}
