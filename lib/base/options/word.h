/* Words: what an option may be that is no number, with the enumerators that stand for them. */
#ifndef BASE_OPTIONS_WORD_H
#define BASE_OPTIONS_WORD_H

#include "base/compiler/attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lists of words end with a name of "". Names stand in the list itself: pointers to them would have
 * to be set whenever the library is loaded, and take more room. */
typedef struct neuron_word {
    int32_t value;
    char name[40]; /* the enumerator's without its prefix, in lower case: "valid" */
} neuron_word;

/* The name of a value, or NULL. */
NEURON_SHARED const char *neuron_word_name(const neuron_word *words, double value);

/* The value of a name; false if there is none. */
bool neuron_word_find(const neuron_word *words, const char *name, size_t size, int32_t *value);

/* The value of a name, of which there is one or NEURON_E_ARGUMENT says so:
 * "who: there is no metric \"loos\"; did you mean \"loss\"?". */
NEURON_SHARED int neuron_word_read(int32_t *value, const char *name, const neuron_word *words,
                                   const char *what, const char *who);

#endif
