/* What the colours and dashes of series mean: above a picture, in as many lines as it takes. */
#ifndef REPORT_CHARTS_LEGEND_H
#define REPORT_CHARTS_LEGEND_H

#include "report/charts/chart.h"
#include "report/document/theme.h"

/* One series: its colour, from 0, and how it is dashed, from 0. */
typedef struct neuron_style {
    int colour, dash;
} neuron_style;

/* That of the n-th series of many. */
neuron_style neuron_style_of(int64_t index);

typedef enum neuron_legend_sign {
    NEURON_SIGN_LINE,
    NEURON_SIGN_BAR,
    NEURON_SIGN_DOT,
    NEURON_SIGN_DIAMOND
} neuron_legend_sign;

/* More than these are told by the table alone. */
enum { NEURON_LEGEND_MAX = 24 };

typedef struct neuron_legend {
    double x, y, width; /* where the next entry goes; of the whole */
    bool draws;         /* else the room that it takes is measured */
} neuron_legend;

neuron_legend neuron_legend_begin(double y, double width, bool draws);
void neuron_legend_add(neuron_legend *legend, neuron_chart *chart, neuron_style style,
                       neuron_legend_sign sign, const char *name);

/* Where what follows may begin. */
double neuron_legend_end(const neuron_legend *legend);

#endif
