/* Decimal floats. A float is one of those numbers that up to nine digits tell apart, and most need
 * eight; to find the fewest, digits are tried whose number surely lies nearer to it than to its
 * neighbours. */
#include "source/text/number.h"

#include "base/checked.h"
#include "base/text/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS_LEAST = 6, DIGITS_MOST = 9, COLUMNS = 96 };

/* value * 10^power, within a few units in the last place of a double. */
static double times_power(double value, int power)
{
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    enum { MOST = sizeof exact / sizeof *exact - 1 };
    for (; power > MOST; power -= MOST)
        value *= exact[MOST];
    for (; power < -MOST; power += MOST)
        value /= exact[MOST];
    return power < 0 ? value / exact[-power] : value * exact[power];
}

/* Whether the float next to `decimal` is surely this one. */
static bool is_next_to(double decimal, float value)
{
    double from = ((double)nextafterf(value, 0) + (double)value) / 2;
    double above = (double)nextafterf(value, INFINITY);
    double to = isinf(above) ? (double)value * (1 + DBL_EPSILON * 4) : (above + (double)value) / 2;
    double margin = 16 * DBL_EPSILON * (double)value;
    return decimal > from + margin && decimal < to - margin;
}

/* The digits of a positive float, and the power of ten of the first one. */
static void find_digits(float value, char digits[DIGITS_MOST + 1], int *power)
{
    int exponent;
    (void)frexp((double)value, &exponent);
    *power = (int)floor((exponent - 1) * 0.30102999566398119521);
    if (times_power((double)value, -*power) >= 10)
        (*power)++;
    for (int count = DIGITS_LEAST; count <= DIGITS_MOST; count++) {
        double scaled = rint(times_power((double)value, count - 1 - *power));
        if (count < DIGITS_MOST && !is_next_to(times_power(scaled, *power + 1 - count), value))
            continue;
        char text[DIGITS_MOST + 12];
        snprintf(text, sizeof text, "%.0f", scaled);
        *power += (int)strlen(text) - count; /* rounded up to the next power, or down */
        size_t length = strspn(text, "0123456789");
        while (length > 1 && text[length - 1] == '0')
            length--;
        length = length > DIGITS_MOST ? DIGITS_MOST : length;
        memcpy(digits, text, length);
        digits[length] = '\0';
        return;
    }
}

const char *neuron_float_text(float value, char text[NEURON_FLOAT_TEXT])
{
    char digits[DIGITS_MOST + 1];
    const char *sign = signbit(value) ? "-" : "";
    if (value == 0) {
        snprintf(text, NEURON_FLOAT_TEXT, "%s0.0f", sign);
        return text;
    }
    int power, count;
    find_digits(fabsf(value), digits, &power);
    count = (int)strlen(digits);
    if (power < -4 || power > DIGITS_MOST)
        snprintf(text, NEURON_FLOAT_TEXT, "%s%.1s%s%se%df", sign, digits, count > 1 ? "." : "",
                 digits + 1, power);
    else if (power < 0)
        snprintf(text, NEURON_FLOAT_TEXT, "%s0.%.*s%sf", sign, -power - 1, "0000", digits);
    else if (count <= power + 1)
        snprintf(text, NEURON_FLOAT_TEXT, "%s%s%.*s.0f", sign, digits, power + 1 - count,
                 "0000000000");
    else
        snprintf(text, NEURON_FLOAT_TEXT, "%s%.*s.%sf", sign, power + 1, digits,
                 digits + power + 1);
    return text;
}

const char *neuron_double_text(double value, char text[NEURON_DOUBLE_TEXT])
{
    snprintf(text, NEURON_DOUBLE_TEXT, "%.17g", value);
    neuron_number_point(text);
    return text;
}

void neuron_code_numbers(neuron_code *code, const float *values, int64_t count, bool bytes)
{
    char line[COLUMNS + NEURON_FLOAT_TEXT + 8];
    size_t length = 0;
    for (int64_t i = 0; i < count; i++) {
        char text[NEURON_FLOAT_TEXT];
        if (bytes)
            snprintf(text, sizeof text, "%d", (int)neuron_nearest_weight(values[i]));
        else
            neuron_float_text(values[i], text);
        if (length + strlen(text) + 2 > COLUMNS) {
            line[length++] = '\n';
            neuron_code_add(code, line, length);
            length = 0;
        }
        length += (size_t)snprintf(line + length, sizeof line - length, "%s%s,",
                                   length == 0 ? "    " : " ", text);
    }
    line[length++] = '\n';
    neuron_code_add(code, line, length);
}
