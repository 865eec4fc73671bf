/* Names and texts of anybody's as identifiers and strings of C. */
#ifndef SOURCE_TEXT_IDENTIFIER_H
#define SOURCE_TEXT_IDENTIFIER_H

#include "source/text/code.h"

/* The longest identifier that is made of one name: C tells 63 characters apart. */
enum { NEURON_IDENTIFIER_MAX = 39, NEURON_IDENTIFIER_TEXT = NEURON_IDENTIFIER_MAX + 1 };

/* A name with `_` for each character that is no letter or digit of C. */
const char *neuron_identifier(const char *name, char text[NEURON_IDENTIFIER_TEXT]);

/* The same in capitals. */
const char *neuron_identifier_capitals(const char *name, char text[NEURON_IDENTIFIER_TEXT]);

/* Whether it is an identifier as it is, which begins with a letter, of that length at most. */
bool neuron_is_identifier(const char *name, size_t size);

/* Adds a string literal of these very bytes. */
void neuron_code_string(neuron_code *code, const char *text);

/* Adds a name inside a comment, which it does not end. */
void neuron_code_comment(neuron_code *code, const char *text);

#endif
