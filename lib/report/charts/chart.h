/* The frame of all pictures: an element <svg> in a <figure>, with a name and a description for who
 * cannot see it. What is in it, and the table behind it, comes between the two calls. Lengths are
 * in units of the picture, in which its text has 12.5. */
#ifndef REPORT_CHARTS_CHART_H
#define REPORT_CHARTS_CHART_H

#include "report/document/section.h"

/* As wide as a picture is by default: on a telephone its text can still be read. */
enum { NEURON_CHART_WIDTH = 400, NEURON_CHART_LINE = 16 };

typedef struct neuron_chart {
    neuron_section *section;
    neuron_buffer *out; /* that of the section */
    const char *title;
    double width, height;
} neuron_chart;

/* `name` is that of its file. One that is wider than usual lies in a box in which it can be
 * scrolled where there is no room. */
neuron_chart neuron_chart_begin(neuron_section *section, const char *name, const char *title,
                                const char *description, double width, double height);

/* Ends the picture; its figure goes on, with a table. */
void neuron_chart_end(neuron_chart *chart);

/* The heads of the table come behind this. It ends the figure, too. */
void neuron_chart_table(neuron_chart *chart);
void neuron_chart_end_table(neuron_chart *chart);

/* Pictures side by side, where there is room. */
void neuron_charts_begin(neuron_section *section);
void neuron_charts_end(neuron_section *section);

/* Text of one line, with the classes of the style sheet in `class`; what is longer than `room` is
 * cut, and then told in full to who points at it. */
void neuron_chart_text(neuron_chart *chart, double x, double y, const char *class, double room,
                       const char *text);

/* A straight line. */
void neuron_chart_line(neuron_chart *chart, const char *class, double x1, double y1, double x2,
                       double y2);

/* About as wide as a text is. */
double neuron_text_units(const char *text);

#endif
