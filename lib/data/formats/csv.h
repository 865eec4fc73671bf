/* Labelled examples as comma-separated values. */
#ifndef DATA_FORMATS_CSV_H
#define DATA_FORMATS_CSV_H

#include "data/codec/content.h"
#include "data/dataset.h"

/* What the caller says of a file: see neuron_dataset_load_csv(). */
typedef struct neuron_csv_format {
    int32_t class_count;
    const int64_t *shape;
    int32_t rank, type, header, label;
    const char *label_name;
} neuron_csv_format;

/* neuron_dataset_load_csv() for a content. */
int neuron_csv_read(neuron_dataset_t **dataset, const neuron_content *content,
                    const neuron_csv_format *format);

#endif
