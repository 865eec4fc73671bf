/* Numbers in text, with a point whatever the locale. */
#ifndef DATA_DECIMAL_H
#define DATA_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads all of the text as a decimal number: sign, digits, point, digits, exponent. False if it is
 * none. 19 digits count; the result is then within a few units in the last place of a double, and
 * infinite if it is too large for one. */
bool neuron_decimal_parse(const uint8_t *text, size_t size, double *value);

#endif
