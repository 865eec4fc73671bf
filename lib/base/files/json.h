/* The JSON library, with this library's answers to what can fail, and without its reading and writing
 * of real numbers, which depend on the locale. */
#ifndef BASE_FILES_JSON_H
#define BASE_FILES_JSON_H

#include "base/context.h"

#include <jansson.h>

/* What messages show of a name or a text that comes from a file. */
#define NEURON_JSON_NAME "%.127s"

/* Parses an object without duplicate keys. A message begins with `who` and tells the byte, counted
 * from `first`: the place of the text in its file. */
int neuron_json_parse(json_t **json, neuron_context_t *context, const char *text, size_t size,
                      size_t first, const char *who);

/* These take `value` over, as NULL too: it is what a failed json_... call returns. */
int neuron_json_set(json_t *object, const char *key, json_t *value);
int neuron_json_append(json_t *array, json_t *value);

/* NEURON_E_NUMBER for what is infinite or not a number, which JSON does not have. */
int neuron_json_set_real(json_t *object, const char *key, double value);
int neuron_json_append_real(json_t *array, double value);

/* Writes compact text, without a '\0', and returns how many bytes it has; what goes beyond `capacity`
 * is left out. Nothing for NULL. */
size_t neuron_json_print(char *text, size_t capacity, const json_t *value);

/* Writes compact text, keys in the order they were set, and a '\0' that `size` does not count. */
int neuron_json_write(char **text, size_t *size, neuron_context_t *context, const json_t *json);

/* NEURON_E_MEMORY with its message. */
int neuron_json_no_memory(void);

#endif
