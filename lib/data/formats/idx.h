/* The IDX format: 00 00, element type, rank, extents as big-endian 32-bit numbers, elements. */
#ifndef DATA_FORMATS_IDX_H
#define DATA_FORMATS_IDX_H

#include "base/tensor.h"
#include "data/codec/source.h"

/* Reads IDX data into a u8 tensor. Nothing of the size that the header claims is allocated before the
 * claim can be true, and no more is unpacked than it claims. */
int neuron_idx_read(neuron_tensor_t **tensor, neuron_source *from, int32_t expected_rank);

#endif
