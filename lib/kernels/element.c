/* What treats each value for itself. */
#include "kernels/activation.h"
#include "kernels/table.h"
#include "kernels/update-moments.h"

typedef uint8_t lane_bytes __attribute__((vector_size(LANES)));

static ALWAYS_INLINE vector floats_of(lane_bytes bytes)
{
#if defined(__AVX512F__)
    return (vector)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32((__m128i)bytes));
#elif defined(__AVX2__)
    return (vector)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_set1_epi64x((int64_t)bytes)));
#else
    return __builtin_convertvector(__builtin_convertvector(bytes, vector_mask), vector);
#endif
}

void KERNEL(scale_bytes)(const uint8_t *bytes, int64_t count, float scale, float shift,
                         float *output)
{
    lane_bytes some = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        memcpy(&some, bytes + i, sizeof some);
        store(output + i, floats_of(some) * scale + shift);
    }
    if (i < count) {
        memcpy(&some, bytes + i, (size_t)(count - i));
        store_some(output + i, floats_of(some) * scale + shift, count - i);
    }
}

void KERNEL(scale_floats)(const float *values, int64_t count, float scale, float shift,
                          float *output)
{
    for (int64_t i = 0; i < count; i += LANES) {
        int64_t left = count - i;
        store_some(output + i, load_some(values + i, left) * scale + shift, left);
    }
}

void KERNEL(sum)(const float *values, const float *others, int64_t count, float *output)
{
    for (int64_t i = 0; i < count; i += LANES) {
        int64_t left = count - i;
        store_some(output + i, load_some(values + i, left) + load_some(others + i, left), left);
    }
}

/* A product that is rounded before it is added to something, so that it is the same on processors
 * that fuse the two and on those that do not. */
static ALWAYS_INLINE vector rounded(vector product)
{
#if defined(__AVX512F__)
    __asm__("" : "+v"(product));
#elif defined(__SSE__)
    __asm__("" : "+x"(product));
#elif defined(__aarch64__)
    __asm__("" : "+w"(product));
#else
    __asm__("" : "+m"(product));
#endif
    return product;
}

void KERNEL(scatter)(const neuron_scatter_work *work)
{
    const float *products = work->products;
    for (int64_t p = 0; p < work->pixels; p++) {
        for (int64_t t = 0; t < work->taps; t++, products += work->run) {
            float *sums = work->sums + p * work->pixel_step + t * work->tap_step;
            for (int64_t r = 0; r < work->run; r += LANES)
                store(sums + r, load(sums + r) + load(products + r));
        }
    }
}

static ALWAYS_INLINE void weigh(const float *values, int64_t count, float scale, bool adds,
                                float *output)
{
    for (int64_t i = 0; i < count; i += LANES) {
        int64_t left = count - i;
        vector product = rounded(load_some(values + i, left) * scale);
        store_some(output + i, adds ? load_some(output + i, left) + product : product, left);
    }
}

void KERNEL(weigh)(const float *values, int64_t count, float scale, bool adds, float *output)
{
    if (adds)
        weigh(values, count, scale, true, output);
    else
        weigh(values, count, scale, false, output);
}

void KERNEL(product)(const float *values, const float *others, int64_t count, float *output)
{
    for (int64_t i = 0; i < count; i += LANES) {
        int64_t left = count - i;
        store_some(output + i, load_some(values + i, left) * load_some(others + i, left), left);
    }
}

/* Up to so many floats a row is copied here: a call would take longer. */
enum { SHORT_ROW = 128 };

void KERNEL(copy_rows)(const float *from, int64_t from_row, int64_t rows, int64_t length, float *to,
                       int64_t to_row)
{
    int64_t rest = length % LANES, whole = length - rest;
    for (int64_t row = 0; length > SHORT_ROW && row < rows; row++)
        memcpy(to + row * to_row, from + row * from_row, (size_t)length * sizeof *to);
    for (int64_t row = 0; length <= SHORT_ROW && row < rows;
         row++, from += from_row, to += to_row) {
        for (int64_t i = 0; i < whole; i += LANES)
            store(to + i, load(from + i));
        if (rest > 0)
            store_some(to + whole, load_some(from + whole, rest), rest);
    }
}

void KERNEL(penalize)(const float *values, const float *gradients, int64_t count, float l1,
                      float l2, float *output)
{
    for (int64_t i = 0; i < count; i += LANES) {
        int64_t left = count - i;
        vector value = load_some(values + i, left);
        vector sign = __builtin_convertvector((value < 0) - (value > 0), vector);
        vector slope = load_some(gradients + i, left) + l1 * sign; /* the product is exact */
        store_some(output + i, slope + rounded(value * l2), left);
    }
}

/* Random numbers are made of so many blocks, those of a register at a time. */
enum { BLOCKS = 8, BLOCKS_AT_A_TIME = LANES / 2, TIMES = BLOCKS / BLOCKS_AT_A_TIME };

/* One number of each block, in the lower halves. */
typedef uint64_t some_numbers __attribute__((vector_size(VECTOR_BYTES)));
typedef uint64_t all_numbers __attribute__((vector_size(8 * BLOCKS)));
typedef union numbers {
    all_numbers all;
    some_numbers some[TIMES];
} numbers;

typedef uint32_t halves __attribute__((vector_size(4 * BLOCKS)));
typedef int32_t flags __attribute__((vector_size(4 * BLOCKS)));
typedef float floats __attribute__((vector_size(4 * BLOCKS)));
typedef float floats_loose __attribute__((vector_size(4 * BLOCKS), aligned(4), may_alias));

/* Where eight blocks fill a register, and a product of them is one instruction, loops are unrolled;
 * else they are long enough. */
#if defined(__AVX512F__)
#define UNROLL_ROUNDS UNROLL_FULLY
#else
#define UNROLL_ROUNDS UNROLL_NOT
#endif
#if defined(__AVX__) || defined(NEURON_NEON)
#define UNROLL_VALUES UNROLL_FULLY
#else
#define UNROLL_VALUES UNROLL_NOT
#endif

/* Of lower halves: a compiler that does not see that they are takes several times as long. */
static ALWAYS_INLINE some_numbers multiply_low(some_numbers low, int64_t factor)
{
#if defined(__AVX512F__)
    return (some_numbers)_mm512_mul_epu32((__m512i)low, _mm512_set1_epi64(factor));
#elif defined(__AVX2__)
    return (some_numbers)_mm256_mul_epu32((__m256i)low, _mm256_set1_epi64x(factor));
#elif defined(__SSE2__)
    return (some_numbers)_mm_mul_epu32((__m128i)low, _mm_set1_epi64x(factor));
#else
    return low * (uint64_t)factor;
#endif
}

/* Eight blocks of Philox4x32-10, from `first` on: see base/random.c. */
static ALWAYS_INLINE void draw(const neuron_random *random, uint64_t first, numbers drawn[4])
{
    static const uint64_t low_half = 0xffffffffu;
    static const numbers places = {{0, 1, 2, 3, 4, 5, 6, 7}};
    UNROLL_NOT
    for (int i = 0; i < TIMES; i++) {
        uint64_t key0 = random->seed & low_half, key1 = random->seed >> 32;
        some_numbers index = places.some[i] + first;
        some_numbers c0 = index & low_half, c1 = index >> 32;
        some_numbers c2 = (some_numbers){0} + random->stream;
        some_numbers c3 = (some_numbers){0} + random->use;
        UNROLL_ROUNDS
        for (int round = 0; round < 10; round++) {
            some_numbers product0 = multiply_low(c0, 0xD2511F53u);
            some_numbers product1 = multiply_low(c2, 0xCD9E8D57u);
            c0 = (product1 >> 32) ^ c1 ^ key0;
            c1 = product1 & low_half;
            c2 = (product0 >> 32) ^ c3 ^ key1;
            c3 = product0 & low_half;
            key0 = (key0 + 0x9E3779B9u) & low_half;
            key1 = (key1 + 0xBB67AE85u) & low_half;
        }
        drawn[0].some[i] = c0;
        drawn[1].some[i] = c1;
        drawn[2].some[i] = c2;
        drawn[3].some[i] = c3;
    }
}

/* Which values of one group are kept. Each number serves two of them, one with each half. It is the
 * sign of a difference: of a comparison compilers make masks, with which a processor reads the
 * values only when all numbers are drawn. */
static ALWAYS_INLINE void draw_kept(const neuron_dropout_work *work, uint64_t first, flags kept[8])
{
    int32_t below = (int32_t)work->threshold - 1;
    numbers drawn[4];
    draw(&work->random, first, drawn);
    UNROLL_VALUES
    for (int i = 0; i < 4; i++) {
        halves number = __builtin_convertvector(drawn[i].all, halves);
        kept[i] = (below - (flags)(number & 0xffff)) >> 31;
        kept[i + 4] = (below - (flags)(number >> 16)) >> 31;
    }
}

void KERNEL(dropout)(const neuron_dropout_work *work, const float *values, int64_t count,
                     float *output)
{
    uint64_t block = work->first;
    for (int64_t i = 0; i < count; i += NEURON_DROPOUT_GROUP, block += BLOCKS) {
        flags kept[8];
        draw_kept(work, block, kept);
        if (count - i >= NEURON_DROPOUT_GROUP) {
            UNROLL_VALUES
            for (int k = 0; k < 8; k++) {
                floats scaled = *(const floats_loose *)(values + i + 8 * k) * work->scale;
                *(floats_loose *)(output + i + 8 * k) = (floats)(kept[k] & (flags)scaled);
            }
        } else {
            for (int64_t k = i; k < count; k++)
                output[k] = kept[(k - i) / 8][(k - i) % 8] ? values[k] * work->scale : 0;
        }
    }
}

/* sqrt(-2 log(share)) for 2^-24 <= share <= 1: the logarithm is that of a power of two and of a
 * number between the roots of 1/2 and 2. */
static ALWAYS_INLINE vector radius_of(vector share)
{
    enum { HALF_ROOT = 0x3f3504f3 };
    vector_mask bits = (vector_mask)share - HALF_ROOT;
    vector rest = (vector)((bits & 0x7fffff) + HALF_ROOT) - 1.0f;
    vector power = __builtin_convertvector(bits >> 23, vector);
    vector logarithm = power * 0.69314718f + log1p_vector(rest);
    return root(-2.0f * logarithm);
}

/* Changes the sign where the uppermost bit is set. */
static ALWAYS_INLINE vector flip(vector x, vector_mask bits)
{
    return (vector)((vector_mask)x ^ (bits & INT32_MIN));
}

/* Sine and cosine of a whole turn times `share`: the nearest quarter, and what is left of at most
 * an eighth, which is exact. Both are within 1.5 units in the last place of that. */
static ALWAYS_INLINE void turn(vector share, vector *sine, vector *cosine)
{
    vector_mask quarter = __builtin_convertvector(share * 4.0f + 0.5f, vector_mask);
    vector x = (share - 0.25f * __builtin_convertvector(quarter, vector)) * 6.2831853f, z = x * x;
    vector s = x + x * z * ((z * -1.9515296e-4f + 8.3321609e-3f) * z - 0.16666655f);
    vector c = 1.0f - z * 0.5f + z * z * ((z * 2.4433157e-5f - 1.3887316e-3f) * z + 4.1666646e-2f);
    vector_mask odd = -(quarter & 1);
    *sine = flip(choose(odd, c, s), quarter << 30);
    *cosine = flip(choose(odd, s, c), (quarter + 1) << 30);
}

/* Two numbers of each block in one vector, of which the upper 24 bits count. */
static ALWAYS_INLINE vector two_shares(some_numbers even, some_numbers odd)
{
    vector_mask both = (vector_mask)(even >> 8 | (odd >> 8) << 32);
    return __builtin_convertvector(both, vector) * 0x1p-24f;
}

/* Normal numbers of deviation 1 (Box and Muller, 1958): the first two of a block's numbers make the
 * first two, the others the others. */
static ALWAYS_INLINE void draw_normal(const neuron_random *random, uint64_t first,
                                      vector normal[2 * TIMES])
{
    numbers drawn[4];
    draw(random, first, drawn);
    UNROLL_NOT
    for (int i = 0; i < TIMES; i++) {
        vector radius = radius_of(1.0f - two_shares(drawn[0].some[i], drawn[2].some[i]));
        vector sine, cosine;
        turn(two_shares(drawn[1].some[i], drawn[3].some[i]), &sine, &cosine);
        sine *= radius;
        cosine *= radius;
        normal[2 * i] = interleave_lower(cosine, sine);
        normal[2 * i + 1] = interleave_upper(cosine, sine);
    }
}

/* Values that eight blocks are for. */
enum { NOISE = 2 * TIMES * LANES };

void KERNEL(gaussian_noise)(const neuron_noise_work *work, const float *values, int64_t count,
                            float *output)
{
    uint64_t block = work->first;
    for (int64_t i = 0; i < count; i += NOISE, block += BLOCKS) {
        vector normal[2 * TIMES];
        float part[NOISE];
        size_t some = count - i < NOISE ? (size_t)(count - i) * sizeof *part : 0;
        const float *from = some ? memcpy(part, values + i, some) : values + i;
        float *to = some ? part : output + i;
        draw_normal(&work->random, block, normal);
        UNROLL_NOT
        for (int v = 0; v < 2 * TIMES; v++)
            store(to + v * LANES, load(from + v * LANES) + work->deviation * normal[v]);
        if (some)
            memcpy(output + i, part, some);
    }
}

typedef double doubles __attribute__((vector_size(VECTOR_BYTES)));
typedef double doubles_loose __attribute__((vector_size(VECTOR_BYTES), aligned(8), may_alias));
typedef int64_t double_bits __attribute__((vector_size(VECTOR_BYTES)));
typedef uint64_t double_numbers __attribute__((vector_size(VECTOR_BYTES)));

enum { DOUBLES = LANES / 2 };

static ALWAYS_INLINE doubles choose_double(double_bits mask, doubles yes, doubles no)
{
    return (doubles)((mask & (double_bits)yes) | (~mask & (double_bits)no));
}

static ALWAYS_INLINE doubles broadcast_double(double value)
{
    return value - (doubles){0};
}

/* 1 / k! and 1 / (2 k + 1), from the highest on: errors are below 1e-14. */
static const double exponential_terms[] = {1 / 39916800.0, 1 / 3628800.0, 1 / 362880.0, 1 / 40320.0,
                                           1 / 5040.0,     1 / 720.0,     1 / 120.0,    1 / 24.0,
                                           1 / 6.0,        1 / 2.0,       1.0,          1.0};
static const double artanh_terms[] = {1 / 19.0, 1 / 17.0, 1 / 15.0, 1 / 13.0, 1 / 11.0,
                                      1 / 9.0,  1 / 7.0,  1 / 5.0,  1 / 3.0,  1.0};

static ALWAYS_INLINE doubles polynomial(const double *terms, int count, doubles x)
{
    doubles sum = broadcast_double(terms[0]);
    UNROLL_FULLY
    for (int i = 1; i < count; i++)
        sum = sum * x + terms[i];
    return sum;
}

/* As exp_of_sum() in activation.h, for x <= 0. Below -708 it is as there. */
static ALWAYS_INLINE doubles exponential(doubles x)
{
    /* Added to a number, it leaves the nearest integer in the lower bits. */
    double rounds = 0x1.8p52;
    x = choose_double(x < -708.0, broadcast_double(-708), x);
    doubles shifted = x * 1.4426950408889634 + rounds, n = shifted - rounds;
    doubles r = x - n * 0.693147180369123816490 - n * 1.90821492927058770002e-10;
    return polynomial(exponential_terms, 12, r) * (doubles)(((double_bits)shifted + 1023) << 52);
}

static ALWAYS_INLINE doubles logarithm(doubles x)
{
    int64_t half_root = 0x3fe6a09e667f3bcd;
    double_numbers bits = (double_numbers)x - (uint64_t)half_root + (UINT64_C(1023) << 52);
    doubles power = (doubles)(bits >> 52 | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023);
    doubles part = (doubles)((bits & 0xfffffffffffff) + (uint64_t)half_root);
    doubles s = (part - 1.0) / (part + 1.0);
    doubles result = power * 0.69314718055994530942 + 2.0 * s * polynomial(artanh_terms, 10, s * s);
    return choose_double(x <= 1.7976931348623157e308, result, x);
}

void KERNEL(exponentials)(const double *values, int64_t count, double *output)
{
    for (int64_t i = 0; i < count; i += DOUBLES)
        *(doubles_loose *)(output + i) = exponential(*(const doubles_loose *)(values + i));
}

void KERNEL(logarithms)(const double *values, int64_t count, double *output)
{
    for (int64_t i = 0; i < count; i += DOUBLES)
        *(doubles_loose *)(output + i) = logarithm(*(const doubles_loose *)(values + i));
}
