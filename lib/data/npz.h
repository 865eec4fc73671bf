/* NumPy's .npz format: a ZIP archive of .npy files. */
#ifndef DATA_NPZ_H
#define DATA_NPZ_H

#include "base/tensor.h"
#include "data/content.h"
#include "data/dataset.h"

/* The array `name` of an archive. */
int neuron_npz_read(neuron_tensor_t **tensor, const neuron_content *archive, const char *name);

/* A dataset of two arrays: images get an axis of channels, and labels lose one of extent 1. `who`
 * begins the messages. The caller gives its tensors up to be changed. */
int neuron_npy_dataset(neuron_dataset_t **dataset, neuron_context_t *context,
                       neuron_tensor_t *examples, neuron_tensor_t *labels, int32_t class_count,
                       const char *who);

#endif
