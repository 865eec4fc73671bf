/* Values that are divided by their sum, so that they are shares of it. */
#ifndef LAYERS_CALIBRATION_SHARES_H
#define LAYERS_CALIBRATION_SHARES_H

#include <stdint.h>

/* Divides `count` values by their sum; where that is 0, all become alike. */
static inline void neuron_make_shares(float *values, int64_t count)
{
    double sum = 0;
    for (int64_t k = 0; k < count; k++)
        sum += (double)values[k];
    for (int64_t k = 0; k < count; k++)
        values[k] = (float)(sum == 0 ? 1.0 / (double)count : (double)values[k] / sum);
}

/* What the gradient of each value becomes on the way back, beside its own: the sum of gradients
 * times shares. */
static inline double neuron_shares_pull(const float *gradients, const float *shares, int64_t count)
{
    double pull = 0;
    for (int64_t k = 0; k < count; k++)
        pull += (double)gradients[k] * (double)shares[k];
    return pull;
}

#endif
