/* The IDX format of MNIST: 00 00, element type, rank, extents as big-endian 32-bit numbers,
 * elements. A dataset is two files, images and labels. */
#ifndef DATA_FORMATS_IDX_H
#define DATA_FORMATS_IDX_H

#include "base/tensor.h"
#include "data/codec/source.h"
#include "data/dataset.h"

typedef struct neuron_idx_settings {
    int64_t class_count;
} neuron_idx_settings;

/* neuron_dataset_load_idx() for two contents: images and labels. */
int neuron_idx_read(neuron_dataset_t **dataset, const neuron_content contents[2],
                    const neuron_idx_settings *settings);

/* Reads IDX data into a u8 tensor. Nothing of the size that the header claims is allocated before
 * the claim can be true, and no more is unpacked than it claims. */
int neuron_idx_read_tensor(neuron_tensor_t **tensor, neuron_source *from, int32_t expected_rank);

#endif
