/* Axes: how numbers become places, and where round numbers are. */
#ifndef REPORT_CHARTS_AXIS_H
#define REPORT_CHARTS_AXIS_H

#include "report/charts/chart.h"

enum { NEURON_TICKS_MAX = 24 };

typedef struct neuron_axis {
    double low, high; /* what it shows; of a logarithmic one too as they are */
    double from, to;  /* the places of these two */
    bool logarithmic;
    int count;
    double ticks[NEURON_TICKS_MAX];
} neuron_axis;

/* The smallest and the largest of numbers, and the smallest that is above 0; what is not finite
 * plays no part. Begins with neuron_range_none. */
typedef struct neuron_range {
    double low, high, positive;
} neuron_range;

neuron_range neuron_range_none(void);
void neuron_range_add(neuron_range *range, double value);

/* An axis from the place `from` to the place `to` with about `ticks` of them, widened to round
 * numbers. It is logarithmic where `may_be_logarithmic` and the numbers, all above 0, span more
 * than two decades. */
neuron_axis neuron_axis_make(neuron_range range, double from, double to, int ticks,
                             bool may_be_logarithmic);

/* An axis of whole numbers, such as epochs, which is not widened. */
neuron_axis neuron_axis_whole(int64_t low, int64_t high, double from, double to, int ticks);

/* The place of a number, which is finite. */
double neuron_axis_place(const neuron_axis *axis, double value);

/* The number as text that stands at a tick. */
const char *neuron_axis_label(neuron_figure *figure, double tick);

/* Room that the labels take. */
double neuron_axis_label_units(const neuron_axis *axis);

/* Draws lines across at each tick with labels at their left, from x to `right`; and ticks with
 * labels below, at y. */
void neuron_axis_draw_left(neuron_chart *chart, const neuron_axis *axis, double x, double right);
void neuron_axis_draw_below(neuron_chart *chart, const neuron_axis *axis, double y, double top);

#endif
