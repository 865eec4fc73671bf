/* What the passes over parameters have in common. */
#ifndef KERNELS_UPDATE_H
#define KERNELS_UPDATE_H

#include "kernels/simd.h"

#include <float.h>

/* A memory that fades never reaches 0 by itself: it ends among the subnormal numbers, where
 * processors are up to a hundred times slower. Parameters without a gradient are many (dead units,
 * blank pixels), and nothing below FLT_MIN can move a parameter. A NaN stays. */
static ALWAYS_INLINE vector flush_vector(vector value)
{
    vector_mask tiny = (value < FLT_MIN) & (value > -FLT_MIN);
    return choose(tiny, (vector){0}, value);
}

/* Of what is above 0; a NaN stays one. Infinity counts as FLT_MAX. */
static ALWAYS_INLINE vector finite_inverse_root(vector value)
{
    return inverse_root(choose(value > FLT_MAX, broadcast(FLT_MAX), value));
}

/* The root of what is not negative; 0 of 0, and a NaN stays one. */
static ALWAYS_INLINE vector root(vector value)
{
    value = choose(value > FLT_MAX, broadcast(FLT_MAX), value);
    return choose(value == 0, value, value * inverse_root(value));
}

#endif
