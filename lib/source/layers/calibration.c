/* Calibration: probabilities that are made again of their logarithms, or by a table. */
#include "source/layers/layer.h"

#include "source/text/number.h"

#include <string.h>

static const char least[] = "1.17549435e-38f", most[] = "0.999999940f";

static bool normalizes(const neuron_node_t *node)
{
    return neuron_source_option_or(node, NEURON_NODE_NORMALIZE, 0) != 0;
}

/* Divides a row by its sum; where that is 0, all become alike. */
static void write_shares(neuron_writer *writer)
{
    WRITE(writer,
          "float sum = 0.0f;\n"
          "for (long k = 0; k < @channels@; k++) {\n"
          "sum += y[row + k];\n"
          "}\n"
          "for (long k = 0; k < @channels@; k++) {\n"
          "y[row + k] = sum == 0.0f ? 1.0f / @channels@.0f : y[row + k] / sum;\n"
          "}\n",
          NUMBER("channels", neuron_source_channels(writer->step->node)));
}

/* A scale and a bias for each channel; a temperature is the scale of all. */
static void write_scaling_arrays(neuron_writer *writer)
{
    const neuron_node_t *node = writer->step->node;
    int64_t channels = neuron_source_channels(node);
    const float *temperature = neuron_source_values(node, "temperature");
    const float *scale = neuron_source_values(node, "scale");
    const float *bias = neuron_source_values(node, "bias");
    if (!neuron_write_arrays_now(writer, node))
        return;
    float *numbers = neuron_writer_floats(writer, 2 * channels);
    if (!numbers)
        return;
    for (int64_t k = 0; k < channels; k++) {
        numbers[k] = temperature ? 1 / temperature[0] : scale[k];
        numbers[channels + k] = temperature ? 0 : bias[k];
    }
    neuron_write_floats(writer, node, "scale", numbers, channels);
    neuron_write_floats(writer, node, "bias", numbers + channels, channels);
    neuron_release(writer->graph->context, numbers);
}

static void write_softmax(neuron_writer *writer)
{
    WRITE(writer,
          "float largest = -INFINITY;\n"
          "float sum = 0.0f;\n"
          "for (long k = 0; k < @channels@; k++) {\n"
          "const float p = x[row + k] < @least@ ? @least@ : x[row + k];\n"
          "y[row + k] = @node@_scale[k] * logf(p) + @node@_bias[k];\n"
          "largest = y[row + k] > largest ? y[row + k] : largest;\n"
          "}\n"
          "for (long k = 0; k < @channels@; k++) {\n"
          "y[row + k] = expf(y[row + k] - largest);\n"
          "sum += y[row + k];\n"
          "}\n"
          "for (long k = 0; k < @channels@; k++) {\n"
          "y[row + k] /= sum;\n"
          "}\n",
          TEXT("least", least), NUMBER("channels", neuron_source_channels(writer->step->node)));
}

static void write_sigmoid(neuron_writer *writer)
{
    WRITE(writer,
          "for (long k = 0; k < @channels@; k++) {\n"
          "float p = x[row + k] < @least@ ? @least@ : x[row + k];\n"
          "p = p > @most@ ? @most@ : p;\n"
          "const float score = @node@_scale[k] * logf(p / (1.0f - p)) + @node@_bias[k];\n"
          "y[row + k] = 1.0f / (1.0f + expf(-score));\n"
          "}\n",
          TEXT("least", least), TEXT("most", most),
          NUMBER("channels", neuron_source_channels(writer->step->node)));
}

static void write_scaling(neuron_writer *writer)
{
    enum { SIGMOID = 1 };
    const neuron_node_t *node = writer->step->node;
    bool sigmoid = neuron_source_option(node, NEURON_NODE_ACTIVATION) == SIGMOID;
    writer->needs_math = true;
    write_scaling_arrays(writer);
    WRITE(writer, "for (long row = 0; row < @count@; row += @channels@) {\n",
          NUMBER("channels", neuron_source_channels(node)));
    (sigmoid ? write_sigmoid : write_softmax)(writer);
    if (sigmoid && normalizes(node))
        write_shares(writer);
    neuron_write_lines(writer, "}\n");
}

const neuron_source_layer neuron_source_temperature_scaling = {.name = "temperature_scaling",
                                                               .write = write_scaling};
const neuron_source_layer neuron_source_vector_scaling = {.name = "vector_scaling",
                                                          .write = write_scaling};

/* Looks for the first point that is not below the value. */
static void write_table(neuron_writer *writer)
{
    const neuron_node_t *node = writer->step->node;
    int64_t channels = neuron_source_channels(node);
    int64_t points = neuron_source_option(node, NEURON_NODE_POINTS);
    if (neuron_write_arrays_now(writer, node)) {
        neuron_write_floats(writer, node, "x", neuron_source_values(node, "x"), channels * points);
        neuron_write_floats(writer, node, "y", neuron_source_values(node, "y"), channels * points);
    }
    WRITE(writer,
          "for (long row = 0; row < @count@; row += @channels@) {\n"
          "for (long k = 0; k < @channels@; k++) {\n"
          "const float v = x[row + k];\n"
          "const float *tx = @node@_x + k * @points@;\n"
          "const float *ty = @node@_y + k * @points@;\n"
          "long first = 0;\n"
          "long behind = @points@;\n"
          "while (first < behind) {\n"
          "const long middle = first + (behind - first) / 2;\n"
          "if (tx[middle] >= v) {\n"
          "behind = middle;\n"
          "} else {\n"
          "first = middle + 1;\n"
          "}\n"
          "}\n"
          "if (v != v) {\n"
          "y[row + k] = v;\n"
          "} else if (first == 0 || first == @points@) {\n"
          "y[row + k] = ty[first == 0 ? 0 : @points@ - 1];\n"
          "} else {\n"
          "const float share = (v - tx[first - 1]) / (tx[first] - tx[first - 1]);\n"
          "y[row + k] = ty[first - 1] + share * (ty[first] - ty[first - 1]);\n"
          "}\n"
          "}\n",
          NUMBER("channels", channels), NUMBER("points", points));
    if (normalizes(node))
        write_shares(writer);
    neuron_write_lines(writer, "}\n");
}

const neuron_source_layer neuron_source_piecewise_linear = {.name = "piecewise_linear",
                                                            .write = write_table};

/* ---- Prediction sets ---- */

/* Goes through the classes in the order of their probabilities. */
static void write_walk(neuron_writer *writer)
{
    enum { RAPS = 2 };
    const neuron_node_t *node = writer->step->node;
    char penalty[NEURON_FLOAT_TEXT];
    bool regularized = neuron_source_option(node, NEURON_NODE_METHOD) == RAPS;
    neuron_float_text(regularized ? (float)neuron_source_real(node, NEURON_NODE_PENALTY) : 0,
                      penalty);
    WRITE(writer,
          "float sum = 0.0f;\n"
          "long last = -1;\n"
          "for (long place = 1; place <= @channels@; place++) {\n"
          "long next = -1;\n"
          "for (long k = 0; k < @channels@; k++) {\n"
          "const float v = x[row + k];\n"
          "const int behind = last < 0 || v < x[row + last] || (v == x[row + last] && k > last);\n"
          "if (behind && (next < 0 || v > x[row + next])) {\n"
          "next = k;\n"
          "}\n"
          "}\n"
          "if (next < 0) {\n"
          "break;\n"
          "}\n"
          "sum += x[row + next];\n"
          "last = next;\n"
          "const float beyond = place > @k_reg@ ? @penalty@ * (float)(place - @k_reg@) : 0.0f;\n"
          "if (!(sum + beyond <= @node@_threshold[0])) {\n"
          "break;\n"
          "}\n"
          "y[row + next] = 1.0f;\n"
          "}\n",
          NUMBER("channels", neuron_source_channels(node)),
          NUMBER("k_reg", neuron_source_option(node, NEURON_NODE_K_REG)), TEXT("penalty", penalty));
}

static void write_prediction_set(neuron_writer *writer)
{
    enum { LAC = 0 };
    const neuron_node_t *node = writer->step->node;
    bool lac = neuron_source_option(node, NEURON_NODE_METHOD) == LAC;
    neuron_field channels = NUMBER("channels", neuron_source_channels(node));
    writer->needs_math = true;
    if (neuron_write_arrays_now(writer, node))
        neuron_write_floats(writer, node, "threshold", neuron_source_values(node, "threshold"), 1);
    WRITE(writer,
          "for (long row = 0; row < @count@; row += @channels@) {\n"
          "long most = 0;\n"
          "float all = 0.0f;\n"
          "for (long k = 0; k < @channels@; k++) {\n"
          "most = x[row + k] > x[row + most] ? k : most;\n"
          "all += x[row + k];\n",
          channels);
    neuron_write_lines(writer, lac ? "y[row + k] = 1.0f - x[row + k] <= @node@_threshold[0] ? 1.0f "
                                     ": 0.0f;\n}\n"
                                   : "y[row + k] = 0.0f;\n}\n");
    if (!lac)
        write_walk(writer);
    if (neuron_source_option(node, NEURON_NODE_ALLOW_EMPTY) == 0)
        neuron_write_lines(writer, "y[row + most] = 1.0f;\n");
    WRITE(writer,
          "(void)most;\n"
          "for (long k = 0; all != all && k < @channels@; k++) {\n"
          "y[row + k] = (float)NAN;\n"
          "}\n"
          "}\n",
          channels);
}

const neuron_source_layer neuron_source_prediction_set = {.name = "prediction_set",
                                                          .write = write_prediction_set};
