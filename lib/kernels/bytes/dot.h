/* Products of bytes summed in vectors of 32 bits: four of an unsigned and four of a signed byte
 * go to each sum, exactly. Processors with VNNI do that in one instruction. Where there is a
 * product of 16 bits instead, bytes are spread first: the one of bytes that AVX2 has would cut
 * off sums, and that of NEON takes no bytes of two kinds. */
#ifndef KERNELS_BYTES_DOT_H
#define KERNELS_BYTES_DOT_H

#include "kernels/bytes/to-bytes.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

typedef vector_mask_loose sums_loose;
typedef uint32_t vector_bits __attribute__((vector_size(VECTOR_BYTES)));

static ALWAYS_INLINE sums load_sums(const void *from)
{
    return *(const sums_loose *)from;
}

/* The same four bytes in each lane. */
static ALWAYS_INLINE sums broadcast_bytes(const uint8_t *from)
{
    int32_t four;
    memcpy(&four, from, sizeof four);
    return four - (sums){0};
}

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)

/* VNNI: weights as they are. */
typedef sums dot_weights;
enum { DOT_ROWS = LANES == 16 ? 12 : 6 };

static ALWAYS_INLINE dot_weights spread_weights(sums weights)
{
    return weights;
}

static ALWAYS_INLINE sums dot(sums sum, const uint8_t *from, dot_weights weights)
{
#if defined(__AVX512VNNI__)
    return (sums)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)broadcast_bytes(from),
                                     (__m512i)weights);
#else
    return (sums)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)broadcast_bytes(from),
                                         (__m256i)weights);
#endif
}

#elif defined(__SSE2__) || defined(NEURON_NEON)

/* Even and odd bytes as numbers of 16 bits. */
typedef int16_t shorts __attribute__((vector_size(VECTOR_BYTES)));
typedef struct dot_weights {
    shorts even, odd;
} dot_weights;
enum { DOT_ROWS = TILE_ROWS == 12 ? 8 : 4 }; /* of 32 registers, or of 16 */

static ALWAYS_INLINE dot_weights spread_weights(sums weights)
{
    shorts bytes = (shorts)weights;
    return (dot_weights){bytes << 8 >> 8, bytes >> 8};
}

#if defined(NEURON_NEON)
/* Products of 16 bits become 32 one by one; neighbours are added last. */
static ALWAYS_INLINE sums dot(sums sum, const uint8_t *from, dot_weights weights)
{
    typedef uint16_t words __attribute__((vector_size(VECTOR_BYTES)));
    words bytes = (words)broadcast_bytes(from);
    int16x8_t even = (int16x8_t)(bytes & 0xff), odd = (int16x8_t)(bytes >> 8);
    int16x8_t by_even = (int16x8_t)weights.even, by_odd = (int16x8_t)weights.odd;
    int32x4_t low = vmull_s16(vget_low_s16(even), vget_low_s16(by_even));
    int32x4_t high = vmull_high_s16(even, by_even);
    low = vmlal_s16(low, vget_low_s16(odd), vget_low_s16(by_odd));
    high = vmlal_high_s16(high, odd, by_odd);
    return sum + (sums)vpaddq_s32(low, high);
}
#else
static ALWAYS_INLINE sums multiply_pairs(shorts a, shorts b)
{
#if defined(__AVX512BW__)
    return (sums)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (sums)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#else
    return (sums)_mm_madd_epi16((__m128i)a, (__m128i)b);
#endif
}

static ALWAYS_INLINE sums dot(sums sum, const uint8_t *from, dot_weights weights)
{
    typedef uint16_t words __attribute__((vector_size(VECTOR_BYTES)));
    words bytes = (words)broadcast_bytes(from);
    sum += multiply_pairs((shorts)(bytes & 0xff), weights.even);
    return sum + multiply_pairs((shorts)(bytes >> 8), weights.odd);
}
#endif

#else

typedef sums dot_weights;
enum { DOT_ROWS = 4 };

static ALWAYS_INLINE dot_weights spread_weights(sums weights)
{
    return weights;
}

static ALWAYS_INLINE sums dot(sums sum, const uint8_t *from, dot_weights weights)
{
    sums bytes = broadcast_bytes(from);
    UNROLL_FULLY
    for (int shift = 0; shift < 32; shift += 8)
        sum += (bytes >> shift & 0xff) * ((sums)((vector_bits)weights << (24 - shift)) >> 24);
    return sum;
}

#endif

#endif
