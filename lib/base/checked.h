/* Arithmetic on sizes that says when it does not fit. */
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool neuron_multiply_size(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

static inline bool neuron_add_size(size_t a, size_t b, size_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

static inline bool neuron_multiply_count(int64_t a, int64_t b, int64_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

/* A count as a size of memory, which has fewer bits on some machines. What does not fit becomes
 * SIZE_MAX, which no allocator has; so does a product that does not fit. */
static inline size_t neuron_size(int64_t count)
{
    return (uint64_t)count > SIZE_MAX ? SIZE_MAX : (size_t)count;
}

static inline size_t neuron_size_of(int64_t count, size_t size)
{
    size_t bytes;
    return neuron_multiply_size(neuron_size(count), size, &bytes) ? bytes : SIZE_MAX;
}

static inline int64_t neuron_min_count(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t neuron_between(int64_t least, int64_t value, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static inline int64_t neuron_ceil_divide(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* The nearest weight of 8 bits, from -127 to 127, to what a caller may have set to anything. */
static inline int32_t neuron_nearest_weight(float value)
{
    float size = value < 0 ? -value : value;
    int32_t nearest = size < 127 ? (int32_t)(size + 0.5f) : 127;
    return value < 0 ? -nearest : nearest;
}

#endif
