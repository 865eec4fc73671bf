/* Lists of words, which are short: they are searched from the front. */
#include "base/options/word.h"

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

int neuron_refuse_word(int64_t value, const char *argument, const neuron_word *words,
                       const char *who)
{
    neuron_words_text text = {0};
    for (; words->name[0]; words++)
        neuron_words_add(&text, words->name, words->value);
    return neuron_refuse_value(value, argument, text.text, who);
}
