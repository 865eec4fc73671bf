/* What is made of each class of layers of Keras. */
#include "keras/import/reader.h"

#include <stdio.h>
#include <string.h>

/* ---- Nodes ---- */

/* Each name that is taken tells the number that comes next. */
void neuron_keras_name(char name[NEURON_NODE_NAME_MAX + 1], neuron_keras_reader *reader,
                       const char *base, const char *suffix)
{
    char first[NEURON_NODE_NAME_MAX + 1];
    json_int_t number = 1;
    neuron_keras_join_name(first, base, suffix, 1);
    strcpy(name, first);
    while (json_object_get(reader->names, name)) {
        json_int_t next = json_integer_value(json_object_get(reader->names, first));
        number = number < next ? next : number + 1;
        neuron_keras_join_name(name, base, suffix, number);
    }
    if (neuron_json_set(reader->names, name, json_integer(2)) < 0 ||
        (number > 1 && neuron_json_set(reader->names, first, json_integer(number + 1)) < 0))
        neuron_keras_stop(reader, NEURON_E_MEMORY);
}

/* Keeps a failure of the graph's. Wrong numbers in a file are not the caller's fault. */
static void look_for_failure(neuron_keras_call *call)
{
    neuron_keras_reader *reader = call->reader;
    int status = reader->graph->status;
    if (reader->status != NEURON_OK || status == NEURON_OK)
        return;
    if (status != NEURON_E_MEMORY)
        neuron_set_message("%s: layer \"%.100s\" (%.60s): %s", reader->source, call->layer->name,
                           call->layer->class_name, reader->graph->message);
    neuron_keras_stop(reader, status == NEURON_E_ARGUMENT ? NEURON_E_FORMAT : status);
}

static neuron_node_t *make(neuron_keras_call *call, const char *layer)
{
    neuron_keras_reader *reader = call->reader;
    neuron_node_t *const *inputs = call->output ? &call->output : call->inputs;
    int64_t count = call->output ? 1 : (int64_t)call->input_count;
    if (reader->status != NEURON_OK)
        return NULL;
    neuron_node_t *node = neuron_layer_by_name(reader->graph, layer, inputs, count, call->options);
    call->options[0] = '\0';
    look_for_failure(call);
    return node;
}

void neuron_keras_add(neuron_keras_call *call, const char *layer, const char *suffix)
{
    char name[NEURON_NODE_NAME_MAX + 1];
    neuron_node_t *node = make(call, layer);
    if (!node)
        return;
    neuron_keras_name(name, call->reader, call->layer->node, suffix);
    neuron_node_set_name(node, name);
    look_for_failure(call);
    call->output = node;
}

void neuron_keras_add_base(neuron_keras_call *call, const char *layer)
{
    neuron_keras_reader *reader = call->reader;
    neuron_keras_layer *of = call->layer;
    if (reader->status != NEURON_OK)
        return;
    if (!of->base) {
        of->base = call->output = make(call, layer);
        if (of->base)
            neuron_node_set_name(of->base, of->node);
    } else {
        char name[NEURON_NODE_NAME_MAX + 1];
        neuron_node_t *const *inputs = call->output ? &call->output : call->inputs;
        call->options[0] = '\0';
        call->output = neuron_shared_layer(reader->graph, of->base, inputs,
                                           call->output ? 1 : (int64_t)call->input_count);
        neuron_keras_name(name, reader, of->node, "_again");
        if (call->output)
            neuron_node_set_name(call->output, name);
    }
    look_for_failure(call);
}

/* ---- Parts of arguments ---- */

static const char *const paddings[] = {"valid", "same", NULL};
static const char *const paddings_of_sequences[] = {"valid", "same", "causal", NULL};

static void add_activation(neuron_keras_call *call)
{
    json_t *function = neuron_keras_take(call, "activation");
    neuron_keras_add_function(call, function, "activation", "_activation");
    json_decref(function);
}

/* Options `<name>_height` and `<name>_width`, or `<name>` of a sequence. */
static void set_extents(neuron_keras_call *call, const char *name, const char *sequence,
                        const int64_t *values, size_t count)
{
    char text[40];
    if (count == 1) {
        neuron_keras_option(call, sequence, (double)values[0]);
        return;
    }
    snprintf(text, sizeof text, "%s_height", name);
    neuron_keras_option(call, text, (double)values[0]);
    snprintf(text, sizeof text, "%s_width", name);
    neuron_keras_option(call, text, (double)values[1]);
}

/* Kernel, strides and padding of windows with so many axes. */
static void set_windows(neuron_keras_call *call, size_t axes, bool dilates)
{
    int64_t kernel[2], strides[2], dilations[2] = {1, 1};
    enum { CAUSAL = 2 };
    neuron_keras_integers(call, "kernel_size", kernel, axes, 0);
    neuron_keras_integers(call, "strides", strides, axes, 1);
    set_extents(call, "kernel", "kernel_size", kernel, axes);
    set_extents(call, "stride", "stride", strides, axes);
    neuron_keras_integers(call, "dilation_rate", dilations, axes, 1);
    if (dilates)
        set_extents(call, "dilation", "dilation", dilations, axes);
    /* A transposed convolution has none here. */
    for (size_t i = 0; !dilates && i < axes; i++)
        if (dilations[i] != 1) {
            json_t *value = json_integer(dilations[i]);
            neuron_keras_refuse(call, "dilation_rate", value);
            json_decref(value);
        }
    size_t word = neuron_keras_word(call, "padding", axes == 1 ? paddings_of_sequences : paddings);
    if (word == CAUSAL) /* as many zeros before as the window reaches back */
        neuron_keras_option(call, "padding_before", (double)((kernel[0] - 1) * dilations[0]));
    else
        neuron_keras_option_word(call, "padding", paddings[word]);
}

static void set_bias(neuron_keras_call *call)
{
    bool bias = neuron_keras_flag(call, "use_bias", true);
    neuron_keras_option_word(call, "use_bias", bias ? "yes" : "no");
}

/* ---- Layers with kernels ---- */

static void read_dense(neuron_keras_call *call)
{
    neuron_keras_option(call, "units", (double)neuron_keras_integer(call, "units", 0));
    set_bias(call);
    neuron_keras_add_base(call, "dense");
    add_activation(call);
}

static void read_convolution(neuron_keras_call *call, size_t axes, const char *layer)
{
    neuron_keras_option(call, "filters", (double)neuron_keras_integer(call, "filters", 0));
    neuron_keras_option(call, "groups", (double)neuron_keras_integer(call, "groups", 1));
    set_windows(call, axes, true);
    set_bias(call);
    neuron_keras_add_base(call, layer);
    add_activation(call);
}

static void read_conv1d(neuron_keras_call *call)
{
    read_convolution(call, 1, "conv1d");
}

static void read_conv2d(neuron_keras_call *call)
{
    read_convolution(call, 2, "conv2d");
}

static void read_conv2d_transpose(neuron_keras_call *call)
{
    neuron_keras_option(call, "filters", (double)neuron_keras_integer(call, "filters", 0));
    neuron_keras_integer(call, "groups", 1);
    set_windows(call, 2, false);
    set_bias(call);
    neuron_keras_add_base(call, "conv2d_transpose");
    add_activation(call);
}

static void read_depthwise_conv2d(neuron_keras_call *call)
{
    static const char *const from_parent[] = {"filters", "groups"};
    neuron_keras_option(call, "depth_multiplier",
                        (double)neuron_keras_integer(call, "depth_multiplier", 1));
    set_windows(call, 2, true);
    set_bias(call);
    /* Keras 2 has these of its parent class beside. */
    for (size_t i = 0; i < 2; i++)
        json_decref(neuron_keras_take(call, from_parent[i]));
    neuron_keras_add_base(call, "depthwise_conv2d");
    add_activation(call);
}

/* ---- Pooling ---- */

static void read_pool(neuron_keras_call *call, size_t axes, const char *layer)
{
    int64_t window[2], strides[2];
    neuron_keras_integers(call, "pool_size", window, axes, 2);
    bool given = !json_is_null(json_object_get(call->arguments, "strides")) &&
                 json_object_get(call->arguments, "strides");
    neuron_keras_integers(call, "strides", strides, axes, 1);
    set_extents(call, "kernel", "kernel_size", window, axes);
    set_extents(call, "stride", "stride", given ? strides : window, axes);
    neuron_keras_option_word(call, "padding",
                             paddings[neuron_keras_word(call, "padding", paddings)]);
    neuron_keras_add_base(call, layer);
}

#define POOL(axes, kind)                                                                           \
    static void read_##kind##_pool##axes##d(neuron_keras_call *call)                               \
    {                                                                                              \
        read_pool(call, axes, #kind "_pool" #axes "d");                                            \
    }
POOL(1, max)
POOL(2, max)
POOL(1, average)
POOL(2, average)
#undef POOL

/* ---- Layers with nothing to tell ---- */

#define PLAIN(name)                                                                                \
    static void read_##name(neuron_keras_call *call)                                               \
    {                                                                                              \
        neuron_keras_add_base(call, #name);                                                        \
    }
PLAIN(add)
PLAIN(average)
PLAIN(multiply)
PLAIN(flatten)
PLAIN(global_average_pool1d)
PLAIN(global_average_pool2d)
PLAIN(global_max_pool1d)
PLAIN(global_max_pool2d)
#undef PLAIN

/* ---- Normalisation ---- */

static void read_batch_norm(neuron_keras_call *call)
{
    neuron_keras_last_axis(call, "axis");
    neuron_keras_option(call, "momentum", neuron_keras_real(call, "momentum", 0.99));
    neuron_keras_option(call, "epsilon", neuron_keras_real(call, "epsilon", 0.001));
    call->layer->skips[0] = !neuron_keras_flag(call, "scale", true);
    call->layer->skips[1] = !neuron_keras_flag(call, "center", true);
    neuron_keras_add_base(call, "batch_norm");
}

static void read_layer_norm(neuron_keras_call *call)
{
    neuron_keras_last_axis(call, "axis");
    neuron_keras_option(call, "epsilon", neuron_keras_real(call, "epsilon", 0.001));
    call->layer->skips[0] = !neuron_keras_flag(call, "scale", true);
    call->layer->skips[1] = !neuron_keras_flag(call, "center", true);
    neuron_keras_add_base(call, "layer_norm");
}

static void read_normalization(neuron_keras_call *call)
{
    neuron_keras_last_axis(call, "axis");
    bool invert = neuron_keras_flag(call, "invert", false);
    const json_t *config = json_object_get(call->layer->json, "config");
    call->layer->mean = json_object_get(config, "mean");
    call->layer->variance = json_object_get(config, "variance");
    json_decref(neuron_keras_take(call, "mean"));
    json_decref(neuron_keras_take(call, "variance"));
    neuron_keras_add_base(call, invert ? "unstandardize" : "standardize");
}

static void read_rescaling(neuron_keras_call *call)
{
    neuron_keras_option(call, "scale", neuron_keras_real(call, "scale", 1));
    neuron_keras_option(call, "offset", neuron_keras_real(call, "offset", 0));
    neuron_keras_add_base(call, "rescale");
}

/* ---- Shapes ---- */

static void read_reshape(neuron_keras_call *call)
{
    json_t *shape = neuron_keras_take(call, "target_shape");
    int64_t extents[NEURON_RANK_MAX], rank = (int64_t)json_array_size(shape), given = 1, open = -1;
    if (!json_is_array(shape) || rank < 1 || rank >= NEURON_RANK_MAX || call->input_count != 1) {
        neuron_keras_refuse(call, "target_shape", shape);
        rank = 0;
    }
    for (int64_t i = 0; i < rank; i++) {
        extents[i] = json_integer_value(json_array_get(shape, (size_t)i));
        if (extents[i] == -1 && open < 0)
            open = i;
        else if (extents[i] < 1 || extents[i] > INT32_MAX || given > INT32_MAX)
            neuron_keras_refuse(call, "target_shape", shape);
        else
            given *= extents[i];
    }
    /* Options do not know a place for the rest, as the builder call does. */
    int64_t all = 1;
    for (int32_t axis = 0; rank > 0 && axis < call->inputs[0]->spec.output.rank; axis++)
        all *= call->inputs[0]->spec.output.extent[axis];
    if (open >= 0)
        extents[open] = all / given;
    for (int64_t i = 0; i < rank; i++) {
        char name[24];
        snprintf(name, sizeof name, "extent_%d", (int)i);
        neuron_keras_option(call, name, (double)extents[i]);
    }
    json_decref(shape);
    neuron_keras_add_base(call, "reshape");
}

/* A number for each side: one for all, one for each axis, or two for each. */
static void read_sides(neuron_keras_call *call, const char *argument, int64_t sides[4])
{
    json_t *value = neuron_keras_take(call, argument);
    bool wrong = false;
    for (size_t i = 0; i < 4; i++) {
        const json_t *one = value;
        if (json_is_array(one))
            one = json_array_get(one, i / 2);
        if (json_is_array(one))
            one = json_array_get(one, i % 2);
        sides[i] = value ? json_integer_value(one) : argument[0] == 'p';
        wrong |= value && (!json_is_integer(one) || sides[i] < 0);
    }
    if (wrong)
        neuron_keras_refuse(call, argument, value);
    json_decref(value);
}

static void read_zero_padding2d(neuron_keras_call *call)
{
    static const char *const names[] = {"top", "bottom", "left", "right"};
    int64_t sides[4];
    read_sides(call, "padding", sides);
    for (size_t i = 0; i < 4; i++)
        neuron_keras_option(call, names[i], (double)sides[i]);
    neuron_keras_add_base(call, "zero_pad2d");
}

/* A sequence goes through the zeros as an image with one column. */
static void read_zero_padding1d(neuron_keras_call *call)
{
    int64_t ends[2];
    const neuron_shape *shape = &call->inputs[0]->spec.output;
    int64_t length = shape->rank == 2 ? shape->extent[0] : 0, channels = shape->extent[1];
    if (json_is_array(json_object_get(call->arguments, "padding"))) {
        neuron_keras_integers(call, "padding", ends, 2, 1);
    } else {
        ends[0] = neuron_keras_integer(call, "padding", 1);
        ends[1] = ends[0];
    }
    neuron_keras_option(call, "extent_0", (double)length);
    neuron_keras_option(call, "extent_1", 1);
    neuron_keras_option(call, "extent_2", (double)channels);
    neuron_keras_add(call, "reshape", "_image");
    neuron_keras_option(call, "top", (double)ends[0]);
    neuron_keras_option(call, "bottom", (double)ends[1]);
    neuron_keras_add(call, "zero_pad2d", "_zeros");
    neuron_keras_option(call, "extent_0", (double)(length + ends[0] + ends[1]));
    neuron_keras_option(call, "extent_1", (double)channels);
    neuron_keras_add_base(call, "reshape");
}

static void read_permute(neuron_keras_call *call)
{
    json_t *dims = neuron_keras_take(call, "dims");
    size_t count = json_array_size(dims);
    int32_t rank = call->inputs[0]->spec.output.rank;
    bool fits = (int64_t)count == rank;
    for (size_t i = 0; fits && i < count; i++) {
        char name[32];
        json_int_t axis = json_integer_value(json_array_get(dims, i));
        fits = axis >= 1 && axis <= rank;
        snprintf(name, sizeof name, "axis_%zu", i);
        neuron_keras_option(call, name, (double)axis - 1);
    }
    if (!fits)
        neuron_keras_refuse(call, "dims", dims);
    json_decref(dims);
    neuron_keras_add_base(call, "permute");
}

static void read_cropping2d(neuron_keras_call *call)
{
    int64_t sides[4];
    read_sides(call, "cropping", sides);
    for (size_t axis = 0; axis < 2; axis++) {
        const neuron_shape *shape = &call->inputs[0]->spec.output;
        int64_t extent = shape->rank == 3 ? shape->extent[axis] : 0;
        neuron_keras_option(call, "axis", (double)axis);
        neuron_keras_option(call, "begin", (double)sides[2 * axis]);
        neuron_keras_option(call, "count",
                            (double)(extent - sides[2 * axis] - sides[2 * axis + 1]));
        if (axis == 0)
            neuron_keras_add(call, "slice", "_rows");
        else
            neuron_keras_add_base(call, "slice");
    }
}

static void read_upsampling2d(neuron_keras_call *call)
{
    static const char *const words[] = {"nearest", "bilinear", NULL};
    int64_t size[2];
    neuron_keras_integers(call, "size", size, 2, 2);
    neuron_keras_option(call, "factor_height", (double)size[0]);
    neuron_keras_option(call, "factor_width", (double)size[1]);
    neuron_keras_option_word(call, "interpolation",
                             words[neuron_keras_word(call, "interpolation", words)]);
    neuron_keras_add_base(call, "upsample2d");
}

static void read_concatenate(neuron_keras_call *call)
{
    neuron_keras_option(call, "axis", (double)neuron_keras_axis(call, "axis", -1));
    neuron_keras_add_base(call, "concat");
}

/* ---- What acts in training ---- */

static void read_dropout(neuron_keras_call *call)
{
    neuron_keras_option(call, "rate", neuron_keras_real(call, "rate", 0));
    neuron_keras_add_base(call, "dropout");
}

static void read_gaussian_noise(neuron_keras_call *call)
{
    neuron_keras_option(call, "deviation", neuron_keras_real(call, "stddev", 0));
    neuron_keras_add_base(call, "gaussian_noise");
}

/* ---- Activations ---- */

static void read_activation(neuron_keras_call *call)
{
    json_t *function = neuron_keras_take(call, "activation");
    const char *name = json_string_value(function);
    if (name && strcmp(name, "linear") == 0) {
        neuron_keras_option(call, "scale", 1);
        neuron_keras_option(call, "offset", 0);
        neuron_keras_add_base(call, "rescale");
    } else if (function) {
        neuron_keras_add_function(call, function, "activation", NULL);
    } else {
        neuron_keras_refuse(call, "activation", NULL);
    }
    json_decref(function);
}

static void read_relu(neuron_keras_call *call)
{
    double slope = neuron_keras_real(call, "negative_slope", 0);
    json_t *most = neuron_keras_take(call, "max_value");
    double threshold = neuron_keras_real(call, "threshold", 0);
    if (threshold != 0) {
        json_t *value = json_real(threshold);
        neuron_keras_refuse(call, "threshold", value);
        json_decref(value);
    }
    if (most && (slope != 0 || !json_is_number(most)))
        neuron_keras_refuse(call, "max_value", most);
    if (slope != 0)
        neuron_keras_option(call, "slope", slope);
    if (most) {
        neuron_keras_option(call, "minimum", 0);
        neuron_keras_option(call, "maximum", json_number_value(most));
    }
    neuron_keras_add_base(call, slope != 0 ? "leaky_relu" : most ? "clip" : "relu");
    json_decref(most);
}

static void read_leaky_relu(neuron_keras_call *call)
{
    double slope = neuron_keras_real(call, "alpha", 0.3); /* in Keras 2 */
    neuron_keras_option(call, "slope", neuron_keras_real(call, "negative_slope", slope));
    neuron_keras_add_base(call, "leaky_relu");
}

static void read_elu(neuron_keras_call *call)
{
    neuron_keras_option(call, "alpha", neuron_keras_real(call, "alpha", 1));
    neuron_keras_add_base(call, "elu");
}

/* One slope for each channel: of images these are shared along all other axes. */
static void read_prelu(neuron_keras_call *call)
{
    json_t *axes = neuron_keras_take(call, "shared_axes");
    int32_t rank = call->input_count > 0 ? call->inputs[0]->spec.output.rank : 0;
    bool fits = (int64_t)json_array_size(axes) == rank - 1;
    for (size_t i = 0; fits && i < json_array_size(axes); i++)
        fits = json_integer_value(json_array_get(axes, i)) == (json_int_t)i + 1;
    if (!fits)
        neuron_keras_refuse(call, "shared_axes", axes);
    json_decref(axes);
    neuron_keras_add_base(call, "prelu");
}

static void read_softmax(neuron_keras_call *call)
{
    neuron_keras_option(call, "axis", (double)neuron_keras_axis(call, "axis", -1));
    neuron_keras_add_base(call, "softmax");
}

/* ---- The table ---- */

static const struct {
    char name[24];
    void (*read)(neuron_keras_call *call);
} rows[] = {
    {"Activation", read_activation},
    {"Add", read_add},
    {"Average", read_average},
    {"AveragePooling1D", read_average_pool1d},
    {"AveragePooling2D", read_average_pool2d},
    {"BatchNormalization", read_batch_norm},
    {"Concatenate", read_concatenate},
    {"Conv1D", read_conv1d},
    {"Conv2D", read_conv2d},
    {"Conv2DTranspose", read_conv2d_transpose},
    {"Cropping2D", read_cropping2d},
    {"Dense", read_dense},
    {"DepthwiseConv2D", read_depthwise_conv2d},
    {"Dropout", read_dropout},
    {"ELU", read_elu},
    {"Flatten", read_flatten},
    {"GaussianNoise", read_gaussian_noise},
    {"GlobalAveragePooling1D", read_global_average_pool1d},
    {"GlobalAveragePooling2D", read_global_average_pool2d},
    {"GlobalMaxPooling1D", read_global_max_pool1d},
    {"GlobalMaxPooling2D", read_global_max_pool2d},
    {"LayerNormalization", read_layer_norm},
    {"LeakyReLU", read_leaky_relu},
    {"MaxPooling1D", read_max_pool1d},
    {"MaxPooling2D", read_max_pool2d},
    {"Multiply", read_multiply},
    {"Normalization", read_normalization},
    {"PReLU", read_prelu},
    {"Permute", read_permute},
    {"ReLU", read_relu},
    {"Rescaling", read_rescaling},
    {"Reshape", read_reshape},
    {"Softmax", read_softmax},
    {"UpSampling2D", read_upsampling2d},
    {"ZeroPadding1D", read_zero_padding1d},
    {"ZeroPadding2D", read_zero_padding2d},
};

/* Regularisers of Keras, which it writes as objects. */
static void set_regularizer(neuron_keras_call *call, const char *array, const json_t *regularizer,
                            const char *argument)
{
    const char *name = json_string_value(json_object_get(regularizer, "class_name"));
    const json_t *config = json_object_get(regularizer, "config");
    double l1 = json_number_value(json_object_get(config, "l1"));
    double l2 = json_number_value(json_object_get(config, "l2"));
    if (!name ||
        (strcmp(name, "L1") != 0 && strcmp(name, "L2") != 0 && strcmp(name, "L1L2") != 0)) {
        neuron_keras_refuse(call, argument, regularizer);
    } else if (call->reader->status == NEURON_OK && call->layer->base) {
        neuron_node_set_regularizer(call->layer->base, array, l1, l2);
        look_for_failure(call);
    }
}

static void read_regularizers(neuron_keras_call *call)
{
    static const struct {
        char argument[24], array[8];
    } names[] = {{"kernel_regularizer", "kernel"}, {"depthwise_regularizer", "kernel"},
                 {"bias_regularizer", "bias"},     {"gamma_regularizer", "gamma"},
                 {"beta_regularizer", "beta"},     {"alpha_regularizer", "alpha"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *value = neuron_keras_take(call, names[i].argument);
        if (value)
            set_regularizer(call, names[i].array, value, names[i].argument);
        json_decref(value);
    }
}

static void run(neuron_keras_call *call)
{
    neuron_keras_reader *reader = call->reader;
    neuron_keras_layer *layer = call->layer;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, layer->class_name) == 0) {
            rows[i].read(call);
            read_regularizers(call);
            neuron_keras_end_arguments(call);
            if (reader->status == NEURON_OK && layer->base && layer->frozen)
                neuron_node_set_trainable(layer->base, 0);
            return;
        }
    neuron_set_message("%s: layer \"%.100s\": there is no layer like %.60s here", reader->source,
                       layer->name, layer->class_name);
    neuron_keras_stop(reader, NEURON_E_UNSUPPORTED);
}

neuron_node_t *neuron_keras_apply(neuron_keras_reader *reader, neuron_keras_layer *layer,
                                  const neuron_keras_nodes *inputs)
{
    neuron_keras_call call = {reader, layer, inputs->nodes, inputs->count, NULL, NULL, ""};
    if (reader->status != NEURON_OK)
        return NULL;
    call.arguments = json_copy(json_object_get(layer->json, "config"));
    if (!call.arguments) {
        neuron_keras_stop(reader, neuron_json_no_memory());
        return NULL;
    }
    run(&call);
    json_decref(call.arguments);
    return reader->status == NEURON_OK ? call.output : NULL;
}
