/* Layers that put values elsewhere: slices, padding, larger images. */
#include "source/layers/layer.h"

#include "source/text/number.h"

#include <string.h>

static int64_t product(const neuron_shape *shape, int64_t from, int64_t to)
{
    int64_t count = 1;
    for (int64_t a = from; a < to; a++)
        count *= shape->extent[a];
    return count;
}

static void write_slice(neuron_writer *writer)
{
    const neuron_node_t *node = writer->step->node;
    const neuron_shape *from = &node->spec.inputs[0], *to = &node->spec.output;
    int64_t axis = neuron_source_option(node, NEURON_NODE_AXIS);
    int64_t behind = product(to, axis + 1, to->rank);
    writer->needs_memory = true;
    WRITE(writer,
          "for (long i = 0; i < @rows@; i++) {\n"
          "memcpy(y + i * @part@, x + i * @whole@ + @begin@, @part@ * sizeof *y);\n"
          "}\n",
          NUMBER("rows", product(to, 0, axis)), NUMBER("part", to->extent[axis] * behind),
          NUMBER("whole", from->extent[axis] * behind),
          NUMBER("begin", neuron_source_option(node, NEURON_NODE_BEGIN) * behind));
}

const neuron_source_layer neuron_source_slice = {.name = "slice", .write = write_slice};

/* A loop for each axis of the output, which is written in order. */
static void write_permute(neuron_writer *writer)
{
    const neuron_node_t *node = writer->step->node;
    const neuron_shape *from = &node->spec.inputs[0], *to = &node->spec.output;
    for (int32_t a = 0; a < to->rank; a++)
        WRITE(writer, "for (long i@axis@ = 0; i@axis@ < @extent@; i@axis@++) {\n",
              NUMBER("axis", a), NUMBER("extent", to->extent[a]));
    neuron_write_lines(writer, "*y++ = x[0");
    for (int32_t a = 0; a < to->rank; a++) {
        int64_t axis = neuron_source_option(node, NEURON_NODE_AXIS_0 + a);
        WRITE(writer, " + i@axis@ * @step@", NUMBER("axis", a),
              NUMBER("step", product(from, axis + 1, from->rank)));
    }
    neuron_write_lines(writer, "];\n");
    for (int32_t a = 0; a < to->rank; a++)
        neuron_write_lines(writer, "}\n");
}

const neuron_source_layer neuron_source_permute = {.name = "permute", .write = write_permute};

static void write_concat(neuron_writer *writer)
{
    const neuron_node_t *node = writer->step->node;
    const neuron_shape *to = &node->spec.output;
    int64_t axis = neuron_source_option(node, NEURON_NODE_AXIS), begin = 0;
    axis = axis < 0 ? to->rank - 1 : axis;
    int64_t behind = product(to, axis + 1, to->rank);
    writer->needs_memory = true;
    WRITE(writer, "for (long i = 0; i < @rows@; i++) {\n", NUMBER("rows", product(to, 0, axis)));
    for (int64_t i = 0; i < node->spec.input_count; i++) {
        int64_t part = node->spec.inputs[i].extent[axis] * behind;
        WRITE(writer,
              "memcpy(y + i * @whole@ + @begin@, x[@input@] + i * @part@, @part@ * sizeof *y);\n",
              NUMBER("whole", to->extent[axis] * behind), NUMBER("begin", begin),
              NUMBER("input", i), NUMBER("part", part));
        begin += part;
    }
    neuron_write_lines(writer, "}\n");
}

const neuron_source_layer neuron_source_concat = {
    .name = "concat", .flags = NEURON_SOURCE_MANY, .write = write_concat};

static void write_zero_pad(neuron_writer *writer)
{
    const neuron_node_t *node = writer->step->node;
    const int64_t *from = node->spec.inputs[0].extent, *to = node->spec.output.extent;
    writer->needs_memory = true;
    WRITE(writer,
          "for (long i = 0; i < @count@; i++) {\n"
          "y[i] = 0.0f;\n"
          "}\n"
          "for (long row = 0; row < @rows@; row++) {\n"
          "memcpy(y + ((row + @top@) * @width@ + @left@) * @channels@, x + row * @part@, "
          "@part@ * sizeof *y);\n"
          "}\n",
          NUMBER("rows", from[0]), NUMBER("top", neuron_source_option(node, NEURON_NODE_TOP)),
          NUMBER("width", to[1]), NUMBER("left", neuron_source_option(node, NEURON_NODE_LEFT)),
          NUMBER("channels", to[2]), NUMBER("part", from[1] * from[2]));
}

const neuron_source_layer neuron_source_zero_pad2d = {.name = "zero_pad2d",
                                                      .write = write_zero_pad};

/* ---- Larger images ---- */

static void write_nearest(neuron_writer *writer, const int64_t *from, int64_t down, int64_t along)
{
    writer->needs_memory = true;
    WRITE(writer,
          "for (long row = 0; row < @rows@; row++) {\n"
          "for (long column = 0; column < @columns@; column++, y += @channels@) {\n"
          "memcpy(y, x + (row / @down@ * @width@ + column / @along@) * @channels@, "
          "@channels@ * sizeof *y);\n"
          "}\n"
          "}\n",
          NUMBER("rows", from[0] * down), NUMBER("columns", from[1] * along), NUMBER("down", down),
          NUMBER("along", along), NUMBER("width", from[1]), NUMBER("channels", from[2]));
}

/* Along one axis, the two pixels that a place of the output lies between, and the share of the
 * second. Centres of pixels are halves, and what is outside is as the edge. */
static void write_between(neuron_writer *writer, const char *place, const char *axis,
                          int64_t factor, int64_t extent)
{
    char text[NEURON_FLOAT_TEXT];
    WRITE(
        writer,
        "const float @axis@_at = ((float)@place@ + 0.5f) / @factor@ - 0.5f;\n"
        "const long @axis@_0 = @axis@_at < 0.0f ? 0 : (long)@axis@_at;\n"
        "const long @axis@_1 = @axis@_at < 0.0f || @axis@_0 == @last@ ? @axis@_0 : @axis@_0 + 1;\n"
        "const float @axis@_share = @axis@_at < 0.0f ? 0.0f : @axis@_at - (float)@axis@_0;\n",
        TEXT("place", place), TEXT("axis", axis),
        TEXT("factor", neuron_float_text((float)factor, text)), NUMBER("last", extent - 1));
}

static void write_bilinear(neuron_writer *writer, const int64_t *from, int64_t down, int64_t along)
{
    WRITE(writer, "for (long row = 0; row < @rows@; row++) {\n", NUMBER("rows", from[0] * down));
    write_between(writer, "row", "row", down, from[0]);
    WRITE(writer, "for (long column = 0; column < @columns@; column++, y += @channels@) {\n",
          NUMBER("columns", from[1] * along), NUMBER("channels", from[2]));
    write_between(writer, "column", "column", along, from[1]);
    WRITE(writer,
          "const float *a = x + (row_0 * @width@ + column_0) * @channels@;\n"
          "const float *b = x + (row_0 * @width@ + column_1) * @channels@;\n"
          "const float *c = x + (row_1 * @width@ + column_0) * @channels@;\n"
          "const float *d = x + (row_1 * @width@ + column_1) * @channels@;\n"
          "for (long i = 0; i < @channels@; i++) {\n"
          "const float above = a[i] + (b[i] - a[i]) * column_share;\n"
          "const float below = c[i] + (d[i] - c[i]) * column_share;\n"
          "y[i] = above + (below - above) * row_share;\n"
          "}\n"
          "}\n"
          "}\n",
          NUMBER("width", from[1]), NUMBER("channels", from[2]));
}

static void write_upsample(neuron_writer *writer)
{
    const neuron_node_t *node = writer->step->node;
    const int64_t *from = node->spec.inputs[0].extent;
    int64_t down = neuron_source_option(node, NEURON_NODE_FACTOR_HEIGHT);
    int64_t along = neuron_source_option(node, NEURON_NODE_FACTOR_WIDTH);
    char word[16];
    size_t needed;
    if (neuron_node_get_text(word, sizeof word, &needed, node, "interpolation") == NEURON_OK &&
        strcmp(word, "nearest") == 0)
        write_nearest(writer, from, down, along);
    else
        write_bilinear(writer, from, down, along);
}

const neuron_source_layer neuron_source_upsample2d = {.name = "upsample2d",
                                                      .write = write_upsample};
