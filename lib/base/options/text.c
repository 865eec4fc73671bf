/* What messages say of options. */
#include "base/options/options.h"

#include "base/status.h"
#include "base/text.h"
#include "base/text/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BOUND_DIGITS = 6, INTEGER_DIGITS = 15 };

_Static_assert((int)NEURON_VALUE_TEXT >= (int)NEURON_NUMBER_TEXT, "any number has room");

/* Adds a name to a list of names; what does not fit is left out. */
static void add_name(char *list, size_t size, const char *name)
{
    size_t used = strlen(list);
    int added = snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "", name);
    if ((size_t)added >= size - used)
        list[used] = '\0';
}

/* Of many, some. */
static const char *allowed_words(const neuron_word *words, char text[NEURON_ALLOWED_TEXT])
{
    enum { MANY = 16, SOME = 8 };
    int32_t count = 0, shown;
    while (words[count].name[0])
        count++;
    shown = count > MANY ? SOME : count - 1;
    text[0] = '\0';
    for (int32_t i = 0; i < shown; i++)
        add_name(text, NEURON_ALLOWED_TEXT, words[i].name);
    size_t used = strlen(text);
    if (count > MANY)
        snprintf(text + used, NEURON_ALLOWED_TEXT - used, " or one of %d more", count - SOME);
    else
        snprintf(text + used, NEURON_ALLOWED_TEXT - used, " or %s", words[shown].name);
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
    return neuron_option_words(option)             ? allowed_words(option->words, text)
           : option->type == NEURON_OPTION_FLAG    ? "yes or no"
           : option->type == NEURON_OPTION_INTEGER ? allowed_integers(option, text)
                                                   : allowed_reals(option, text);
}

const char *neuron_option_show(const neuron_option *option, double value, double other,
                               char text[NEURON_VALUE_TEXT])
{
    const char *word = neuron_option_words(option) ? neuron_word_name(option->words, value) : NULL;
    if (word)
        return word;
    if (isnan(value) && isnan(option->standard))
        return "none";
    return neuron_number_apart(
        value, other, neuron_option_is_whole(option) ? INTEGER_DIGITS : BOUND_DIGITS, text);
}

const char *neuron_options_text(const neuron_option_table *table, char text[NEURON_OPTIONS_TEXT])
{
    static const char begin[] = "; its options are ";
    enum { BEGIN = sizeof begin - 1 };
    if (table->count == 0)
        return "; it has none";
    memcpy(text, begin, sizeof begin);
    text[BEGIN] = '\0';
    for (int32_t i = 0; i < table->count; i++)
        add_name(text + BEGIN, NEURON_OPTIONS_TEXT - BEGIN, table->rows[i].name);
    return text;
}
