/* The classes of Keras by our layers, and the names of its groups. */
#include "keras/weights/classes.h"

#include "base/files/json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
    char layer[24], name[24];
} rows[] = {
    {"add", "Add"},
    {"average", "Average"},
    {"average_pool1d", "AveragePooling1D"},
    {"average_pool2d", "AveragePooling2D"},
    {"batch_norm", "BatchNormalization"},
    {"clip", "ReLU"},
    {"concat", "Concatenate"},
    {"conv1d", "Conv1D"},
    {"conv2d", "Conv2D"},
    {"conv2d_transpose", "Conv2DTranspose"},
    {"dense", "Dense"},
    {"depthwise_conv2d", "DepthwiseConv2D"},
    {"dropout", "Dropout"},
    {"elu", "ELU"},
    {"exponential", "Activation"},
    {"flatten", "Flatten"},
    {"gaussian_noise", "GaussianNoise"},
    {"gelu", "Activation"},
    {"global_average_pool1d", "GlobalAveragePooling1D"},
    {"global_average_pool2d", "GlobalAveragePooling2D"},
    {"global_max_pool1d", "GlobalMaxPooling1D"},
    {"global_max_pool2d", "GlobalMaxPooling2D"},
    {"hard_swish", "Activation"},
    {"input", "InputLayer"},
    {"layer_norm", "LayerNormalization"},
    {"leaky_relu", "LeakyReLU"},
    {"log_softmax", "Activation"},
    {"max_pool1d", "MaxPooling1D"},
    {"max_pool2d", "MaxPooling2D"},
    {"multiply", "Multiply"},
    {"permute", "Permute"},
    {"prelu", "PReLU"},
    {"random_rotation", "RandomRotation"},
    {"relu", "Activation"},
    {"rescale", "Rescaling"},
    {"reshape", "Reshape"},
    {"selu", "Activation"},
    {"sigmoid", "Activation"},
    {"silu", "Activation"},
    {"softmax", "Softmax"},
    {"softplus", "Activation"},
    {"softsign", "Activation"},
    {"standardize", "Normalization"},
    {"tanh", "Activation"},
    {"unstandardize", "Normalization"},
    {"upsample2d", "UpSampling2D"},
    {"zero_pad2d", "ZeroPadding2D"},
};

const char *neuron_keras_class_of(const neuron_node_t *node)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].layer, node->spec.layer->name) == 0)
            return rows[i].name;
    return NULL;
}

/* "Conv2DTranspose" as "conv2d_transpose": '_' goes before a capital that a small letter follows,
 * or that follows one. */
static void put_snake(char *to, size_t size, const char *name)
{
    size_t used = 0;
    for (size_t i = 0; name[i] && used + 2 < size; i++) {
        unsigned char c = (unsigned char)name[i];
        bool begins = isupper(c) && i > 0 &&
                      (islower((unsigned char)name[i + 1]) || islower((unsigned char)name[i - 1]));
        if (!isalnum(c) && c != '_')
            continue;
        if (begins)
            to[used++] = '_';
        to[used++] = (char)(isupper(c) ? c - 'A' + 'a' : c);
    }
    to[used] = '\0';
}

int neuron_keras_next_group(char group[NEURON_KERAS_GROUP], json_t *counts, const char *class_name)
{
    char snake[NEURON_KERAS_GROUP - 24];
    put_snake(snake, sizeof snake, class_name);
    json_int_t before = json_integer_value(json_object_get(counts, snake));
    if (before == 0)
        snprintf(group, NEURON_KERAS_GROUP, "%s", snake);
    else
        snprintf(group, NEURON_KERAS_GROUP, "%s_%" JSON_INTEGER_FORMAT, snake, before);
    return neuron_json_set(counts, snake, json_integer(before + 1));
}

void neuron_keras_layer_name(char name[NEURON_NODE_NAME_MAX + 1], const neuron_node_t *node)
{
    snprintf(name, NEURON_NODE_NAME_MAX + 1, "%s", node->name);
    for (char *c = name; *c; c++)
        if (*c == '/')
            *c = '_';
}

void neuron_keras_join_name(char name[NEURON_NODE_NAME_MAX + 1], const char *base,
                            const char *suffix, json_int_t number)
{
    char digits[24] = "";
    if (number > 1)
        snprintf(digits, sizeof digits, "_%" JSON_INTEGER_FORMAT, number);
    size_t behind = strlen(suffix) + strlen(digits);
    size_t length = strnlen(base, NEURON_NODE_NAME_MAX - behind);
    while (length > 0 && ((unsigned char)base[length] & 0xc0) == 0x80)
        length--;
    snprintf(name, NEURON_NODE_NAME_MAX + 1, "%.*s%s%s", (int)length, base, suffix, digits);
}

bool neuron_keras_is_standard(const neuron_node_t *node)
{
    const char *name = node->spec.layer->name;
    return strcmp(name, "standardize") == 0 || strcmp(name, "unstandardize") == 0;
}
