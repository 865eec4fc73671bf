/* Arguments of Keras's layers by the options of ours. */
#include "keras/export/writer.h"

#include "layers/layer.h"

#include <string.h>

void neuron_keras_set(neuron_keras_writer *writer, json_t *config, const char *name, json_t *value)
{
    if (writer->status != NEURON_OK)
        json_decref(value);
    else if (neuron_json_set(config, name, value) < 0)
        neuron_keras_fail(writer, NEURON_E_MEMORY);
}

void neuron_keras_set_number(neuron_keras_writer *writer, json_t *config, const char *name,
                             double value)
{
    if (writer->status == NEURON_OK)
        neuron_keras_fail(writer, neuron_json_set_real(config, name, value));
}

static double option(const neuron_node_t *node, int32_t key)
{
    return neuron_options_value(&node->spec.options, key);
}

static int64_t whole(const neuron_node_t *node, int32_t key)
{
    return (int64_t)option(node, key);
}

static void set_integer(neuron_keras_writer *writer, json_t *config, const char *name,
                        int64_t value)
{
    neuron_keras_set(writer, config, name, json_integer(value));
}

static void set_pair(neuron_keras_writer *writer, json_t *config, const char *name, int64_t first,
                     int64_t second)
{
    neuron_keras_set(writer, config, name, json_pack("[I, I]", first, second));
}

/* ---- Windows ---- */

static void set_padding(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    bool same = whole(node, NEURON_NODE_PADDING) == NEURON_PADDING_SAME;
    neuron_keras_set(writer, config, "padding", json_string(same ? "same" : "valid"));
}

static void set_windows(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node,
                        const char *size)
{
    if (node->spec.inputs[0].rank == 2) {
        neuron_keras_set(writer, config, size,
                         json_pack("[I]", whole(node, NEURON_NODE_KERNEL_SIZE)));
        neuron_keras_set(writer, config, "strides",
                         json_pack("[I]", whole(node, NEURON_NODE_STRIDE)));
    } else {
        set_pair(writer, config, size, whole(node, NEURON_NODE_KERNEL_HEIGHT),
                 whole(node, NEURON_NODE_KERNEL_WIDTH));
        set_pair(writer, config, "strides", whole(node, NEURON_NODE_STRIDE_HEIGHT),
                 whole(node, NEURON_NODE_STRIDE_WIDTH));
    }
    set_padding(writer, config, node);
    neuron_keras_set(writer, config, "data_format", json_string("channels_last"));
}

static void set_bias(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    neuron_keras_set(writer, config, "use_bias", json_boolean(whole(node, NEURON_NODE_USE_BIAS)));
    neuron_keras_set(writer, config, "activation", json_string("linear"));
}

static void set_dilations(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    if (node->spec.inputs[0].rank == 2)
        neuron_keras_set(writer, config, "dilation_rate",
                         json_pack("[I]", whole(node, NEURON_NODE_DILATION)));
    else
        set_pair(writer, config, "dilation_rate", whole(node, NEURON_NODE_DILATION_HEIGHT),
                 whole(node, NEURON_NODE_DILATION_WIDTH));
}

/* Keras refuses strides with dilations for most of its convolutions; which ones, its backend
 * knows. */
static void describe_convolution(neuron_keras_writer *writer, json_t *config,
                                 const neuron_node_t *node)
{
    set_integer(writer, config, "filters", whole(node, NEURON_NODE_FILTERS));
    set_integer(writer, config, "groups", whole(node, NEURON_NODE_GROUPS));
    set_windows(writer, config, node, "kernel_size");
    set_dilations(writer, config, node);
    set_bias(writer, config, node);
}

static void describe_transpose(neuron_keras_writer *writer, json_t *config,
                               const neuron_node_t *node)
{
    set_integer(writer, config, "filters", whole(node, NEURON_NODE_FILTERS));
    set_windows(writer, config, node, "kernel_size");
    set_bias(writer, config, node);
}

static void describe_depthwise(neuron_keras_writer *writer, json_t *config,
                               const neuron_node_t *node)
{
    set_integer(writer, config, "depth_multiplier", whole(node, NEURON_NODE_DEPTH_MULTIPLIER));
    set_windows(writer, config, node, "kernel_size");
    set_dilations(writer, config, node);
    set_bias(writer, config, node);
}

static void describe_pool(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    set_windows(writer, config, node, "pool_size");
}

/* ---- Others ---- */

static void describe_dense(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    set_integer(writer, config, "units", whole(node, NEURON_NODE_UNITS));
    set_bias(writer, config, node);
}

static void describe_batch_norm(neuron_keras_writer *writer, json_t *config,
                                const neuron_node_t *node)
{
    set_integer(writer, config, "axis", -1);
    neuron_keras_set_number(writer, config, "momentum", option(node, NEURON_NODE_MOMENTUM));
    neuron_keras_set_number(writer, config, "epsilon", option(node, NEURON_NODE_EPSILON));
}

static void describe_layer_norm(neuron_keras_writer *writer, json_t *config,
                                const neuron_node_t *node)
{
    set_integer(writer, config, "axis", -1);
    neuron_keras_set_number(writer, config, "epsilon", option(node, NEURON_NODE_EPSILON));
}

static void describe_normalization(neuron_keras_writer *writer, json_t *config,
                                   const neuron_node_t *node)
{
    neuron_keras_set(writer, config, "axis", json_pack("[i]", -1));
    neuron_keras_set(writer, config, "invert",
                     json_boolean(strcmp(node->spec.layer->name, "unstandardize") == 0));
}

static void describe_rescale(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    neuron_keras_set_number(writer, config, "scale", option(node, NEURON_NODE_SCALE));
    neuron_keras_set_number(writer, config, "offset", option(node, NEURON_NODE_OFFSET));
}

static void describe_reshape(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    json_t *shape = json_array();
    for (int32_t axis = 0; shape && axis < node->spec.output.rank; axis++)
        if (neuron_json_append(shape, json_integer(node->spec.output.extent[axis])) < 0)
            neuron_keras_fail(writer, NEURON_E_MEMORY);
    neuron_keras_set(writer, config, "target_shape", shape);
}

static void describe_zero_pad(neuron_keras_writer *writer, json_t *config,
                              const neuron_node_t *node)
{
    neuron_keras_set(writer, config, "padding",
                     json_pack("[[I, I], [I, I]]", whole(node, NEURON_NODE_TOP),
                               whole(node, NEURON_NODE_BOTTOM), whole(node, NEURON_NODE_LEFT),
                               whole(node, NEURON_NODE_RIGHT)));
}

static void describe_upsample(neuron_keras_writer *writer, json_t *config,
                              const neuron_node_t *node)
{
    char word[24] = "";
    neuron_node_get_text(word, sizeof word, NULL, node, "interpolation");
    set_pair(writer, config, "size", whole(node, NEURON_NODE_FACTOR_HEIGHT),
             whole(node, NEURON_NODE_FACTOR_WIDTH));
    neuron_keras_set(writer, config, "interpolation", json_string(word));
}

/* Keras counts the batch. */
static void describe_axis(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    int64_t axis = whole(node, NEURON_NODE_AXIS);
    set_integer(writer, config, "axis", axis < 0 ? axis : axis + 1);
}

static void describe_dropout(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    neuron_keras_set_number(writer, config, "rate", option(node, NEURON_NODE_RATE));
}

static void describe_noise(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    neuron_keras_set_number(writer, config, "stddev", option(node, NEURON_NODE_DEVIATION));
}

static void describe_rotation(neuron_keras_writer *writer, json_t *config,
                              const neuron_node_t *node)
{
    char word[24] = "";
    neuron_node_get_text(word, sizeof word, NULL, node, "fill_mode");
    neuron_keras_set_number(writer, config, "factor", option(node, NEURON_NODE_FACTOR));
    neuron_keras_set(writer, config, "fill_mode", json_string(word));
    neuron_keras_set_number(writer, config, "fill_value", option(node, NEURON_NODE_FILL_VALUE));
}

/* Functions by the names that Keras has for them. */
static void describe_activation(neuron_keras_writer *writer, json_t *config,
                                const neuron_node_t *node)
{
    const char *name = node->spec.layer->name;
    neuron_keras_set(writer, config, "activation",
                     json_string(strcmp(name, "hard_swish") == 0 ? "hard_silu" : name));
}

static void describe_gelu(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    if (whole(node, NEURON_NODE_APPROXIMATE))
        neuron_keras_has_none(writer, node, "with approximate=yes");
    describe_activation(writer, config, node);
}

/* Of one axis, but Keras's function has the last one. */
static void describe_log_softmax(neuron_keras_writer *writer, json_t *config,
                                 const neuron_node_t *node)
{
    int64_t axis = whole(node, NEURON_NODE_AXIS);
    if (axis != -1 && axis != node->spec.output.rank - 1)
        neuron_keras_has_none(writer, node, "along another axis than the last");
    describe_activation(writer, config, node);
}

static void describe_clip(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    double most = option(node, NEURON_NODE_MAXIMUM);
    if (option(node, NEURON_NODE_MINIMUM) != 0 || most < 0)
        neuron_keras_has_none(writer, node, "with another minimum than 0");
    neuron_keras_set_number(writer, config, "max_value", most);
}

static void describe_permute(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    json_t *dims = json_array();
    for (int32_t axis = 0; dims && axis < node->spec.output.rank; axis++)
        if (neuron_json_append(dims, json_integer(whole(node, NEURON_NODE_AXIS_0 + axis) + 1)) < 0)
            neuron_keras_fail(writer, NEURON_E_MEMORY);
    neuron_keras_set(writer, config, "dims", dims);
}

static void describe_leaky_relu(neuron_keras_writer *writer, json_t *config,
                                const neuron_node_t *node)
{
    neuron_keras_set_number(writer, config,
                            writer->format == NEURON_KERAS_FORMAT_H5 ? "alpha" : "negative_slope",
                            option(node, NEURON_NODE_SLOPE));
}

static void describe_elu(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    neuron_keras_set_number(writer, config, "alpha", option(node, NEURON_NODE_ALPHA));
}

static void describe_prelu(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    json_t *axes = json_array();
    for (int32_t axis = 1; axes && axis < node->spec.output.rank; axis++)
        if (neuron_json_append(axes, json_integer(axis)) < 0)
            neuron_keras_fail(writer, NEURON_E_MEMORY);
    neuron_keras_set(writer, config, "shared_axes", axes);
}

static void describe_input(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    json_t *shape = json_pack("[n]");
    for (int32_t axis = 0; shape && axis < node->spec.output.rank; axis++)
        if (neuron_json_append(shape, json_integer(node->spec.output.extent[axis])) < 0)
            neuron_keras_fail(writer, NEURON_E_MEMORY);
    neuron_keras_set(writer, config,
                     writer->format == NEURON_KERAS_FORMAT_H5 ? "batch_input_shape" : "batch_shape",
                     shape);
    neuron_keras_set(writer, config, "dtype", json_string("float32"));
    neuron_keras_set(writer, config, "sparse", json_false());
}

static const struct {
    char layer[24];
    void (*describe)(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node);
} rows[] = {
    {"average_pool1d", describe_pool},
    {"average_pool2d", describe_pool},
    {"batch_norm", describe_batch_norm},
    {"clip", describe_clip},
    {"concat", describe_axis},
    {"conv1d", describe_convolution},
    {"conv2d", describe_convolution},
    {"conv2d_transpose", describe_transpose},
    {"dense", describe_dense},
    {"depthwise_conv2d", describe_depthwise},
    {"dropout", describe_dropout},
    {"elu", describe_elu},
    {"exponential", describe_activation},
    {"gaussian_noise", describe_noise},
    {"gelu", describe_gelu},
    {"hard_swish", describe_activation},
    {"input", describe_input},
    {"layer_norm", describe_layer_norm},
    {"leaky_relu", describe_leaky_relu},
    {"log_softmax", describe_log_softmax},
    {"max_pool1d", describe_pool},
    {"max_pool2d", describe_pool},
    {"permute", describe_permute},
    {"prelu", describe_prelu},
    {"random_rotation", describe_rotation},
    {"relu", describe_activation},
    {"rescale", describe_rescale},
    {"reshape", describe_reshape},
    {"selu", describe_activation},
    {"sigmoid", describe_activation},
    {"silu", describe_activation},
    {"softmax", describe_axis},
    {"softplus", describe_activation},
    {"softsign", describe_activation},
    {"standardize", describe_normalization},
    {"tanh", describe_activation},
    {"unstandardize", describe_normalization},
    {"upsample2d", describe_upsample},
    {"zero_pad2d", describe_zero_pad},
};

static void set_regularizers(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    for (int64_t i = 0; i < node->spec.array_count; i++) {
        const neuron_array_choice *choice = &node->choices[i];
        const char *array = node->spec.arrays[i].name;
        if (!neuron_choice_penalizes(choice) || writer->status != NEURON_OK)
            continue;
        const char *name = strcmp(array, "kernel") == 0  ? "kernel_regularizer"
                           : strcmp(array, "bias") == 0  ? "bias_regularizer"
                           : strcmp(array, "gamma") == 0 ? "gamma_regularizer"
                           : strcmp(array, "beta") == 0  ? "beta_regularizer"
                                                         : "alpha_regularizer";
        if (strcmp(node->spec.layer->name, "depthwise_conv2d") == 0 && i == 0)
            name = "depthwise_regularizer";
        json_t *numbers = json_object();
        neuron_keras_set_number(writer, numbers, "l1", choice->l1);
        neuron_keras_set_number(writer, numbers, "l2", choice->l2);
        neuron_keras_set(writer, config, name,
                         json_pack("{s:s, s:s, s:o, s:n}", "module", "keras.regularizers",
                                   "class_name", "L1L2", "config", numbers, "registered_name"));
    }
}

void neuron_keras_describe(neuron_keras_writer *writer, json_t *config, const neuron_node_t *node)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].layer, node->spec.layer->name) == 0)
            rows[i].describe(writer, config, node);
    set_regularizers(writer, config, node);
    if (node->frozen)
        neuron_keras_set(writer, config, "trainable", json_false());
}
