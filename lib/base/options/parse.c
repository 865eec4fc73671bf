/* Options as text, "learning_rate=0.001, nesterov=yes", and by name: what public calls take. */
#include "base/options/options.h"

#include "base/status.h"
#include "base/text.h"
#include "base/text/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A part of a text. */
typedef struct slice {
    const char *begin;
    size_t size;
} slice;

/* What messages show of a slice: not all of a long one. */
enum { SHOWN = 40 };
#define SHOW(slice) (int)((slice).size < SHOWN ? (slice).size : SHOWN), (slice).begin

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static slice trimmed(const char *begin, const char *end)
{
    while (begin < end && is_blank(*begin))
        begin++;
    while (end > begin && is_blank(end[-1]))
        end--;
    return (slice){begin, (size_t)(end - begin)};
}

static bool equals(slice text, const char *word)
{
    return strlen(word) == text.size && memcmp(text.begin, word, text.size) == 0;
}

static uint32_t bit_of(const neuron_options *options, const neuron_option *row)
{
    return UINT32_C(1) << (row - options->table->rows);
}

bool neuron_options_given(const neuron_options *options, int32_t key)
{
    return options->given & bit_of(options, neuron_options_find(options->table, key));
}

/* ---- Names that are not there ---- */

static const char *name_at(const void *table, int64_t index)
{
    const neuron_option_table *options = table;
    return index < options->count ? options->rows[index].name : NULL;
}

static int refuse_name(const neuron_option_table *table, slice name, const char *who)
{
    char nearest[NEURON_NEAREST_TEXT], all[NEURON_OPTIONS_TEXT];
    neuron_nearest_name(name.begin, name.size, name_at, table, nearest);
    return neuron_fail(NEURON_E_ARGUMENT, "%s: there is no option \"%.*s\"%s", who, SHOW(name),
                       nearest[0] ? nearest : neuron_options_text(table, all));
}

/* ---- Values ---- */

static bool read_flag(slice value, double *number)
{
    static const char *const words[2][3] = {{"no", "false", "0"}, {"yes", "true", "1"}};
    for (int flag = 0; flag < 2; flag++) {
        for (int i = 0; i < 3; i++) {
            if (equals(value, words[flag][i])) {
                *number = flag;
                return true;
            }
        }
    }
    return false;
}

static bool read_word(const neuron_word *words, slice value, double *number)
{
    int32_t word;
    if (!neuron_word_find(words, value.begin, value.size, &word))
        return false;
    *number = word;
    return true;
}

/* A bit for each. The word for none stands alone. */
static bool read_words(const neuron_word *words, slice value, double *number)
{
    const char *end = value.begin + value.size;
    uint64_t bits = 0;
    for (const char *begin = value.begin; begin < end;) {
        const char *stop = begin;
        double word;
        while (stop < end && !is_blank(*stop))
            stop++;
        if (!read_word(words, (slice){begin, (size_t)(stop - begin)}, &word) ||
            (word == 0 && value.size > (size_t)(stop - begin)))
            return false;
        bits |= word > 0 ? UINT64_C(1) << ((int32_t)word - 1) : 0;
        for (begin = stop; begin < end && is_blank(*begin);)
            begin++;
    }
    *number = (double)bits;
    return true;
}

static bool read_number(slice value, double *number)
{
    double about;
    float nearest;
    if (!neuron_number_parse(value.begin, value.size, &about, &nearest))
        return false;
    *number = neuron_number_read(value.begin, value.size);
    return true;
}

static bool read_value(const neuron_options *options, const neuron_option *option, slice value,
                       double *number)
{
    switch (option->type) {
    case NEURON_OPTION_TEXT:
        *number = (double)(value.begin - options->parsed);
        return true;
    case NEURON_OPTION_FLAG:
        return read_flag(value, number);
    case NEURON_OPTION_WORD:
        return read_word(option->words, value, number);
    case NEURON_OPTION_WORDS:
        return read_words(option->words, value, number);
    default:
        return read_number(value, number) && neuron_option_allows(option, *number);
    }
}

/* ---- Text ---- */

/* The comma that ends an option, or the end of the text. */
static const char *option_end(const char *begin)
{
    bool quoted = false;
    for (; *begin && (quoted || *begin != ','); begin++)
        quoted ^= *begin == '"';
    return begin;
}

const char *neuron_options_given_text(const neuron_options *options, int32_t key, size_t *size)
{
    double place = neuron_options_value(options, key);
    *size = 0;
    if (isnan(place))
        return NULL;
    const char *begin = options->parsed + (size_t)place;
    *size = trimmed(begin, option_end(begin)).size;
    return begin;
}

/* Sides of an image, and no others: "stride" stands for stride_height and stride_width. */
enum { SIDES = 2 };

static bool find_sides(const neuron_option *sides[SIDES], const neuron_option_table *table,
                       slice name)
{
    static const char *const ends[SIDES] = {"_height", "_width"};
    char whole[2 * SHOWN];
    bool found = name.size > 0 && name.size < SHOWN;
    for (int i = 0; found && i < SIDES; i++) {
        snprintf(whole, sizeof whole, "%.*s%s", SHOW(name), ends[i]);
        sides[i] = neuron_options_find_name(table, whole, strlen(whole));
        found = sides[i];
    }
    return found;
}

/* The options that a name stands for, one or two; 0 for none. */
static int32_t find_all(const neuron_option *found[SIDES], const neuron_option_table *table,
                        slice name)
{
    found[0] = neuron_options_find_name(table, name.begin, name.size);
    return found[0] ? 1 : find_sides(found, table, name) ? SIDES : 0;
}

static const char *word_at(const void *words, int64_t index)
{
    const neuron_word *word = words;
    while (index-- > 0 && word->name[0])
        word++;
    return word->name[0] ? word->name : NULL;
}

/* What is told of a value that an option cannot have. */
static int refuse_value(const neuron_option *option, slice value, const char *who)
{
    char allowed[NEURON_ALLOWED_TEXT], nearest[NEURON_NEAREST_TEXT] = "";
    if (neuron_option_words(option))
        neuron_nearest_name(value.begin, value.size, word_at, option->words, nearest);
    return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is %.*s; it must be %s%s", who, option->name,
                       SHOW(value), neuron_option_allowed(option, allowed), nearest);
}

static int take(neuron_options *options, const neuron_option *option, slice value, const char *who)
{
    double number;
    if (value.size == 0)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s has no value; write \"%s=...\"", who,
                           option->name, option->name);
    if (options->given & bit_of(options, option))
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is given twice", who, option->name);
    if (!read_value(options, option, value, &number))
        return refuse_value(option, value, who);
    *neuron_options_at(options, option) = number;
    options->given |= bit_of(options, option);
    return NEURON_OK;
}

/* One `name=value`. */
static int parse_one(neuron_options *options, const char *begin, const char *end, const char *who)
{
    const char *sign = memchr(begin, '=', (size_t)(end - begin));
    slice whole = trimmed(begin, end), name = trimmed(begin, sign ? sign : end);
    slice value = trimmed(sign ? sign + 1 : end, end);
    const neuron_option *found[SIDES];
    if (whole.size == 0)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: an option is missing beside a comma", who);
    int64_t count = find_all(found, options->table, name);
    if (count == 0)
        return refuse_name(options->table, name, who);
    for (int32_t i = 0; i < count; i++)
        RETURN_IF_ERROR(take(options, found[i], value, who));
    return NEURON_OK;
}

int neuron_options_parse(neuron_options *options, const char *text, const char *who)
{
    neuron_options parsed = *options;
    const char *end = text ? text + strlen(text) : NULL;
    bool empty = !text || trimmed(text, end).size == 0;
    parsed.given = 0;
    parsed.parsed = text;
    for (const char *begin = text; !empty && begin <= end;) {
        const char *stop = option_end(begin);
        RETURN_IF_ERROR(parse_one(&parsed, begin, stop, who));
        begin = stop + 1;
    }
    *options = parsed;
    return NEURON_OK;
}

/* ---- By name ---- */

static int look_up(const neuron_option **option, const neuron_options *options, const char *name,
                   const char *who)
{
    if (!name)
        return neuron_refuse_null("option", who);
    const slice given = {name, strlen(name)};
    *option = neuron_options_find_name(options->table, given.begin, given.size);
    return *option ? NEURON_OK : refuse_name(options->table, given, who);
}

static int refuse_words(const neuron_option *option, const char *who)
{
    char allowed[NEURON_ALLOWED_TEXT];
    if (option->type == NEURON_OPTION_TEXT)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is no number, but text", who, option->name);
    return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is no number, but a word: %s", who, option->name,
                       neuron_option_allowed(option, allowed));
}

static int set_one(neuron_options *options, const neuron_option *option, double value,
                   const char *who)
{
    if (neuron_option_words(option) || option->type == NEURON_OPTION_TEXT)
        return refuse_words(option, who);
    RETURN_IF_ERROR(neuron_option_check(option, value, who));
    *neuron_options_at(options, option) = value;
    return NEURON_OK;
}

int neuron_options_set_number(neuron_options *options, const char *name, double value,
                              const char *who)
{
    const neuron_option *found[SIDES];
    if (!name)
        return neuron_refuse_null("option", who);
    const slice given = {name, strlen(name)};
    int64_t count = find_all(found, options->table, given);
    if (count == 0)
        return refuse_name(options->table, given, who);
    neuron_options changed = *options;
    changed.given = 0;
    for (int32_t i = 0; i < count; i++) {
        RETURN_IF_ERROR(set_one(&changed, found[i], value, who));
        changed.given |= bit_of(options, found[i]);
    }
    *options = changed;
    return NEURON_OK;
}

int neuron_options_get_number(const neuron_options *options, const char *name, double *value,
                              const char *who)
{
    const neuron_option *option;
    RETURN_IF_ERROR(look_up(&option, options, name, who));
    if (neuron_option_words(option))
        return refuse_words(option, who);
    *value = options->values[option - options->table->rows];
    return NEURON_OK;
}

typedef struct value_shown {
    const neuron_option *option;
    double value;
} value_shown;

/* As few digits as it takes to read the same number back. */
static const char *number_text(double value, char text[NEURON_NUMBER_TEXT])
{
    for (int digits = DBL_DIG; digits < DBL_DECIMAL_DIG; digits++) {
        neuron_number_apart(value, value, digits, text);
        if (neuron_number_read(text, strlen(text)) == value)
            return text;
    }
    return neuron_number_apart(value, value, DBL_DECIMAL_DIG, text);
}

static void put_words(neuron_text *text, const neuron_word *words, uint64_t bits)
{
    if (bits == 0)
        neuron_text_put(text, words->name);
    for (const char *between = ""; bits > 0; words++) {
        if (words->value == 0 || !(bits >> (words->value - 1) & 1))
            continue;
        neuron_text_put(text, between);
        neuron_text_put(text, words->name);
        bits &= ~(UINT64_C(1) << (words->value - 1));
        between = " ";
    }
}

/* So that it can be read again; "" for what is not set. */
static void put_value(neuron_text *text, const value_shown *shown)
{
    char number[NEURON_NUMBER_TEXT];
    if (shown->option->type == NEURON_OPTION_WORDS)
        put_words(text, shown->option->words, (uint64_t)shown->value);
    else if (neuron_option_words(shown->option))
        neuron_text_put(text, neuron_word_name(shown->option->words, shown->value));
    else if (shown->option->type == NEURON_OPTION_FLAG)
        neuron_text_put(text, shown->value != 0 ? "yes" : "no");
    else if (!isnan(shown->value))
        neuron_text_put(text, number_text(shown->value, number));
}

static void write_value(neuron_text *text, const void *shown)
{
    put_value(text, shown);
}

static void write_all(neuron_text *text, const void *subject)
{
    const neuron_options *options = subject;
    bool first = true;
    for (int32_t i = 0; i < options->table->count; i++) {
        const value_shown shown = {&options->table->rows[i], options->values[i]};
        if (isnan(shown.value))
            continue;
        neuron_text_put(text, first ? "" : ", ");
        neuron_text_put(text, shown.option->name);
        neuron_text_put(text, "=");
        put_value(text, &shown);
        first = false;
    }
}

int neuron_options_get_text(const neuron_options *options, const char *name, char *text,
                            size_t capacity, size_t *needed, const char *who)
{
    value_shown shown;
    if (!name)
        return neuron_text_fill(write_all, options, who, text, capacity, needed);
    RETURN_IF_ERROR(look_up(&shown.option, options, name, who));
    shown.value = options->values[shown.option - options->table->rows];
    return neuron_text_fill(write_value, &shown, who, text, capacity, needed);
}
