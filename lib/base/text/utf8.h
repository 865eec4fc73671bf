/* Text of a caller or a file, of which nothing is known but where it ends. */
#ifndef BASE_TEXT_UTF8_H
#define BASE_TEXT_UTF8_H

#include "base/compiler/attributes.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the UTF-8 sequence that begins at `string`; 0 if it is none, is longer than need be, or
 * stands for half a surrogate pair (RFC 3629). */
size_t neuron_utf8_length(const char *string);

/* How many bytes the next character has, which is not the end; with those of one that is broken or
 * cut. *printable: it is UTF-8 and neither controls a terminal nor begins a line. */
NEURON_SHARED size_t neuron_utf8_next(const char *text, bool *printable);

/* Writes '?' for each character that is not printable. One that the end
 * cuts is left out if `cut`. */
NEURON_SHARED void neuron_utf8_clean(char *text, bool cut);

#endif
