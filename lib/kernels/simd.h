/* Vectors of floats as wide as the instruction set that this file is compiled for. */
#ifndef KERNELS_SIMD_H
#define KERNELS_SIMD_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#if defined(__AVX__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(NEURON_NEON)
#include <arm_neon.h>
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

/* The same anywhere in memory, whatever lies there. */
typedef float float_loose __attribute__((may_alias));
typedef float vector_loose __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));
typedef int32_t vector_mask_loose __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NEVER_INLINE  __attribute__((noinline, unused))

/* Of a function that is called with constants: there is a copy for each of them, or a single one in
 * a set that is built to be small. */
#if defined(NEURON_SMALL)
#define VARIANT NEVER_INLINE
#else
#define VARIANT ALWAYS_INLINE
#endif

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

/* The same for what may be less than a vector, or nothing. What is not loaded is that of `rest`,
 * what is not stored stays as it is. Where a processor has masks no memory behind it is touched. */
#if defined(__AVX512F__)
static ALWAYS_INLINE __mmask16 first_lanes(int64_t count)
{
    return (__mmask16)((1u << (count < 0 ? 0 : count)) - 1);
}

static ALWAYS_INLINE vector load_or(const float *from, int64_t count, vector rest)
{
    if (count >= LANES)
        return load(from);
    return (vector)_mm512_mask_loadu_ps((__m512)rest, first_lanes(count), from);
}

static ALWAYS_INLINE vector load_some(const float *from, int64_t count)
{
    if (count >= LANES)
        return load(from);
    return (vector)_mm512_maskz_loadu_ps(first_lanes(count), from);
}

static ALWAYS_INLINE void store_some(float *to, vector value, int64_t count)
{
    if (count >= LANES)
        store(to, value);
    else
        _mm512_mask_storeu_ps(to, first_lanes(count), (__m512)value);
}
#elif defined(__AVX2__)
static ALWAYS_INLINE vector_mask first_lanes(int64_t count)
{
    return (vector_mask){0, 1, 2, 3, 4, 5, 6, 7} < (int32_t)count;
}

static ALWAYS_INLINE vector load_some(const float *from, int64_t count)
{
    if (count >= LANES)
        return load(from);
    return (vector)_mm256_maskload_ps(from, (__m256i)first_lanes(count));
}

static ALWAYS_INLINE vector load_or(const float *from, int64_t count, vector rest)
{
    if (count >= LANES)
        return load(from);
    vector_mask lanes = first_lanes(count);
    vector loaded = (vector)_mm256_maskload_ps(from, (__m256i)lanes);
    return (vector)_mm256_blendv_ps((__m256)rest, (__m256)loaded, (__m256)lanes);
}

static ALWAYS_INLINE void store_some(float *to, vector value, int64_t count)
{
    if (count >= LANES)
        store(to, value);
    else
        _mm256_maskstore_ps(to, (__m256i)first_lanes(count), (__m256)value);
}
#else
/* By a call: it is long, and there are many of them. */
static NEVER_INLINE vector load_lane_by_lane(const float *from, int64_t count, vector rest)
{
    for (int64_t i = 0; i < LANES; i++)
        rest[i] = i < count ? ((const float_loose *)from)[i] : rest[i];
    return rest;
}

static NEVER_INLINE void store_lane_by_lane(float *to, vector value, int64_t count)
{
    for (int64_t i = 0; i < LANES; i++)
        if (i < count)
            ((float_loose *)to)[i] = value[i];
}

static ALWAYS_INLINE vector load_or(const float *from, int64_t count, vector rest)
{
    return count >= LANES ? load(from) : load_lane_by_lane(from, count, rest);
}

static ALWAYS_INLINE vector load_some(const float *from, int64_t count)
{
    return load_or(from, count, (vector){0});
}

static ALWAYS_INLINE void store_some(float *to, vector value, int64_t count)
{
    if (count >= LANES)
        store(to, value);
    else
        store_lane_by_lane(to, value, count);
}
#endif

/* Lanes that are chosen once for many vectors, where the processor leaves the others alone for
 * nothing. Elsewhere whole vectors are touched. */
#if defined(__AVX512F__)
enum { CHOOSES_LANES = 1 };
typedef __mmask16 lane_choice;

static ALWAYS_INLINE lane_choice choose_lanes(int64_t count)
{
    return first_lanes(count > LANES ? LANES : count);
}

static ALWAYS_INLINE vector load_lanes(const float *from, lane_choice lanes)
{
    return (vector)_mm512_maskz_loadu_ps(lanes, from);
}

static ALWAYS_INLINE void store_lanes(float *to, vector value, lane_choice lanes)
{
    _mm512_mask_storeu_ps(to, lanes, (__m512)value);
}
#else
enum { CHOOSES_LANES = 0 };
typedef int lane_choice;

static ALWAYS_INLINE lane_choice choose_lanes(int64_t count)
{
    return count > 0;
}

static ALWAYS_INLINE vector load_lanes(const float *from, lane_choice lanes)
{
    (void)lanes;
    return load(from);
}

static ALWAYS_INLINE void store_lanes(float *to, vector value, lane_choice lanes)
{
    (void)lanes;
    store(to, value);
}
#endif

static ALWAYS_INLINE vector broadcast(float value)
{
    return value - (vector){0};
}

/* `yes` where the mask is set, else `no`. */
static ALWAYS_INLINE vector choose(vector_mask mask, vector yes, vector no)
{
    return (vector)((mask & (vector_mask)yes) | (~mask & (vector_mask)no));
}

/* Lanes of two vectors in turn, of their first halves and of their second halves. */
#if defined(__AVX512F__)
#define LOWER_LANES 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define UPPER_LANES 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif defined(__AVX__)
#define LOWER_LANES 0, 8, 1, 9, 2, 10, 3, 11
#define UPPER_LANES 4, 12, 5, 13, 6, 14, 7, 15
#else
#define LOWER_LANES 0, 4, 1, 5
#define UPPER_LANES 2, 6, 3, 7
#endif

#if defined(__clang__)
#define INTERLEAVE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define INTERLEAVE(a, b, ...) __builtin_shuffle(a, b, (vector_mask){__VA_ARGS__})
#endif

static ALWAYS_INLINE vector interleave_lower(vector a, vector b)
{
    return INTERLEAVE(a, b, LOWER_LANES);
}

static ALWAYS_INLINE vector interleave_upper(vector a, vector b)
{
    return INTERLEAVE(a, b, UPPER_LANES);
}

/* The sum of all lanes, and the largest of them: halves are joined until one is left. */
#if defined(__AVX__)
static ALWAYS_INLINE __m128 fold_to_four(vector value, bool adds)
{
#if defined(__AVX512F__)
    __m256 low = _mm512_castps512_ps256((__m512)value);
    __m256 high = (__m256)_mm512_extractf64x4_pd((__m512d)value, 1);
    __m256 eight = adds ? _mm256_add_ps(low, high) : _mm256_max_ps(low, high);
#else
    __m256 eight = (__m256)value;
#endif
    __m128 lower = _mm256_castps256_ps128(eight), upper = _mm256_extractf128_ps(eight, 1);
    return adds ? _mm_add_ps(lower, upper) : _mm_max_ps(lower, upper);
}

static ALWAYS_INLINE float sum_of_lanes(vector value)
{
    __m128 four = fold_to_four(value, true);
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static ALWAYS_INLINE float largest_of_lanes(vector value)
{
    __m128 four = fold_to_four(value, false);
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
#elif defined(NEURON_NEON)
static ALWAYS_INLINE float sum_of_lanes(vector value)
{
    return vaddvq_f32((float32x4_t)value);
}

static ALWAYS_INLINE float largest_of_lanes(vector value)
{
    return vmaxvq_f32((float32x4_t)value);
}
#else
static ALWAYS_INLINE float sum_of_lanes(vector value)
{
    return (value[0] + value[2]) + (value[1] + value[3]);
}

static ALWAYS_INLINE float largest_of_lanes(vector value)
{
    float even = value[0] > value[2] ? value[0] : value[2];
    float odd = value[1] > value[3] ? value[1] : value[3];
    return even > odd ? even : odd;
}
#endif

/* The larger of two values, and the smaller; where `value` is a NaN it stays one. */
#if defined(__AVX512F__)
static ALWAYS_INLINE vector at_least(vector floor, vector value)
{
    return (vector)_mm512_max_ps((__m512)floor, (__m512)value);
}

static ALWAYS_INLINE vector at_most(vector ceiling, vector value)
{
    return (vector)_mm512_min_ps((__m512)ceiling, (__m512)value);
}
#elif defined(__AVX__)
static ALWAYS_INLINE vector at_least(vector floor, vector value)
{
    return (vector)_mm256_max_ps((__m256)floor, (__m256)value);
}

static ALWAYS_INLINE vector at_most(vector ceiling, vector value)
{
    return (vector)_mm256_min_ps((__m256)ceiling, (__m256)value);
}
#elif defined(NEURON_NEON)
static ALWAYS_INLINE vector at_least(vector floor, vector value)
{
    return (vector)vmaxq_f32((float32x4_t)floor, (float32x4_t)value);
}

static ALWAYS_INLINE vector at_most(vector ceiling, vector value)
{
    return (vector)vminq_f32((float32x4_t)ceiling, (float32x4_t)value);
}
#else
static ALWAYS_INLINE vector at_least(vector floor, vector value)
{
    return choose(value < floor, floor, value);
}

static ALWAYS_INLINE vector at_most(vector ceiling, vector value)
{
    return choose(value > ceiling, ceiling, value);
}
#endif

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
#elif defined(NEURON_NEON)
/* Its estimates have 8 bits: steps to make them whole would take as long as the root. */
static ALWAYS_INLINE vector inverse_root(vector value)
{
    return 1.0f / (vector)vsqrtq_f32((float32x4_t)value);
}

static ALWAYS_INLINE vector inverse(vector value)
{
    return 1.0f / value;
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
