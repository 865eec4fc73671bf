/* Sums of 32 bits and floats as bytes. What is rounded has the same bytes on all processors: files
 * with this are compiled without fused products. */
#ifndef KERNELS_BYTES_TO_BYTES_H
#define KERNELS_BYTES_TO_BYTES_H

#include "kernels/simd.h"

typedef vector_mask sums; /* int32_t in each lane */
typedef uint8_t lane_bytes __attribute__((vector_size(LANES)));

/* The larger of two sums; and floats rounded to the nearest number, to the even one where two
 * are as near; what is no number of 32 bits becomes the least that there is. */
#if defined(__AVX512F__)
static ALWAYS_INLINE sums larger_sums(sums a, sums b)
{
    return (sums)_mm512_max_epi32((__m512i)a, (__m512i)b);
}

static ALWAYS_INLINE sums round_vector(vector value)
{
    return (sums)_mm512_cvtps_epi32((__m512)value);
}
#elif defined(__AVX2__)
static ALWAYS_INLINE sums larger_sums(sums a, sums b)
{
    return (sums)_mm256_max_epi32((__m256i)a, (__m256i)b);
}

static ALWAYS_INLINE sums round_vector(vector value)
{
    return (sums)_mm256_cvtps_epi32((__m256)value);
}
#else
static ALWAYS_INLINE sums larger_sums(sums a, sums b)
{
#if defined(NEURON_NEON)
    return (sums)vmaxq_s32((int32x4_t)a, (int32x4_t)b);
#else
    sums first = a > b;
    return (a & first) | (b & ~first);
#endif
}

/* What is added and taken away again leaves a number of less than 2^22 rounded, in its lowest
 * bits. */
static ALWAYS_INLINE sums round_vector(vector value)
{
    vector large = broadcast(0x1.8p23f), least = broadcast(-0x1p21f);
    value = choose(value > least, value, least);
    return (sums)(value + large) - (sums)large;
}
#endif

static ALWAYS_INLINE lane_bytes to_bytes(vector value, int32_t zero_point)
{
    value = at_most(broadcast((float)(255 - zero_point)), value);
    sums byte = larger_sums(round_vector(value), -zero_point - (sums){0}) + zero_point;
    return __builtin_convertvector(byte, lane_bytes);
}

static ALWAYS_INLINE void store_bytes(uint8_t *to, lane_bytes bytes, int64_t count)
{
    if (count >= LANES)
        memcpy(to, &bytes, sizeof bytes);
    else
        for (int64_t i = 0; i < count; i++)
            to[i] = bytes[i];
}

#endif
