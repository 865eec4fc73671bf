#include "data/csv.h"

#include "base/float-mode.h"
#include "data/decimal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* A place in the file. Lines and columns count from 1, as editors and spreadsheets do. */
typedef struct reader {
    const neuron_content *content;
    size_t position;
    int64_t line, column; /* of the field that comes next */
} reader;

typedef struct field {
    const uint8_t *text; /* without quotes and blanks around it */
    size_t size;
    int64_t line, column;
    bool last; /* of its row */
} field;

/* What the first walk through a file learns. */
typedef struct table {
    int64_t rows, columns;
    bool header;
    bool bytes; /* all values are, and need not be float32 */
} table;

/* What the fields of a first row look like. */
typedef struct first_row {
    field label;
    bool begins;  /* with a number */
    bool numbers; /* so is all behind it */
    bool counts;  /* 0, 1, 2, ...: names of columns that have none */
    bool named;   /* the same behind a first field that is neither empty nor a number */
} first_row;

/* What messages show of a field. */
enum { SHOWN_MAX = 40 };

#define fail_at(status, reader, field, format, ...)                                                \
    neuron_fail(status, "%s: line %" PRId64 ", column %" PRId64 ": " format,                       \
                (reader)->content->name, (field)->line, (field)->column, __VA_ARGS__)

static bool is_at(const reader *from, uint8_t character)
{
    return from->position < from->content->size &&
           from->content->bytes[from->position] == character;
}

static bool at_line_end(const reader *from)
{
    return is_at(from, '\n') ||
           (is_at(from, '\r') && (from->position + 1 == from->content->size ||
                                  from->content->bytes[from->position + 1] == '\n'));
}

/* Whether nothing is left but ends of lines. */
static bool at_end(const reader *from)
{
    size_t at = from->position;
    while (at < from->content->size &&
           (from->content->bytes[at] == '\r' || from->content->bytes[at] == '\n'))
        at++;
    return at == from->content->size;
}

static void skip_blanks(reader *from)
{
    while (is_at(from, ' ') || is_at(from, '\t'))
        from->position++;
}

/* Text in quotes, where two quotes are one that does not end it. They stay two: such a text is no
 * number in any case. */
static int take_quoted(reader *from, field *taken)
{
    const neuron_content *content = from->content;
    taken->text = content->bytes + ++from->position;
    for (;; from->position++) {
        if (from->position == content->size)
            return fail_at(NEURON_E_FORMAT, from, taken, "the quotes of a field are not %s",
                           "closed");
        if (is_at(from, '\n'))
            from->line++;
        if (!is_at(from, '"'))
            continue;
        if (from->position + 1 == content->size || content->bytes[from->position + 1] != '"')
            break;
        from->position++;
    }
    taken->size = (size_t)(content->bytes + from->position - taken->text);
    from->position++;
    skip_blanks(from);
    return NEURON_OK;
}

static void take_plain(reader *from, field *taken)
{
    taken->text = from->content->bytes + from->position;
    size_t begin = from->position;
    while (from->position < from->content->size && !is_at(from, ',') && !at_line_end(from))
        from->position++;
    taken->size = from->position - begin;
    while (taken->size > 0 &&
           (taken->text[taken->size - 1] == ' ' || taken->text[taken->size - 1] == '\t'))
        taken->size--;
}

static int take_field(reader *from, field *taken)
{
    *taken = (field){.line = from->line, .column = from->column};
    skip_blanks(from);
    if (is_at(from, '"'))
        RETURN_IF_ERROR(take_quoted(from, taken));
    else
        take_plain(from, taken);
    if (is_at(from, ',')) {
        from->position++;
        from->column++;
        return NEURON_OK;
    }
    taken->last = true;
    if (from->position < from->content->size && !at_line_end(from))
        return fail_at(NEURON_E_FORMAT, from, taken, "text follows the closing %s", "quotes");
    from->position += is_at(from, '\r');
    from->position += is_at(from, '\n');
    from->line++;
    from->column = 1;
    return NEURON_OK;
}

#define shown(field)                                                                               \
    (int)((field)->size < SHOWN_MAX ? (field)->size : SHOWN_MAX), (const char *)(field)->text

static int take_number(reader *from, field *taken, double *value, float *nearest)
{
    RETURN_IF_ERROR(take_field(from, taken));
    if (taken->size == 0)
        return fail_at(NEURON_E_FORMAT, from, taken, "there is no %s", "number");
    if (!neuron_decimal_parse(taken->text, taken->size, value, nearest))
        return fail_at(NEURON_E_FORMAT, from, taken, "\"%.*s\" is not a number", shown(taken));
    if (!isfinite(*nearest))
        return fail_at(NEURON_E_FORMAT, from, taken, "\"%.*s\" is too large for float32",
                       shown(taken));
    return NEURON_OK;
}

static reader begin(const neuron_content *content)
{
    reader from = {.content = content, .line = 1, .column = 1};
    if (content->size >= 3 && memcmp(content->bytes, "\xef\xbb\xbf", 3) == 0)
        from.position = 3; /* what some programs put in front of UTF-8 */
    return from;
}

static int skip_row(reader *from, int64_t *columns)
{
    field taken = {.last = false};
    for (*columns = 0; !taken.last; ++*columns)
        RETURN_IF_ERROR(take_field(from, &taken));
    return NEURON_OK;
}

static bool is_label(double label, int32_t class_count)
{
    return label >= 0 && label < class_count && label == floor(label);
}

static int look_at_first_row(first_row *row, table *found, const neuron_content *content)
{
    reader from = begin(content);
    field taken = {.last = false};
    *row = (first_row){.numbers = true, .counts = true};
    for (found->columns = 0; !taken.last; found->columns++) {
        double value = 0;
        float nearest;
        RETURN_IF_ERROR(take_field(&from, &taken));
        bool number = neuron_decimal_parse(taken.text, taken.size, &value, &nearest);
        if (found->columns == 0) {
            row->label = taken;
            row->begins = number;
            row->named = taken.size > 0 && !number;
        } else {
            row->numbers = row->numbers && number;
            row->named = row->named && number && value == (double)(found->columns - 1);
        }
        row->counts = row->counts && number && value == (double)found->columns;
    }
    return NEURON_OK;
}

/* A row that lacks nothing but a label is as likely an example as one of names, unless it counts. */
static int guess_header(table *found, const first_row *row, const neuron_content *content,
                        int32_t class_count)
{
    double label;
    float nearest;
    bool labelled = neuron_decimal_parse(row->label.text, row->label.size, &label, &nearest) &&
                    is_label(label, class_count);
    const reader from = {.content = content};
    if (row->numbers && !labelled && !row->named)
        return fail_at(NEURON_E_DATA, &from, &row->label,
                       "label \"%.*s\" is not 0 to %" PRId32
                       ": if the line has names, say NEURON_CSV_HEADER_PRESENT",
                       shown(&row->label), class_count - 1);
    found->header = !row->begins || row->counts;
    return NEURON_OK;
}

static int measure_first_row(table *found, const neuron_content *content,
                             const neuron_csv_format *format)
{
    const reader from = begin(content);
    first_row row;
    if (at_end(&from))
        return neuron_fail(NEURON_E_FORMAT, "%s: no rows: there is no text", content->name);
    RETURN_IF_ERROR(look_at_first_row(&row, found, content));
    if (found->columns < 2)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: line 1 has one column, not a label and values with commas between",
                           content->name);
    if (format->header == NEURON_CSV_HEADER_GUESS)
        return guess_header(found, &row, content, format->class_count);
    found->header = format->header == NEURON_CSV_HEADER_PRESENT;
    return NEURON_OK;
}

static int check_label(const reader *from, const field *taken, double label, int32_t class_count)
{
    if (is_label(label, class_count))
        return NEURON_OK;
    return fail_at(NEURON_E_DATA, from, taken, "label \"%.*s\" is not 0 to %" PRId32, shown(taken),
                   class_count - 1);
}

/* Whether a value is a byte decides what guessed ones become. */
static int look_at_value(table *found, const reader *from, const field *taken, double value,
                         int32_t type)
{
    bool byte = value >= 0 && value <= UINT8_MAX && value == floor(value);
    if (type == NEURON_U8 && !byte)
        return fail_at(NEURON_E_FORMAT, from, taken, "\"%.*s\" is not a whole number from 0 to 255",
                       shown(taken));
    found->bytes = found->bytes && byte;
    return NEURON_OK;
}

/* Where the values of a row go; with neither, they are only looked at. */
typedef struct row {
    int32_t label;
    uint8_t *bytes;
    float *floats;
} row;

static int take_row(reader *from, table *found, const neuron_csv_format *format, row *to)
{
    field taken;
    double value;
    float nearest;
    RETURN_IF_ERROR(take_number(from, &taken, &value, &nearest));
    RETURN_IF_ERROR(check_label(from, &taken, value, format->class_count));
    to->label = (int32_t)value;
    for (int64_t i = 0; i < found->columns - 1; i++) {
        if (taken.last)
            return fail_at(NEURON_E_FORMAT, from, &taken,
                           "the row ends here, not at column %" PRId64, found->columns);
        RETURN_IF_ERROR(take_number(from, &taken, &value, &nearest));
        if (to->bytes)
            to->bytes[i] = (uint8_t)value;
        else if (to->floats)
            to->floats[i] = nearest;
        else
            RETURN_IF_ERROR(look_at_value(found, from, &taken, value, format->type));
    }
    if (!taken.last)
        return fail_at(NEURON_E_FORMAT, from, &taken, "the row goes on after the last of %" PRId64,
                       found->columns);
    return NEURON_OK;
}

static int begin_rows(reader *from, const neuron_content *content, const table *found)
{
    int64_t columns;
    *from = begin(content);
    return found->header ? skip_row(from, &columns) : NEURON_OK;
}

/* Walks through the file, checks all of it, and counts. */
static int measure(table *found, const neuron_content *content, const neuron_csv_format *format)
{
    reader from;
    row nowhere = {.label = 0};
    *found = (table){.bytes = format->type != NEURON_F32};
    RETURN_IF_ERROR(measure_first_row(found, content, format));
    RETURN_IF_ERROR(begin_rows(&from, content, found));
    for (; !at_end(&from); found->rows++)
        RETURN_IF_ERROR(take_row(&from, found, format, &nowhere));
    if (found->rows == 0)
        return neuron_fail(NEURON_E_FORMAT, "%s: no rows follow the names in line 1",
                           content->name);
    return NEURON_OK;
}

static int fill(const neuron_content *content, table *found, const neuron_csv_format *format,
                neuron_tensor_t *examples, neuron_tensor_t *labels)
{
    reader from;
    int64_t size = found->columns - 1;
    RETURN_IF_ERROR(begin_rows(&from, content, found));
    for (int64_t i = 0; i < found->rows; i++) {
        row to = {.bytes = found->bytes ? (uint8_t *)examples->data + i * size : NULL,
                  .floats = found->bytes ? NULL : (float *)examples->data + i * size};
        RETURN_IF_ERROR(take_row(&from, found, format, &to));
        ((int32_t *)labels->data)[i] = to.label;
    }
    return NEURON_OK;
}

/* Extents of the tensor of examples: as the caller has it, or one axis of all values. */
static int set_extents(int64_t *extents, int32_t *axes, const table *found, const char *name,
                       const neuron_csv_format *format)
{
    neuron_shape example = {.rank = 1, .extent = {found->columns - 1}};
    char text[NEURON_SHAPE_TEXT];
    if (format->rank > 0)
        RETURN_IF_ERROR(
            neuron_shape_set(&example, format->shape, format->rank, 1, "neuron_dataset_load_csv"));
    if (neuron_shape_count(&example) != found->columns - 1)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: rows have %" PRId64 " values beside the label, examples of %s "
                           "have %" PRId64,
                           name, found->columns - 1, neuron_shape_text(&example, text),
                           neuron_shape_count(&example));
    extents[0] = found->rows;
    memcpy(extents + 1, example.extent, (size_t)example.rank * sizeof *extents);
    *axes = example.rank + 1;
    return NEURON_OK;
}

static void log_guesses(const neuron_content *content, const table *found,
                        const neuron_csv_format *format)
{
    if (format->header == NEURON_CSV_HEADER_GUESS)
        neuron_log(content->context, NEURON_LOG_INFO, "%s: line 1 is taken for %s", content->name,
                   found->header ? "names" : "an example");
    if (format->type == 0)
        neuron_log(content->context, NEURON_LOG_INFO, "%s: the values are taken %s", content->name,
                   found->bytes ? "for bytes, scaled by 1/255" : "as they are, as float32");
}

int neuron_csv_read(neuron_dataset_t **dataset, const neuron_content *content,
                    const neuron_csv_format *format)
{
    table found;
    int64_t extents[NEURON_RANK_MAX];
    int32_t axes;
    RETURN_IF_ERROR(measure(&found, content, format));
    RETURN_IF_ERROR(set_extents(extents, &axes, &found, content->name, format));
    neuron_tensor_t *examples = NULL, *labels = NULL;
    int status = neuron_tensor_create_raw(&examples, content->context,
                                          found.bytes ? NEURON_U8 : NEURON_F32, extents, axes);
    if (status == NEURON_OK)
        status = neuron_tensor_create_raw(&labels, content->context, NEURON_I32, extents, 1);
    if (status == NEURON_OK)
        status = fill(content, &found, format, examples, labels);
    if (status == NEURON_OK)
        status = neuron_dataset_create_for(dataset, content->context, examples, labels,
                                           format->class_count, content->name);
    if (status == NEURON_OK)
        log_guesses(content, &found, format);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
    return status;
}

int neuron_dataset_load_csv(neuron_dataset_t **dataset, neuron_context_t *context, const char *path,
                            int32_t class_count, const int64_t *shape, int32_t rank, int32_t type,
                            int32_t header)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    CHECK_RANGE(class_count, 1, NEURON_CLASSES_MAX);
    CHECK_RANGE(rank, 0, NEURON_RANK_MAX - 1);
    CHECK_ARGUMENT(rank == 0 || shape);
    CHECK_ARGUMENT(type == NEURON_U8 || type == NEURON_F32 || type == 0);
    CHECK_ARGUMENT(header == NEURON_CSV_HEADER_GUESS || header == NEURON_CSV_HEADER_PRESENT ||
                   header == NEURON_CSV_HEADER_ABSENT);
    const neuron_csv_format format = {
        .class_count = class_count, .shape = shape, .rank = rank, .type = type, .header = header};
    neuron_content content;
    RETURN_IF_ERROR(neuron_content_open(&content, context, path));
    int status = neuron_csv_read(dataset, &content, &format);
    neuron_content_close(&content);
    return status;
}
