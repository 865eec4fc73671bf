/* Figures as dots on one scale, beside what they are compared with, and with their errors. */
#ifndef REPORT_CHARTS_DOTS_H
#define REPORT_CHARTS_DOTS_H

#include "report/charts/legend.h"
#include "report/document/names.h"

typedef struct neuron_dots {
    const char *name, *title;
    const char *what; /* the names are of: "Network" */
    const neuron_names *names;
    int64_t count;
    const char *first_name, *second_name; /* what the dots are; second_name NULL for one of each */
    const double *first, *second;         /* what is not finite has no dot */
    const double *errors;                 /* of the first; NULL for none */
} neuron_dots;

void neuron_dots_draw(neuron_section *section, const neuron_dots *dots);

#endif
