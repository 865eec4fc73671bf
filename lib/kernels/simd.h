/* Vectors of floats as wide as the instruction set that this file is compiled for. */
#ifndef KERNELS_SIMD_H
#define KERNELS_SIMD_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#if defined(__AVX__)
#include <immintrin.h>
#endif

/* TILE_ROWS times two vectors of sums, two of factors and one broadcast fill the registers. */
#if defined(__AVX512F__)
enum { LANES = 16, TILE_ROWS = 12 };
#elif defined(__AVX__)
enum { LANES = 8, TILE_ROWS = 6 };
#elif defined(__aarch64__)
enum { LANES = 4, TILE_ROWS = 12 };
#else
enum { LANES = 4, TILE_ROWS = 6 };
#endif

enum { VECTOR_BYTES = LANES * 4 };

typedef float vector __attribute__((vector_size(VECTOR_BYTES)));
typedef int32_t vector_mask __attribute__((vector_size(VECTOR_BYTES)));

/* The same anywhere in memory. */
typedef float vector_loose __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));
typedef int32_t vector_mask_loose __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* Loops over registers must be unrolled fully, or the registers become memory. */
#if defined(__clang__)
#define UNROLL_FULLY _Pragma("clang loop unroll(full)")
#define UNROLL_BY_4  _Pragma("clang loop unroll_count(4)")
#define UNROLL_NOT   _Pragma("clang loop unroll(disable)")
#else
#define UNROLL_FULLY _Pragma("GCC unroll 16")
#define UNROLL_BY_4  _Pragma("GCC unroll 4")
#define UNROLL_NOT   _Pragma("GCC unroll 1")
#endif

static ALWAYS_INLINE vector load(const float *from)
{
    return *(const vector_loose *)from;
}

static ALWAYS_INLINE void store(float *to, vector value)
{
    *(vector_loose *)to = value;
}

/* The same for what may be less than a vector; the rest is 0, or stays as it is. */
static ALWAYS_INLINE vector load_some(const float *from, int64_t count)
{
    if (count >= LANES)
        return load(from);
    float values[LANES] = {0};
    memcpy(values, from, (size_t)count * sizeof *from);
    return load(values);
}

static ALWAYS_INLINE void store_some(float *to, vector value, int64_t count)
{
    if (count >= LANES)
        store(to, value);
    else
        memcpy(to, &value, (size_t)count * sizeof *to);
}

static ALWAYS_INLINE vector broadcast(float value)
{
    return value - (vector){0};
}

/* `yes` where the mask is set, else `no`. */
static ALWAYS_INLINE vector choose(vector_mask mask, vector yes, vector no)
{
    return (vector)((mask & (vector_mask)yes) | (~mask & (vector_mask)no));
}

/* 1 / sqrt(value) and 1 / value to about the last bit, for values that are above 0 and finite. The
 * processor's own roots and quotients are exact, and take several times as long. */
#if defined(__AVX512F__)
static ALWAYS_INLINE vector estimate_root(vector value)
{
    return (vector)_mm512_rsqrt14_ps((__m512)value);
}

static ALWAYS_INLINE vector estimate_inverse(vector value)
{
    return (vector)_mm512_rcp14_ps((__m512)value);
}
#elif defined(__AVX__)
static ALWAYS_INLINE vector estimate_root(vector value)
{
    return (vector)_mm256_rsqrt_ps((__m256)value);
}

static ALWAYS_INLINE vector estimate_inverse(vector value)
{
    return (vector)_mm256_rcp_ps((__m256)value);
}
#endif

#if defined(__AVX__)
static ALWAYS_INLINE vector inverse_root(vector value)
{
    vector estimate = estimate_root(value);
    return estimate * (1.5f - 0.5f * (value * estimate) * estimate); /* a step of Newton's */
}

static ALWAYS_INLINE vector inverse(vector value)
{
    vector estimate = estimate_inverse(value);
    return estimate * (2.0f - value * estimate);
}
#else
static ALWAYS_INLINE vector inverse_root(vector value)
{
    vector result;
    for (int i = 0; i < LANES; i++)
        result[i] = 1 / sqrtf(value[i]);
    return result;
}

static ALWAYS_INLINE vector inverse(vector value)
{
    return 1.0f / value;
}
#endif

/* Each copy of a kernel has a name of its own. */
#define KERNEL_PASTE(name, set)  neuron_##name##_##set
#define KERNEL_EXPAND(name, set) KERNEL_PASTE(name, set)
#define KERNEL(name)             KERNEL_EXPAND(name, NEURON_ISA)

#endif
