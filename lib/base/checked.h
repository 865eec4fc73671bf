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

#endif
