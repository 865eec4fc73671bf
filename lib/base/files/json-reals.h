/* Real numbers in JSON text, which are read without the JSON library: it asks the locale for its
 * point, and ends the process where that has several bytes. It is shown whole numbers instead. */
#ifndef BASE_FILES_JSON_REALS_H
#define BASE_FILES_JSON_REALS_H

#include <jansson.h>
#include <stdbool.h>

/* Puts a 0 and spaces in the place of each real number, so that places stay the same. What is no
 * valid JSON does not become it. Returns how many there were. */
size_t neuron_json_hide_reals(char *text, size_t size);

/* Puts the real numbers of the original text into what was parsed. Returns NULL, or the first
 * number that is too large for a double. *failed tells whether there was no memory. */
const char *neuron_json_show_reals(json_t *json, const char *text, size_t size, bool *failed);

#endif
