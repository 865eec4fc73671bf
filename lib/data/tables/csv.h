/* Comma-separated values: tables become datasets. csv-table.h says where to find what. */
#ifndef DATA_TABLES_CSV_H
#define DATA_TABLES_CSV_H

#include "data/codec/content.h"
#include "data/dataset.h"

/* neuron_dataset_load_csv() for a content; `who` begins messages about the options. */
int neuron_csv_read(neuron_dataset_t **dataset, const neuron_content *content, const char *options,
                    const char *who);

/* neuron_dataset_load_csv_prepared() for a content. */
int neuron_csv_read_prepared(neuron_dataset_t **dataset, const neuron_content *content,
                             const neuron_preparation_t *preparation);

#endif
