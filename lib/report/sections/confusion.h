/* Confusion matrices as heat maps. */
#ifndef REPORT_SECTIONS_CONFUSION_H
#define REPORT_SECTIONS_CONFUSION_H

#include "report/document/names.h"
#include "report/document/section.h"

/* The matrix, of very many classes those that are confused most, and a list of the pairs that
 * are. */
int neuron_write_confusion(neuron_section *section, const neuron_evaluation_t *evaluation,
                           const neuron_names *names);

#endif
