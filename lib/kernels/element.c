/* What treats each value for itself. */
#include "kernels/table.h"

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

void KERNEL(add)(const float *values, int64_t count, float *output)
{
    for (int64_t i = 0; i < count; i++)
        output[i] += values[i];
}

/* Products that are rounded before they are added, so that they are the same on processors that
 * fuse a product and a sum and on those that do not, go through so many floats on the stack. */
enum { ROUNDED = 256 };

static void round_products(const float *values, int64_t count, float scale, float *products)
{
    for (int64_t i = 0; i < count; i++)
        products[i] = values[i] * scale;
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
        KERNEL(add)(products, some, output + first);
    }
}

void KERNEL(scale_by)(const float *values, int64_t count, float *output)
{
    for (int64_t i = 0; i < count; i++)
        output[i] *= values[i];
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
        KERNEL(add)(products, some, output + first);
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
