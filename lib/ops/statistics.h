/* Mean and variance of each channel, measured chunk by chunk while the values lie in the cache. */
#ifndef OPS_STATISTICS_H
#define OPS_STATISTICS_H

#include "kernels/kernels.h"

/* Those of a chunk of rows that lie side by side. */
void neuron_statistics_measure(neuron_statistics *statistics, const neuron_kernels *kernels,
                               int64_t chunk, const float *values, int64_t rows);

#endif
