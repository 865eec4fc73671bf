/* Numbers as text, with a point whatever the locale, and of half the width. */
#ifndef BASE_TEXT_NUMBER_H
#define BASE_TEXT_NUMBER_H

#include "base/compiler/attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for any number that these functions write. */
enum { NEURON_NUMBER_TEXT = 336 };

/* `decimals` digits behind the point, 0 to 9: "0.8750". */
NEURON_SHARED const char *neuron_number_fixed(double value, int decimals,
                                              char text[NEURON_NUMBER_TEXT]);

/* Nine significant digits at most, as few as will do: "0.001", "1.5e-08". */
NEURON_SHARED const char *neuron_number_short(double value, char text[NEURON_NUMBER_TEXT]);

/* `digits` significant digits at most, or as many more as it takes to tell the number from another:
 * what a message says of two numbers that differ is never the same text. */
const char *neuron_number_apart(double value, double other, int digits,
                                char text[NEURON_NUMBER_TEXT]);

/* As many digits as it takes to read the same number back, with a point or an exponent even where
 * it is whole: "0.25", "3.0", "9.5367431640625e-7". The number is finite. */
const char *neuron_number_exact(double value, char text[NEURON_NUMBER_TEXT]);

/* The double that is nearest to a decimal number: digits, which a sign may precede and a point with
 * digits and an exponent may follow, as JSON has it. Infinite if it is too large for a double. */
double neuron_number_read(const char *text, size_t size);

/* Reads all of the text as such a number, which may also begin or end with its point and begin with
 * a plus. False if it is none. `nearest` is the float next to it, however many digits there are: of
 * two equally near ones the even one, and infinite from half a step beyond the largest on. `value`
 * is within a few units in the last place of a double, and quicker than the nearest. */
NEURON_SHARED bool neuron_number_parse(const char *text, size_t size, double *value,
                                       float *nearest);

/* The same with another decimal point, such as a comma. */
bool neuron_number_parse_with(const char *text, size_t size, char point, double *value,
                              float *nearest);

/* Reads such a number at the beginning of a text, in which something else than a number follows,
 * such as a line end, and returns where it ends. NULL if there is none, or one that takes all that
 * neuron_number_parse() can do: this is quick. */
const char *neuron_number_scan(const char *text, char point, double *value, float *nearest);

/* The number with these bits of half the width: 1 of sign, 5 of exponent, 10 of mantissa. */
NEURON_SHARED float neuron_number_half(uint32_t bits);

/* Replaces a locale's decimal separator, which may have several bytes, by a point. */
NEURON_SHARED void neuron_number_point(char *text);

#endif
