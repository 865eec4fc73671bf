/* Text that is written into a caller's buffer. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/compiler/attributes.h"

#include <stddef.h>
#include <stdint.h>

/* Where text goes; without `bytes` it is only measured. */
typedef struct neuron_text {
    char *bytes;
    size_t length; /* so far */
} neuron_text;

/* Characters of UTF-8, for alignment. */
NEURON_SHARED size_t neuron_text_width(const char *string);

/* Puts a part of a line. A name in it may come from anywhere: '?' stands for each character that is
 * no UTF-8 or would control a terminal, so that the text is valid and its lines are whole. */
NEURON_SHARED void neuron_text_put(neuron_text *text, const char *string);
NEURON_SHARED void neuron_text_end_line(neuron_text *text);
NEURON_SHARED void neuron_text_repeat(neuron_text *text, char character, size_t count);

/* Puts a string and fills up with blanks to `width` characters: behind it, before it. */
NEURON_SHARED void neuron_text_left(neuron_text *text, const char *string, size_t width);
NEURON_SHARED void neuron_text_right(neuron_text *text, const char *string, size_t width);

/* Room for any number that the next two functions write. */
enum { NEURON_NUMBER_ROOM = 64 };

/* A number with commas: "48,457,738". */
const char *neuron_text_number(int64_t number, char text[NEURON_NUMBER_ROOM]);

/* Bytes, exact and at a glance: "153,680 (150.08 KiB)"; "-" for none. */
const char *neuron_text_bytes(int64_t bytes, char text[NEURON_NUMBER_ROOM]);

/* Lets `write` write `subject`, with a zero behind it, as public calls promise: into `bytes` if
 * there is room, else (NULL, 0) only the size goes to `needed`, which may be NULL. `who` begins the
 * message. */
NEURON_SHARED int neuron_text_fill(void (*write)(neuron_text *text, const void *subject),
                                   const void *subject, const char *who, char *bytes,
                                   size_t capacity, size_t *needed);

#endif
