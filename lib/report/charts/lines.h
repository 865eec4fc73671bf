/* Curves over whole numbers, such as epochs. */
#ifndef REPORT_CHARTS_LINES_H
#define REPORT_CHARTS_LINES_H

#include "report/charts/legend.h"

typedef struct neuron_curve {
    const char *name;
    const double *values; /* what is not finite is a gap */
    neuron_style style;
    int64_t best; /* marked; -1 for none */
} neuron_curve;

typedef struct neuron_lines {
    const char *name, *title; /* of its file, and above it */
    const char *across;       /* what the numbers from 1 count: "Epoch" */
    const neuron_curve *curves;
    int64_t curve_count, count; /* count: values of each, 1 or more */
    bool may_be_logarithmic;
} neuron_lines;

void neuron_lines_draw(neuron_section *section, const neuron_lines *lines);

#endif
