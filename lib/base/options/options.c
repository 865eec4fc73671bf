/* Values that are checked by the rows of a table. They are set and read by name in parse.c; what a
 * message says of them is in text.c. */
#include "base/options/options.h"

#include "base/status.h"
#include "base/text.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

const neuron_option *neuron_options_find(const neuron_option_table *table, int32_t key)
{
    for (int32_t i = 0; i < table->count; i++)
        if (table->rows[i].key == key)
            return &table->rows[i];
    return NULL;
}

const neuron_option *neuron_options_find_name(const neuron_option_table *table, const char *name,
                                              size_t size)
{
    for (int32_t i = 0; i < table->count; i++)
        if (strlen(table->rows[i].name) == size && memcmp(table->rows[i].name, name, size) == 0)
            return &table->rows[i];
    return NULL;
}

void neuron_options_reset(neuron_options *options, const neuron_option_table *table)
{
    *options = (neuron_options){.table = table};
    for (int32_t i = 0; i < table->count; i++)
        options->values[i] = table->rows[i].standard;
}

void neuron_options_make(neuron_options *options, const neuron_option_table *table,
                         const neuron_setting *settings)
{
    neuron_options_reset(options, table);
    for (; settings && settings->key != 0; settings++)
        neuron_options_put(options, settings->key, settings->value);
}

double neuron_options_value(const neuron_options *options, int32_t key)
{
    const neuron_option *option = neuron_options_find(options->table, key);
    assert(option && "what has options is asked for one that it has");
    return options->values[option - options->table->rows];
}

void neuron_options_put(neuron_options *options, int32_t key, double value)
{
    const neuron_option *option = neuron_options_find(options->table, key);
    assert(option && "what has options is given one that it has");
    *neuron_options_at(options, option) = value;
}

bool neuron_option_allows(const neuron_option *option, double value)
{
    if (neuron_option_words(option))
        return neuron_word_name(option->words, value);
    /* Written so that a NaN is refused. */
    return value >= option->minimum && value <= option->maximum &&
           (!neuron_option_is_whole(option) || floor(value) == value);
}

int neuron_option_check(const neuron_option *option, double value, const char *who)
{
    char allowed[NEURON_ALLOWED_TEXT], given[NEURON_VALUE_TEXT];
    if (neuron_option_allows(option, value))
        return NEURON_OK;
    /* The number that this one must not look like. */
    double beside = neuron_option_words(option) ? 0
                    : value < option->minimum   ? option->minimum
                    : value > option->maximum   ? option->maximum
                                                : round(value);
    return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is %s; it must be %s", who, option->name,
                       neuron_option_show(option, value, beside, given),
                       neuron_option_allowed(option, allowed));
}

int neuron_options_check(const neuron_options *options, const char *who)
{
    for (int32_t i = 0; i < options->table->count; i++)
        RETURN_IF_ERROR(neuron_option_check(&options->table->rows[i], options->values[i], who));
    return NEURON_OK;
}
