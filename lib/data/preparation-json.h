/* A preparation as JSON, for files that keep it: preparation-json.c shows one. */
#ifndef DATA_PREPARATION_JSON_H
#define DATA_PREPARATION_JSON_H

#include "base/files/json.h"
#include "data/preparation.h"

/* The JSON of a preparation, one owner of which is the caller; and back, from what a file may have
 * in its place: NEURON_E_FORMAT in a message that begins with `who`. */
int neuron_preparation_write(json_t **json, const neuron_preparation_t *preparation);
int neuron_preparation_read(neuron_preparation_t **preparation, neuron_context_t *context,
                            const json_t *json, const char *who);

#endif
