/* Heat maps: a field of cells, the darker (in dark pages: the lighter) the more. */
#ifndef REPORT_CHARTS_HEAT_MAP_H
#define REPORT_CHARTS_HEAT_MAP_H

#include "report/charts/chart.h"
#include "report/document/names.h"

typedef struct neuron_heat_cell {
    double level;             /* 0 to 1; what is not a number has an empty cell */
    neuron_figure text, more; /* its figure, and another below where there is room; may be "" */
} neuron_heat_cell;

typedef struct neuron_heat_map {
    const char *name, *title, *description;
    const char *down, *across; /* what rows and columns are: "True class" */
    const char *more;          /* what those below are; NULL without any */
    const neuron_names *rows, *columns;
    int64_t row_count, column_count;
    void (*cell)(neuron_heat_cell *cell, const void *data, int64_t row, int64_t column);
    const void *data;
} neuron_heat_map;

void neuron_heat_map_draw(neuron_section *section, const neuron_heat_map *map);

#endif
