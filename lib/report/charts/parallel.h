/* Parallel coordinates: an axis for each factor and one for the score; a line for each trial. */
#ifndef REPORT_CHARTS_PARALLEL_H
#define REPORT_CHARTS_PARALLEL_H

#include "report/charts/chart.h"
#include "report/document/names.h"

typedef struct neuron_parallel_factor {
    const char *name;
    const neuron_names *levels;
    int64_t level_count;
} neuron_parallel_factor;

typedef struct neuron_parallel_lines {
    const char *name, *title, *score_name;
    const neuron_parallel_factor *factors;
    int64_t factor_count;
    const int64_t *levels; /* [trial][factor] */
    const double *scores;  /* of each trial; what is not finite has no line */
    int64_t trial_count;
    int64_t best; /* the trial that stands out; -1 for none */
} neuron_parallel_lines;

/* The table behind it is the caller's, between this and neuron_chart_end_table(). */
neuron_chart neuron_parallel_lines_draw(neuron_section *section,
                                        const neuron_parallel_lines *lines);

#endif
