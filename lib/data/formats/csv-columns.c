/* Finds out by the first row alone: first where the label is, then whether the row has names, then
 * whether the names speak against it. What is doubtful is refused with a message that says how to
 * tell. */
#include "data/formats/csv-columns.h"

#include "base/text/number.h"
#include "data/formats/csv-reader.h"

#include <math.h>
#include <string.h>

/* What a message about a doubtful label ends with. */
#define REMEDY "say where the label is, with neuron_dataset_load_csv_with_label()"

/* What the fields of a first row look like. */
typedef struct first_row {
    neuron_csv_field label;
    bool labelled; /* the label is one, or there is none and the first field is a number */
    bool begins;   /* with a number: the label, or else the first field */
    bool numbers;  /* so are all others */
    bool counts;   /* 0, 1, 2, ...: names of columns that have none */
    bool named;    /* the others do, beside a label that is neither empty nor a number */
} first_row;

bool neuron_csv_is_label(double label, int32_t class_count)
{
    return label >= 0 && label < class_count && label == floor(label);
}

static bool is_guess(const neuron_csv_settings *settings)
{
    return settings->label == NEURON_CSV_LABEL_GUESS && !settings->label_name;
}

const char *neuron_csv_elsewhere(const neuron_csv_settings *settings)
{
    return is_guess(settings) ? "; where another column is the label, " REMEDY : "";
}

/* ---- Names ---- */

static int next_of_name(const neuron_csv_field *field, size_t *at)
{
    if (*at == field->size)
        return -1;
    int character = field->text[*at];
    *at += character == '"' ? 2 : 1; /* quotes are two */
    return character;
}

static bool is_called(const neuron_csv_field *field, const char *name, bool any_case)
{
    size_t at = 0;
    for (;; name++) {
        int ours = next_of_name(field, &at), theirs = (unsigned char)*name;
        if (any_case && ours >= 'A' && ours <= 'Z')
            ours += 'a' - 'A';
        if (any_case && theirs >= 'A' && theirs <= 'Z')
            theirs += 'a' - 'A';
        if (ours < 0 || theirs == 0)
            return ours < 0 && theirs == 0;
        if (ours != theirs)
            return false;
    }
}

static bool is_one_of(const neuron_csv_field *field, const char *const *names)
{
    while (*names && !is_called(field, *names, true))
        names++;
    return *names != NULL;
}

static bool is_label_name(const neuron_csv_field *field)
{
    static const char *const names[] = {"label", "labels",  "class",   "classes",  "class_id",
                                        "y",     "target",  "targets", "category", "species",
                                        "digit", "outcome", NULL};
    return is_one_of(field, names);
}

/* What pandas calls an index that it has written itself and read again. */
static bool is_nameless(const neuron_csv_field *field)
{
    return field->size == 0 || is_called(field, "Unnamed: 0", false);
}

static bool ends_with(const neuron_csv_field *field, const char *end)
{
    size_t size = strlen(end);
    return field->size > size && memcmp(field->text + field->size - size, end, size) == 0;
}

static bool is_index_name(const neuron_csv_field *field)
{
    static const char *const names[] = {"id", "index", "idx", "row", NULL};
    return is_one_of(field, names) || ends_with(field, "Id") || ends_with(field, "ID") ||
           ends_with(field, "_id");
}

/* How many digits end a name. */
static size_t digits_of(const neuron_csv_field *field)
{
    size_t digits = 0;
    while (digits < field->size && field->text[field->size - 1 - digits] >= '0' &&
           field->text[field->size - 1 - digits] <= '9')
        digits++;
    return digits;
}

/* Whether two names are as those of values in a row are: pixel0, pixel1. */
static bool is_series(const neuron_csv_field *first, const neuron_csv_field *second)
{
    double numbers[2];
    float nearest;
    size_t digits[] = {digits_of(first), digits_of(second)};
    size_t stem = first->size - digits[0];
    return digits[0] > 0 && digits[1] > 0 && stem > 0 && stem == second->size - digits[1] &&
           memcmp(first->text, second->text, stem) == 0 &&
           neuron_number_parse((const char *)first->text + stem, digits[0], &numbers[0],
                               &nearest) &&
           neuron_number_parse((const char *)second->text + stem, digits[1], &numbers[1],
                               &nearest) &&
           numbers[1] == numbers[0] + 1;
}

/* ---- Where the label is ---- */

static int count_columns(neuron_csv_columns *columns, const neuron_buffer *buffer)
{
    neuron_csv_reader from = neuron_csv_begin(buffer);
    neuron_csv_field field = {.last = false};
    for (columns->count = 0; !field.last; columns->count++)
        RETURN_IF_ERROR(neuron_csv_read_field(&from, &field));
    return NEURON_OK;
}

static int find_name(neuron_csv_columns *columns, const neuron_buffer *buffer, const char *name)
{
    neuron_csv_reader from = neuron_csv_begin(buffer);
    neuron_csv_field field = {.size = 0}, first = {.size = 0}, alike = {.size = 0};
    columns->label = -1;
    for (int64_t i = 0; i < columns->count; i++) {
        RETURN_IF_ERROR(neuron_csv_read_field(&from, &field));
        if (i == 0)
            first = field;
        if (is_called(&field, name, true))
            alike = field;
        if (!is_called(&field, name, false))
            continue;
        if (columns->label >= 0)
            return neuron_csv_fail(NEURON_E_DATA, buffer, &field,
                                   "is called \"%s\", and so is column %" PRId64, name,
                                   columns->label + 1);
        columns->label = i;
    }
    if (columns->label >= 0)
        return NEURON_OK;
    if (alike.size > 0)
        return neuron_fail(NEURON_E_DATA, "%s: no column is called \"%s\"; did you mean \"%.*s\"?",
                           buffer->name, name, neuron_csv_shown(&alike));
    return neuron_fail(NEURON_E_DATA,
                       "%s: no column is called \"%s\" in line 1, which has %" PRId64
                       " columns from \"%.*s\" to \"%.*s\"",
                       buffer->name, name, columns->count, neuron_csv_shown(&first),
                       neuron_csv_shown(&field));
}

static int find_label(neuron_csv_columns *columns, const neuron_buffer *buffer,
                      const neuron_csv_settings *settings)
{
    columns->label = 0;
    if (settings->label_name)
        return find_name(columns, buffer, settings->label_name);
    if (settings->label == NEURON_CSV_LABEL_NONE)
        columns->label = -1;
    else if (settings->label == NEURON_CSV_LABEL_LAST)
        columns->label = columns->count - 1;
    else if (settings->label != NEURON_CSV_LABEL_GUESS)
        columns->label = settings->label - 1;
    if (columns->label >= columns->count)
        return neuron_fail(NEURON_E_DATA,
                           "%s: the label is said to be in column %" PRId32
                           ", but line 1 has %" PRId64,
                           buffer->name, settings->label, columns->count);
    return NEURON_OK;
}

/* ---- Whether the row has names ---- */

static int look_at_row(first_row *row, const neuron_csv_columns *columns,
                       const neuron_buffer *buffer, int32_t class_count)
{
    neuron_csv_reader from = neuron_csv_begin(buffer);
    neuron_csv_field field;
    int64_t others = 0;
    *row = (first_row){.labelled = true, .numbers = true, .counts = true, .named = true};
    for (int64_t i = 0; i < columns->count; i++) {
        double value = 0;
        float nearest;
        RETURN_IF_ERROR(neuron_csv_read_field(&from, &field));
        bool number = neuron_number_parse((const char *)field.text, field.size, &value, &nearest);
        row->counts = row->counts && number && value == (double)i;
        if (i == (columns->label < 0 ? 0 : columns->label)) {
            row->label = field;
            row->begins = number;
            row->named = row->named && !number && (field.size > 0 || columns->label < 0);
            row->labelled =
                number && (columns->label < 0 || neuron_csv_is_label(value, class_count));
        } else {
            row->numbers = row->numbers && number;
            row->named = row->named && number && value == (double)others++;
        }
    }
    return NEURON_OK;
}

/* A row that lacks nothing but a label is as likely an example as one of names, unless it
 * counts. */
static int guess_header(neuron_csv_columns *columns, const neuron_buffer *buffer,
                        const neuron_csv_settings *settings)
{
    first_row row;
    RETURN_IF_ERROR(look_at_row(&row, columns, buffer, settings->class_count));
    if (row.numbers && !row.labelled && !row.named && columns->label < 0)
        return neuron_csv_fail(NEURON_E_DATA, buffer, &row.label,
                               "\"%.*s\" is not a number: if the line has names, header "
                               "must be present (10)",
                               neuron_csv_shown(&row.label));
    if (row.numbers && !row.labelled && !row.named)
        return neuron_csv_fail(NEURON_E_DATA, buffer, &row.label,
                               "label \"%.*s\" is not 0 to %" PRId32
                               ": if the line has names, header must be present (10)%s",
                               neuron_csv_shown(&row.label), settings->class_count - 1,
                               neuron_csv_elsewhere(settings));
    columns->header = !row.begins || row.counts;
    return NEURON_OK;
}

/* ---- Whether the names agree ---- */

/* Where nobody has said which column is the label, the names may speak against the first. */
static int check_first_name(neuron_csv_columns *columns, const neuron_buffer *buffer)
{
    neuron_csv_reader from = neuron_csv_begin(buffer);
    neuron_csv_field first, field;
    RETURN_IF_ERROR(neuron_csv_read_field(&from, &first));
    if (is_nameless(&first))
        return neuron_csv_fail(NEURON_E_DATA, buffer, &first,
                               "the first column has no name: it may be an index, as pandas writes "
                               "it without index=False; %s",
                               REMEDY);
    columns->doubtful = !is_label_name(&first);
    if (!columns->doubtful)
        return NEURON_OK;
    if (is_index_name(&first))
        return neuron_csv_fail(NEURON_E_DATA, buffer, &first,
                               "the first column, \"%.*s\", may be an index: " REMEDY,
                               neuron_csv_shown(&first));
    for (int64_t i = 1; i < columns->count; i++) {
        RETURN_IF_ERROR(neuron_csv_read_field(&from, &field));
        if (is_label_name(&field))
            return neuron_csv_fail(
                NEURON_E_DATA, buffer, &field,
                "\"%.*s\" may be the label, rather than the first column: " REMEDY,
                neuron_csv_shown(&field));
        if (i == 1 && is_series(&first, &field))
            return neuron_csv_fail(NEURON_E_DATA, buffer, &first,
                                   "the first column, \"%.*s\", seems to be a value like the next, "
                                   "and there may be no label: " REMEDY,
                                   neuron_csv_shown(&first));
    }
    return NEURON_OK;
}

/* An index is no value, but may be what the caller calls the label. */
static int find_index(neuron_csv_columns *columns, const neuron_buffer *buffer)
{
    neuron_csv_reader from = neuron_csv_begin(buffer);
    neuron_csv_field first;
    RETURN_IF_ERROR(neuron_csv_read_field(&from, &first));
    columns->left_out = is_nameless(&first) && columns->label != 0;
    return NEURON_OK;
}

int neuron_csv_find_columns(neuron_csv_columns *columns, const neuron_buffer *buffer,
                            const neuron_csv_settings *settings)
{
    bool guess = is_guess(settings);
    *columns = (neuron_csv_columns){.header = settings->header == NEURON_CSV_HEADER_PRESENT ||
                                              settings->label_name};
    RETURN_IF_ERROR(count_columns(columns, buffer));
    if (columns->count < 2 && settings->label != NEURON_CSV_LABEL_NONE)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: line 1 has one column, not a label and values with commas between",
                           buffer->name);
    RETURN_IF_ERROR(find_label(columns, buffer, settings));
    if (settings->header == NEURON_CSV_HEADER_GUESS && !settings->label_name)
        RETURN_IF_ERROR(guess_header(columns, buffer, settings));
    columns->doubtful = guess;
    if (guess && columns->header)
        RETURN_IF_ERROR(check_first_name(columns, buffer));
    if (columns->header && columns->count > 1)
        RETURN_IF_ERROR(find_index(columns, buffer));
    if (columns->count - columns->left_out - (columns->label >= 0) < 1)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: line 1 has no column beside the label and one without a name",
                           buffer->name);
    return NEURON_OK;
}
