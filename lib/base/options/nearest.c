/* The name that was most likely meant: for messages about one that there is not. */
#include "base/options/options.h"

#include "base/status.h"

#include <stdio.h>
#include <string.h>

enum { LENGTH_MAX = 40 };

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Whatever the locale. */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How many letters must be put in, left out or changed (Levenshtein, 1966). */
static int64_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    int64_t row[LENGTH_MAX + 1];
    for (size_t j = 0; j <= b_size; j++)
        row[j] = (int64_t)j;
    for (size_t i = 0; i < a_size; i++) {
        int64_t diagonal = row[0];
        row[0] = (int64_t)i + 1;
        for (size_t j = 0; j < b_size; j++) {
            bool same = lower(a[i]) == b[j];
            int64_t change = diagonal + !same;
            diagonal = row[j + 1];
            row[j + 1] = least(change, least(diagonal, row[j]) + 1);
        }
    }
    return row[b_size];
}

/* Whether a name is short for another: "lr" for learning_rate, "momen" for momentum. */
static bool is_short_for(const char *name, size_t size, const char *other)
{
    size_t initials = 0;
    bool match = true;
    size_t same = 0;
    while (same < size && lower(name[same]) == other[same])
        same++;
    if (same == size)
        return true;
    for (const char *c = other; *c; c++) {
        if (c != other && c[-1] != '_')
            continue;
        match = match && initials < size && lower(name[initials]) == *c;
        initials++;
    }
    return match && initials == size && size > 1;
}

const char *neuron_nearest_name(const char *name, size_t length, neuron_name_at name_at,
                                const void *list, char text[NEURON_NEAREST_TEXT])
{
    const char *best = NULL, *other;
    int64_t best_distance = (int64_t)length / 3 + 1;
    text[0] = 0;
    if (length == 0 || length > LENGTH_MAX)
        return text;
    for (int32_t i = 0; (other = name_at(list, i)); i++) {
        size_t size = strlen(other);
        if (size > LENGTH_MAX)
            continue;
        int64_t apart = is_short_for(name, length, other) ? 1 : distance(name, length, other, size);
        if (apart <= best_distance && (!best || apart < best_distance)) {
            best = other;
            best_distance = apart;
        }
    }
    if (best)
        snprintf(text, NEURON_NEAREST_TEXT, "; did you mean \"%s\"?", best);
    return text;
}

int neuron_refuse_kind(const char *name, const char *what, neuron_name_at name_at, const void *list,
                       const char *who)
{
    char nearest[NEURON_NEAREST_TEXT], all[NEURON_OPTIONS_TEXT] = "";
    const char *other;
    size_t used = 0;
    if (!name)
        return neuron_refuse_null(what, who);
    if (neuron_nearest_name(name, strlen(name), name_at, list, nearest)[0])
        return neuron_fail(NEURON_E_ARGUMENT, "%s: there is no %s \"%.40s\"%s", who, what, name,
                           nearest);
    for (int32_t i = 0; (other = name_at(list, i)) && used < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", other);
    return neuron_fail(NEURON_E_ARGUMENT, "%s: there is no %s \"%.40s\", but %s", who, what, name,
                       all);
}
