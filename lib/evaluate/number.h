/* Numbers as text, with a point whatever the locale. */
#ifndef EVALUATE_NUMBER_H
#define EVALUATE_NUMBER_H

#include <stddef.h>

/* Room for any number that the two functions write. */
enum { NEURON_NUMBER_TEXT = 336 };

/* `decimals` digits behind the point, 0 to 9: "0.8750". */
const char *neuron_number_fixed(double value, int decimals, char text[NEURON_NUMBER_TEXT]);

/* Nine significant digits at most, as few as will do: "0.001", "1.5e-08". */
const char *neuron_number_short(double value, char text[NEURON_NUMBER_TEXT]);

/* Replaces a locale's decimal separator, which may have several bytes, by a point. */
void neuron_number_point(char *text);

#endif
