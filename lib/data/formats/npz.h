/* NumPy's .npz format: a ZIP archive of .npy files. */
#ifndef DATA_FORMATS_NPZ_H
#define DATA_FORMATS_NPZ_H

#include "base/tensor.h"
#include "data/dataset.h"
#include "data/formats/npy.h"

/* The array `name` of an archive: the member of that name, with ".npy" behind it or without. */
int neuron_npz_read(neuron_npy_array *array, const neuron_store *archive, const char *name);

/* A dataset of two arrays: images get an axis of channels, labels lose one of extent 1, and truth
 * values are 0 and 1 as they are. The caller gives its tensors up to be changed. */
int neuron_npy_dataset(neuron_dataset_t **dataset, neuron_context_t *context,
                       const neuron_npy_array *examples, const neuron_npy_array *labels,
                       int32_t class_count);

#endif
