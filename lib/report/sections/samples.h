/* Examples of a dataset as images. */
#ifndef REPORT_SECTIONS_SAMPLES_H
#define REPORT_SECTIONS_SAMPLES_H

#include "base/options/options.h"
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

/* What calls that show examples have as options beside their own, whose keys are below these. */
enum { NEURON_SAMPLES_HEIGHT = 64, NEURON_SAMPLES_WIDTH };
#define NEURON_SAMPLES_OPTIONS                                                                     \
    NEURON_INTEGER(NEURON_SAMPLES_HEIGHT, "height", 0, 4096, 0, "of images that lie in a row"),    \
        NEURON_INTEGER(NEURON_SAMPLES_WIDTH, "width", 0, 4096, 0, "likewise")

/* *are_images tells whether examples are such, by their shape or as the options say. */
int neuron_samples_begin(neuron_samples *samples, bool *are_images, const neuron_dataset_t *dataset,
                         const neuron_options *options, const char *who);

/* Reads one as an image. Bytes are as they were stored. */
int neuron_samples_read(neuron_samples *samples, int64_t index);

/* The name of a class, or its number where it has none. */
void neuron_write_class(neuron_buffer *text, const neuron_dataset_t *dataset, int64_t class_number);

#endif
