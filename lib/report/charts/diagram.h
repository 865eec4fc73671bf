/* Diagrams of graphs: boxes from the top down, with lines from each to those that read it. */
#ifndef REPORT_CHARTS_DIAGRAM_H
#define REPORT_CHARTS_DIAGRAM_H

#include "report/charts/chart.h"
#include "report/document/names.h"

typedef struct neuron_diagram_edge {
    int64_t from, to; /* boxes; from < to */
} neuron_diagram_edge;

typedef struct neuron_diagram {
    const char *name, *title;
    const neuron_names *heads, *details; /* the two lines of text in each box */
    int64_t count;
    const neuron_diagram_edge *edges;
    int64_t edge_count;
} neuron_diagram;

/* Whether it is small enough to be looked at. */
bool neuron_diagram_fits(const neuron_diagram *diagram);

/* The table behind it is the caller's: neuron_chart_table(), neuron_chart_end_table().
 */
neuron_chart neuron_diagram_draw(neuron_section *section, const neuron_diagram *diagram);

#endif
