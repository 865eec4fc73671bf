/* Numbers for readers; the points are points, whatever the locale. */
#include "report/document/figure.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char dash[] = "\xe2\x80\x93";
static const char infinite[] = "\xe2\x88\x9e";

/* What has no digits; NULL for a finite number. */
static const char *without_digits(neuron_figure *figure, double value)
{
    if (isnan(value))
        return strcpy(figure->text, dash);
    if (!isinf(value))
        return NULL;
    strcpy(figure->text, value < 0 ? "-" : "");
    return strcat(figure->text, infinite);
}

/* "1.5e-08" with this many digits behind the point. */
static const char *with_exponent(neuron_figure *figure, double value, int decimals)
{
    int exponent = (int)floor(log10(fabs(value)));
    double mantissa =
        exponent < -300 ? value * 1e300 / pow(10, exponent + 300) : value / pow(10, exponent);
    neuron_number_fixed(mantissa, decimals, figure->text);
    if (strncmp(figure->text + (value < 0), "10", 2) == 0)
        neuron_number_fixed(mantissa / 10, decimals, figure->text), exponent++;
    char end[16];
    snprintf(end, sizeof end, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
    return strcat(figure->text, end);
}

const char *neuron_figure_real(neuron_figure *figure, double value, int decimals)
{
    if (without_digits(figure, value))
        return figure->text;
    if ((value != 0 && fabs(value) < 0.5 * pow(10, -decimals)) || fabs(value) >= 1e15)
        return with_exponent(figure, value, 2);
    return neuron_number_fixed(value, decimals, figure->text);
}

const char *neuron_figure_short(neuron_figure *figure, double value)
{
    return without_digits(figure, value) ? figure->text : neuron_number_short(value, figure->text);
}

const char *neuron_figure_count(neuron_figure *figure, int64_t count)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%" PRIu64, count < 0 ? -(uint64_t)count : (uint64_t)count);
    size_t length = strlen(digits);
    char *to = figure->text;
    if (count < 0)
        *to++ = '-';
    for (size_t i = 0; i < length; i++) {
        *to++ = digits[i];
        if (i + 1 < length && (length - i - 1) % 3 == 0)
            *to++ = ',';
    }
    *to = '\0';
    return figure->text;
}

/* A number and its unit, with a blank between them that does not break. */
static const char *with_unit(neuron_figure *figure, double value, int decimals, const char *unit)
{
    neuron_number_fixed(value, decimals, figure->text);
    strcat(figure->text, "\xc2\xa0");
    return strcat(figure->text, unit);
}

const char *neuron_figure_share(neuron_figure *figure, double share)
{
    return without_digits(figure, share) ? figure->text : with_unit(figure, 100 * share, 1, "%");
}

const char *neuron_figure_shape(neuron_figure *figure, const int64_t *shape, int32_t rank)
{
    size_t used = 0;
    strcpy(figure->text, "1");
    for (int32_t i = 0; i < rank; i++)
        used += (size_t)snprintf(figure->text + used, sizeof figure->text - used, "%s%" PRId64,
                                 i > 0 ? " \xc3\x97 " : "", shape[i]);
    return figure->text;
}

const char *neuron_figure_seconds(neuron_figure *figure, double seconds)
{
    if (without_digits(figure, seconds))
        return figure->text;
    if (seconds == 0)
        return strcpy(figure->text, "0");
    if (seconds < 1e-3)
        return with_unit(figure, 1e6 * seconds, seconds < 1e-5 ? 2 : 1, "\xc2\xb5s");
    if (seconds < 1)
        return with_unit(figure, 1e3 * seconds, 2, "ms");
    if (seconds < 120)
        return with_unit(figure, seconds, 2, "s");
    int64_t minutes = seconds < 1e15 ? (int64_t)(seconds / 60 + 0.5) : 0;
    snprintf(figure->text, sizeof figure->text, "%" PRId64 "\xc2\xa0h\xc2\xa0%02d\xc2\xa0min",
             minutes / 60, (int)(minutes % 60));
    return minutes < 120 ? with_unit(figure, (double)minutes, 0, "min") : figure->text;
}

const char *neuron_figure_bytes(neuron_figure *figure, int64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1024 && unit < 4; unit++)
        value /= 1024;
    return with_unit(figure, value, unit > 0, units[unit]);
}
