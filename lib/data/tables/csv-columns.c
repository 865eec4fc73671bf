/* The first row, and what the caller has said of the columns. A column is said by its name, or by
 * its number. */
#include "data/tables/csv-table.h"

#include "base/checked.h"
#include "base/text/utf8.h"

#include <string.h>

/* ---- Names ---- */

static int next_of(const neuron_text_slice *slice, uint32_t *at)
{
    if (*at == slice->size)
        return -1;
    int character = (unsigned char)slice->text[*at];
    *at += slice->escaped && character == '"' ? 2 : 1;
    return character;
}

static int lower(int character)
{
    return character >= 'A' && character <= 'Z' ? character + 'a' - 'A' : character;
}

bool neuron_csv_is_called(const neuron_text_slice *field, const neuron_text_slice *name,
                          bool any_case)
{
    uint32_t at = 0, name_at = 0;
    for (;;) {
        int ours = next_of(field, &at), theirs = next_of(name, &name_at);
        if (any_case ? lower(ours) != lower(theirs) : ours != theirs)
            return false;
        if (ours < 0)
            return true;
    }
}

bool neuron_csv_is_nameless(const neuron_text_slice *field)
{
    static const neuron_text_slice unnamed = {"Unnamed: 0", 10, false};
    return field->size == 0 || neuron_csv_is_called(field, &unnamed, false);
}

int neuron_csv_read_first_row(neuron_csv_table *table, const char **begin)
{
    const neuron_csv_text *csv = &table->csv;
    neuron_csv_field field = {.last = false};
    const char *at = *begin;
    for (table->column_count = 0; !field.last; table->column_count++)
        RETURN_IF_ERROR(neuron_csv_read_field(csv, &at, table->column_count, &field));
    table->first_row =
        neuron_allocate(table->context, neuron_size(table->column_count), sizeof *table->first_row);
    table->matches =
        neuron_allocate(table->context, neuron_size(table->column_count), sizeof *table->matches);
    table->cells = neuron_allocate_zero(table->context, neuron_size(table->column_count),
                                        sizeof *table->cells);
    if (!table->first_row || !table->matches || !table->cells)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < table->column_count; i++)
        RETURN_IF_ERROR(neuron_csv_read_field(csv, begin, i, &table->first_row[i]));
    return NEURON_OK;
}

/* ---- Columns that the caller says ---- */

static int find_name(const neuron_csv_table *table, const neuron_text_slice *name, int64_t *found)
{
    const neuron_csv_field *row = table->first_row, *alike = NULL;
    const char *file = table->csv.buffer->name;
    *found = -1;
    for (int64_t i = 0; i < table->column_count; i++) {
        if (neuron_csv_is_called(&row[i].slice, name, true))
            alike = &row[i];
        if (!neuron_csv_is_called(&row[i].slice, name, false))
            continue;
        if (*found >= 0)
            return neuron_csv_fail(NEURON_E_DATA, &table->csv, &row[i],
                                   "is called \"%.*s\", and so is column %" PRId64,
                                   neuron_csv_shown(*name), *found + 1);
        *found = i;
    }
    if (*found >= 0)
        return NEURON_OK;
    if (alike)
        return neuron_fail(NEURON_E_DATA,
                           "%s: no column is called \"%.*s\"; did you mean \"%.*s\"?", file,
                           neuron_csv_shown(*name), neuron_csv_shown(alike->slice));
    return neuron_fail(NEURON_E_DATA,
                       "%s: no column is called \"%.*s\" in line %" PRId64 ", which has %" PRId64
                       " columns from \"%.*s\" to \"%.*s\"",
                       file, neuron_csv_shown(*name), neuron_csv_line(&table->csv, row[0].at),
                       table->column_count, neuron_csv_shown(row[0].slice),
                       neuron_csv_shown(row[table->column_count - 1].slice));
}

/* A number of a column, such as 3 or -1. */
static bool read_place(const neuron_text_slice *item, int64_t *place)
{
    bool negative = item->size > 1 && item->text[0] == '-';
    *place = 0;
    for (uint32_t i = negative; i < item->size; i++) {
        if (item->text[i] < '0' || item->text[i] > '9' || *place > INT32_MAX)
            return false;
        *place = *place * 10 + (item->text[i] - '0');
    }
    *place = negative ? -*place : *place;
    return item->size > 0;
}

static bool is_word(const neuron_text_slice *item, const char *word)
{
    return strlen(word) == item->size && memcmp(item->text, word, item->size) == 0;
}

/* Whether an item is a name; else *place is the number of its column, from 1 or -1. */
static bool is_name(const neuron_text_slice *item, bool quoted, int64_t *place)
{
    *place = is_word(item, "last") ? -1 : 1;
    return quoted || !(is_word(item, "first") || is_word(item, "last") || read_place(item, place));
}

int neuron_csv_find_item(const neuron_csv_table *table, const neuron_text_slice *item, bool quoted,
                         const char *option, int64_t *found)
{
    int64_t place, count = table->column_count;
    if (is_name(item, quoted, &place))
        return find_name(table, item, found);
    *found = place > 0 ? place - 1 : count + place;
    if (place == 0 || *found < 0 || *found >= count)
        return neuron_fail(NEURON_E_DATA,
                           "%s: %s is said to be in column %" PRId64 ", but line %" PRId64
                           " has %" PRId64,
                           table->csv.buffer->name, option, place,
                           neuron_csv_line(&table->csv, table->first_row[0].at), count);
    return NEURON_OK;
}

static bool has_name(neuron_text_slice list)
{
    neuron_text_slice item;
    bool quoted, found = false;
    int64_t place;
    while (neuron_csv_next_item(&list, &item, &quoted))
        found = found || is_name(&item, quoted, &place);
    return found;
}

/* Gives a role, or a kind, to the columns of a list that have none yet. */
static int set_columns(neuron_csv_table *table, neuron_text_slice list, const char *option,
                       int32_t role, int32_t kind)
{
    neuron_text_slice item;
    bool quoted;
    while (neuron_csv_next_item(&list, &item, &quoted)) {
        int64_t found;
        RETURN_IF_ERROR(neuron_csv_find_item(table, &item, quoted, option, &found));
        neuron_column *column = &table->preparation->columns[found];
        if (column->role != NEURON_COLUMN_INPUT)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: column %" PRId64 ", \"%.*s\", is given twice, in %s last",
                               table->csv.buffer->name, found + 1,
                               neuron_csv_shown(table->first_row[found].slice), option);
        column->role = role;
        column->kind = kind;
    }
    return NEURON_OK;
}

/* ---- All of them ---- */

static int check_utf8(const neuron_csv_table *table, const neuron_csv_field *field)
{
    for (uint32_t i = 0; i < field->slice.size;) {
        size_t size = neuron_utf8_length(field->slice.text + i);
        if (size == 0 || size > field->slice.size - i)
            return neuron_csv_fail(
                NEURON_E_FORMAT, &table->csv, field, "the name is not %s",
                "UTF-8: convert the file, such as with iconv -f LATIN1 -t UTF-8");
        i += (uint32_t)size;
    }
    return NEURON_OK;
}

static int keep_names(neuron_csv_table *table)
{
    for (int64_t i = 0; i < table->column_count; i++) {
        const neuron_text_slice *slice = &table->first_row[i].slice;
        bool named = table->csv.dialect.header;
        char *name = neuron_allocate(table->context, named ? (size_t)slice->size + 1 : 1, 1);
        if (!name)
            return NEURON_E_MEMORY;
        name[named ? neuron_text_slice_copy(name, slice) : 0] = '\0';
        table->preparation->columns[i].name = name;
        if (named)
            RETURN_IF_ERROR(check_utf8(table, &table->first_row[i]));
    }
    return NEURON_OK;
}

/* Where the label is, or -1. */
static int find_label(neuron_csv_table *table, int64_t *label)
{
    const neuron_csv_settings *settings = &table->settings;
    neuron_text_slice list = settings->label, item;
    bool quoted;
    *label = -1;
    if (!neuron_csv_next_item(&list, &item, &quoted)) {
        table->doubts.guessed = !settings->targets.text;
    } else if (list.text) {
        return neuron_fail(
            NEURON_E_ARGUMENT, "%s: label is %.*s; it must be one column: several are targets",
            table->csv.buffer->name, (int)settings->label.size, settings->label.text);
    } else if (!quoted && is_word(&item, "none")) {
        return NEURON_OK;
    } else if (!quoted && is_word(&item, "guess")) {
        table->doubts.guessed = !settings->targets.text;
    } else {
        return neuron_csv_find_item(table, &item, quoted, "label", label);
    }
    if (table->doubts.guessed)
        *label = 0;
    return NEURON_OK;
}

static int set_roles(neuron_csv_table *table, int64_t label)
{
    const neuron_csv_settings *settings = &table->settings;
    neuron_column *columns = table->preparation->columns;
    int32_t kind = settings->categories == NEURON_CSV_CATEGORIES_INDEX ? NEURON_COLUMN_INDEX
                                                                       : NEURON_COLUMN_ONE_HOT;
    for (int64_t i = 0; i < table->column_count; i++) {
        table->matches[i] = i;
        columns[i].role = NEURON_COLUMN_INPUT;
    }
    if (label >= 0)
        columns[label].role = NEURON_COLUMN_LABEL;
    RETURN_IF_ERROR(set_columns(table, settings->targets, "targets", NEURON_COLUMN_TARGET,
                                NEURON_COLUMN_NUMBER));
    RETURN_IF_ERROR(set_columns(table, settings->ignore, "ignore", NEURON_COLUMN_IGNORED,
                                NEURON_COLUMN_NUMBER));
    RETURN_IF_ERROR(
        set_columns(table, settings->categorical, "categorical", NEURON_COLUMN_INPUT, kind));
    table->doubts.index = table->csv.dialect.header && table->column_count > 1 &&
                          columns[0].role == NEURON_COLUMN_INPUT &&
                          neuron_csv_is_nameless(&table->first_row[0].slice);
    if (table->doubts.index)
        columns[0].role = NEURON_COLUMN_IGNORED;
    return NEURON_OK;
}

/* What else may be between the fields of a row that seems to have one only. */
static const char *other_separator(const neuron_csv_table *table)
{
    static const struct {
        char separator;
        const char *hint;
    } others[] = {{';', "; with separator=semicolon it has more"},
                  {'\t', "; with separator=tab it has more"},
                  {'|', "; with separator=pipe it has more"},
                  {',', "; with separator=comma it has more"}};
    const neuron_text_slice *only = &table->first_row[0].slice;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (only->size > 0 && memchr(only->text, others[i].separator, only->size))
            return others[i].hint;
    return "";
}

static int check_inputs(const neuron_csv_table *table)
{
    for (int64_t i = 0; i < table->column_count; i++)
        if (table->preparation->columns[i].role == NEURON_COLUMN_INPUT)
            return NEURON_OK;
    return neuron_fail(
        NEURON_E_FORMAT,
        "%s: line %" PRId64 " has no column beside label, targets, what is ignored and an "
        "index without a name",
        table->csv.buffer->name, neuron_csv_line(&table->csv, table->first_row[0].at));
}

int neuron_csv_find_columns(neuron_csv_table *table, const char **begin)
{
    const neuron_csv_settings *settings = &table->settings;
    const char *first = *begin;
    int64_t label;
    RETURN_IF_ERROR(neuron_csv_read_first_row(table, begin));
    RETURN_IF_ERROR(find_label(table, &label));
    if (table->column_count < 2 && (label >= 0 || settings->targets.text))
        return neuron_fail(
            NEURON_E_FORMAT,
            "%s: line %" PRId64 " has one column, not a label and values with separators between%s",
            table->csv.buffer->name, neuron_csv_line(&table->csv, first), other_separator(table));
    table->preparation = neuron_preparation_make(table->context, table->column_count);
    if (!table->preparation)
        return NEURON_E_MEMORY;
    table->preparation->rule = settings->rule;
    RETURN_IF_ERROR(
        neuron_csv_copy_items(&table->preparation->missing, table->context, settings->na_values));
    bool named = has_name(settings->targets) || has_name(settings->ignore) ||
                 has_name(settings->categorical) ||
                 (label >= 0 && !table->doubts.guessed && has_name(settings->label));
    if (named && settings->header == NEURON_CSV_HEADER_ABSENT)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: header is absent, but an option has the name of a column",
                           table->csv.buffer->name);
    table->csv.dialect.header = named || settings->header == NEURON_CSV_HEADER_PRESENT;
    table->doubts.header = !named && settings->header == NEURON_CSV_HEADER_GUESS;
    if (table->doubts.header)
        RETURN_IF_ERROR(neuron_csv_guess_header(table, label, *begin));
    table->doubts.label = table->doubts.guessed;
    if (table->doubts.guessed && table->csv.dialect.header)
        RETURN_IF_ERROR(neuron_csv_check_first_name(table));
    RETURN_IF_ERROR(set_roles(table, label));
    RETURN_IF_ERROR(check_inputs(table));
    table->preparation->dialect = table->csv.dialect;
    if (!table->csv.dialect.header)
        *begin = first;
    return keep_names(table);
}
