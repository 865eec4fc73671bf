/* The steps from a text to a dataset, and the calls of users. What is found of the columns goes
 * into a preparation, by which rows are read; that of a table like another is there already. */
#include "data/tables/csv.h"

#include "base/float-mode.h"
#include "data/tables/csv-table.h"

#include <string.h>

static void release(neuron_csv_table *table)
{
    neuron_context_t *context = table->context;
    neuron_csv_rows_release(&table->rows);
    neuron_release(context, table->first_row);
    neuron_release(context, table->matches);
    neuron_release(context, table->cells);
    neuron_release(context, table->words);
    neuron_tensor_unref(table->values);
    neuron_tensor_unref(table->examples);
    neuron_tensor_unref(table->labels);
    neuron_tensor_unref(table->names);
    neuron_preparation_unref(table->preparation);
}

/* ---- Reading ---- */

static int begin(neuron_csv_table *table, const char **rows)
{
    const char *name = table->csv.buffer->name;
    *rows = neuron_csv_skip_comments(&table->csv, table->csv.begin);
    if (*rows == table->csv.end)
        return neuron_fail(NEURON_E_FORMAT, "%s: no rows: there is no text", name);
    RETURN_IF_ERROR(table->given ? neuron_csv_match_columns(table, rows)
                                 : neuron_csv_find_columns(table, rows));
    if (*rows > table->csv.end)
        *rows = table->csv.end;
    table->csv.quotes = memchr(*rows, '"', (size_t)(table->csv.end - *rows));
    table->rows =
        (neuron_csv_rows){.csv = &table->csv,
                          .preparation = table->preparation,
                          .cells = table->cells,
                          .column_count = table->column_count,
                          .words_welcome = table->given || neuron_csv_has_words(&table->settings)};
    RETURN_IF_ERROR(neuron_csv_find_rows(&table->rows, *rows));
    if (table->rows.count == 0)
        return neuron_fail(NEURON_E_FORMAT, "%s: no rows follow the names in line %" PRId64, name,
                           neuron_csv_line(&table->csv, table->first_row[0].at));
    return NEURON_OK;
}

/* Says where the fields of each column go. */
static void set_cells(neuron_csv_table *table)
{
    table->rows.word_count = 0;
    neuron_preparation_number(table->preparation);
    table->rows.value_count = neuron_preparation_field_count(table->preparation);
    for (int64_t i = 0; i < table->column_count; i++) {
        const neuron_column *column = NULL;
        if (table->matches[i] >= 0)
            column = &table->preparation->columns[table->matches[i]];
        bool input = column && column->role == NEURON_COLUMN_INPUT;
        neuron_csv_cell *cell = &table->cells[i];
        *cell = (neuron_csv_cell){NEURON_CSV_SKIP, input ? column->field : -1, -1, 0};
        if (input && column->kind == NEURON_COLUMN_NUMBER)
            cell->what = NEURON_CSV_NUMBER;
        else if (column && column->role != NEURON_COLUMN_IGNORED)
            *cell = (neuron_csv_cell){NEURON_CSV_WORD, cell->value, table->rows.word_count++, 0};
    }
    for (int64_t i = table->column_count - 1; i >= 0; i--) {
        neuron_csv_cell *cell = &table->cells[i], *next = cell + 1;
        bool goes_on = i + 1 < table->column_count && next->value == cell->value + 1;
        if (cell->what == NEURON_CSV_NUMBER)
            cell->run = 1 + (goes_on ? next->run : 0);
    }
}

/* Reads all rows as bytes or floats; *bytes becomes false if they are no bytes. */
static int read_as(neuron_csv_table *table, bool *bytes)
{
    neuron_csv_rows *rows = &table->rows;
    const int64_t extents[] = {rows->count, rows->value_count};
    RETURN_IF_ERROR(neuron_tensor_create_raw(
        &table->values, table->context, *bytes ? NEURON_TYPE_U8 : NEURON_TYPE_F32, extents, 2));
    rows->bytes = *bytes ? table->values->data : NULL;
    rows->floats = *bytes ? NULL : table->values->data;
    return neuron_csv_read_rows(rows, bytes);
}

enum { IMAGE_PIXELS_MIN = 64 }; /* 8x8, the smallest digits that are about */

/* Whether integers from 0 to 255 may be pixels: in a table of few columns they are ages or amounts,
 * and one of 256 would scale all others otherwise. */
static bool looks_like_images(const neuron_csv_table *table)
{
    return table->settings.shape.rank > 0 || table->rows.value_count >= IMAGE_PIXELS_MIN;
}

static bool guesses_type(const neuron_csv_settings *settings)
{
    return settings->type == 0 && !neuron_csv_has_words(settings) &&
           settings->rule == NEURON_CSV_MISSING_REFUSE;
}

static int read_values(neuron_csv_table *table)
{
    neuron_csv_rows *rows = &table->rows;
    const neuron_csv_settings *settings = &table->settings;
    int32_t type = table->given ? table->preparation->type : settings->type;
    rows->words = neuron_allocate(table->context, neuron_size(rows->count),
                                  neuron_size_of(rows->word_count, sizeof *rows->words));
    table->words = rows->words;
    if (!rows->words)
        return NEURON_E_MEMORY;
    rows->guess = type == 0 && guesses_type(settings) && looks_like_images(table);
    bool bytes = type == NEURON_TYPE_U8 || rows->guess, once = bytes;
    RETURN_IF_ERROR(read_as(table, &bytes));
    if (once && !bytes) {
        neuron_tensor_unref(table->values);
        table->values = NULL;
        RETURN_IF_ERROR(read_as(table, &bytes));
    }
    if (!table->given)
        table->preparation->type = rows->bytes ? NEURON_TYPE_U8 : NEURON_TYPE_F32;
    return NEURON_OK;
}

/* ---- What was guessed ---- */

static void log_first_name(const neuron_csv_table *table, int32_t level, const char *what)
{
    neuron_log(table->context, level, "data", "%s: column 1, \"%.*s\", is %s",
               table->csv.buffer->name, neuron_csv_shown(table->first_row[0].slice), what);
}

static void log_guesses(const neuron_csv_table *table)
{
    const char *name = table->csv.buffer->name;
    const neuron_csv_doubts *doubts = &table->doubts;
    if (table->unknown > 0)
        neuron_log(table->context, NEURON_LOG_WARNING, "data",
                   "%s: %" PRId64 " words that the other table does not have are taken as missing",
                   name, table->unknown);
    if (table->given)
        return;
    if (doubts->header)
        neuron_log(table->context, NEURON_LOG_INFO, "data", "%s: line %" PRId64 " is taken for %s",
                   name, neuron_csv_line(&table->csv, table->first_row[0].at),
                   table->csv.dialect.header ? "names" : "an example");
    if (doubts->label && table->csv.dialect.header)
        log_first_name(table, NEURON_LOG_WARNING, "taken for the label");
    if (doubts->index)
        log_first_name(table, NEURON_LOG_INFO, "an index and is left out");
    if (guesses_type(&table->settings))
        neuron_log(table->context, NEURON_LOG_INFO, "data", "%s: the values are taken %s", name,
                   table->rows.bytes ? "for bytes, scaled by 1/255" : "as they are, as float32");
}

/* ---- All ---- */

static int make_dataset(neuron_dataset_t **dataset, const neuron_csv_table *table)
{
    const neuron_preparation_t *preparation = table->preparation;
    const char *name = table->csv.buffer->name;
    RETURN_IF_ERROR(table->labels->type == NEURON_TYPE_F32
                        ? neuron_dataset_create_with_targets_for(
                              dataset, table->context, table->examples, table->labels, name)
                        : neuron_dataset_create_for(dataset, table->context, table->examples,
                                                    table->labels, preparation->class_count, name));
    (*dataset)->shape = preparation->shape;
    (*dataset)->class_names = neuron_tensor_ref(table->names);
    (*dataset)->preparation = neuron_preparation_ref(preparation);
    return NEURON_OK;
}

static int read_table(neuron_dataset_t **dataset, neuron_csv_table *table)
{
    const char *rows;
    RETURN_IF_ERROR(begin(table, &rows));
    if (!table->given && neuron_csv_has_words(&table->settings))
        RETURN_IF_ERROR(neuron_csv_find_kinds(table));
    set_cells(table);
    RETURN_IF_ERROR(read_values(table));
    RETURN_IF_ERROR(neuron_csv_make_labels(table));
    RETURN_IF_ERROR(neuron_csv_number_words(table));
    RETURN_IF_ERROR(neuron_csv_make_inputs(table));
    RETURN_IF_ERROR(make_dataset(dataset, table));
    log_guesses(table);
    return NEURON_OK;
}

static int read_content(neuron_dataset_t **dataset, const neuron_content *content,
                        neuron_csv_table *table)
{
    neuron_buffer buffer;
    table->context = content->context;
    RETURN_IF_ERROR(neuron_buffer_open(&buffer, content));
    int status = neuron_buffer_end_line(&buffer);
    if (status == NEURON_OK)
        status = neuron_csv_check_text(&buffer);
    if (status == NEURON_OK) {
        neuron_csv_begin(&table->csv, &buffer,
                         table->given ? &table->preparation->dialect : &table->settings.dialect);
        status = read_table(dataset, table);
    }
    release(table);
    neuron_buffer_close(&buffer);
    return status;
}

int neuron_csv_read(neuron_dataset_t **dataset, const neuron_content *content, const char *options,
                    const char *who)
{
    neuron_csv_table table = {.context = content->context};
    RETURN_IF_ERROR(neuron_csv_parse_options(&table.settings, options, who));
    return read_content(dataset, content, &table);
}

int neuron_csv_read_prepared(neuron_dataset_t **dataset, const neuron_content *content,
                             const neuron_preparation_t *preparation)
{
    neuron_csv_table table = {.context = content->context, .given = true};
    table.preparation = neuron_preparation_ref(preparation);
    return read_content(dataset, content, &table);
}

int neuron_dataset_load_csv(neuron_dataset_t **dataset, neuron_context_t *context, const char *path,
                            const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    const neuron_content content = neuron_content_of_file(context, path);
    return neuron_csv_read(dataset, &content, options, __func__);
}

int neuron_dataset_load_csv_memory(neuron_dataset_t **dataset, neuron_context_t *context,
                                   const void *bytes, size_t size, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    const neuron_content content = neuron_content_of_memory(context, bytes, size, "memory");
    return neuron_csv_read(dataset, &content, options, __func__);
}

/* ---- Like another ---- */

int neuron_dataset_load_csv_prepared(neuron_dataset_t **dataset, neuron_context_t *context,
                                     const char *path, const neuron_preparation_t *preparation)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    CHECK_ARGUMENT(preparation);
    const neuron_content content = neuron_content_of_file(context, path);
    return neuron_csv_read_prepared(dataset, &content, preparation);
}

int neuron_dataset_load_csv_prepared_memory(neuron_dataset_t **dataset, neuron_context_t *context,
                                            const void *bytes, size_t size,
                                            const neuron_preparation_t *preparation)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(preparation);
    const neuron_content content = neuron_content_of_memory(context, bytes, size, "memory");
    return neuron_csv_read_prepared(dataset, &content, preparation);
}

static int read_like(neuron_dataset_t **dataset, const neuron_content *content,
                     const neuron_dataset_t *like)
{
    if (!like->preparation)
        return neuron_fail(NEURON_E_DATA, "%s: cannot be read like a dataset that is of no table",
                           content->name);
    RETURN_IF_ERROR(neuron_csv_read_prepared(dataset, content, like->preparation));
    (*dataset)->shape = like->shape;
    (*dataset)->scale = like->scale;
    (*dataset)->channels = neuron_tensor_ref(like->channels);
    return NEURON_OK;
}

int neuron_dataset_load_csv_like(neuron_dataset_t **dataset, neuron_context_t *context,
                                 const char *path, const neuron_dataset_t *like)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    CHECK_ARGUMENT(like);
    const neuron_content content = neuron_content_of_file(context, path);
    return read_like(dataset, &content, like);
}

int neuron_dataset_load_csv_like_memory(neuron_dataset_t **dataset, neuron_context_t *context,
                                        const void *bytes, size_t size,
                                        const neuron_dataset_t *like)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(dataset);
    *dataset = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(like);
    const neuron_content content = neuron_content_of_memory(context, bytes, size, "memory");
    return read_like(dataset, &content, like);
}

const neuron_preparation_t *neuron_dataset_preparation(const neuron_dataset_t *dataset)
{
    return NEURON_IS(dataset) ? dataset->preparation : NULL;
}
