/* Comma-separated values: rows of a label and values become examples. Where to find what:
 *
 *     csv.c           two walks over the text: the first checks and counts, the second stores
 *     csv-columns.c   which column is the label, and whether the first row has names
 *     csv-reader.c    rows, fields, and the text of a field as a float32 (base/text/number.c)
 */
#ifndef DATA_FORMATS_CSV_H
#define DATA_FORMATS_CSV_H

#include "data/codec/content.h"
#include "data/dataset.h"

/* As the arguments of neuron_dataset_load_csv_with_label(); 0 and NULL are its defaults. */
typedef struct neuron_csv_settings {
    int32_t class_count;
    const int64_t *shape;
    int32_t rank, type, header, label;
    const char *label_name;
} neuron_csv_settings;

/* neuron_dataset_load_csv_with_label() for a content, of settings that were checked. */
int neuron_csv_read(neuron_dataset_t **dataset, const neuron_content *content,
                    const neuron_csv_settings *settings);

#endif
