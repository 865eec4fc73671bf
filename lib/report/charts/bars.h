/* Bars from the left to the right, one below the other; of very many, columns side by side. */
#ifndef REPORT_CHARTS_BARS_H
#define REPORT_CHARTS_BARS_H

#include "report/charts/legend.h"
#include "report/document/names.h"

typedef struct neuron_bars {
    const char *name, *title;
    const char *what; /* the names are of: "Class" */
    const neuron_names *names;
    int64_t count;
    const char *const *series; /* what the values are, 1 or more of each name */
    int64_t series_count;
    const double *values; /* [series][name], 0 or more; what is not finite has no bar */
    /* How a value is written. */
    const char *(*write)(neuron_figure *figure, double value, int decimals);
} neuron_bars;

void neuron_bars_draw(neuron_section *section, const neuron_bars *bars);

/* For `write`: counts, and seconds. */
const char *neuron_bars_count(neuron_figure *figure, double value, int decimals);
const char *neuron_bars_seconds(neuron_figure *figure, double value, int decimals);

#endif
