/* Keeps what an optimizer remembers out of the subnormal numbers. */
#ifndef OPTIMIZE_FLUSH_H
#define OPTIMIZE_FLUSH_H

#include <float.h>
#include <math.h>

/* A memory that fades never reaches 0 by itself: it ends among the subnormal numbers, where
 * processors are up to a hundred times slower. Parameters without a gradient are many (dead units,
 * blank pixels), and nothing below FLT_MIN can move a parameter. A NaN stays. */
static inline float neuron_flush(float value)
{
    return fabsf(value) < FLT_MIN ? 0 : value;
}

#endif
