/* The JSON library, with this library's answers to what can fail, and without its reading and
 * writing of real numbers, which depend on the locale. */
#ifndef BASE_FILES_JSON_H
#define BASE_FILES_JSON_H

#include "base/compiler/attributes.h"
#include "base/context.h"

#include <jansson.h>

/* What messages show of a name or a text that comes from a file. */
#define NEURON_JSON_NAME "%.127s"

/* Parses an object without duplicate keys. A message begins with `who` and tells the byte, counted
 * from `first`: the place of the text in its file. */
NEURON_SHARED int neuron_json_parse(json_t **json, neuron_context_t *context, const char *text,
                                    size_t size, size_t first, const char *who);

/* These take `value` over, as NULL too: it is what a failed json_... call returns. */
NEURON_SHARED int neuron_json_set(json_t *object, const char *key, json_t *value);
NEURON_SHARED int neuron_json_append(json_t *array, json_t *value);

/* NEURON_E_NOT_FINITE for what is infinite or not a number, which JSON does not have. */
NEURON_SHARED int neuron_json_set_real(json_t *object, const char *key, double value);
int neuron_json_append_real(json_t *array, double value);

/* Writes compact text, without a '\0', and returns how many bytes it has; what goes beyond
 * `capacity` is left out. Nothing for NULL. */
size_t neuron_json_print(char *text, size_t capacity, const json_t *value);

/* Writes compact text, keys in the order they were set, and a '\0' that `size` does not count. */
NEURON_SHARED int neuron_json_write(char **text, size_t *size, neuron_context_t *context,
                                    const json_t *json);

/* What a message shows of a value, which may be NULL: a number or a text as it is, else compact
 * JSON; what is long is cut. */
enum { NEURON_JSON_TEXT = 336 };
NEURON_SHARED const char *neuron_json_text(const json_t *value, char text[NEURON_JSON_TEXT]);

/* How messages tell that something of a file is not as it is here. */
#define NEURON_JSON_DIFFERS "%s: %s is " NEURON_JSON_NAME " in the file, " NEURON_JSON_NAME " here"

/* NEURON_E_DATA with such a message if `theirs`, of a file, is not the same as `ours`; a number is
 * the same as an equal one of another kind, and NULL as nothing but NULL. */
NEURON_SHARED int neuron_json_compare(const json_t *theirs, const json_t *ours, const char *name,
                                      const char *who);

/* NEURON_E_MEMORY with its message. */
NEURON_SHARED int neuron_json_no_memory(void);

#endif
