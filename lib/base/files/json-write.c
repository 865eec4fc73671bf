/* Writing JSON. The library's own writer of real numbers asks the locale for its point, and fails
 * or writes what no reader takes where that has several bytes. */
#include "base/files/json.h"

#include "base/text/number.h"

#include <stdio.h>
#include <string.h>

/* Where text goes: what does not fit is counted only. */
typedef struct sink {
    char *text;
    size_t capacity, length;
} sink;

static void put_bytes(sink *to, const char *bytes, size_t size)
{
    if (to->length < to->capacity)
        memcpy(to->text + to->length, bytes,
               size < to->capacity - to->length ? size : to->capacity - to->length);
    to->length += size;
}

static void put(sink *to, const char *text)
{
    put_bytes(to, text, strlen(text));
}

static void put_escape(sink *to, unsigned char character)
{
    static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = memchr(escaped, character, sizeof escaped - 1);
    char text[8];
    if (found)
        snprintf(text, sizeof text, "\\%c", letters[found - escaped]);
    else
        snprintf(text, sizeof text, "\\u%04X", (unsigned)character);
    put(to, text);
}

static void put_string(sink *to, const char *string, size_t length)
{
    size_t begin = 0;
    put(to, "\"");
    for (size_t i = 0; i < length; i++) {
        unsigned char character = (unsigned char)string[i];
        if (character >= 0x20 && character != '"' && character != '\\')
            continue;
        put_bytes(to, string + begin, i - begin);
        put_escape(to, character);
        begin = i + 1;
    }
    put_bytes(to, string + begin, length - begin);
    put(to, "\"");
}

static void put_value(sink *to, const json_t *value);

static void put_array(sink *to, const json_t *array)
{
    put(to, "[");
    for (size_t i = 0; i < json_array_size(array); i++) {
        put(to, i > 0 ? "," : "");
        put_value(to, json_array_get(array, i));
    }
    put(to, "]");
}

static void put_object(sink *to, json_t *object)
{
    void *place = json_object_iter(object);
    put(to, "{");
    for (bool first = true; place; first = false) {
        const char *key = json_object_iter_key(place);
        put(to, first ? "" : ",");
        put_string(to, key, strlen(key));
        put(to, ":");
        put_value(to, json_object_iter_value(place));
        place = json_object_iter_next(object, place);
    }
    put(to, "}");
}

static void put_value(sink *to, const json_t *value)
{
    char text[NEURON_NUMBER_TEXT];
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        put_object(to, (json_t *)(uintptr_t)value);
        break;
    case JSON_ARRAY:
        put_array(to, value);
        break;
    case JSON_STRING:
        put_string(to, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        put(to, text);
        break;
    case JSON_REAL:
        put(to, neuron_number_exact(json_real_value(value), text));
        break;
    case JSON_TRUE:
        put(to, "true");
        break;
    case JSON_FALSE:
        put(to, "false");
        break;
    default:
        put(to, "null");
    }
}

size_t neuron_json_print(char *text, size_t capacity, const json_t *value)
{
    sink to = {text, capacity, 0};
    if (value)
        put_value(&to, value);
    return to.length;
}

int neuron_json_write(char **text, size_t *size, neuron_context_t *context, const json_t *json)
{
    size_t needed = neuron_json_print(NULL, 0, json);
    char *made = neuron_allocate(context, needed + 1, 1);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_json_print(made, needed, json);
    made[needed] = '\0';
    *text = made;
    *size = needed;
    return NEURON_OK;
}
