/* Numbers in the bytes of a file. */
#ifndef DATA_FORMATS_DECIMAL_H
#define DATA_FORMATS_DECIMAL_H

#include "base/text/number.h"

#include <stdint.h>

static inline bool neuron_decimal_parse(const uint8_t *text, size_t size, double *value,
                                        float *nearest)
{
    return neuron_number_parse((const char *)text, size, value, nearest);
}

#endif
