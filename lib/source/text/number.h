/* Numbers as constants of C, the same in every locale. */
#ifndef SOURCE_TEXT_NUMBER_H
#define SOURCE_TEXT_NUMBER_H

#include "source/text/code.h"

enum { NEURON_FLOAT_TEXT = 24, NEURON_DOUBLE_TEXT = 32 };

/* A finite float with as few digits as it takes to be read back as the same: "0.25f", "1e-07f". */
const char *neuron_float_text(float value, char text[NEURON_FLOAT_TEXT]);

/* A finite double with as many digits as any takes. */
const char *neuron_double_text(double value, char text[NEURON_DOUBLE_TEXT]);

/* The elements of an array in lines of whole numbers from -127 to 127 if they are `bytes`, else of
 * floats. */
void neuron_code_numbers(neuron_code *code, const float *values, int64_t count, bool bytes);

#endif
