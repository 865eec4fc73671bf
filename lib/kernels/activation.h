/* exp, tanh, the logistic function and the normal distribution for vectors, which the activations
 * in activation.c are made of.
 *
 * All take any float: a NaN stays one, what is too large becomes infinite. Errors against exact
 * values, measured over every 101st float whose result is normal, in units in the last place: exp
 * 0.8, expm1 1.0, tanh 1.3, softplus by log1p 2.0, the logistic function 2.3, the normal
 * distribution 4 in its tail. Polynomials are minimax, by Remez's exchange. */
#ifndef KERNELS_ACTIVATION_H
#define KERNELS_ACTIVATION_H

#include "kernels/simd.h"

/* choose() for masks whose lanes are all set or not at all, by AVX2's instruction for it: faster
 * here, where many values are kept, and slower elsewhere. That of AVX-512 compilers find. */
static ALWAYS_INLINE vector pick(vector_mask mask, vector yes, vector no)
{
#if defined(__AVX__) && !defined(__AVX512F__)
    return (vector)_mm256_blendv_ps((__m256)no, (__m256)yes, (__m256)mask);
#else
    return choose(mask, yes, no);
#endif
}

static ALWAYS_INLINE vector sign_of(vector x)
{
    return (vector)((vector_mask)x & INT32_MIN);
}

static ALWAYS_INLINE vector magnitude(vector x)
{
    return (vector)((vector_mask)x & INT32_MAX);
}

static ALWAYS_INLINE vector with_sign(vector magnitude, vector sign)
{
    return (vector)((vector_mask)magnitude | (vector_mask)sign);
}

/* 2^n for -126 <= n <= 127. */
static ALWAYS_INLINE vector power_of_two(vector_mask n)
{
    return (vector)((n + 127) << 23);
}

/* exp(x) = 2^n * exp(r) for n as near to x / ln 2 as integers are; exp(r) = 1 + r + r^2 q(r). */
typedef struct exponent {
    vector_mask n;
    vector r;
} exponent;

/* Of high + low, where a multiple of 2^-17 below 2^7 may be `high` without loss. */
static ALWAYS_INLINE exponent split_exponent(vector high, vector low)
{
    vector quotient = (high + low) * 1.44269504f;
    exponent e = {.n = __builtin_convertvector(
                      quotient + with_sign(broadcast(0.5f), sign_of(quotient)), vector_mask)};
    vector n = __builtin_convertvector(e.n, vector);
    e.r = ((high - n * 0.693359375f) + n * 2.12194440e-4f) + low; /* ln 2 in two parts */
    return e;
}

/* (exp(r) - 1 - r) / r^2 for |r| <= ln 2 / 2 */
static ALWAYS_INLINE vector exp_rest(vector r)
{
    vector q = r * 0.0013805062273f + 0.00837332869111f;
    q = q * r + 0.0416688640544f;
    q = q * r + 0.166664801759f;
    return q * r + 0.499999905437f;
}

/* exp(high + low), from 0 below -104 to infinity above 89. Out of line: it is part of nearly all,
 * and a call costs little beside it. */
__attribute__((noinline)) static vector exp_of_sum(vector high, vector low)
{
    vector bounded = pick(high > -130.0f, high, broadcast(-130)); /* a NaN is held back here */
    const exponent e = split_exponent(pick(bounded < 89.0f, bounded, broadcast(89)), low);
    vector sum = 1.0f + e.r, lost = e.r - (sum - 1.0f); /* of r, in the sum */
    vector value = sum + (lost + e.r * e.r * exp_rest(e.r));
    vector_mask half = e.n >> 1; /* 2^n itself may be no float */
    vector result = value * power_of_two(half) * power_of_two(e.n - half);
    return pick(high == high, result, high);
}

static ALWAYS_INLINE vector exp_vector(vector x)
{
    return exp_of_sum(x, (vector){0});
}

/* exp(x) - 1 for x <= 0. */
static ALWAYS_INLINE vector expm1_vector(vector x)
{
    const exponent e = split_exponent(pick(x > -80.0f, x, broadcast(-80)), (vector){0});
    vector scale = power_of_two(e.n);
    vector result = scale * (e.r + e.r * e.r * exp_rest(e.r)) + (scale - 1.0f);
    return pick(x == x, result, x);
}

/* 2 artanh(s) / s - 2, for |s| <= 1/3. */
static ALWAYS_INLINE vector artanh_rest(vector s)
{
    vector z = s * s;
    vector q = z * 0.280170679339f + 0.280008348861f;
    q = q * z + 0.400215781113f;
    q = q * z + 0.666664157425f;
    return z * q;
}

/* log(1 + u) = 2 artanh(s) for -0.3 <= u <= 1, where s = u / (2 + u) and so 2 s = u - s u. */
static ALWAYS_INLINE vector log1p_vector(vector u)
{
    vector s = u / (u + 2.0f);
    return u - s * (u - artanh_rest(s));
}

/* The logistic function of x, and `rest`, what is left of it to 1. */
static ALWAYS_INLINE vector logistic_vector(vector x, vector *rest)
{
    vector power = exp_vector(-magnitude(x)), sum = 1.0f + power, one = broadcast(1);
    *rest = pick(x > 0, power, one) / sum;
    return pick(x > 0, one, power) / sum;
}

static ALWAYS_INLINE vector sigmoid_vector(vector x)
{
    vector rest;
    return logistic_vector(x, &rest);
}

/* By a polynomial where exp() - 1 would cancel; beyond 10 it is 1. */
static ALWAYS_INLINE vector tanh_vector(vector x)
{
    vector size = magnitude(x), z = x * x;
    vector q = z * -0.00571750397945f + 0.0206510514471f;
    q = q * z - 0.0537436633686f;
    q = q * z + 0.133314936896f;
    q = q * z - 0.333332840412f;
    vector small = size + size * z * q;
    const exponent e = split_exponent(pick(size < 10.0f, 2.0f * size, broadcast(20)), (vector){0});
    vector power = power_of_two(e.n), rest = e.r + e.r * e.r * exp_rest(e.r);
    vector large = 1.0f - 2.0f * inverse(power * rest + (power + 1.0f));
    vector result = with_sign(pick(size < 0.625f, small, large), sign_of(x)); /* of 0 too */
    return pick(x == x, result, x);
}

/* The normal distribution up to x, and exp(-x^2 / 2).
 *
 * Near 0 it is 1/2 and an odd polynomial. Up to -a it is exp(-a^2 / 2) times a function that
 * falls slowly, which is a polynomial in (a - 2.5) / (a + 2.5), divided by a + 2.5. The
 * square is split, for exp() makes of its absolute error a relative one: the upper bits of
 * `a` have an exact square. */
static ALWAYS_INLINE vector normal_vector(vector x, vector *bell)
{
    vector a = magnitude(x);
    a = pick(a > 16.0f, broadcast(16), a);
    vector upper = (vector)((vector_mask)a & ~0xfff);
    *bell = exp_of_sum(-0.5f * upper * upper, -0.5f * (a - upper) * (a + upper));
    vector part = 1.0f / (a + 2.5f), t = (a - 2.5f) * part, z = a * a;
    vector q = t * -0.000527093582703f + 0.000675751788048f;
    q = q * t + 0.00263048738853f;
    q = q * t - 0.00161977222434f;
    q = q * t - 0.016403572827f;
    q = q * t + 0.00923950221111f;
    q = q * t + 0.131987929437f;
    q = q * t - 0.433692160383f;
    q = q * t + 0.706656651926f;
    vector p = z * 9.25138059748e-5f - 0.00116545990839f;
    p = p * z + 0.00996425672356f;
    p = p * z - 0.0664887589003f;
    p = p * z + 0.398942201813f;
    vector tail = q * part * *bell;
    return pick(a < 1.0f, 0.5f + x * p, pick(x > 0, 1.0f - tail, tail));
}

#endif
