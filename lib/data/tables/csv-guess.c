/* What to make of a first row that nobody explained: whether it has names, and whether the first
 * column is the label. What is doubtful is refused with a message that says how to tell. */
#include "data/tables/csv-table.h"

#include "base/text/number.h"

#include <math.h>
#include <string.h>

/* What a message about a doubtful label ends with. */
#define REMEDY "say where the label is, with label=..."

/* So many rows that their first and last columns tell something. */
enum { ROWS_TELLING = 16 };

/* What the fields of a first row look like. */
typedef struct first_row {
    const neuron_csv_field *label; /* or the first field, if there is none */
    bool labelled; /* the label is one, or there is none and the first field is a number */
    bool begins;   /* with a number: the label, or else the first field */
    bool numbers;  /* so are all others */
    bool any;      /* there is a number */
    bool counts;   /* 0, 1, 2, ...: names of columns that have none */
    bool named;    /* the others do, beside a label that is neither empty nor a number */
} first_row;

const char *neuron_csv_elsewhere(const neuron_csv_table *table)
{
    return table->doubts.guessed ? "; where another column is the label, " REMEDY : "";
}

/* ---- Names ---- */

static bool is_one_of(const neuron_text_slice *field, const char *const *names)
{
    for (; *names; names++) {
        const neuron_text_slice name = {*names, (uint32_t)strlen(*names), false};
        if (neuron_csv_is_called(field, &name, true))
            return true;
    }
    return false;
}

static bool is_label_name(const neuron_text_slice *field)
{
    static const char *const names[] = {"label", "labels",  "class",   "classes",  "class_id",
                                        "y",     "target",  "targets", "category", "species",
                                        "digit", "outcome", NULL};
    return is_one_of(field, names);
}

static bool ends_with(const neuron_text_slice *field, const char *end)
{
    size_t size = strlen(end);
    return field->size > size && memcmp(field->text + field->size - size, end, size) == 0;
}

static bool is_index_name(const neuron_text_slice *field)
{
    static const char *const names[] = {"id", "index", "idx", "row", NULL};
    return is_one_of(field, names) || ends_with(field, "Id") || ends_with(field, "ID") ||
           ends_with(field, "_id");
}

/* Splits the digits off that end a name. */
static size_t stem_of(const neuron_text_slice *field, double *number)
{
    size_t stem = field->size;
    float nearest;
    while (stem > 0 && field->text[stem - 1] >= '0' && field->text[stem - 1] <= '9')
        stem--;
    *number = NAN;
    neuron_number_parse(field->text + stem, field->size - stem, number, &nearest);
    return stem;
}

/* Whether two names are as those of values in a row are: pixel0, pixel1. */
static bool is_series(const neuron_text_slice *first, const neuron_text_slice *second)
{
    double numbers[2];
    size_t stem = stem_of(first, &numbers[0]);
    return stem_of(second, &numbers[1]) == stem && stem > 0 && numbers[1] == numbers[0] + 1 &&
           memcmp(first->text, second->text, stem) == 0;
}

int neuron_csv_check_first_name(neuron_csv_table *table)
{
    const neuron_csv_text *csv = &table->csv;
    const neuron_csv_field *row = table->first_row;
    const neuron_text_slice *first = &row->slice;
    if (neuron_csv_is_nameless(first))
        return neuron_csv_fail(NEURON_E_DATA, csv, row, "%s",
                               "the first column has no name: it may be an index, as pandas writes "
                               "it without index=False; " REMEDY);
    table->doubts.label = !is_label_name(first);
    if (!table->doubts.label)
        return NEURON_OK;
    if (is_index_name(first))
        return neuron_csv_fail(NEURON_E_DATA, csv, row,
                               "the first column, \"%.*s\", may be an index: " REMEDY,
                               neuron_csv_shown(*first));
    for (int64_t i = 1; i < table->column_count; i++)
        if (is_label_name(&row[i].slice))
            return neuron_csv_fail(
                NEURON_E_DATA, csv, &row[i],
                "\"%.*s\" may be the label, rather than the first column: " REMEDY,
                neuron_csv_shown(row[i].slice));
    if (table->column_count > 1 && is_series(first, &row[1].slice))
        return neuron_csv_fail(NEURON_E_DATA, csv, row,
                               "the first column, \"%.*s\", seems to be a value like the next, "
                               "and there may be no label: " REMEDY,
                               neuron_csv_shown(*first));
    return NEURON_OK;
}

/* ---- Whether the row has names ---- */

static bool can_be_label(double value, int64_t class_count)
{
    return value == floor(value) &&
           (class_count == 0 || (value >= 0 && value < (double)class_count));
}

static first_row look_at_row(const neuron_csv_table *table, int64_t label)
{
    first_row row = {.labelled = true, .numbers = true, .counts = true, .named = true};
    int64_t others = 0;
    for (int64_t i = 0; i < table->column_count; i++) {
        const neuron_csv_field *field = &table->first_row[i];
        double value = 0;
        float nearest;
        bool number = neuron_csv_parse_number(&table->csv, &field->slice, &value, &nearest);
        row.any = row.any || number;
        row.counts = row.counts && number && value == (double)i;
        if (i == (label < 0 ? 0 : label)) {
            row.label = field;
            row.begins = number;
            row.named = row.named && !number && (field->slice.size > 0 || label < 0);
            row.labelled =
                number && (label < 0 || can_be_label(value, table->settings.class_count));
        } else {
            row.numbers = row.numbers && number;
            row.named = row.named && number && value == (double)others++;
        }
    }
    return row;
}

/* Of the second row: whether it has a number, or a word in a column. */
static int look_at_second(const neuron_csv_table *table, const char *at, int64_t column,
                          bool *number, bool *word)
{
    neuron_csv_field field = {.last = false};
    double value;
    float nearest;
    *number = *word = false;
    at = neuron_csv_skip_comments(&table->csv, at);
    for (int64_t i = 0; at < table->csv.end && !field.last; i++) {
        RETURN_IF_ERROR(neuron_csv_read_field(&table->csv, &at, i, &field));
        bool is_number = neuron_csv_parse_number(&table->csv, &field.slice, &value, &nearest);
        *number = *number || is_number;
        *word = *word || (i == column && !is_number &&
                          !neuron_preparation_misses(table->preparation, field.slice.text,
                                                     field.slice.size));
    }
    return NEURON_OK;
}

static int refuse_row(const neuron_csv_table *table, const first_row *row, int64_t label)
{
    const neuron_text_slice *shown = &row->label->slice;
    int64_t classes = table->settings.class_count;
    if (label < 0)
        return neuron_csv_fail(
            NEURON_E_DATA, &table->csv, row->label,
            "\"%.*s\" is not a number: if the line has names, say header=present",
            neuron_csv_shown(*shown));
    if (classes == 0)
        return neuron_csv_fail(
            NEURON_E_DATA, &table->csv, row->label,
            "label \"%.*s\" is not an integer: if the line has names, say header=present%s",
            neuron_csv_shown(*shown), neuron_csv_elsewhere(table));
    return neuron_csv_fail(NEURON_E_DATA, &table->csv, row->label,
                           "label \"%.*s\" is not 0 to %" PRId64
                           ": if the line has names, say header=present%s",
                           neuron_csv_shown(*shown), classes - 1, neuron_csv_elsewhere(table));
}

int neuron_csv_guess_header(neuron_csv_table *table, int64_t label, const char *second)
{
    const neuron_csv_settings *settings = &table->settings;
    const first_row row = look_at_row(table, label);
    bool number, word, words = neuron_csv_has_words(settings);
    RETURN_IF_ERROR(look_at_second(table, second, row.label->column, &number, &word));
    table->csv.dialect.header = !row.begins || row.counts;
    /* A row that lacks nothing but a label is as likely an example as one of names, unless it
     * counts, or the next one has words there too. */
    if (row.numbers && !row.labelled && !row.named) {
        table->csv.dialect.header = false;
        bool said = label >= 0 ? !table->doubts.guessed : words;
        return said && !row.begins && word ? NEURON_OK : refuse_row(table, &row, label);
    }
    if (row.counts || row.named || !(words || settings->rule != NEURON_CSV_MISSING_REFUSE))
        return NEURON_OK;
    table->csv.dialect.header = !row.any;
    if (row.any || number)
        return NEURON_OK;
    return neuron_csv_fail(NEURON_E_DATA, &table->csv, &table->first_row[0], "%s",
                           "neither this row nor the next has a number: say header=present or "
                           "absent");
}

/* ---- All rows ---- */

/* The value of a row's last column; NaN if it is no number. */
static double last_value(const neuron_csv_table *table, int64_t row)
{
    int64_t place = table->cells[table->column_count - 1].value;
    if (place < 0)
        return NAN;
    place += row * table->rows.value_count;
    return table->rows.bytes ? table->rows.bytes[place] : (double)table->rows.floats[place];
}

int neuron_csv_check_doubts(const neuron_csv_table *table, const double *labels)
{
    const char *file = table->csv.buffer->name;
    bool constant = true, counting = true, varies = false;
    bool last_labels = can_be_label(last_value(table, 0), table->settings.class_count);
    if (!table->doubts.label || table->rows.count < ROWS_TELLING)
        return NEURON_OK;
    for (int64_t i = 1; i < table->rows.count; i++) {
        double last = last_value(table, i);
        constant = constant && labels[i] == labels[0];
        counting = counting && labels[i] == labels[i - 1] + 1;
        last_labels = last_labels && can_be_label(last, table->settings.class_count);
        varies = varies || last != last_value(table, 0);
    }
    if (counting)
        return neuron_fail(NEURON_E_DATA,
                           "%s: the first column counts the rows and may be an index: " REMEDY,
                           file);
    if (constant && last_labels && varies)
        return neuron_fail(
            NEURON_E_DATA,
            "%s: the first column is always %g, while the last could be the label: " REMEDY, file,
            labels[0]);
    return NEURON_OK;
}
