/* Options in files: integers and real numbers as such, enumerators by their names, and null for a
 * real number that is not set. */
#ifndef BASE_OPTIONS_JSON_H
#define BASE_OPTIONS_JSON_H

#include "base/files/json.h"
#include "base/options/options.h"

/* Adds all options to an object, each under its name. */
int neuron_options_write(json_t *object, const neuron_options *options);

/* Sets an option from what a file has under its name. The failures of this and the next are
 * NEURON_E_FORMAT, in messages that begin with `who`. */
int neuron_options_read_value(neuron_options *options, const neuron_option *option,
                              const json_t *value, const char *who);

/* Reads all options of a table from an object that has nothing else. One that is missing has its
 * default, so that tables can grow. */
int neuron_options_read(neuron_options *options, const neuron_option_table *table,
                        const json_t *object, const char *who);

/* NEURON_E_DATA if an option of a file differs from one here, which has the same table:
 * "who: patience is 5 in the file, 6 here". */
int neuron_options_compare(const neuron_options *theirs, const neuron_options *ours,
                           const char *who);

#endif
