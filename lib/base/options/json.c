/* Reading, writing and comparing options, for the structure of a graph
 * and the state of a training. */
#include "base/options/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static json_t *value_json(const neuron_option *option, double value)
{
    if (neuron_option_words(option))
        return json_string(neuron_word_name(option->words, value));
    if (neuron_option_is_whole(option))
        return json_integer((json_int_t)value);
    return isnan(value) ? json_null() : json_real(value);
}

int neuron_options_write(json_t *object, const neuron_options *options)
{
    for (int32_t i = 0; i < options->table->count; i++) {
        const neuron_option *option = &options->table->rows[i];
        RETURN_IF_ERROR(
            neuron_json_set(object, option->name, value_json(option, options->values[i])));
    }
    return NEURON_OK;
}

/* False for what an option cannot be. */
static bool read_value(double *value, const neuron_option *option, const json_t *json)
{
    int32_t word = 0;
    if (neuron_option_words(option)) {
        bool known =
            json_is_string(json) && neuron_word_find(option->words, json_string_value(json),
                                                     json_string_length(json), &word);
        *value = word;
        return known;
    }
    if (json_is_null(json) && isnan(option->standard)) {
        *value = NAN;
        return true;
    }
    *value = json_number_value(json);
    return (json_is_integer(json) || (json_is_real(json) && !neuron_option_is_whole(option))) &&
           neuron_option_allows(option, *value);
}

int neuron_options_read_value(neuron_options *options, const neuron_option *option,
                              const json_t *value, const char *who)
{
    char allowed[NEURON_ALLOWED_TEXT], given[NEURON_JSON_TEXT];
    double number;
    if (!read_value(&number, option, value))
        return neuron_fail(
            NEURON_E_FORMAT, "%s: %s is %s; it must be %s%s", who, option->name,
            neuron_json_text(value, given),
            !neuron_option_words(option) && neuron_option_is_whole(option) &&
                    !json_is_integer(value)
                ? "an integer, "
                : "",
            option->type == NEURON_OPTION_FLAG ? "0 or 1" : neuron_option_allowed(option, allowed));
    *neuron_options_at(options, option) = number;
    return NEURON_OK;
}

int neuron_options_read(neuron_options *options, const neuron_option_table *table,
                        const json_t *object, const char *who)
{
    neuron_options_reset(options, table);
    if (!json_is_object(object))
        return neuron_fail(NEURON_E_FORMAT, "%s: options are missing or no object", who);
    json_t *all = (json_t *)(uintptr_t)object; /* which is not changed */
    for (void *i = json_object_iter(all); i; i = json_object_iter_next(all, i)) {
        const char *name = json_object_iter_key(i);
        const neuron_option *option = neuron_options_find_name(table, name, strlen(name));
        if (!option)
            return neuron_fail(NEURON_E_FORMAT, "%s: has no option \"" NEURON_JSON_NAME "\"", who,
                               name);
        RETURN_IF_ERROR(neuron_options_read_value(options, option, json_object_iter_value(i), who));
    }
    return NEURON_OK;
}

int neuron_options_compare(const neuron_options *theirs, const neuron_options *ours,
                           const char *who)
{
    char text[2][NEURON_VALUE_TEXT];
    for (int32_t i = 0; i < ours->table->count; i++) {
        const neuron_option *option = &ours->table->rows[i];
        double a = theirs->values[i], b = ours->values[i];
        if (a != b && !(isnan(a) && isnan(b)))
            return neuron_fail(NEURON_E_DATA, NEURON_JSON_DIFFERS, who, option->name,
                               neuron_option_show(option, a, b, text[0]),
                               neuron_option_show(option, b, a, text[1]));
    }
    return NEURON_OK;
}
