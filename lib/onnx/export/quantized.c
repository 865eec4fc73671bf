/* Quantised layers, as operators of floats between bytes: what is quantised and at once taken back.
 * A runtime makes operators of bytes of these where it has them. */
#include "onnx/export/layers.h"
#include "onnx/export/windows.h"

#include "base/checked.h"

enum { KERNEL, SCALE, BIAS };

/* The input as bytes, and back. */
static const char *quantize_input(neuron_onnx_writer *writer, const neuron_node_t *node,
                                  neuron_onnx_order order)
{
    uint8_t *zero = neuron_onnx_get(writer, 1, 1);
    if (!zero)
        return NULL;
    *zero = (uint8_t)neuron_onnx_option(node, NEURON_NODE_INPUT_ZERO_POINT);
    const char *scale = neuron_onnx_number(writer, neuron_onnx_part(writer, node, "input_scale"),
                                           neuron_onnx_option(node, NEURON_NODE_INPUT_SCALE));
    const char *point =
        neuron_onnx_constant(writer, neuron_onnx_part(writer, node, "input_zero_point"),
                             NEURON__ONNX__TENSOR__DATA_TYPE__UINT8, &(int64_t){0}, 0, zero);
    const char *input = neuron_onnx_input(writer, node, 0, order);
    const char *bytes = neuron_onnx_step(writer, node, "QuantizeLinear", "input_bytes",
                                         (const char *[]){input, scale, point}, 3);
    return neuron_onnx_step(writer, node, "DequantizeLinear", "input",
                            (const char *[]){bytes, scale, point}, 3);
}

/* Weights are integers in the graph, as [places, in, out]; a model has [out, in, places], or
 * [in, out] of dense layers. */
static const int8_t *weights_of(neuron_onnx_writer *writer, const neuron_graph_array *array,
                                int64_t in, int64_t out, bool turns)
{
    const float *from = neuron_onnx_array_values(writer, array);
    int64_t places = array->count / (in * out);
    int8_t *to = neuron_onnx_get(writer, neuron_size(array->count), 1);
    for (int64_t p = 0; to && p < places; p++)
        for (int64_t i = 0; i < in; i++)
            for (int64_t o = 0; o < out; o++)
                to[turns ? (o * in + i) * places + p : i * out + o] =
                    (int8_t)neuron_nearest_weight(*from++);
    return to;
}

/* The kernel as floats, with a scale for each output, along `axis`. */
static const char *add_weights(neuron_onnx_writer *writer, const neuron_node_t *node,
                               const int64_t *extents, int32_t rank, int64_t axis)
{
    const neuron_graph_array *kernel = neuron_onnx_array(writer, node, KERNEL);
    const neuron_shape *shape = &kernel->array->shape;
    int64_t out = shape->extent[shape->rank - 1];
    const int8_t *weights =
        weights_of(writer, kernel, shape->extent[shape->rank - 2], out, rank > 2);
    int8_t *zeros = neuron_onnx_get(writer, neuron_size(out), 1);
    if (!weights || !zeros)
        return NULL;
    const char *bytes = neuron_onnx_add_array_as(
        writer, kernel, NEURON__ONNX__TENSOR__DATA_TYPE__INT8, extents, rank, weights);
    const char *points =
        neuron_onnx_constant(writer, neuron_onnx_part(writer, node, "zero_points"),
                             NEURON__ONNX__TENSOR__DATA_TYPE__INT8, &out, 1, zeros);
    const char *inputs[] = {bytes, neuron_onnx_add_array(writer, node, SCALE), points};
    const char *name = neuron_onnx_part(writer, node, "weights");
    neuron_onnx_set_integer(
        writer, neuron_onnx_add(writer, "DequantizeLinear", name, inputs, 3, name), "axis", axis);
    return name;
}

void neuron_onnx_add_quantized_dense(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const char *inputs[] = {quantize_input(writer, node, NEURON_ONNX_CHANNELS_LAST),
                            add_weights(writer, node, node->spec.arrays[KERNEL].shape.extent, 2, 1),
                            neuron_onnx_add_array(writer, node, BIAS)};
    neuron_onnx_add_last(writer, node, "Gemm", inputs, 3, NEURON_ONNX_CHANNELS_LAST);
}

void neuron_onnx_add_quantized_conv2d(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    const int64_t *shape = node->spec.arrays[KERNEL].shape.extent;
    const int64_t extents[] = {shape[3], shape[2], shape[0], shape[1]};
    const char *inputs[] = {quantize_input(writer, node, NEURON_ONNX_CHANNELS_FIRST),
                            add_weights(writer, node, extents, 4, 0),
                            neuron_onnx_add_array(writer, node, BIAS)};
    neuron_onnx_set_windows(
        writer, neuron_onnx_add_last(writer, node, "Conv", inputs, 3, NEURON_ONNX_CHANNELS_FIRST),
        node);
}
