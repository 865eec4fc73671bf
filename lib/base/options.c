#include "base/options.h"

#include "base/text/number.h"
#include "base/status.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { BOUNDS_TEXT = 2 * NEURON_NUMBER_TEXT + 32, BOUND_DIGITS = 6, WHOLE_DIGITS = 15 };

int32_t neuron_options_find(const neuron_option_table *table, int32_t key)
{
    for (int32_t i = 0; i < table->count; i++)
        if (table->rows[i].key == key)
            return i;
    return -1;
}

const char *neuron_options_text(const neuron_option_table *table, char text[NEURON_OPTIONS_TEXT])
{
    if (table->count == 0)
        return "; it has none";
    size_t used = 0;
    for (int32_t i = 0; i < table->count && used < NEURON_OPTIONS_TEXT; i++)
        used += (size_t)snprintf(text + used, NEURON_OPTIONS_TEXT - used, "%s%s (%" PRId32 ")",
                                 i == 0                 ? "; its options are "
                                 : i + 1 < table->count ? ", "
                                                        : " and ",
                                 table->rows[i].name, table->rows[i].key);
    return text;
}

int neuron_options_look_up(const neuron_option_table *table, int32_t key, const char *who,
                           int32_t *index)
{
    char text[NEURON_OPTIONS_TEXT];
    *index = neuron_options_find(table, key);
    if (*index < 0)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: has no option %" PRId32 "%s", who, key,
                           neuron_options_text(table, text));
    return NEURON_OK;
}

static bool is_choice(const neuron_option *option, double value)
{
    for (const int32_t *choice = option->choices; *choice; choice++)
        if (*choice == value)
            return true;
    return false;
}

bool neuron_option_takes(const neuron_option *option, double value)
{
    if (option->choices)
        return is_choice(option, value);
    /* Written so that a NaN is refused. */
    return value >= option->minimum && value <= option->maximum &&
           (!option->whole || floor(value) == value);
}

static const char *whole_text(const neuron_option *option, char text[BOUNDS_TEXT])
{
    if (option->minimum == 0 && option->maximum == 1)
        return "0 or 1";
    snprintf(text, BOUNDS_TEXT, "a whole number from %.0f to %.0f", option->minimum,
             option->maximum);
    return text;
}

/* A bound as messages show it. */
static const char *bound_text(double bound, char text[NEURON_NUMBER_TEXT])
{
    return neuron_number_apart(bound, bound, BOUND_DIGITS, text);
}

/* See NEURON_BELOW_ONE, which float has too. */
static const char *real_text(const neuron_option *option, char text[BOUNDS_TEXT])
{
    const double minimum = option->minimum, maximum = option->maximum;
    const bool above_zero = minimum > 0 && minimum <= FLT_MIN;
    const bool below_one = maximum < 1 && maximum > 1 - FLT_EPSILON;
    const bool endless = maximum >= FLT_MAX;
    char lower[NEURON_NUMBER_TEXT], upper[NEURON_NUMBER_TEXT];
    if (minimum <= -FLT_MAX && endless)
        return "a number that is finite as float";
    bound_text(minimum, lower);
    bound_text(maximum, upper);
    if (!above_zero && !below_one && !endless) {
        snprintf(text, BOUNDS_TEXT, "%s to %s", lower, upper);
        return text;
    }
    snprintf(text, BOUNDS_TEXT, "%s%s and %s%s", above_zero ? "above 0" : lower,
             above_zero ? "" : " or more",
             endless     ? "finite as float"
             : below_one ? "less than 1"
                         : "at most ",
             endless || below_one ? "" : upper);
    return text;
}

/* The number that one which is not allowed must not look like. */
static double allowed_beside(const neuron_option *option, double value)
{
    return value < option->minimum   ? option->minimum
           : value > option->maximum ? option->maximum
                                     : round(value);
}

int neuron_option_check(const neuron_option *option, double value, const char *who)
{
    char bounds[BOUNDS_TEXT], number[NEURON_NUMBER_TEXT];
    if (neuron_option_takes(option, value))
        return NEURON_OK;
    neuron_number_apart(value, allowed_beside(option, value),
                        option->whole ? WHOLE_DIGITS : BOUND_DIGITS, number);
    return neuron_fail(NEURON_E_ARGUMENT, "%s: %s %s is not %s", who, option->name, number,
                       option->choices ? "one of its choices"
                       : option->whole ? whole_text(option, bounds)
                                       : real_text(option, bounds));
}

int neuron_option_check_kind(const neuron_option *option, bool whole, const char *who)
{
    if (option->whole != whole)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is a %s number", who, option->name,
                           option->whole ? "whole" : "real");
    return NEURON_OK;
}

void neuron_options_reset(const neuron_option_table *table, double *values)
{
    for (int32_t i = 0; i < table->count; i++)
        values[i] = table->rows[i].fallback;
}

int neuron_options_look_up_for(const neuron_option_table *table, int32_t key, double value,
                               bool whole, const char *who, int32_t *index)
{
    RETURN_IF_ERROR(neuron_options_look_up(table, key, who, index));
    RETURN_IF_ERROR(neuron_option_check_kind(&table->rows[*index], whole, who));
    return neuron_option_check(&table->rows[*index], value, who);
}

static int set(const neuron_option_table *table, double *values, int32_t key, double value,
               bool whole, const char *who)
{
    int32_t index;
    RETURN_IF_ERROR(neuron_options_look_up_for(table, key, value, whole, who, &index));
    values[index] = value;
    return NEURON_OK;
}

int neuron_options_set_int(const neuron_option_table *table, double *values, int32_t key,
                           int64_t value, const char *who)
{
    return set(table, values, key, (double)value, true, who);
}

int neuron_options_set_float(const neuron_option_table *table, double *values, int32_t key,
                             double value, const char *who)
{
    return set(table, values, key, value, false, who);
}

static int get(const neuron_option_table *table, const double *values, int32_t key, bool whole,
               const char *who, double *value)
{
    int32_t index;
    RETURN_IF_ERROR(neuron_options_look_up(table, key, who, &index));
    RETURN_IF_ERROR(neuron_option_check_kind(&table->rows[index], whole, who));
    *value = values[index];
    return NEURON_OK;
}

int neuron_options_get_int(const neuron_option_table *table, const double *values, int32_t key,
                           int64_t *value, const char *who)
{
    double number;
    RETURN_IF_ERROR(get(table, values, key, true, who, &number));
    *value = (int64_t)number;
    return NEURON_OK;
}

int neuron_options_get_float(const neuron_option_table *table, const double *values, int32_t key,
                             double *value, const char *who)
{
    return get(table, values, key, false, who, value);
}

int neuron_options_bounds(const neuron_option_table *table, int32_t key, double *minimum,
                          double *maximum, const char *who)
{
    int32_t index;
    RETURN_IF_ERROR(neuron_options_look_up(table, key, who, &index));
    *minimum = table->rows[index].minimum;
    *maximum = table->rows[index].maximum;
    return NEURON_OK;
}

double neuron_options_value(const neuron_option_table *table, const double *values, int32_t key)
{
    const int32_t index = neuron_options_find(table, key);
    assert(index >= 0 && "what has options is asked for one that it has");
    return values[index];
}
