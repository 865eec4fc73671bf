/* Numbers in text, with a point whatever the locale. */
#ifndef DATA_DECIMAL_H
#define DATA_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads all of the text as a decimal number: sign, digits, point, digits, exponent. False if it is
 * none. `nearest` is the float next to it, however many digits there are: of two equally near ones the
 * even one, and infinite from half a step beyond the largest on. `value` is within a few units in the last
 * place of a double. */
bool neuron_decimal_parse(const uint8_t *text, size_t size, double *value, float *nearest);

#endif
