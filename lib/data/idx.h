/* The IDX format: 00 00, element type, rank, extents as big-endian 32-bit numbers, elements. */
#ifndef DATA_IDX_H
#define DATA_IDX_H

#include "base/tensor.h"

/* Reads IDX data of bytes, plain or gzip, into a u8 tensor. `name` begins the messages.
 * Nothing of the size that the header claims is allocated before the claim can be true. */
int neuron_idx_read(neuron_tensor_t **tensor, neuron_context_t *context, const void *bytes,
                    size_t size, const char *name, int32_t expected_rank);

#endif
