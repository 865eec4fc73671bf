/* Decimal numbers to the nearest float or double. What decides is computed in whole numbers:
 * neither the locale nor the mode of rounding has a say. */
#include "base/text/number.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* As many as surely fit into 64 bits. */
enum { FIRST_DIGITS = 19 };

/* No more digits than these tell a number from the middle of two doubles, if one more
 * stands for all that follow. */
enum { DIGITS_MAX = 780 };

/* Beyond any double's exponent and any text's length, so that its sums fit into 64 bits. */
static const int64_t exponent_max = INT64_C(1000000000000000);

/* Of the first digit: what is beyond is infinite or zero. */
enum { PLACE_MAX = 310, PLACE_MIN = -330 };

/* Room for 10^(DIGITS_MAX - PLACE_MIN + 1) and a few bits. */
enum { WORDS = 128 };

/* The powers of ten that are doubles. */
enum { EXACT_POWER = 22 };
static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                               1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                               1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Many times more than what approximate() can be wrong by, in parts of the result: pow() of the x87
 * loses ten bits where that rounds to doubles. */
static const double approximate_error = 0x1p-40;

/* ---- Of formats ---- */

typedef struct format {
    int bits;         /* of the mantissa, with the leading one */
    int exponent_min; /* of what is not denormal */
} format;

static const format float_format = {24, -126}, double_format = {53, -1022};

/* The bits of the number next to `mantissa`, whose highest bit stands for 2^exponent and
 * whose lowest one for all that follow, of two equally near ones the even one. No mode
 * takes a denormal one for 0. */
static uint64_t nearest_bits(const format *to, uint64_t mantissa, int exponent)
{
    uint64_t infinite = (uint64_t)(3 - 2 * to->exponent_min) << (to->bits - 1);
    int drop = 64 - to->bits;
    if (exponent < to->exponent_min) {
        drop += to->exponent_min - exponent;
        exponent = to->exponent_min;
    }
    if (drop > 64)
        return 0;
    assert(drop > 0);
    uint64_t half_steps = mantissa >> (drop - 1), rest = mantissa << (65 - drop);
    uint64_t steps = half_steps / 2 + (half_steps % 2 && (half_steps / 2 % 2 || rest));
    /* The highest bit adds 1 to the exponent, and a carry one more. */
    uint64_t bits = ((uint64_t)(exponent - to->exponent_min) << (to->bits - 1)) + steps;
    return bits < infinite ? bits : infinite;
}

/* The bits of the float next to a number that is not negative. */
static uint64_t float_bits(double value)
{
    int behind = double_format.bits - 1;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    /* A denormal double is 0 for a float, whatever its highest bit. */
    return nearest_bits(&float_format, UINT64_C(1) << 63 | bits << (63 - behind),
                        (int)(bits >> behind) + double_format.exponent_min - 1);
}

/* ---- Whole numbers of any size ---- */

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
    int words = bits / 32;
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
        uint64_t taken = (i < b->count ? b->words[i] : 0) + borrow;
        borrow = a->words[i] < taken;
        a->words[i] = (uint32_t)(a->words[i] - taken);
    }
    while (a->count > 0 && a->words[a->count - 1] == 0)
        a->count--;
}

/* The bits of what is next to the quotient of two numbers that are not 0. */
static uint64_t divide(const format *to, big *above, big *below)
{
    int exponent = bit_length(above) - bit_length(below);
    shift(exponent > 0 ? below : above, exponent > 0 ? exponent : -exponent);
    if (compare(above, below) < 0) {
        shift(above, 1);
        exponent--;
    }
    uint64_t mantissa = 0;
    for (int i = 0; i <= to->bits; i++) { /* one more, by which it is rounded */
        bool one = compare(above, below) >= 0;
        if (one)
            subtract(above, below);
        shift(above, 1);
        mantissa = mantissa << 1 | one;
    }
    mantissa = mantissa << 1 | (above->count > 0);
    return nearest_bits(to, mantissa << (62 - to->bits), exponent);
}

/* ---- Of texts ---- */

typedef struct scan {
    const char *at, *end;
    const char *first; /* digit that is not zero */
    char point;
    uint64_t digits;  /* the first ones, without zeros in front */
    int used;         /* how many they are */
    int64_t exponent; /* of ten */
    bool negative;
} scan;

static bool is_digit(const scan *text)
{
    return text->at < text->end && *text->at >= '0' && *text->at <= '9';
}

static bool take(scan *text, char character)
{
    if (text->at == text->end || *text->at != character)
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

/* Takes digits, `step` being what each of them adds to the exponent: 0 before the point and -1
 * behind it. Digits for which there is no room count for their place alone. */
static bool take_digits(scan *text, int step)
{
    bool any = is_digit(text);
    for (; is_digit(text); text->at++) {
        if (text->used < FIRST_DIGITS) {
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

static bool take_number(scan *text)
{
    text->negative = take_sign(text);
    bool any = take_digits(text, 0);
    if (take(text, text->point))
        any = take_digits(text, -1) || any;
    return any && (!(take(text, 'e') || take(text, 'E')) || take_exponent(text)) &&
           text->at == text->end;
}

/* Within a few units in the last place, and without the sign. */
static double approximate(const scan *text)
{
    double digits = (double)text->digits;
    int64_t exponent = text->exponent;
    if (digits == 0 || exponent == 0)
        return digits;
    /* In two steps, as the power alone may be out of range: 1000000e-310. */
    int64_t first = exponent / 2;
    double half = (double)first, rest = (double)(exponent - first);
    return exponent > 0 || exponent < -EXACT_POWER ? digits * pow(10, half) * pow(10, rest)
                                                   : digits / powers[-exponent];
}

/* The bits of what is next to the number, without the sign, by all its digits. */
static uint64_t exact_bits(const format *to, const scan *text)
{
    int64_t place = text->exponent + text->used;
    if (text->digits == 0 || place < PLACE_MIN)
        return 0;
    if (place > PLACE_MAX)
        return nearest_bits(to, UINT64_C(1) << 63, PLACE_MAX * 4);
    big above = {.count = 0}, below = {{1}, 1};
    int64_t exponent = place;
    bool more = false;
    for (const char *at = text->first; at < text->end && *at <= '9'; at++) {
        if (*at == text->point)
            continue;
        if (place - exponent == DIGITS_MAX) {
            more = more || *at > '0';
            continue;
        }
        multiply_add(&above, 10, (uint32_t)(*at - '0'));
        exponent--;
    }
    if (more) {
        multiply_add(&above, 10, 1);
        exponent--;
    }
    multiply_by_power(exponent > 0 ? &above : &below, exponent > 0 ? exponent : -exponent);
    return divide(to, &above, &below);
}

double neuron_number_read(const char *text, size_t size)
{
    scan number = {.at = text, .end = text + size, .point = '.'};
    take_number(&number);
    uint64_t bits = exact_bits(&double_format, &number) | (uint64_t)number.negative << 63;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

bool neuron_number_parse(const char *text, size_t size, double *value, float *nearest)
{
    return neuron_number_parse_with(text, size, '.', value, nearest);
}

bool neuron_number_parse_with(const char *text, size_t size, char point, double *value,
                              float *nearest)
{
    scan number = {.at = text, .end = text + size, .point = point};
    if (!take_number(&number))
        return false;
    double about = approximate(&number);
    bool exact = number.exponent == 0 && number.digits >> double_format.bits == 0;
    double error = exact ? 0 : approximate_error;
    /* Only where that is too near to the middle of two floats, all digits are looked at. */
    uint64_t bits = float_bits(about * (1 - error));
    if (!exact && bits != float_bits(about * (1 + error)))
        bits = exact_bits(&float_format, &number);
    uint32_t low = (uint32_t)bits | (uint32_t)number.negative << 31;
    *value = number.negative ? -about : about;
    memcpy(nearest, &low, sizeof low);
    return true;
}

/* ---- Quickly ---- */

/* Where a double lies between two floats, in steps of the double; FLOAT_MIDDLE is the middle. */
enum { FLOAT_STEPS = 1 << 29, FLOAT_MIDDLE = FLOAT_STEPS / 2 };

/* More of such steps than scan_value() is wrong by. */
enum { SCAN_ERROR = 16 };

/* Beyond these powers of ten a number may be no normal float. */
enum { SCAN_POWER_MIN = -60, SCAN_POWER_MAX = 40 };

static uint64_t scan_digits(const char **text, uint64_t digits)
{
    const char *at = *text;
    for (; *at >= '0' && *at <= '9'; at++)
        digits = digits * 10 + (uint64_t)(*at - '0');
    *text = at;
    return digits;
}

/* Reads what follows the e of an exponent; false if it is none, or a long one. */
static bool scan_power(const char **text, int64_t *power)
{
    enum { LENGTH = 4 };
    const char *at = *text;
    bool negative = *at == '-';
    at += negative || *at == '+';
    const char *begin = at;
    int64_t digits = (int64_t)scan_digits(&at, 0);
    *text = at;
    if (at == begin || at - begin > LENGTH)
        return false;
    *power += negative ? -digits : digits;
    return true;
}

/* Each step is wrong by half a unit in the last place at most. */
static double scan_value(uint64_t digits, int64_t power)
{
    double about = (double)digits;
    for (; power < -EXACT_POWER; power += EXACT_POWER)
        about /= powers[EXACT_POWER];
    for (; power > EXACT_POWER; power -= EXACT_POWER)
        about *= powers[EXACT_POWER];
    return power < 0 ? about / powers[-power] : about * powers[power];
}

/* Rounds what is not too near to the middle of two floats, and within their range. */
static bool scan_float(double about, uint32_t *bits)
{
    uint64_t wide;
    memcpy(&wide, &about, sizeof wide);
    uint32_t between = (uint32_t)(wide % FLOAT_STEPS);
    *bits = 0;
    if (about == 0)
        return true;
    if (about < 0x1p-126 || about > 0x1p127 ||
        between - (FLOAT_MIDDLE - SCAN_ERROR) <= 2 * SCAN_ERROR)
        return false;
    int bias = float_format.exponent_min - double_format.exponent_min;
    *bits = (uint32_t)((wide + FLOAT_MIDDLE) / FLOAT_STEPS) -
            ((uint32_t)bias << (float_format.bits - 1));
    return true;
}

const char *neuron_number_scan(const char *text, char point, double *value, float *nearest)
{
    bool negative = *text == '-';
    const char *at = text + negative, *begin = at;
    uint64_t digits = scan_digits(&at, 0);
    int64_t count = at - begin, power = 0;
    if (*at == point) {
        const char *behind = ++at;
        digits = scan_digits(&at, digits);
        power = behind - at;
        count -= power;
    }
    if (count == 0 || count > FIRST_DIGITS)
        return NULL;
    if (*at == 'e' || *at == 'E') {
        at++;
        if (!scan_power(&at, &power))
            return NULL;
    }
    uint32_t bits;
    if (power < SCAN_POWER_MIN || power > SCAN_POWER_MAX)
        return NULL;
    double about = scan_value(digits, power);
    if (!scan_float(about, &bits))
        return NULL;
    bits |= (uint32_t)negative << 31;
    *value = negative ? -about : about;
    memcpy(nearest, &bits, sizeof bits);
    return at;
}
