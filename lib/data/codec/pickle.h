/* Python pickles of protocol 2 to 5, as far as dictionaries of texts, numbers, lists and NumPy
 * arrays of bytes go. A pickle is a program for a machine with a stack; this machine can do nothing
 * but put such values together, and refuses everything else by its name. */
#ifndef DATA_CODEC_PICKLE_H
#define DATA_CODEC_PICKLE_H

#include "data/codec/buffer.h"

typedef enum neuron_pickle_kind {
    NEURON_PICKLE_NONE,
    NEURON_PICKLE_NUMBER, /* False and True are 0 and 1, as they are to Python */
    NEURON_PICKLE_BYTES,  /* bytes or text, which Python 2 does not tell apart */
    NEURON_PICKLE_MARK,
    NEURON_PICKLE_GLOBAL, /* number: which */
    NEURON_PICKLE_TYPE,   /* of an array's elements: bytes, the only one there is */
    NEURON_PICKLE_TUPLE,  /* number: which object, as for all that follow */
    NEURON_PICKLE_LIST,
    NEURON_PICKLE_DICTIONARY,
    NEURON_PICKLE_ARRAY
} neuron_pickle_kind;

typedef struct neuron_pickle_value {
    neuron_pickle_kind kind;
    int64_t number;
    const uint8_t *bytes; /* in the buffer */
    size_t size;
} neuron_pickle_value;

/* What can be referred to twice. */
typedef struct neuron_pickle_object {
    size_t first, count;  /* items in `cells`; of a dictionary, keys and values in turns */
    int64_t extent[2];    /* of an array */
    const uint8_t *bytes; /* of an array; NULL as long as it has none */
    size_t size;
} neuron_pickle_object;

typedef struct neuron_pickle_values {
    neuron_pickle_value *at;
    size_t count, capacity;
} neuron_pickle_values;

typedef struct neuron_pickle {
    const neuron_buffer *buffer;
    size_t position, opcode_at;
    size_t limit; /* of everything that is counted: the machine's memory is less than the file's */
    neuron_pickle_values stack, memo, cells;
    neuron_pickle_object *objects;
    size_t object_count, object_capacity;
    bool stopped;
    neuron_pickle_object dictionary; /* the result */
} neuron_pickle;

/* Runs a pickle that makes a dictionary. On success neuron_pickle_close() must follow, and the
 * buffer must stay until then. `limit` is the most values that may be needed at a time. */
int neuron_pickle_read(neuron_pickle *pickle, const neuron_buffer *buffer, size_t limit);
void neuron_pickle_close(neuron_pickle *pickle);

/* The dictionary's value of a key, or NULL. */
const neuron_pickle_value *neuron_pickle_find(const neuron_pickle *pickle, const char *key);

/* The object that a tuple, list, dictionary or array refers to. */
const neuron_pickle_object *neuron_pickle_object_of(const neuron_pickle *pickle,
                                                    const neuron_pickle_value *value);

/* "a list" and so on, for messages. */
const char *neuron_pickle_kind_name(neuron_pickle_kind kind);

#endif
