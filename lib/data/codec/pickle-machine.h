/* What the files of the machine for pickles share: pickle.c, pickle-values.c and pickle-numpy.c. */
#ifndef DATA_CODEC_PICKLE_MACHINE_H
#define DATA_CODEC_PICKLE_MACHINE_H

#include "data/codec/pickle.h"

/* Keeps a message that tells the file and the byte of the opcode, and has the value
 * NEURON_E_FORMAT. */
#define neuron_pickle_fail(pickle, format, ...)                                                    \
    neuron_fail(NEURON_E_FORMAT, "%s: " format ", at byte %zu%s", (pickle)->buffer->name,          \
                __VA_ARGS__, (pickle)->opcode_at, neuron_buffer_where((pickle)->buffer))

/* Makes room for `more` values. */
int neuron_pickle_reserve(neuron_pickle *pickle, neuron_pickle_values *values, size_t more);

int neuron_pickle_push(neuron_pickle *pickle, neuron_pickle_value value);

/* Takes the uppermost value, which must not be a mark. */
int neuron_pickle_pop(neuron_pickle *pickle, neuron_pickle_value *value);

/* The uppermost value, which a mark is not. */
int neuron_pickle_top(neuron_pickle *pickle, neuron_pickle_value **value);

/* How many values lie above the uppermost mark. */
int neuron_pickle_count_to_mark(neuron_pickle *pickle, size_t *count);

/* Whether `count` values and no mark lie uppermost. */
bool neuron_pickle_has_values(const neuron_pickle_values *stack, size_t count);

/* Moves the uppermost `count` values behind the items of an object. */
int neuron_pickle_append(neuron_pickle *pickle, neuron_pickle_object *object, size_t count);

/* Makes an object and pushes a value of `kind` that refers to it. */
int neuron_pickle_push_object(neuron_pickle *pickle, neuron_pickle_kind kind,
                              neuron_pickle_object object);

/* In pickle-numpy.c: `name` is "module name"; and what REDUCE and BUILD do. */
int neuron_pickle_push_global(neuron_pickle *pickle, const neuron_pickle_value *module,
                              const neuron_pickle_value *name);
int neuron_pickle_reduce(neuron_pickle *pickle);
int neuron_pickle_build(neuron_pickle *pickle);

#endif
