/* A report: its title, its options and what its sections have written so far. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <libneuron-report/report.h>

#include "report/document/section.h"

/* Keys of the options: see neuron_report_create(). */
enum { NEURON_REPORT_DIGITS = 1, NEURON_REPORT_THEME };

struct neuron_report {
    neuron_handle handle;
    neuron_context_t *context;
    char *title;
    int decimals;
    neuron_page_theme theme;
    neuron_section **sections; /* in the order in which they were added */
    int64_t count, capacity;
};

/* Begins the next section of a report, which ends with its block unless it was added: with
 * `heading`, or with NULL as `usual` says. */
#define NEURON_SECTION(name, report, heading, usual)                                               \
    neuron_section name __attribute__((cleanup(neuron_section_end))) =                             \
        neuron_report_begin(report, heading, usual)

neuron_section neuron_report_begin(const neuron_report_t *report, const char *heading,
                                   const char *usual);

/* Adds a section to its report, which then has it; not if there was no memory for all of it. */
int neuron_report_add(neuron_report_t *report, neuron_section *section);

#endif
