#include "data/decimal.h"

#include <math.h>
#include <string.h>

/* As many as surely fit into 64 bits. */
enum { DIGITS_MAX = 19 };

/* Beyond any double's exponent and any text's length, so that its sums fit into 64 bits. */
static const int64_t exponent_max = INT64_C(1000000000000000);

/* Exact numbers in limbs of nine digits, the most significant first: LIMBS_WHOLE of them before the
 * point, room for 2^128, and the others behind it, room for the 150 digits of 2^-150. */
enum { LIMB = 1000000000, LIMB_DIGITS = 9, LIMBS = 22, LIMBS_WHOLE = 5, HALVINGS = 29 };

/* Of the formats: how many bits are behind the leading one, and what is added to exponents. */
enum { FLOAT_BITS = 23, FLOAT_MASK = 0x7fffff, FLOAT_BIAS = 127, INFINITE = 255 };
enum { DOUBLE_BITS = 52, DOUBLE_BIAS = 1023 };

/* Many times more than what scale() can be wrong by, in parts of the result. */
static const double scale_error = 0x1p-48;

typedef struct scan {
    const uint8_t *at, *end;
    const uint8_t *first; /* digit that is not zero */
    uint64_t digits;      /* the first ones, without zeros in front */
    int used;             /* how many they are */
    int64_t exponent;     /* of ten */
} scan;

static bool is_digit(const scan *text)
{
    return text->at < text->end && *text->at >= '0' && *text->at <= '9';
}

static bool take(scan *text, char character)
{
    if (text->at == text->end || *text->at != (uint8_t)character)
        return false;
    text->at++;
    return true;
}

static bool take_sign(scan *text)
{
    bool negative = take(text, '-');
    if (!negative)
        take(text, '+');
    return negative;
}

/* Takes digits, `step` being what each of them adds to the exponent: 0 before the point and -1 behind
 * it. Digits for which there is no room count for their place alone. */
static bool take_digits(scan *text, int step)
{
    bool any = is_digit(text);
    for (; is_digit(text); text->at++) {
        if (text->used < DIGITS_MAX) {
            text->digits = text->digits * 10 + (uint64_t)(*text->at - '0');
            if (text->digits > 0 && text->used++ == 0)
                text->first = text->at;
            text->exponent += step;
        } else {
            text->exponent += step + 1;
        }
    }
    return any;
}

static bool take_exponent(scan *text)
{
    bool negative = take_sign(text);
    int64_t exponent = 0;
    if (!is_digit(text))
        return false;
    for (; is_digit(text); text->at++)
        if (exponent < exponent_max)
            exponent = exponent * 10 + (*text->at - '0');
    text->exponent += negative ? -exponent : exponent;
    return true;
}

static double scale(double digits, int64_t exponent)
{
    if (digits == 0 || exponent == 0)
        return digits;
    /* In two steps, as the power alone may be out of range: 1000000e-310. */
    double half = (double)(exponent / 2), rest = (double)(exponent - exponent / 2);
    return exponent > 0 || exponent < -22 ? digits * pow(10, half) * pow(10, rest)
                                          : digits / pow(10, (double)-exponent);
}

/* The digits of a number's text, one after the other. */
static int next_digit(const uint8_t **at, const uint8_t *end)
{
    while (*at < end && **at == '.')
        ++*at;
    if (*at == end || **at < '0' || **at > '9')
        return -1;
    return *(*at)++ - '0';
}

static void multiply(uint32_t limbs[LIMBS], int doublings)
{
    uint64_t carry = 0;
    for (int i = LIMBS; i-- > 0;) {
        carry += (uint64_t)limbs[i] << doublings;
        limbs[i] = (uint32_t)(carry % LIMB);
        carry /= LIMB;
    }
}

static void divide(uint32_t limbs[LIMBS], int halvings)
{
    uint64_t rest = 0;
    for (int i = 0; i < LIMBS; i++) {
        rest = rest * LIMB + limbs[i];
        limbs[i] = (uint32_t)(rest >> halvings);
        rest &= (UINT64_C(1) << halvings) - 1;
    }
}

/* The middle between a float, which is its bits here, and the next one. */
static void write_middle(uint32_t low, uint32_t limbs[LIMBS])
{
    int exponent = (int)(low >> FLOAT_BITS) - FLOAT_BIAS - FLOAT_BITS - 1;
    uint32_t digits = low & FLOAT_MASK;
    if (low > FLOAT_MASK)
        digits |= FLOAT_MASK + 1;
    else
        exponent++; /* it is subnormal */
    memset(limbs, 0, LIMBS * sizeof *limbs);
    limbs[LIMBS_WHOLE - 1] = digits * 2 + 1;
    for (; exponent > 0; exponent -= exponent < HALVINGS ? exponent : HALVINGS)
        multiply(limbs, exponent < HALVINGS ? exponent : HALVINGS);
    for (; exponent < 0; exponent += -exponent < HALVINGS ? -exponent : HALVINGS)
        divide(limbs, -exponent < HALVINGS ? -exponent : HALVINGS);
}

static int limb_digit(const uint32_t limbs[LIMBS], int place)
{
    uint32_t limb = limbs[place / LIMB_DIGITS];
    for (int i = place % LIMB_DIGITS; i < LIMB_DIGITS - 1; i++)
        limb /= 10;
    return (int)(limb % 10);
}

/* Whether the digits of a text, the first of which stands for 10^power, are more than such a middle
 * (1), less (-1), or that (0). */
static int compare(const uint8_t *at, const uint8_t *end, int64_t power, uint32_t low)
{
    uint32_t limbs[LIMBS];
    write_middle(low, limbs);
    int64_t begin = LIMBS_WHOLE * LIMB_DIGITS - 1 - power;
    if (begin < 0)
        return 1;
    for (int place = 0; place < LIMBS * LIMB_DIGITS; place++) {
        int digit = place < begin ? 0 : next_digit(&at, end), other = limb_digit(limbs, place);
        if (digit < 0)
            digit = 0;
        if (digit != other)
            return digit > other ? 1 : -1;
    }
    for (int digit = 0; digit >= 0; digit = next_digit(&at, end))
        if (digit > 0)
            return 1;
    return 0;
}

/* The bits of the float next to a number that is not negative, in whatever mode the processor is: one
 * that takes subnormal numbers for 0 would lose them. */
static uint32_t round_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> DOUBLE_BITS) - DOUBLE_BIAS + FLOAT_BIAS;
    uint64_t digits = (bits & ((UINT64_C(1) << DOUBLE_BITS) - 1)) | UINT64_C(1) << DOUBLE_BITS;
    int shift = DOUBLE_BITS - FLOAT_BITS;
    if (exponent >= INFINITE)
        return (uint32_t)INFINITE << FLOAT_BITS;
    if (exponent < 1) {
        shift += 1 - exponent;
        exponent = 1;
    }
    if (shift > DOUBLE_BITS + 1)
        return 0;
    uint64_t rest = digits & ((UINT64_C(1) << shift) - 1), half = UINT64_C(1) << (shift - 1);
    uint64_t rounded = digits >> shift;
    rounded += rest > half || (rest == half && rounded % 2 == 1);
    /* The first of the digits adds one to the exponent, if it is there. */
    return ((uint32_t)(exponent - 1) << FLOAT_BITS) + (uint32_t)rounded;
}

/* The bits of the float next to the number of a text, of equally near ones the even one. Only where the
 * double is too near to the middle of two floats, all digits are looked at. */
static uint32_t nearest_float(const scan *text, double value)
{
    uint32_t low = round_double(value * (1 - scale_error));
    if (low == round_double(value * (1 + scale_error)))
        return low;
    int order = compare(text->first, text->end, text->exponent + text->used - 1, low);
    return low + (order > 0 || (order == 0 && low % 2 == 1));
}

bool neuron_decimal_parse(const uint8_t *bytes, size_t size, double *value, float *nearest)
{
    scan text = {.at = bytes, .end = bytes + size};
    bool negative = take_sign(&text);
    bool any = take_digits(&text, 0);
    if (take(&text, '.'))
        any = take_digits(&text, -1) || any;
    if (!any)
        return false;
    if ((take(&text, 'e') || take(&text, 'E')) && !take_exponent(&text))
        return false;
    if (text.at < text.end)
        return false;
    double result = scale((double)text.digits, text.exponent);
    uint32_t bits = nearest_float(&text, result) | (uint32_t)negative << 31;
    *value = negative ? -result : result;
    memcpy(nearest, &bits, sizeof bits);
    return true;
}
