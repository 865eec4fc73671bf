/* Examples of a dataset as images. */
#ifndef REPORT_SECTIONS_SAMPLES_H
#define REPORT_SECTIONS_SAMPLES_H

#include "report/document/png.h"

typedef struct neuron_samples {
    const neuron_dataset_t *dataset;
    neuron_image image; /* of the one that was read last */
    int64_t size;       /* numbers of an example */
    neuron_buffer values, pixels, scales;
    size_t scale_count; /* 0 if examples are no bytes */
} neuron_samples;

void neuron_samples_end(neuron_samples *samples) __attribute__((nothrow));

/* Ends with its block. */
#define NEURON_SAMPLES(name, of_context)                                                           \
    neuron_samples name                                                                            \
        __attribute__((cleanup(neuron_samples_end))) = {.values = {.context = (of_context)},       \
                                                        .pixels = {.context = (of_context)},       \
                                                        .scales = {.context = (of_context)}}

/* *are_images tells whether examples are such. */
int neuron_samples_begin(neuron_samples *samples, bool *are_images,
                         const neuron_dataset_t *dataset);

/* Reads one as an image. Bytes are as they were stored. */
int neuron_samples_read(neuron_samples *samples, int64_t index);

/* The name of a class, or its number where it has none. */
void neuron_write_class(neuron_buffer *text, const neuron_dataset_t *dataset, int64_t class_number);

#endif
