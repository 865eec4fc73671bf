#include "data/decimal.h"

#include <math.h>

/* As many as surely fit into 64 bits; and an exponent beyond any double's and any text's length of
 * digits. */
enum { DIGITS_MAX = 19, EXPONENT_MAX = 100000 };

typedef struct scan {
    const uint8_t *at, *end;
    uint64_t digits;  /* the first ones, without zeros in front */
    int used;         /* how many they are */
    int64_t exponent; /* of ten */
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
            text->used += text->digits > 0;
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
        if (exponent < EXPONENT_MAX)
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

bool neuron_decimal_parse(const uint8_t *bytes, size_t size, double *value)
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
    double result = scale((double)text.digits, text.exponent);
    *value = negative ? -result : result;
    return text.at == text.end;
}
