/* What public calls check of their arguments, and the messages of those that are refused. */
#include "base/status.h"
#include "base/text.h"
#include "base/text/number.h"
#include "base/text/utf8.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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

int neuron_name_check(const char *name, size_t max, const char *forbidden, const char *who)
{
    size_t length = strlen(name);
    if (length == 0 || length > max)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: name has %zu bytes; it must have 1 to %zu", who,
                           length, max);
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f || strchr(forbidden, *c))
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: byte %zu of name is 0x%02x, which is not allowed", who,
                               (size_t)(c - name), (unsigned char)*c);
    for (const char *c = name; *c; c += neuron_utf8_length(c))
        if (neuron_utf8_length(c) == 0)
            return neuron_fail(NEURON_E_ARGUMENT, "%s: name is not UTF-8; it must be", who);
    return NEURON_OK;
}

/* ---- Handles ---- */

/* All names have the same room, so that no pointers must be set when the library is loaded. */
#define NAME(KIND, noun) #noun,
static const char names[][18] = {NEURON_HANDLES(NAME)};
#undef NAME

static const char *name_of(uint32_t kind)
{
    return names[kind - NEURON_HANDLE_BEFORE - 1];
}

static const char *article(const char *name)
{
    return strchr("aeiou", name[0]) ? "an" : "a";
}

static int refuse(const void *pointer, neuron_handle_kind kind, const char *name, const char *who)
{
    uint32_t found = *(const uint32_t *)pointer;
    const char *wanted = name_of(kind);
    if (found <= NEURON_HANDLE_BEFORE || found >= NEURON_HANDLE_BEHIND)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is no handle; it must be %s %s", who, name,
                           article(wanted), wanted);
    const char *other = name_of(found);
    return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is %s %s; it must be %s %s", who, name,
                       article(other), other, article(wanted), wanted);
}

int neuron_handle_check(const void *pointer, neuron_handle_kind kind, const char *name,
                        const char *who)
{
    if (!pointer)
        return neuron_refuse_null(name, who);
    return neuron_handle_is(pointer, kind) ? NEURON_OK : refuse(pointer, kind, name, who);
}

int neuron_handle_check_at(const void *pointer, neuron_handle_kind kind, const char *name,
                           int64_t index, const char *who)
{
    char text[48];
    if (neuron_handle_is(pointer, kind))
        return NEURON_OK;
    snprintf(text, sizeof text, "%s[%" PRId64 "]", name, index);
    return neuron_handle_check(pointer, kind, text, who);
}
