/* Convolution of bytes for quantised layers. */
#ifndef OPS_BYTES_CONVOLUTION_H
#define OPS_BYTES_CONVOLUTION_H

#include "ops/bytes-gemm.h"
#include "ops/convolution.h"

/* The convolution of a batch, over the pool. The weights have a stretch for each row of the
 * kernel. */
void neuron_bytes_convolve(const neuron_convolution *convolution, const neuron_bytes_run *run);
size_t neuron_bytes_convolve_scratch(const neuron_convolution *convolution, int64_t batch,
                                     int32_t threads, const neuron_post_ops *post);

#endif
