/* Layers of bytes: the input becomes bytes, is multiplied by weights of eight bits, and whole
 * numbers are summed, so that sums are those of the library. */
#include "source/layers/convolutions.h"

#include "source/text/number.h"

#include <stdio.h>

enum { MINUS_TEXT = 16, VALUE_TEXT = 96 };

static int64_t input_size(const neuron_node_t *node)
{
    return neuron_shape_count(&node->spec.inputs[0]);
}

static neuron_source_sums sums_of(const neuron_node_t *node, char minus[MINUS_TEXT])
{
    neuron_source_sums sums = neuron_source_sums_of(neuron_source_channels(node), 1);
    snprintf(minus, MINUS_TEXT, " - %d",
             (int)neuron_source_option(node, NEURON_NODE_INPUT_ZERO_POINT));
    sums.type = "int32_t";
    sums.weight = "signed char";
    sums.minus = minus;
    return sums;
}

static void write_parameters(neuron_writer *writer)
{
    const neuron_node_t *node = writer->step->node;
    int64_t filters = neuron_source_channels(node);
    const float *own = neuron_source_values(node, "scale");
    float *scale = neuron_writer_floats(writer, filters);
    if (!scale)
        return;
    for (int64_t f = 0; f < filters; f++)
        scale[f] = (float)neuron_source_real(node, NEURON_NODE_INPUT_SCALE) * own[f];
    neuron_write_bytes(writer, node, "kernel", neuron_source_values(node, "kernel"),
                       neuron_shape_count(&node->spec.arrays[0].shape));
    neuron_write_floats(writer, node, "scale", scale, filters);
    neuron_write_floats(writer, node, "bias", neuron_source_values(node, "bias"), filters);
    neuron_release(writer->graph->context, scale);
}

/* Parameters, and the input as bytes. What is no number becomes the least of them. */
static void write_quantizer(neuron_writer *writer)
{
    const neuron_node_t *node = writer->step->node;
    int64_t zero = neuron_source_option(node, NEURON_NODE_INPUT_ZERO_POINT);
    float inverse = (float)(1 / neuron_source_real(node, NEURON_NODE_INPUT_SCALE));
    char text[NEURON_FLOAT_TEXT];
    writer->needs_math = writer->needs_integers = true;
    if (neuron_write_arrays_now(writer, node))
        write_parameters(writer);
    WRITE(writer,
          "unsigned char *bytes = (unsigned char *)scratch;\n"
          "for (long i = 0; i < @size@; i++) {\n"
          "const float v = x[i] * @inverse@;\n"
          "bytes[i] = (unsigned char)(rintf(v > @least@.0f ? (v < @most@.0f ? v : @most@.0f) : "
          "@least@.0f) + @zero@.0f);\n"
          "}\n",
          NUMBER("size", input_size(node)), TEXT("inverse", neuron_float_text(inverse, text)),
          NUMBER("least", -zero), NUMBER("most", 255 - zero), NUMBER("zero", zero));
}

/* What the sum of a filter becomes. */
static const char *value_of(const neuron_source_sums *sums, char text[VALUE_TEXT])
{
    snprintf(text, VALUE_TEXT, "(float)sum[f] * @node@_scale[%sf] + @node@_bias[%sf]", sums->first,
             sums->first);
    return text;
}

static void write_dense(neuron_writer *writer)
{
    char minus[MINUS_TEXT], value[VALUE_TEXT];
    const neuron_source_sums sums = sums_of(writer->step->node, minus);
    write_quantizer(writer);
    neuron_write_sums(writer, &sums);
    WRITE(writer,
          "const unsigned char *p = bytes;\n"
          "const signed char *k = @node@_kernel@first@;\n",
          TEXT("first", *sums.first ? " + first" : ""));
    neuron_write_products(writer, &sums, NULL, input_size(writer->step->node));
    neuron_write_sums_end(writer, &sums, value_of(&sums, value));
}

static void write_conv2d(neuron_writer *writer)
{
    char minus[MINUS_TEXT], value[VALUE_TEXT];
    const neuron_source_sums sums = sums_of(writer->step->node, minus);
    neuron_source_window window = neuron_source_window_of(writer->step->node);
    window.type = "unsigned char";
    window.from = "bytes";
    write_quantizer(writer);
    neuron_write_convolution(writer, &window, &sums, value_of(&sums, value));
}

const neuron_source_layer neuron_source_quantized_conv2d = {.name = "quantized_conv2d",
                                                            .flags = NEURON_SOURCE_CHAINS,
                                                            .write = write_conv2d,
                                                            .scratch = input_size};
const neuron_source_layer neuron_source_quantized_dense = {.name = "quantized_dense",
                                                           .flags = NEURON_SOURCE_CHAINS,
                                                           .write = write_dense,
                                                           .scratch = input_size};
