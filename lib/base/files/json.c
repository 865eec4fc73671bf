/* JSON by Jansson, with what it leaves to its callers: statuses and messages, memory that may run
 * out at any time, and numbers that mean the same in every locale (json-reals.c). */
#include "base/files/json.h"

#include "base/checked.h"
#include "base/files/json-reals.h"
#include "base/text/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int neuron_json_no_memory(void)
{
    return neuron_fail(NEURON_E_MEMORY, "out of memory for the header of a file");
}

static bool out_of_memory(const json_error_t *error)
{
    return error->text[0] == '\0' || json_error_code(error) == json_error_out_of_memory;
}

/* The parser's buffer for the text of a token grows with it, and when it cannot grow, characters
 * are lost without a word. So the text is parsed as the second element of a list, behind a string
 * longer than any of its tokens: if that string arrives whole, the buffer grew as far as it must.
 */
typedef struct padded_text {
    char *bytes;
    size_t padding, size; /* of the string, and of the text */
} padded_text;

/* The buffer grows from one power of two to the next. Where that would be for the closing quote,
 * and it did not grow, the parser would look for the quote behind it: then one byte more. */
static size_t padding_for(size_t size)
{
    bool grows_for_quote = ((size + 2) & (size + 1)) == 0;
    return size + grows_for_quote;
}

static int pad(padded_text *padded, neuron_context_t *context, const char *text, size_t size)
{
    size_t total, padding = padding_for(size);
    if (!neuron_add_size(size, padding, &total) || !neuron_add_size(total, 5, &total))
        return neuron_json_no_memory();
    char *made = neuron_allocate(context, total, 1);
    if (!made)
        return NEURON_E_MEMORY;
    memcpy(made, "[\"", 2);
    memset(made + 2, ' ', padding);
    memcpy(made + 2 + padding, "\",", 2);
    memcpy(made + 4 + padding, text, size);
    made[4 + padding + size] = ']';
    *padded = (padded_text){made, padding, size};
    return NEURON_OK;
}

/* The second element of the list, if it is an object. */
static json_t *take_object(json_t *list, size_t padding, json_error_t *error)
{
    if (json_string_length(json_array_get(list, 0)) != padding)
        return NULL;
    error->position = 0;
    snprintf(error->text, sizeof error->text, "one object expected");
    json_t *json = json_array_get(list, 1);
    return json_array_size(list) == 2 && json_is_object(json) ? json_incref(json) : NULL;
}

/* Parses what pad() made of a text, whose real numbers are hidden if there are any. NULL with a
 * text in `error`, or without one if there was no memory. */
static json_t *parse_padded(const padded_text *padded, const char *text, bool hidden,
                            json_error_t *error)
{
    *error = (json_error_t){0};
    json_t *list = json_loadb(padded->bytes, padded->padding + padded->size + 5,
                              JSON_REJECT_DUPLICATES, error);
    if (!list)
        return NULL;
    json_t *json = take_object(list, padded->padding, error);
    json_decref(list);
    if (!json || !hidden)
        return json;
    bool failed;
    const char *wrong = neuron_json_show_reals(json, text, padded->size, &failed);
    if (!wrong && !failed)
        return json;
    json_decref(json);
    *error = (json_error_t){0};
    if (wrong) {
        error->position = (int)(wrong - text) + (int)padded->padding + 4;
        snprintf(error->text, sizeof error->text, "real number overflow");
    }
    return NULL;
}

/* What the library makes of a byte of text at most, with memory of its own: an object without
 * members, which is three bytes, takes some 250. */
enum { TREE_BYTES = 100 };

int neuron_json_parse(json_t **json, neuron_context_t *context, const char *text, size_t size,
                      size_t first, const char *who)
{
    padded_text padded;
    json_error_t error;
    *json = NULL;
    if (!neuron_memory_allows(context, size, TREE_BYTES))
        return neuron_fail(NEURON_E_MEMORY,
                           "%s: out of memory: %zu bytes of JSON may take %d each, and "
                           "memory_limit is %" PRIu64,
                           who, size, TREE_BYTES, context->memory_limit);
    RETURN_IF_ERROR(pad(&padded, context, text, size));
    bool hidden = neuron_json_hide_reals(padded.bytes + 4 + padded.padding, size) > 0;
    *json = parse_padded(&padded, text, hidden, &error);
    /* Some failed allocations are called errors of syntax: one counts if it is found again. */
    if (!*json && !out_of_memory(&error))
        *json = parse_padded(&padded, text, hidden, &error);
    neuron_release(context, padded.bytes);
    if (*json)
        return NEURON_OK;
    if (out_of_memory(&error))
        return neuron_json_no_memory();
    size_t begin = padded.padding + 4;
    size_t place = (size_t)error.position > begin ? (size_t)error.position - begin : 0;
    return neuron_fail(NEURON_E_FORMAT, "%s: is not valid JSON at byte %zu: %s", who, first + place,
                       error.text);
}

int neuron_json_set(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) < 0 ? neuron_json_no_memory() : NEURON_OK;
}

/* `other` is a number that this one must not look like. */
static const char *show(const json_t *value, const json_t *other, char text[NEURON_JSON_TEXT])
{
    enum { DIGITS = 6, LENGTH = 80 };
    if (!value)
        return "none";
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value)) {
        snprintf(text, NEURON_JSON_TEXT, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return text;
    }
    if (json_is_real(value))
        return neuron_number_apart(json_real_value(value), json_number_value(other), DIGITS, text);
    memset(text, 0, LENGTH + 1); /* what is longer is cut, and no end is written */
    neuron_json_print(text, LENGTH, value);
    return text;
}

const char *neuron_json_text(const json_t *value, char text[NEURON_JSON_TEXT])
{
    return show(value, value, text);
}

static bool same(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b) && !(json_is_integer(a) && json_is_integer(b)))
        return json_number_value(a) == json_number_value(b);
    return (!a && !b) || json_equal(a, b);
}

int neuron_json_compare(const json_t *theirs, const json_t *ours, const char *name, const char *who)
{
    char text[2][NEURON_JSON_TEXT];
    if (same(theirs, ours))
        return NEURON_OK;
    return neuron_fail(NEURON_E_DATA, NEURON_JSON_DIFFERS, who, name, show(theirs, ours, text[0]),
                       show(ours, theirs, text[1]));
}

int neuron_json_append(json_t *array, json_t *value)
{
    return json_array_append_new(array, value) < 0 ? neuron_json_no_memory() : NEURON_OK;
}

int neuron_json_set_real(json_t *object, const char *key, double value)
{
    if (!isfinite(value))
        return neuron_fail(NEURON_E_NOT_FINITE,
                           "\"%s\" is %g, which the header of a file cannot hold", key, value);
    return neuron_json_set(object, key, json_real(value));
}

int neuron_json_append_real(json_t *array, double value)
{
    if (!isfinite(value))
        return neuron_fail(NEURON_E_NOT_FINITE,
                           "a number is %g, which the header of a file cannot hold", value);
    return neuron_json_append(array, json_real(value));
}
