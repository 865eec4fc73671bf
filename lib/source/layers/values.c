/* Layers that change each value for itself. */
#include "source/layers/layer.h"

#include "source/text/number.h"

#include <math.h>

enum { MAP = NEURON_SOURCE_CHAINS | NEURON_SOURCE_IN_PLACE };

#define MAPPED(layer, more_flags, apply_function)                                                  \
    const neuron_source_layer neuron_source_##layer = {.name = #layer,                             \
                                                       .flags = MAP | (more_flags),                \
                                                       .write = neuron_write_map,                  \
                                                       .apply = apply_function}

/* ---- Activations ---- */

/* One that has no options. */
#define ACTIVATION(layer, lines)                                                                   \
    static void apply_##layer(neuron_writer *writer, const neuron_node_t *node,                    \
                              const char *channel)                                                 \
    {                                                                                              \
        (void)node;                                                                                \
        (void)channel;                                                                             \
        writer->needs_math = true;                                                                 \
        neuron_write_lines(writer, lines);                                                         \
    }                                                                                              \
    MAPPED(layer, 0, apply_##layer)

ACTIVATION(exponential, "v = expf(v);\n");
ACTIVATION(hard_swish, "v = v < -3.0f ? 0.0f : v > 3.0f ? v : v * ((v + 3.0f) / 6.0f);\n");
ACTIVATION(selu, "v = 1.05070098735548f * (v > 0.0f ? v : 1.67326324235438f * expm1f(v));\n");
ACTIVATION(sigmoid, "v = 1.0f / (1.0f + expf(-v));\n");
ACTIVATION(softplus, "v = (v < 0.0f ? 0.0f : v) + log1pf(expf(-fabsf(v)));\n");
ACTIVATION(softsign, "v = fabsf(v) > 1e30f ? (v < 0.0f ? -1.0f : 1.0f) : v / (1.0f + fabsf(v));\n");
ACTIVATION(tanh, "v = tanhf(v);\n");
/* Where the share is gone, so is infinity. */
ACTIVATION(silu, "{\n"
                 "const float share = 1.0f / (1.0f + expf(-v));\n"
                 "v = share == 0.0f ? 0.0f : v * share;\n"
                 "}\n");

static void apply_relu(neuron_writer *writer, const neuron_node_t *node, const char *channel)
{
    (void)node;
    (void)channel;
    neuron_write_lines(writer, "v = v < 0.0f ? 0.0f : v;\n"); /* what is no number stays so */
}
MAPPED(relu, 0, apply_relu);

static void write_gelu(neuron_writer *writer, const neuron_node_t *node, const char *channel)
{
    (void)channel;
    writer->needs_math = true;
    neuron_write_lines(writer, "{\n");
    neuron_write_lines(writer,
                       neuron_source_option(node, NEURON_NODE_APPROXIMATE)
                           ? "const float inner = 1.59576912f * v * (1.0f + 0.044715f * v * v);\n"
                             "const float share = 1.0f / (1.0f + expf(-inner));\n"
                           : "const float share = 0.5f * erfcf(-0.70710678f * v);\n");
    neuron_write_lines(writer, "v = share == 0.0f ? 0.0f : v * share;\n}\n");
}
MAPPED(gelu, 0, write_gelu);

/* Lines with one option as a float, @a@. */
static void write_option(neuron_writer *writer, const neuron_node_t *node, int32_t key,
                         const char *lines)
{
    char text[NEURON_FLOAT_TEXT];
    neuron_float_text((float)neuron_source_real(node, key), text);
    WRITE(writer, lines, TEXT("a", text));
}

static void apply_leaky_relu(neuron_writer *writer, const neuron_node_t *node, const char *channel)
{
    (void)channel;
    write_option(writer, node, NEURON_NODE_SLOPE, "v = v < 0.0f ? @a@ * v : v;\n");
}
MAPPED(leaky_relu, 0, apply_leaky_relu);

static void apply_clip(neuron_writer *writer, const neuron_node_t *node, const char *channel)
{
    (void)channel;
    write_option(writer, node, NEURON_NODE_MINIMUM, "v = v < @a@ ? @a@ : v;\n");
    write_option(writer, node, NEURON_NODE_MAXIMUM, "v = v > @a@ ? @a@ : v;\n");
}
MAPPED(clip, 0, apply_clip);

static void apply_elu(neuron_writer *writer, const neuron_node_t *node, const char *channel)
{
    (void)channel;
    writer->needs_math = true;
    write_option(writer, node, NEURON_NODE_ALPHA, "v = v > 0.0f ? v : @a@ * expm1f(v);\n");
}
MAPPED(elu, 0, apply_elu);

static void apply_rescale(neuron_writer *writer, const neuron_node_t *node, const char *channel)
{
    char scale[NEURON_FLOAT_TEXT], offset[NEURON_FLOAT_TEXT];
    (void)channel;
    WRITE(
        writer, "v = v * @scale@ + @offset@;\n",
        TEXT("scale", neuron_float_text((float)neuron_source_real(node, NEURON_NODE_SCALE), scale)),
        TEXT("offset",
             neuron_float_text((float)neuron_source_real(node, NEURON_NODE_OFFSET), offset)));
}
MAPPED(rescale, 0, apply_rescale);

/* ---- Numbers for each channel ---- */

/* Lines in which @prefix@ and @channel@ lead to the numbers of a channel. */
static void write_channel(neuron_writer *writer, const neuron_node_t *node, const char *channel,
                          const char *lines)
{
    char prefix[NEURON_NODE_TEXT];
    WRITE(writer, lines, TEXT("prefix", neuron_node_prefix(writer, node, prefix)),
          TEXT("channel", channel));
}

static void apply_prelu(neuron_writer *writer, const neuron_node_t *node, const char *channel)
{
    if (neuron_write_arrays_now(writer, node))
        neuron_write_floats(writer, node, "alpha", neuron_source_values(node, "alpha"),
                            neuron_source_channels(node));
    write_channel(writer, node, channel, "v = v < 0.0f ? @prefix@_alpha[@channel@] * v : v;\n");
}
MAPPED(prelu, NEURON_SOURCE_CHANNELS, apply_prelu);

neuron_affine neuron_batch_norm_affine(const neuron_node_t *node, int64_t channel)
{
    double gamma = (double)neuron_source_values(node, "gamma")[channel];
    double beta = (double)neuron_source_values(node, "beta")[channel];
    double mean = (double)neuron_source_values(node, "moving_mean")[channel];
    double variance = (double)neuron_source_values(node, "moving_variance")[channel];
    double scale = gamma / sqrt(variance + neuron_source_real(node, NEURON_NODE_EPSILON));
    return (neuron_affine){.scale = scale, .shift = beta - mean * scale};
}

static void write_affine(neuron_writer *writer, const neuron_node_t *node)
{
    int64_t channels = neuron_source_channels(node);
    float *scale = neuron_writer_floats(writer, 2 * channels);
    if (!scale)
        return;
    float *shift = scale + channels;
    for (int64_t c = 0; c < channels; c++) {
        const neuron_affine affine = neuron_batch_norm_affine(node, c);
        scale[c] = (float)affine.scale;
        shift[c] = (float)affine.shift;
    }
    neuron_write_floats(writer, node, "scale", scale, channels);
    neuron_write_floats(writer, node, "shift", shift, channels);
    neuron_release(writer->graph->context, scale);
}

static void apply_batch_norm(neuron_writer *writer, const neuron_node_t *node, const char *channel)
{
    if (neuron_write_arrays_now(writer, node))
        write_affine(writer, node);
    write_channel(writer, node, channel,
                  "v = v * @prefix@_scale[@channel@] + @prefix@_shift[@channel@];\n");
}
MAPPED(batch_norm, NEURON_SOURCE_CHANNELS, apply_batch_norm);

/* The mean, and what values are multiplied by: a deviation of 0 counts as 1. */
static void write_standard(neuron_writer *writer, const neuron_node_t *node, bool inverse)
{
    int64_t channels = neuron_source_channels(node);
    const float *deviation = neuron_source_values(node, "deviation");
    float *scale = neuron_writer_floats(writer, channels);
    if (!scale)
        return;
    for (int64_t c = 0; c < channels; c++) {
        float by = deviation[c] == 0 ? 1 : deviation[c];
        scale[c] = inverse ? by : 1 / by;
    }
    neuron_write_floats(writer, node, "mean", neuron_source_values(node, "mean"), channels);
    neuron_write_floats(writer, node, "scale", scale, channels);
    neuron_release(writer->graph->context, scale);
}

static void apply_standardize(neuron_writer *writer, const neuron_node_t *node, const char *channel)
{
    if (neuron_write_arrays_now(writer, node))
        write_standard(writer, node, false);
    write_channel(writer, node, channel,
                  "v = (v - @prefix@_mean[@channel@]) * @prefix@_scale[@channel@];\n");
}
MAPPED(standardize, NEURON_SOURCE_CHANNELS, apply_standardize);

static void apply_unstandardize(neuron_writer *writer, const neuron_node_t *node,
                                const char *channel)
{
    if (neuron_write_arrays_now(writer, node))
        write_standard(writer, node, true);
    write_channel(writer, node, channel,
                  "v = v * @prefix@_scale[@channel@] + @prefix@_mean[@channel@];\n");
}
MAPPED(unstandardize, NEURON_SOURCE_CHANNELS, apply_unstandardize);
