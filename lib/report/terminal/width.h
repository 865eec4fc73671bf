/* Columns that text takes in a terminal, whatever the locale. */
#ifndef REPORT_TERMINAL_WIDTH_H
#define REPORT_TERMINAL_WIDTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A character as it is shown. */
typedef struct neuron_glyph {
    const char *bytes;
    size_t size;
    int64_t columns; /* 0 for one that stands on another */
} neuron_glyph;

/* The first character of a text that is not empty, and how many bytes it has there. '?' stands for
 * what is no UTF-8 or would control the terminal, and without `unicode` for all beyond ASCII. */
size_t neuron_glyph_next(neuron_glyph *glyph, const char *text, bool unicode);

int64_t neuron_columns_of(const char *text, bool unicode);

#endif
