/* NumPy's .npz format: a ZIP archive of .npy files, of which a dataset is two. The archive is read
 * by data/codec/zip.c, its members by npy.c. */
#ifndef DATA_FORMATS_NPZ_H
#define DATA_FORMATS_NPZ_H

#include "data/formats/npy.h"

typedef struct neuron_npz_settings {
    const char *examples_name, *labels_name;
    int64_t class_count;
} neuron_npz_settings;

/* neuron_dataset_load_npz() for a content. */
int neuron_npz_read(neuron_dataset_t **dataset, const neuron_content *content,
                    const neuron_npz_settings *settings);

/* The array `name` of an archive: the member of that name, with ".npy" behind it or without. */
int neuron_npz_read_array(neuron_npy_array *array, const neuron_store *archive, const char *name);

#endif
