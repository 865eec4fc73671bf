/* Activation functions by the names that Keras has for them. */
#include "keras/import/reader.h"

#include <string.h>

static const struct {
    char name[16], layer[16], options[24];
} rows[] = {
    {"elu", "elu", "alpha=1"},
    {"exponential", "exponential", ""},
    {"gelu", "gelu", ""},
    {"hard_silu", "hard_swish", ""},
    {"hard_swish", "hard_swish", ""},
    {"leaky_relu", "leaky_relu", "slope=0.2"},
    {"log_softmax", "log_softmax", ""},
    {"log_softmax_v2", "log_softmax", ""}, /* what TensorFlow calls it */
    {"relu", "relu", ""},
    {"relu6", "clip", "minimum=0, maximum=6"},
    {"selu", "selu", ""},
    {"sigmoid", "sigmoid", ""},
    {"silu", "silu", ""},
    {"softmax", "softmax", ""},
    {"softplus", "softplus", ""},
    {"softsign", "softsign", ""},
    {"swish", "silu", ""},
    {"tanh", "tanh", ""},
};

/* The name: a text, or that of an object which Keras writes for a function of its own. */
static const char *name_of(const json_t *function)
{
    const json_t *config = json_object_get(function, "config");
    if (json_is_string(function))
        return json_string_value(function);
    return json_is_string(config) ? json_string_value(config) : NULL;
}

void neuron_keras_add_function(neuron_keras_call *call, const json_t *function,
                               const char *argument, const char *suffix)
{
    const char *name = name_of(function);
    if (!function || (name && strcmp(name, "linear") == 0))
        return;
    for (size_t i = 0; name && i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        strcpy(call->options, rows[i].options);
        if (suffix)
            neuron_keras_add(call, rows[i].layer, suffix);
        else
            neuron_keras_add_base(call, rows[i].layer);
        return;
    }
    neuron_keras_refuse(call, argument, function);
}
