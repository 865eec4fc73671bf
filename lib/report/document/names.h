/* A list of texts that a picture names things by. */
#ifndef REPORT_DOCUMENT_NAMES_H
#define REPORT_DOCUMENT_NAMES_H

#include "report/document/buffer.h"

typedef struct neuron_names {
    neuron_buffer texts, places; /* each with a zero behind it; where each begins */
} neuron_names;

void neuron_names_end(neuron_names *names) __attribute__((nothrow));

/* An empty list, which ends with its block. */
#define NEURON_NAMES(name, of_context)                                                             \
    neuron_names name __attribute__((cleanup(neuron_names_end))) = {{.context = (of_context)},     \
                                                                    {.context = (of_context)}}

void neuron_names_add(neuron_names *names, const char *text);

/* Of something by its number where it has no name. */
void neuron_names_add_number(neuron_names *names, const char *name, int64_t number);

/* The text, which stays until another is added; "" after a failure. */
const char *neuron_names_at(const neuron_names *names, int64_t index);

/* 0, or NEURON_E_MEMORY if one is missing. */
int neuron_names_status(const neuron_names *names);

#endif
