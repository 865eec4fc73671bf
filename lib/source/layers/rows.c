/* Layers that work on all values along an axis: softmax and layer normalisation. */
#include "source/layers/layer.h"

#include "source/text/number.h"

/* ---- Softmax ---- */

/* The largest value is taken away first, so that no exponential overflows. The sum is followed by
 * lines that make each y[i]. */
static void write_shares(neuron_writer *writer, const char *powers, const char *results)
{
    const neuron_shape *shape = &writer->step->node->spec.output;
    int64_t axis = neuron_source_option(writer->step->node, NEURON_NODE_AXIS), step = 1;
    axis = axis < 0 ? shape->rank - 1 : axis;
    for (int64_t a = axis + 1; a < shape->rank; a++)
        step *= shape->extent[a];
    writer->needs_math = true;
    WRITE(writer,
          "for (long row = 0; row < @count@; row += @row@) {\n"
          "for (long first = row; first < row + @step@; first++) {\n"
          "float most = x[first];\n"
          "float sum = 0.0f;\n"
          "for (long i = first; i < first + @row@; i += @step@) {\n"
          "most = x[i] > most ? x[i] : most;\n"
          "}\n"
          "for (long i = first; i < first + @row@; i += @step@) {\n",
          NUMBER("row", shape->extent[axis] * step), NUMBER("step", step));
    neuron_write_lines(writer, powers);
    WRITE(writer,
          "}\n"
          "for (long i = first; i < first + @row@; i += @step@) {\n",
          NUMBER("row", shape->extent[axis] * step), NUMBER("step", step));
    neuron_write_lines(writer, results);
    neuron_write_lines(writer, "}\n}\n}\n");
}

static void write_softmax(neuron_writer *writer)
{
    write_shares(writer, "y[i] = expf(x[i] - most);\nsum += y[i];\n", "y[i] /= sum;\n");
}

static void write_log_softmax(neuron_writer *writer)
{
    write_shares(writer, "sum += expf(x[i] - most);\n", "y[i] = x[i] - most - logf(sum);\n");
}

const neuron_source_layer neuron_source_softmax = {
    .name = "softmax", .flags = NEURON_SOURCE_IN_PLACE, .write = write_softmax};

const neuron_source_layer neuron_source_log_softmax = {
    .name = "log_softmax", .flags = NEURON_SOURCE_IN_PLACE, .write = write_log_softmax};

/* ---- Layer normalisation ---- */

/* Sums in eight parts, which are vectors of a processor and lose fewer digits. */
static void write_row_sum(neuron_writer *writer, const char *value)
{
    WRITE(writer,
          "float part[8] = {0.0f};\n"
          "for (long c = 0; c + 8 <= @channels@; c += 8) {\n"
          "for (long j = 0; j < 8; j++) {\n"
          "const float d = x[row + c + j]@value@;\n"
          "part[j] += @term@;\n"
          "}\n"
          "}\n"
          "for (long c = @rest@; c < @channels@; c++) {\n"
          "const float d = x[row + c]@value@;\n"
          "part[0] += @term@;\n"
          "}\n",
          TEXT("value", value), TEXT("term", *value ? "d * d" : "d"),
          NUMBER("channels", neuron_source_channels(writer->step->node)),
          NUMBER("rest", neuron_source_channels(writer->step->node) / 8 * 8));
}

static void write_layer_norm(neuron_writer *writer)
{
    const neuron_node_t *node = writer->step->node;
    int64_t channels = neuron_source_channels(node);
    char epsilon[NEURON_FLOAT_TEXT];
    neuron_float_text((float)neuron_source_real(node, NEURON_NODE_EPSILON), epsilon);
    writer->needs_math = true;
    if (neuron_write_arrays_now(writer, node)) {
        neuron_write_floats(writer, node, "gamma", neuron_source_values(node, "gamma"), channels);
        neuron_write_floats(writer, node, "beta", neuron_source_values(node, "beta"), channels);
    }
    WRITE(writer,
          "for (long row = 0; row < @count@; row += @channels@) {\n"
          "float mean = 0.0f;\n"
          "float variance = 0.0f;\n",
          NUMBER("channels", channels));
    for (int pass = 0; pass < 2; pass++) {
        neuron_write_lines(writer, "{\n");
        write_row_sum(writer, pass == 0 ? "" : " - mean");
        WRITE(writer,
              "for (long j = 0; j < 8; j++) {\n"
              "@sum@ += part[j] / @channels@.0f;\n"
              "}\n"
              "}\n",
              TEXT("sum", pass == 0 ? "mean" : "variance"), NUMBER("channels", channels));
    }
    WRITE(writer,
          "const float scale = 1.0f / sqrtf(variance + @epsilon@);\n"
          "for (long c = 0; c < @channels@; c++) {\n",
          TEXT("epsilon", epsilon), NUMBER("channels", channels));
    neuron_write_store(writer, "y[row + c]",
                       "(x[row + c] - mean) * scale * @node@_gamma[c] + @node@_beta[c]", "c");
    neuron_write_lines(writer, "}\n}\n");
}

const neuron_source_layer neuron_source_layer_norm = {
    .name = "layer_norm",
    .flags = NEURON_SOURCE_CHAINS | NEURON_SOURCE_IN_PLACE,
    .write = write_layer_norm,
};
