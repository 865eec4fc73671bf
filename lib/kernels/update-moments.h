/* What the passes over parameters have in common. */
#ifndef KERNELS_UPDATE_MOMENTS_H
#define KERNELS_UPDATE_MOMENTS_H

#include "kernels/simd.h"

#include <float.h>
#include <stdbool.h>

/* A memory that fades never reaches 0 by itself: it ends among the subnormal numbers, where
 * processors are up to a hundred times slower. Parameters without a gradient are many (dead units,
 * blank pixels), and nothing below FLT_MIN can move a parameter. A NaN stays. Where the mode of
 * base/float-mode.h has results flushed, there is nothing to do. */
static ALWAYS_INLINE vector flush_vector(vector value)
{
#if defined(__x86_64__) || defined(__aarch64__)
    return value;
#else
    vector_mask tiny = (value < FLT_MIN) & (value > -FLT_MIN);
    return choose(tiny, (vector){0}, value);
#endif
}

/* Notes numbers in a sum that is 0 as long as all of them were finite. */
static ALWAYS_INLINE vector note_finite(vector sum, vector numbers)
{
    return numbers * 0.0f + sum;
}

static NEVER_INLINE bool all_finite(vector sum)
{
    bool finite = true;
    for (int i = 0; i < LANES; i++)
        finite = finite && sum[i] == 0;
    return finite;
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
    return value * inverse_root(choose(value < FLT_MIN, broadcast(FLT_MIN), value));
}

#endif
