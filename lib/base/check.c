/* What public calls check of their arguments, and the messages of those that are refused. */
#include "base/status.h"
#include "base/text.h"
#include "base/text/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#undef neuron_refuse_null
#undef neuron_refuse_value

int neuron_refuse_null(const char *name, const char *who)
{
    return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is NULL; it must not be", who, name);
}

int neuron_refuse_value(int64_t value, const char *name, const char *allowed, const char *who)
{
    return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is %" PRId64 "; it must be %s", who, name, value,
                       allowed);
}

void neuron_words_add(neuron_words_text *words, const char *name, int32_t value)
{
    size_t left = sizeof words->text - words->used;
    int size = snprintf(words->text + words->used, left, "%s%s (%" PRId32 ")",
                        words->used ? ", " : "", name, value);
    if ((size_t)size < left)
        words->used += (size_t)size;
    else
        words->text[words->used] = '\0';
}

int neuron_check_range(int64_t value, int64_t least, int64_t most, const char *name,
                       const char *who)
{
    char text[3][NEURON_NUMBER_ROOM];
    if (value >= least && value <= most)
        return NEURON_OK;
    bool open = most == INT64_MAX;
    return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is %s; it must be %s %s %s", who, name,
                       neuron_text_number(value, text[0]), neuron_text_number(least, text[1]),
                       open || most - least == 1 ? "or" : "to",
                       open ? "more" : neuron_text_number(most, text[2]));
}

int neuron_check_finite(double value, int as_float, const char *name, const char *who)
{
    char text[NEURON_NUMBER_TEXT];
    if (as_float ? isfinite((float)value) : isfinite(value))
        return NEURON_OK;
    return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is %s; it must be finite%s", who, name,
                       neuron_number_short(value, text), as_float ? " as float32" : "");
}

int neuron_check_part(int64_t first, int64_t count, int64_t all, const char *who)
{
    if (first >= 0 && count >= 0 && first <= all && count <= all - first)
        return NEURON_OK;
    return neuron_fail(NEURON_E_ARGUMENT,
                       "%s: first is %" PRId64 " and count %" PRId64
                       ", but the dataset has %" PRId64 " examples",
                       who, first, count, all);
}
