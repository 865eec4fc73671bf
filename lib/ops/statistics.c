/* See statistics.h. */
#include "ops/statistics.h"

void neuron_statistics_measure(neuron_statistics *statistics, const neuron_kernels *kernels,
                               int64_t chunk, const float *values, int64_t rows)
{
    float *sums = statistics->sums + chunk * 2 * statistics->channels;
    statistics->rows[chunk] = rows;
    kernels->norm->statistics(values, rows, statistics->channels, sums,
                              sums + statistics->channels);
}
