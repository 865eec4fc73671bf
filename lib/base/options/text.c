/* What messages say of options. */
#include "base/options/options.h"

#include "base/status.h"
#include "base/text.h"
#include "base/text/number.h"

#include <math.h>
#include <stdio.h>

enum { BOUND_DIGITS = 6, INTEGER_DIGITS = 15 };

_Static_assert((int)NEURON_VALUE_TEXT >= (int)NEURON_NUMBER_TEXT, "any number has room");
_Static_assert(NEURON_ALLOWED_TEXT >= sizeof((neuron_words_text *)0)->text, "any words have room");

static const char *allowed_words(const neuron_word *words, char text[NEURON_ALLOWED_TEXT])
{
    neuron_words_text list = {0};
    for (; words->name[0]; words++)
        neuron_words_add(&list, words->name, words->value);
    snprintf(text, NEURON_ALLOWED_TEXT, "%s", list.text);
    return text;
}

static const char *allowed_integers(const neuron_option *option, char text[NEURON_ALLOWED_TEXT])
{
    char bounds[2][NEURON_NUMBER_ROOM];
    snprintf(text, NEURON_ALLOWED_TEXT, "%s %s %s",
             neuron_text_number((int64_t)option->minimum, bounds[0]),
             option->maximum - option->minimum == 1 ? "or" : "to",
             neuron_text_number((int64_t)option->maximum, bounds[1]));
    return text;
}

/* With commas where that is of use. */
static const char *bound_text(double bound, char text[NEURON_NUMBER_TEXT])
{
    enum { LONG = 1000000000 };
    if (floor(bound) == bound && fabs(bound) < LONG)
        return neuron_text_number((int64_t)bound, text);
    return neuron_number_apart(bound, bound, BOUND_DIGITS, text);
}

static const char *allowed_reals(const neuron_option *option, char text[NEURON_ALLOWED_TEXT])
{
    double minimum = option->minimum, maximum = option->maximum;
    bool above_zero = minimum > 0 && minimum <= FLT_MIN;
    bool below_one = maximum < 1 && maximum > 1 - FLT_EPSILON;
    bool endless = maximum >= FLT_MAX;
    char lower[NEURON_NUMBER_TEXT], upper[NEURON_NUMBER_TEXT];
    if (minimum <= -FLT_MAX && endless)
        return "finite as float32";
    bound_text(minimum, lower);
    bound_text(maximum, upper);
    if (!above_zero && !below_one && !endless)
        snprintf(text, NEURON_ALLOWED_TEXT, "%.40s to %.40s", lower, upper);
    else
        snprintf(text, NEURON_ALLOWED_TEXT, "%.40s%s and %s%.40s", above_zero ? "above 0" : lower,
                 above_zero ? "" : " or more",
                 endless     ? "finite as float32"
                 : below_one ? "less than 1"
                             : "at most ",
                 endless || below_one ? "" : upper);
    return text;
}

const char *neuron_option_allowed(const neuron_option *option, char text[NEURON_ALLOWED_TEXT])
{
    return option->words                           ? allowed_words(option->words, text)
           : option->kind == NEURON_OPTION_INTEGER ? allowed_integers(option, text)
                                                   : allowed_reals(option, text);
}

const char *neuron_option_show(const neuron_option *option, double value, double other,
                               char text[NEURON_VALUE_TEXT])
{
    const char *word = option->words ? neuron_word_name(option->words, value) : NULL;
    if (word)
        return word;
    if (isnan(value) && isnan(option->standard))
        return "none";
    return neuron_number_apart(
        value, other, option->kind == NEURON_OPTION_REAL ? BOUND_DIGITS : INTEGER_DIGITS, text);
}

const char *neuron_options_text(const neuron_option_table *table, char text[NEURON_OPTIONS_TEXT])
{
    neuron_words_text list = {0};
    if (table->count == 0)
        return "; it has none";
    for (int32_t i = 0; i < table->count; i++)
        neuron_words_add(&list, table->rows[i].name, table->rows[i].key);
    snprintf(text, NEURON_OPTIONS_TEXT, "; its options are %.370s", list.text);
    return text;
}
