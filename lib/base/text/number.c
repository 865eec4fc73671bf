/* Numbers in text, whatever the locale: the decimal point is always '.', and each number is written
 * with as many digits as it takes to read the same one. */
#include "base/text/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void neuron_number_point(char *text)
{
    size_t start = strspn(text, "+-0123456789");
    size_t end = start;
    while (text[end] && !strchr("+-0123456789eE", text[end]))
        end++;
    if (end == start)
        return;
    text[start] = '.';
    memmove(text + start + 1, text + end, strlen(text + end) + 1);
}

static const char *write_number(double value, const char *format, int precision,
                                char text[NEURON_NUMBER_TEXT])
{
    if (!isfinite(value))
        return strcpy(text, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
    snprintf(text, NEURON_NUMBER_TEXT, format, precision, value);
    neuron_number_point(text);
    return text;
}

const char *neuron_number_apart(double value, double other, int digits,
                                char text[NEURON_NUMBER_TEXT])
{
    char beside[NEURON_NUMBER_TEXT];
    write_number(value, "%.*g", digits, text);
    while (value != other && digits < DBL_DECIMAL_DIG &&
           strcmp(text, write_number(other, "%.*g", digits, beside)) == 0)
        write_number(value, "%.*g", ++digits, text);
    return text;
}

const char *neuron_number_fixed(double value, int decimals, char text[NEURON_NUMBER_TEXT])
{
    return write_number(value, "%.*f", decimals, text);
}

const char *neuron_number_short(double value, char text[NEURON_NUMBER_TEXT])
{
    return write_number(value, "%.*g", 9, text);
}

/* "1e-05" becomes "1e-5", and "1e+20" "1e20". */
static void shorten_exponent(char *text)
{
    char *start = strpbrk(text, "e");
    if (!start)
        return;
    start += 1 + (start[1] == '-');
    memmove(start, start + strspn(start, "+0"), strlen(start + strspn(start, "+0")) + 1);
}

const char *neuron_number_exact(double value, char text[NEURON_NUMBER_TEXT])
{
    write_number(value, "%.*g", DBL_DECIMAL_DIG, text);
    shorten_exponent(text);
    return strpbrk(text, ".e") ? text : strcat(text, ".0");
}

float neuron_number_half(uint32_t bits)
{
    uint32_t sign = (bits & 0x8000) << 16, exponent = bits >> 10 & 31, rest = bits & 0x3ff;
    float number;
    if (exponent == 0)
        return (sign ? -0x1p-24f : 0x1p-24f) * (float)rest;
    bits = sign | (exponent == 31 ? 255 : exponent + 112) << 23 | rest << 13;
    memcpy(&number, &bits, sizeof number);
    return number;
}
