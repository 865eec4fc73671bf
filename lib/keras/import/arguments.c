/* Arguments of layers: each is read once, and what nobody has read is refused. */
#include "keras/import/reader.h"

#include "base/text/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void neuron_keras_stop(neuron_keras_reader *reader, int status)
{
    if (reader->status == NEURON_OK)
        reader->status = status;
}

void neuron_keras_refuse(neuron_keras_call *call, const char *argument, const json_t *value)
{
    char text[NEURON_JSON_TEXT];
    if (call->reader->status != NEURON_OK)
        return;
    neuron_set_message("%s: layer \"%.100s\" (%.60s): %.60s is %s%.127s%s, which is not known here",
                       call->reader->source, call->layer->name, call->layer->class_name, argument,
                       json_is_string(value) ? "\"" : "", neuron_json_text(value, text),
                       json_is_string(value) ? "\"" : "");
    neuron_keras_stop(call->reader, NEURON_E_UNSUPPORTED);
}

json_t *neuron_keras_take(neuron_keras_call *call, const char *argument)
{
    json_t *value = json_object_get(call->arguments, argument);
    json_incref(value);
    json_object_del(call->arguments, argument);
    if (json_is_null(value))
        return NULL;
    return value;
}

/* Drops an argument that was taken, and refuses one that does not fit. */
static void drop(neuron_keras_call *call, const char *argument, json_t *value, bool fits)
{
    if (value && !fits)
        neuron_keras_refuse(call, argument, value);
    json_decref(value);
}

int64_t neuron_keras_integer(neuron_keras_call *call, const char *argument, int64_t otherwise)
{
    int64_t value;
    neuron_keras_integers(call, argument, &value, 1, otherwise);
    return value;
}

/* A whole number of up to 2^53, which options may be. */
static bool is_whole(const json_t *value)
{
    double number = json_number_value(value);
    return json_is_number(value) && fabs(number) <= 9007199254740992.0 && number == floor(number);
}

void neuron_keras_integers(neuron_keras_call *call, const char *argument, int64_t *values,
                           size_t count, int64_t otherwise)
{
    json_t *value = neuron_keras_take(call, argument);
    bool is_list = json_is_array(value);
    for (size_t i = 0; i < count; i++) {
        const json_t *one = is_list ? json_array_get(value, i) : value;
        values[i] = otherwise;
        if (value && (!is_whole(one) || (is_list && json_array_size(value) != count)))
            neuron_keras_refuse(call, argument, value);
        else if (value)
            values[i] = (int64_t)json_number_value(one);
    }
    json_decref(value);
}

double neuron_keras_real(neuron_keras_call *call, const char *argument, double otherwise)
{
    json_t *value = neuron_keras_take(call, argument);
    double number = value ? json_number_value(value) : otherwise;
    drop(call, argument, value, json_is_number(value));
    return number;
}

bool neuron_keras_flag(neuron_keras_call *call, const char *argument, bool otherwise)
{
    json_t *value = neuron_keras_take(call, argument);
    bool flag = value ? json_is_true(value) : otherwise;
    drop(call, argument, value, json_is_boolean(value));
    return flag;
}

size_t neuron_keras_word(neuron_keras_call *call, const char *argument, const char *const *words)
{
    json_t *value = neuron_keras_take(call, argument);
    size_t place = 0;
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    while (value && words[place] && strcmp(words[place], text) != 0)
        place++;
    bool found = words[place] != NULL;
    drop(call, argument, value, found);
    return found ? place : 0;
}

/* How many axes the input has, with the batch. */
static int64_t axis_count(const neuron_keras_call *call)
{
    return call->input_count > 0 ? call->inputs[0]->spec.output.rank + 1 : 1;
}

void neuron_keras_last_axis(neuron_keras_call *call, const char *argument)
{
    json_t *value = neuron_keras_take(call, argument);
    const json_t *axis = json_array_size(value) == 1 ? json_array_get(value, 0) : value;
    json_int_t number = json_integer_value(axis);
    bool is_last = number == -1 || number == axis_count(call) - 1;
    drop(call, argument, value, json_is_integer(axis) && is_last);
}

int64_t neuron_keras_axis(neuron_keras_call *call, const char *argument, int64_t otherwise)
{
    json_t *value = neuron_keras_take(call, argument);
    const json_t *number = json_array_size(value) == 1 ? json_array_get(value, 0) : value;
    int64_t axis = value ? json_integer_value(number) : otherwise, all = axis_count(call);
    if (axis < 0)
        axis += all;
    if (axis < 1 || axis >= all || (value && !json_is_integer(number))) {
        neuron_keras_refuse(call, argument, value);
        axis = all > 1 ? all - 1 : 1;
    }
    json_decref(value);
    return axis - 1;
}

/* Arguments without a meaning here: how weights began, what they are computed in, and what is said
 * elsewhere as well. */
static bool is_nothing(const char *argument, const json_t *value)
{
    static const char *const names[] = {"name",
                                        "trainable",
                                        "dtype",
                                        "batch_shape",
                                        "seed",
                                        "batch_input_shape",
                                        "input_shape",
                                        "autocast",
                                        "renorm_momentum",
                                        "registered_name",
                                        "build_config",
                                        "input_dtype"};
    static const char suffix[] = "_initializer";
    size_t length = strlen(argument);
    if (json_is_null(value) || json_is_false(value))
        return true;
    if (length >= sizeof suffix && strcmp(argument + length + 1 - sizeof suffix, suffix) == 0)
        return true;
    if (strcmp(argument, "data_format") == 0 && json_is_string(value) &&
        strcmp(json_string_value(value), "channels_last") == 0)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], argument) == 0)
            return true;
    return false;
}

void neuron_keras_end_arguments(neuron_keras_call *call)
{
    void *place = json_object_iter(call->arguments);
    for (; place && call->reader->status == NEURON_OK;
         place = json_object_iter_next(call->arguments, place))
        if (!is_nothing(json_object_iter_key(place), json_object_iter_value(place)))
            neuron_keras_refuse(call, json_object_iter_key(place), json_object_iter_value(place));
}

/* ---- Options ---- */

void neuron_keras_option_word(neuron_keras_call *call, const char *name, const char *word)
{
    size_t used = strlen(call->options);
    snprintf(call->options + used, sizeof call->options - used, "%s%s=%s", used > 0 ? ", " : "",
             name, word);
}

void neuron_keras_option(neuron_keras_call *call, const char *name, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", value);
    neuron_number_point(text);
    neuron_keras_option_word(call, name, text);
}
