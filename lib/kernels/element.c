/* What treats each value for itself. */
#include "kernels/activation.h"
#include "kernels/table.h"
#include "kernels/update-moments.h"

void KERNEL(scale_bytes)(const uint8_t *bytes, int64_t count, float scale, float shift,
                         float *restrict output)
{
    for (int64_t i = 0; i < count; i++)
        output[i] = (float)bytes[i] * scale + shift;
}

void KERNEL(scale_floats)(const float *values, int64_t count, float scale, float shift,
                          float *restrict output)
{
    for (int64_t i = 0; i < count; i++)
        output[i] = values[i] * scale + shift;
}

void KERNEL(sum)(const float *values, const float *others, int64_t count, float *output)
{
    for (int64_t i = 0; i < count; i += LANES) {
        int64_t left = count - i;
        store_some(output + i, load_some(values + i, left) + load_some(others + i, left), left);
    }
}

/* Products that are rounded before they are added, so that they are the same on processors that
 * fuse a product and a sum and on those that do not, go through so many floats on the stack. */
enum { ROUNDED = 256 };

static void round_products(const float *values, int64_t count, float scale, float *products)
{
    for (int64_t i = 0; i < count; i++)
        products[i] = values[i] * scale;
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

void KERNEL(weigh)(const float *values, int64_t count, float scale, bool adds, float *output)
{
    if (!adds) {
        round_products(values, count, scale, output);
        return;
    }
    for (int64_t first = 0; first < count; first += ROUNDED) {
        float products[ROUNDED];
        int64_t some = count - first < ROUNDED ? count - first : ROUNDED;
        round_products(values + first, some, scale, products);
        KERNEL(sum)(output + first, products, some, output + first);
    }
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
    for (int64_t row = 0; row < rows; row++, from += from_row, to += to_row) {
        if (length > SHORT_ROW)
            memcpy(to, from, (size_t)length * sizeof *to);
        else
            for (int64_t i = 0; i < length; i += LANES)
                store_some(to + i, load_some(from + i, length - i), length - i);
    }
}

void KERNEL(penalize)(const float *values, const float *gradients, int64_t count, float l1,
                      float l2, float *output)
{
    for (int64_t first = 0; first < count; first += ROUNDED) {
        float products[ROUNDED];
        int64_t some = count - first < ROUNDED ? count - first : ROUNDED;
        round_products(values + first, some, l2, products);
        for (int64_t i = first; i < first + some; i++) {
            float sign = (float)((values[i] > 0) - (values[i] < 0));
            output[i] = gradients[i] + l1 * sign; /* the product is exact */
        }
        KERNEL(sum)(output + first, products, some, output + first);
    }
}

enum { BLOCKS = 8 };

/* One number of each of eight blocks, in the lower halves. */
typedef uint64_t numbers __attribute__((vector_size(8 * BLOCKS)));
typedef uint32_t flags __attribute__((vector_size(4 * BLOCKS)));
typedef float floats __attribute__((vector_size(4 * BLOCKS)));
typedef float floats_loose __attribute__((vector_size(4 * BLOCKS), aligned(4), may_alias));

static const uint64_t low_half = 0xffffffffu;

/* Of lower halves. A compiler that does not see that they are takes several times as long. Where a
 * product of eight is one instruction the rounds are unrolled; else they are long enough. */
#if defined(__AVX512F__)
#define UNROLL_ROUNDS UNROLL_FULLY
static ALWAYS_INLINE numbers multiply_low(numbers low, uint64_t factor)
{
    return (numbers)_mm512_mul_epu32((__m512i)low, _mm512_set1_epi64((long long)factor));
}
#else
#define UNROLL_ROUNDS UNROLL_NOT
static ALWAYS_INLINE numbers multiply_low(numbers low, uint64_t factor)
{
    return low * factor;
}
#endif

/* Eight blocks of Philox4x32-10, from `first` on: see base/random.c. */
static ALWAYS_INLINE void draw(const neuron_random *random, uint64_t first, numbers drawn[4])
{
    uint64_t key0 = random->seed & low_half, key1 = random->seed >> 32;
    numbers index = (numbers){0, 1, 2, 3, 4, 5, 6, 7} + first;
    numbers c0 = index & low_half, c1 = index >> 32;
    numbers c2 = (numbers){0} + random->stream, c3 = (numbers){0} + random->use;
    UNROLL_ROUNDS
    for (int round = 0; round < 10; round++) {
        numbers product0 = multiply_low(c0, 0xD2511F53u);
        numbers product1 = multiply_low(c2, 0xCD9E8D57u);
        c0 = (product1 >> 32) ^ c1 ^ key0;
        c1 = product1 & low_half;
        c2 = (product0 >> 32) ^ c3 ^ key1;
        c3 = product0 & low_half;
        key0 = (key0 + 0x9E3779B9u) & low_half;
        key1 = (key1 + 0xBB67AE85u) & low_half;
    }
    drawn[0] = c0;
    drawn[1] = c1;
    drawn[2] = c2;
    drawn[3] = c3;
}

/* Which values of one group are kept. Each number serves two of them, one with each half. */
static ALWAYS_INLINE void draw_kept(const neuron_dropout_work *work, uint64_t first, flags kept[8])
{
    numbers drawn[4];
    draw(&work->random, first, drawn);
    UNROLL_FULLY
    for (int i = 0; i < 8; i++) {
        numbers half = i < 4 ? drawn[i] & 0xffff : drawn[i - 4] >> 16;
        kept[i] = (flags)(__builtin_convertvector(half, flags) >= work->threshold);
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
            UNROLL_FULLY
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

/* Values of a step: two of each pair of numbers of eight blocks. */
enum { NOISE = 4 * BLOCKS };

typedef float pairs __attribute__((vector_size(2 * sizeof(floats)), aligned(4), may_alias));
typedef int32_t pair_places __attribute__((vector_size(2 * sizeof(floats))));

/* One of `a` and one of `b` in turn, from their lower half or their upper. */
#if defined(__clang__) || __GNUC__ >= 12
#define MIX(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define MIX(a, b, ...) __builtin_shuffle(a, b, (pair_places){__VA_ARGS__})
#endif
#define MIX_LOWER(a, b) MIX(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define MIX_UPPER(a, b) MIX(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

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

/* Normal numbers of deviation 1 (Box and Muller, 1958): the first two of a block's numbers make the
 * first two, the others the others. */
static ALWAYS_INLINE void draw_normal(const neuron_random *random, uint64_t first, pairs normal[2])
{
    numbers drawn[4];
    draw(random, first, drawn);
    /* The first numbers of all pairs, and the second ones, of which the upper 24 bits count. */
    union {
        numbers numbers;
        vector_mask parts[2 * BLOCKS / LANES];
    } firsts = {drawn[0] >> 8 | (drawn[2] >> 8) << 32},
      seconds = {drawn[1] >> 8 | (drawn[3] >> 8) << 32};
    union {
        pairs all;
        vector parts[2 * BLOCKS / LANES];
    } sines, cosines;
    UNROLL_FULLY
    for (int i = 0; i < 2 * BLOCKS / LANES; i++) {
        vector share = 1.0f - __builtin_convertvector(firsts.parts[i], vector) * 0x1p-24f;
        vector radius = radius_of(share), sine, cosine;
        turn(__builtin_convertvector(seconds.parts[i], vector) * 0x1p-24f, &sine, &cosine);
        sines.parts[i] = radius * sine;
        cosines.parts[i] = radius * cosine;
    }
    normal[0] = MIX_LOWER(cosines.all, sines.all);
    normal[1] = MIX_UPPER(cosines.all, sines.all);
}

void KERNEL(gaussian_noise)(const neuron_noise_work *work, const float *values, int64_t count,
                            float *output)
{
    uint64_t block = work->first;
    for (int64_t i = 0; i < count; i += NOISE, block += BLOCKS) {
        float part[NOISE];
        pairs normal[2];
        draw_normal(&work->random, block, normal);
        if (count - i >= NOISE) {
            for (int k = 0; k < 2; k++)
                *(pairs *)(output + i + k * NOISE / 2) =
                    *(const pairs *)(values + i + k * NOISE / 2) + work->deviation * normal[k];
            continue;
        }
        memcpy(part, values + i, (size_t)(count - i) * sizeof *part);
        for (int k = 0; k < 2; k++)
            *(pairs *)(part + k * NOISE / 2) += work->deviation * normal[k];
        memcpy(output + i, part, (size_t)(count - i) * sizeof *part);
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
