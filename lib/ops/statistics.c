/* See statistics.h. */
#include "ops/statistics.h"

void neuron_statistics_measure(neuron_statistics *moments, const neuron_kernels *kernels,
                               int64_t chunk, const float *values, int64_t rows)
{
    float *sums = moments->sums + chunk * 2 * moments->channels;
    moments->rows[chunk] = rows;
    kernels->norm->statistics(values, rows, moments->channels, sums, sums + moments->channels);
}
