/* The text is walked through twice, by the same function: measure() checks every row and counts, so
 * that the tensors have their final size; fill() stores label and values of each row. */
#include "data/formats/csv.h"

#include "base/float-mode.h"
#include "data/formats/csv-columns.h"
#include "data/formats/csv-reader.h"

#include <math.h>
#include <string.h>

/* So many rows that their first and last columns tell something. */
enum { ROWS_TELLING = 16 };

/* What the first walk through a file learns. */
typedef struct table {
    neuron_csv_columns columns;
    int64_t rows, values; /* and how many of an example */
    bool bytes;           /* all values are, and need not be float32 */
    bool constant;        /* all labels are the first one */
    bool counting;        /* each label is one more than that before */
    bool last_labels;     /* the last values are class numbers, */
    bool last_varies;     /* and not always the same one */
    int32_t label;        /* the last one so far */
    double last;          /* the first of the last values */
} table;

static int check_label(const neuron_buffer *buffer, const neuron_csv_field *field, double label,
                       const neuron_csv_settings *settings)
{
    if (neuron_csv_is_label(label, settings->class_count))
        return NEURON_OK;
    return neuron_csv_fail(NEURON_E_DATA, buffer, field, "label \"%.*s\" is not 0 to %" PRId32 "%s",
                           neuron_csv_shown(field), settings->class_count - 1,
                           neuron_csv_elsewhere(settings));
}

/* Whether a value is a byte decides what guessed ones become. */
static int look_at_value(table *found, const neuron_buffer *buffer, const neuron_csv_field *field,
                         double value, int32_t type)
{
    bool byte = value >= 0 && value <= UINT8_MAX && value == floor(value);
    if (type == NEURON_U8 && !byte)
        return neuron_csv_fail(NEURON_E_FORMAT, buffer, field,
                               "\"%.*s\" is not an integer from 0 to 255", neuron_csv_shown(field));
    found->bytes = found->bytes && byte;
    return NEURON_OK;
}

/* Where the values of a row go; with neither, they are only looked at. */
typedef struct row {
    int32_t label;
    double last; /* value of the last column */
    uint8_t *bytes;
    float *floats;
} row;

static int read_row(neuron_csv_reader *from, table *found, const neuron_csv_settings *settings,
                    row *to)
{
    const neuron_csv_columns *columns = &found->columns;
    neuron_csv_field field = {.last = false};
    float nearest;
    for (int64_t i = 0, stored = 0; i < columns->count; i++) {
        if (field.last)
            return neuron_csv_fail(NEURON_E_FORMAT, from->buffer, &field,
                                   "the row ends here, not at column %" PRId64, columns->count);
        if (i < columns->left_out) {
            RETURN_IF_ERROR(neuron_csv_read_field(from, &field));
            continue;
        }
        RETURN_IF_ERROR(neuron_csv_read_number(from, &field, &to->last, &nearest));
        if (i == columns->label) {
            RETURN_IF_ERROR(check_label(from->buffer, &field, to->last, settings));
            to->label = (int32_t)to->last;
        } else if (to->bytes) {
            to->bytes[stored++] = (uint8_t)to->last;
        } else if (to->floats) {
            to->floats[stored++] = nearest;
        } else {
            RETURN_IF_ERROR(look_at_value(found, from->buffer, &field, to->last, settings->type));
        }
    }
    if (!field.last)
        return neuron_csv_fail(NEURON_E_FORMAT, from->buffer, &field,
                               "the row goes on after the last of %" PRId64, columns->count);
    return NEURON_OK;
}

static int begin_rows(neuron_csv_reader *from, const neuron_buffer *buffer, const table *found)
{
    *from = neuron_csv_begin(buffer);
    return found->columns.header ? neuron_csv_skip_row(from) : NEURON_OK;
}

static void look_at_labels(table *found, const row *of, int32_t class_count)
{
    if (found->rows == 0) {
        found->constant = found->counting = found->last_labels = true;
        found->last = of->last;
    } else {
        found->constant = found->constant && of->label == found->label;
        found->counting = found->counting && of->label == found->label + 1;
    }
    found->last_labels = found->last_labels && neuron_csv_is_label(of->last, class_count);
    found->last_varies = found->last_varies || of->last != found->last;
    found->label = of->label;
}

/* Where nothing but its position speaks for the label, many rows may speak against it. */
static int check_doubts(const table *found, const neuron_buffer *buffer)
{
    static const char remedy[] =
        "say where the label is, with neuron_dataset_load_csv_with_label()";
    if (!found->columns.doubtful || found->rows < ROWS_TELLING)
        return NEURON_OK;
    if (found->counting)
        return neuron_fail(NEURON_E_DATA,
                           "%s: the first column counts the rows and may be an index: %s",
                           buffer->name, remedy);
    if (found->constant && found->last_labels && found->last_varies)
        return neuron_fail(NEURON_E_DATA,
                           "%s: the first column is always %" PRId32
                           ", while the last could be the label: %s",
                           buffer->name, found->label, remedy);
    return NEURON_OK;
}

/* Walks through the file, checks all of it, and counts. */
static int measure(table *found, const neuron_buffer *buffer, const neuron_csv_settings *settings)
{
    neuron_csv_reader from = neuron_csv_begin(buffer);
    row nowhere = {.label = 0};
    *found = (table){.bytes = settings->type != NEURON_F32};
    RETURN_IF_ERROR(neuron_csv_check_text(buffer));
    if (neuron_csv_at_end(&from))
        return neuron_fail(NEURON_E_FORMAT, "%s: no rows: there is no text", buffer->name);
    RETURN_IF_ERROR(neuron_csv_find_columns(&found->columns, buffer, settings));
    found->values = found->columns.count - found->columns.left_out - (found->columns.label >= 0);
    RETURN_IF_ERROR(begin_rows(&from, buffer, found));
    for (; !neuron_csv_at_end(&from); found->rows++) {
        RETURN_IF_ERROR(read_row(&from, found, settings, &nowhere));
        look_at_labels(found, &nowhere, settings->class_count);
    }
    if (found->rows == 0)
        return neuron_fail(NEURON_E_FORMAT, "%s: no rows follow the names in line 1", buffer->name);
    return check_doubts(found, buffer);
}

static int fill(const neuron_buffer *buffer, table *found, const neuron_csv_settings *settings,
                neuron_tensor_t *examples, neuron_tensor_t *labels)
{
    neuron_csv_reader from;
    int64_t size = found->values;
    RETURN_IF_ERROR(begin_rows(&from, buffer, found));
    for (int64_t i = 0; i < found->rows; i++) {
        row to = {.bytes = found->bytes ? (uint8_t *)examples->data + i * size : NULL,
                  .floats = found->bytes ? NULL : (float *)examples->data + i * size};
        RETURN_IF_ERROR(read_row(&from, found, settings, &to));
        ((int32_t *)labels->data)[i] = to.label;
    }
    return NEURON_OK;
}

/* Extents of the tensor of examples: as the caller has it, or one axis of all values. */
static int set_extents(int64_t *extents, int32_t *axes, const table *found, const char *name,
                       const neuron_csv_settings *settings)
{
    neuron_shape example = {.rank = 1, .extent = {found->values}};
    char text[NEURON_SHAPE_TEXT];
    if (settings->rank > 0)
        RETURN_IF_ERROR(neuron_shape_set(&example, settings->shape, settings->rank, 1,
                                         "neuron_dataset_load_csv"));
    if (neuron_shape_count(&example) != found->values)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: rows have %" PRId64 " values%s, examples of %s "
                           "have %" PRId64,
                           name, found->values, found->columns.label < 0 ? "" : " beside the label",
                           neuron_shape_text(&example, text), neuron_shape_count(&example));
    extents[0] = found->rows;
    memcpy(extents + 1, example.extent, (size_t)example.rank * sizeof *extents);
    *axes = example.rank + 1;
    return NEURON_OK;
}

static void log_first_name(const neuron_buffer *buffer, int32_t level, const char *what)
{
    neuron_csv_reader from = neuron_csv_begin(buffer);
    neuron_csv_field first;
    if (neuron_csv_read_field(&from, &first) == NEURON_OK)
        neuron_log(buffer->context, level, "%s: column 1, \"%.*s\", is %s", buffer->name,
                   neuron_csv_shown(&first), what);
}

static void log_guesses(const neuron_buffer *buffer, const table *found,
                        const neuron_csv_settings *settings)
{
    if (settings->header == NEURON_CSV_HEADER_GUESS)
        neuron_log(buffer->context, NEURON_LOG_INFO, "%s: line 1 is taken for %s", buffer->name,
                   found->columns.header ? "names" : "an example");
    if (found->columns.doubtful && found->columns.header)
        log_first_name(buffer, NEURON_LOG_WARNING, "taken for the label");
    if (found->columns.left_out > 0)
        log_first_name(buffer, NEURON_LOG_INFO, "an index and is left out");
    if (settings->type == 0)
        neuron_log(buffer->context, NEURON_LOG_INFO, "%s: the values are taken %s", buffer->name,
                   found->bytes ? "for bytes, scaled by 1/255" : "as they are, as float32");
}

static int read_buffer(neuron_dataset_t **dataset, const neuron_buffer *buffer,
                       const neuron_csv_settings *settings)
{
    table found;
    int64_t extents[NEURON_RANK_MAX];
    int32_t axes;
    RETURN_IF_ERROR(measure(&found, buffer, settings));
    RETURN_IF_ERROR(set_extents(extents, &axes, &found, buffer->name, settings));
    neuron_tensor_t *examples = NULL, *labels = NULL;
    int status = neuron_tensor_create_raw(&examples, buffer->context,
                                          found.bytes ? NEURON_U8 : NEURON_F32, extents, axes);
    if (status == NEURON_OK)
        status = neuron_tensor_create_raw(&labels, buffer->context, NEURON_I32, extents, 1);
    if (status == NEURON_OK)
        status = fill(buffer, &found, settings, examples, labels);
    if (status == NEURON_OK)
        status = neuron_dataset_create_for(dataset, buffer->context, examples, labels,
                                           settings->class_count, buffer->name);
    if (status == NEURON_OK)
        log_guesses(buffer, &found, settings);
    neuron_tensor_unref(labels);
    neuron_tensor_unref(examples);
    return status;
}

int neuron_csv_read(neuron_dataset_t **dataset, const neuron_content *content,
                    const neuron_csv_settings *settings)
{
    neuron_buffer buffer;
    RETURN_IF_ERROR(neuron_buffer_open(&buffer, content));
    int status = read_buffer(dataset, &buffer, settings);
    neuron_buffer_close(&buffer);
    return status;
}

static int check_label_option(const neuron_csv_settings *settings, const char *who)
{
    if (settings->label < 0 && settings->label != NEURON_CSV_LABEL_LAST &&
        settings->label != NEURON_CSV_LABEL_NONE)
        return neuron_fail(
            NEURON_E_ARGUMENT,
            "%s: label is %" PRId32
            "; it must be the number of a column, from 1, or guess (0), last (-1) or none (-10)",
            who, settings->label);
    if (settings->label_name && settings->label != NEURON_CSV_LABEL_GUESS)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: label_name is \"%s\" and label %" PRId32
                           "; with a name, label must be guess (0)",
                           who, settings->label_name, settings->label);
    if (settings->label_name && settings->header == NEURON_CSV_HEADER_ABSENT)
        return neuron_fail(
            NEURON_E_ARGUMENT,
            "%s: label_name is \"%s\", but header is absent (20): there are no names", who,
            settings->label_name);
    return NEURON_OK;
}

static int check_settings(const neuron_csv_settings *settings, const char *who)
{
    RETURN_IF_ERROR(
        neuron_check_range(settings->class_count, 1, NEURON_CLASSES_MAX, "class_count", who));
    RETURN_IF_ERROR(neuron_check_range(settings->rank, 0, NEURON_RANK_MAX - 1, "rank", who));
    if (settings->rank > 0 && !settings->shape)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: shape is NULL, but rank is %" PRId32, who,
                           settings->rank);
    if (settings->type != NEURON_U8 && settings->type != NEURON_F32 && settings->type != 0)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: type is %" PRId32 "; it must be f32 (10), u8 (20) or 0 (guess)",
                           who, settings->type);
    if (settings->header != NEURON_CSV_HEADER_GUESS &&
        settings->header != NEURON_CSV_HEADER_PRESENT &&
        settings->header != NEURON_CSV_HEADER_ABSENT)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: header is %" PRId32
                           "; it must be guess (0), present (10) or absent (20)",
                           who, settings->header);
    return check_label_option(settings, who);
}

static int load(neuron_dataset_t **dataset, neuron_context_t *context, const char *path,
                const neuron_csv_settings *settings, const char *who)
{
    const neuron_content content = neuron_content_of_file(context, path);
    RETURN_IF_ERROR(check_settings(settings, who));
    return neuron_csv_read(dataset, &content, settings);
}

int neuron_dataset_load_csv_with_label(neuron_dataset_t **dataset, neuron_context_t *context,
                                       const char *path, int32_t class_count, const int64_t *shape,
                                       int32_t rank, int32_t type, int32_t header, int32_t label,
                                       const char *label_name)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    const neuron_csv_settings settings = {.class_count = class_count,
                                          .shape = shape,
                                          .rank = rank,
                                          .type = type,
                                          .header = header,
                                          .label = label,
                                          .label_name = label_name};
    return load(dataset, context, path, &settings, __func__);
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
    const neuron_csv_settings settings = {
        .class_count = class_count, .shape = shape, .rank = rank, .type = type, .header = header};
    return load(dataset, context, path, &settings, __func__);
}
