/* Lists of words, which are short: they are searched from the front. */
#include "base/options/options.h"
#include "base/status.h"

#include <string.h>

const char *neuron_word_name(const neuron_word *words, double value)
{
    for (; words->name[0]; words++)
        if (words->value == value)
            return words->name;
    return NULL;
}

bool neuron_word_find(const neuron_word *words, const char *name, size_t size, int32_t *value)
{
    for (; words->name[0]; words++) {
        if (strlen(words->name) == size && memcmp(words->name, name, size) == 0) {
            *value = words->value;
            return true;
        }
    }
    return false;
}

static const char *name_at(const void *words, int64_t index)
{
    const neuron_word *word = words;
    while (index-- > 0 && word->name[0])
        word++;
    return word->name[0] ? word->name : NULL;
}

int neuron_word_read(int32_t *value, const char *name, const neuron_word *words, const char *what,
                     const char *who)
{
    return name && neuron_word_find(words, name, strlen(name), value)
               ? NEURON_OK
               : neuron_refuse_kind(name, what, name_at, words, who);
}
