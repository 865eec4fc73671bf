/* Figures as a reader sees them: numbers, counts, shares, shapes, seconds and bytes as text. */
#ifndef REPORT_DOCUMENT_FIGURE_H
#define REPORT_DOCUMENT_FIGURE_H

#include "base/text/number.h"

/* Room for any of these. */
typedef struct neuron_figure {
    char text[NEURON_NUMBER_TEXT];
} neuron_figure;

/* With this many decimals; what is smaller than half of the last of them has an exponent. A dash
 * for what is not a number. */
const char *neuron_figure_real(neuron_figure *figure, double value, int decimals);

/* As few digits as will do, for settings and the ticks of axes. */
const char *neuron_figure_short(neuron_figure *figure, double value);

/* "48,457,738" */
const char *neuron_figure_count(neuron_figure *figure, int64_t count);

/* "97.3 %" of a share from 0 to 1; a dash for what is not a number. */
const char *neuron_figure_share(neuron_figure *figure, double share);

/* "28 × 28 × 1" */
const char *neuron_figure_shape(neuron_figure *figure, const int64_t *shape, int32_t rank);

/* "1.25 ms", "3.4 s", "2 h 05 min" */
const char *neuron_figure_seconds(neuron_figure *figure, double seconds);

/* "153.7 KiB" */
const char *neuron_figure_bytes(neuron_figure *figure, int64_t bytes);

#endif
