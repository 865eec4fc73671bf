/* Decimal numbers to the nearest double, in whole numbers alone: neither the locale nor the mode of
 * rounding has a say. */
#include "base/number.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* No more digits than these tell a number from the middle of two doubles, if one more stands for all
 * that follow; and an exponent beyond any double's and any text's length of digits. */
enum { DIGITS_MAX = 780, EXPONENT_MAX = 100000000 };

/* Of the digits' places: what is beyond is infinite or zero. */
enum { PLACE_MAX = 310, PLACE_MIN = -330 };

enum { MANTISSA_BITS = 53, EXPONENT_MIN = -1022 };

/* Room for 10^(DIGITS_MAX - PLACE_MIN + 1) and a few bits. */
enum { WORDS = 128 };

typedef struct big {
    uint32_t words[WORDS]; /* the lowest first */
    int count;             /* without zeros on top */
} big;

static void multiply_add(big *number, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (int i = 0; i < number->count; i++) {
        carry += (uint64_t)number->words[i] * factor;
        number->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry > 0)
        number->words[number->count++] = (uint32_t)carry;
}

static void multiply_by_power(big *number, int64_t exponent)
{
    for (; exponent >= 9; exponent -= 9)
        multiply_add(number, 1000000000, 0);
    for (; exponent > 0; exponent--)
        multiply_add(number, 10, 0);
}

static int bit_length(const big *number)
{
    int bits = 32 * number->count;
    for (uint32_t top = number->words[number->count - 1]; !(top & 0x80000000U); top <<= 1)
        bits--;
    return bits;
}

static void shift(big *number, int bits)
{
    const int words = bits / 32;
    memmove(number->words + words, number->words, (size_t)number->count * sizeof number->words[0]);
    memset(number->words, 0, (size_t)words * sizeof number->words[0]);
    number->count += words;
    multiply_add(number, (uint32_t)1 << bits % 32, 0);
}

static int compare(const big *a, const big *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (int i = a->count - 1; i >= 0; i--)
        if (a->words[i] != b->words[i])
            return a->words[i] < b->words[i] ? -1 : 1;
    return 0;
}

/* a - b, which is not negative. */
static void subtract(big *a, const big *b)
{
    uint64_t borrow = 0;
    for (int i = 0; i < a->count; i++) {
        const uint64_t taken = (i < b->count ? b->words[i] : 0) + borrow;
        borrow = a->words[i] < taken;
        a->words[i] = (uint32_t)(a->words[i] - taken);
    }
    while (a->count > 0 && a->words[a->count - 1] == 0)
        a->count--;
}

/* A number by its bits: no mode takes a denormal one for 0. The mantissa has its highest bit, unless it
 * is denormal, or all bits and one more from rounding. */
static double assemble(uint64_t mantissa, int exponent)
{
    const uint64_t top = (uint64_t)1 << (MANTISSA_BITS - 1);
    if (exponent < EXPONENT_MIN)
        exponent = EXPONENT_MIN;
    /* The highest bit adds 1 to the exponent, and a carry one more. */
    uint64_t bits = ((uint64_t)(exponent - EXPONENT_MIN) * top) + mantissa;
    if (bits > (uint64_t)0x7ff * top)
        bits = (uint64_t)0x7ff * top;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The quotient of two numbers that are not 0, rounded to the nearest, the even one of two. */
static double divide(big *above, big *below)
{
    int exponent = bit_length(above) - bit_length(below);
    shift(exponent > 0 ? below : above, exponent > 0 ? exponent : -exponent);
    if (compare(above, below) < 0) {
        shift(above, 1);
        exponent--;
    }
    int bits = MANTISSA_BITS;
    if (exponent < EXPONENT_MIN)
        bits -= EXPONENT_MIN - exponent;
    if (bits < 0)
        return 0;
    uint64_t mantissa = 0;
    for (int i = 0; i < bits; i++) {
        const bool one = compare(above, below) >= 0;
        if (one)
            subtract(above, below);
        shift(above, 1);
        mantissa = mantissa << 1 | one;
    }
    /* What is left is twice the rest. */
    const int rest = compare(above, below);
    mantissa += rest > 0 || (rest == 0 && (mantissa & 1));
    return assemble(mantissa, exponent);
}

/* Digits without zeros in front, times a power of ten. */
typedef struct decimal {
    big digits;
    int count;
    bool more; /* digits behind the last that are not all 0 */
    int64_t exponent;
} decimal;

/* Takes digits, `step` being what each of them adds to the exponent: 0 before the point and -1 behind
 * it. */
static const char *take_digits(decimal *number, const char *text, const char *end, int step)
{
    for (; text < end && *text >= '0' && *text <= '9'; text++) {
        const uint32_t digit = (uint32_t)(*text - '0');
        if (number->count == DIGITS_MAX) {
            number->more = number->more || digit > 0;
            number->exponent += step + 1;
            continue;
        }
        multiply_add(&number->digits, 10, digit);
        number->count += number->digits.count > 0;
        number->exponent += step;
    }
    return text;
}

static const char *take_exponent(decimal *number, const char *text, const char *end)
{
    const bool negative = *text == '-';
    int64_t exponent = 0;
    text += *text == '-' || *text == '+';
    for (; text < end && *text >= '0' && *text <= '9'; text++)
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (*text - '0');
    number->exponent += negative ? -exponent : exponent;
    return text;
}

static double value_of(decimal *number)
{
    if (number->count == 0)
        return 0;
    if (number->more) {
        multiply_add(&number->digits, 10, 1);
        number->count++;
        number->exponent--;
    }
    const int64_t place = number->count + number->exponent;
    if (place > PLACE_MAX || place < PLACE_MIN)
        return place > 0 ? (double)INFINITY : 0;
    big below = {{1}, 1};
    multiply_by_power(number->exponent > 0 ? &number->digits : &below,
                      number->exponent > 0 ? number->exponent : -number->exponent);
    return divide(&number->digits, &below);
}

double neuron_number_read(const char *text, size_t size)
{
    decimal number = {.count = 0};
    const char *end = text + size;
    const bool negative = size > 0 && *text == '-';
    text = take_digits(&number, text + negative, end, 0);
    if (text < end && *text == '.')
        text = take_digits(&number, text + 1, end, -1);
    if (text + 1 < end && (*text == 'e' || *text == 'E'))
        take_exponent(&number, text + 1, end);
    const double value = value_of(&number);
    return negative ? -value : value;
}
