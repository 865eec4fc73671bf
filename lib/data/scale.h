/* How stored values become inputs: one scale for all, or one for each index of the last axis. */
#ifndef DATA_SCALE_H
#define DATA_SCALE_H

#include "base/pool.h"
#include "base/tensor.h"

#include <string.h>

struct neuron_kernels;

/* A stored value becomes value * scale + offset + rest, worked out in double. */
typedef struct neuron_scale {
    double scale, offset;
    double rest; /* of an offset that is no double; nearly always 0 */
} neuron_scale;

/* Scales of several examples that have the same. */
typedef struct neuron_scaling {
    const struct neuron_kernels *kernels;
    int32_t type;                    /* of the stored values: NEURON_TYPE_U8 or NEURON_TYPE_F32 */
    const neuron_scale *scale;       /* of all values; */
    const neuron_tensor_t *channels; /* or u8 [last extent, size of one], else NULL */
} neuron_scaling;

/* Scales `count` examples of `size` values, which lie side by side. */
void neuron_scale_examples(const neuron_scaling *by, neuron_pool *pool, const void *stored,
                           int64_t count, int64_t size, float *values);

static inline float neuron_scale_value(const neuron_scale *by, double value)
{
    return (float)(value * by->scale + by->offset + by->rest);
}

/* A stored number as double, also where the processor takes those below the smallest normal one for
 * 0. */
static inline double neuron_scale_widen(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (bits & 0x7f800000) /* it has an exponent */
        return (double)value;
    double small = (double)(bits & 0x7fffff) * 0x1p-149;
    return bits >> 31 ? -small : small;
}

#endif
