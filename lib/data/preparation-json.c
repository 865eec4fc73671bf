/* A preparation as JSON:
 *
 *     {"format": "libneuron table", "version": 1, "separator": ",", "decimal": ".", "comment": "",
 *      "header": true, "missing": "mean", "na_values": ["-999"], "type": "f32", "shape": [4],
 *      "classes": 2, "columns": [
 *       {"name": "age", "fill": 38.5, "marked": true},
 *       {"name": "city", "kind": "one_hot", "words": ["Bern", "Rome"], "fill": 0},
 *       {"name": "id", "role": "ignored"},
 *       {"name": "income", "role": "label", "kind": "index", "words": ["<=50K", ">50K"]}]}
 *
 * A column is an input, and of numbers, unless it says so. What is read may be anything. */
#include "data/preparation-json.h"

#include "base/float-mode.h"
#include "base/options/word.h"
#include "base/tensor.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { VERSION = 1, TEXTS_MAX = 65536 };

#define FORMAT "libneuron table"

static const neuron_word roles[] = {{NEURON_COLUMN_INPUT, "input"},
                                    {NEURON_COLUMN_IGNORED, "ignored"},
                                    {NEURON_COLUMN_LABEL, "label"},
                                    {NEURON_COLUMN_TARGET, "target"},
                                    {0, ""}};
static const neuron_word kinds[] = {{NEURON_COLUMN_NUMBER, "number"},
                                    {NEURON_COLUMN_INDEX, "index"},
                                    {NEURON_COLUMN_ONE_HOT, "one_hot"},
                                    {0, ""}};
static const neuron_word rules[] = {{NEURON_CSV_MISSING_REFUSE, "refuse"},
                                    {NEURON_CSV_MISSING_MEAN, "mean"},
                                    {NEURON_CSV_MISSING_MEDIAN, "median"},
                                    {NEURON_CSV_MISSING_MARK, "mark"},
                                    {0, ""}};
static const neuron_word types[] = {{NEURON_TYPE_F32, "f32"}, {NEURON_TYPE_U8, "u8"}, {0, ""}};

/* ---- Writing ---- */

static int set_word(json_t *object, const char *key, const neuron_word *words, int32_t value)
{
    return neuron_json_set(object, key, json_string(neuron_word_name(words, value)));
}

static int set_texts(json_t *object, const char *key, const neuron_texts *texts)
{
    json_t *list = json_array();
    RETURN_IF_ERROR(neuron_json_set(object, key, list));
    for (int32_t i = 0; i < texts->count; i++)
        RETURN_IF_ERROR(neuron_json_append(list, json_string(texts->at[i])));
    return NEURON_OK;
}

static int write_column(json_t *list, const neuron_column *column)
{
    json_t *object = json_object();
    RETURN_IF_ERROR(neuron_json_append(list, object));
    RETURN_IF_ERROR(neuron_json_set(object, "name", json_string(column->name)));
    if (column->role != NEURON_COLUMN_INPUT)
        RETURN_IF_ERROR(set_word(object, "role", roles, column->role));
    if (column->kind != NEURON_COLUMN_NUMBER) {
        RETURN_IF_ERROR(set_word(object, "kind", kinds, column->kind));
        RETURN_IF_ERROR(set_texts(object, "words", &column->words));
    }
    if (!isnan(column->fill))
        RETURN_IF_ERROR(neuron_json_set_real(object, "fill", (double)column->fill));
    if (column->marked)
        RETURN_IF_ERROR(neuron_json_set(object, "marked", json_true()));
    return NEURON_OK;
}

static int write_all(json_t *object, const neuron_preparation_t *preparation)
{
    const neuron_csv_dialect *dialect = &preparation->dialect;
    char texts[3][2] = {{dialect->separator}, {dialect->point}, {dialect->comment}};
    static const char *const keys[] = {"separator", "decimal", "comment"};
    RETURN_IF_ERROR(neuron_json_set(object, "format", json_string(FORMAT)));
    RETURN_IF_ERROR(neuron_json_set(object, "version", json_integer(VERSION)));
    for (int i = 0; i < 3; i++)
        RETURN_IF_ERROR(neuron_json_set(object, keys[i], json_string(texts[i])));
    RETURN_IF_ERROR(neuron_json_set(object, "header", json_boolean(dialect->header)));
    RETURN_IF_ERROR(set_word(object, "missing", rules, preparation->rule));
    RETURN_IF_ERROR(set_texts(object, "na_values", &preparation->missing));
    RETURN_IF_ERROR(set_word(object, "type", types, preparation->type));
    json_t *shape = json_array(), *columns = json_array();
    int status = neuron_json_set(object, "shape", shape);
    RETURN_IF_ERROR(neuron_json_set(object, "columns", columns));
    RETURN_IF_ERROR(status);
    for (int32_t i = 0; i < preparation->shape.rank; i++)
        RETURN_IF_ERROR(
            neuron_json_append(shape, json_integer((json_int_t)preparation->shape.extent[i])));
    RETURN_IF_ERROR(neuron_json_set(object, "classes", json_integer(preparation->class_count)));
    for (int64_t i = 0; i < preparation->column_count; i++)
        RETURN_IF_ERROR(write_column(columns, &preparation->columns[i]));
    return NEURON_OK;
}

int neuron_preparation_write(json_t **json, const neuron_preparation_t *preparation)
{
    *json = json_object();
    if (!*json)
        return neuron_json_no_memory();
    int status = write_all(*json, preparation);
    if (status < 0) {
        json_decref(*json);
        *json = NULL;
    }
    return status;
}

int neuron_preparation_json(char *json, size_t capacity, size_t *needed,
                            const neuron_preparation_t *preparation)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(preparation);
    CHECK_ROOM(json, capacity);
    json_t *object;
    char *text;
    size_t size;
    RETURN_IF_ERROR(neuron_preparation_write(&object, preparation));
    int status = neuron_json_write(&text, &size, preparation->context, object);
    json_decref(object);
    RETURN_IF_ERROR(status);
    if (needed)
        *needed = size + 1;
    if (json && capacity > size)
        memcpy(json, text, size + 1);
    neuron_release(preparation->context, text);
    if (json && capacity <= size)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: the text has %zu bytes, but room for %zu",
                           __func__, size + 1, capacity);
    return NEURON_OK;
}

/* ---- Reading ---- */

/* What is read, for messages: `what` has the value under a key. */
typedef struct place {
    const char *who;
    int64_t column; /* -1 for what is said of all */
} place;

static int refuse(const place *at, const char *key, const json_t *value, const char *must)
{
    char text[NEURON_JSON_TEXT], column[32] = "";
    if (at->column >= 0)
        snprintf(column, sizeof column, "column %" PRId64 ": ", at->column + 1);
    return neuron_fail(NEURON_E_FORMAT, "%s: %s%s is %s; it must be %s", at->who, column, key,
                       neuron_json_text(value, text), must);
}

static int get_word(const place *at, const json_t *object, const char *key,
                    const neuron_word *words, int32_t *value)
{
    const json_t *json = json_object_get(object, key);
    if (!json && at->column >= 0)
        return NEURON_OK; /* *value is the default */
    if (json_is_string(json) &&
        neuron_word_find(words, json_string_value(json), json_string_length(json), value))
        return NEURON_OK;
    return refuse(at, key, json, "one of the words of libneuron/table.h");
}

static int get_flag(const place *at, const json_t *object, const char *key, bool *value)
{
    const json_t *json = json_object_get(object, key);
    if (json && !json_is_boolean(json))
        return refuse(at, key, json, "true or false");
    *value = json_is_true(json);
    return NEURON_OK;
}

/* One of a few characters, or none. */
static int get_character(const place *at, const json_t *object, const char *key,
                         const char *allowed, char *value)
{
    const json_t *json = json_object_get(object, key);
    if (!json_is_string(json) || json_string_length(json) > 1 ||
        (json_string_length(json) == 0 ? allowed[0] != '#'
                                       : !strchr(allowed, json_string_value(json)[0])))
        return refuse(at, key, json, "a character that tables can have there");
    *value = json_string_value(json)[0];
    return NEURON_OK;
}

static int get_texts(const place *at, neuron_context_t *context, const json_t *object,
                     const char *key, neuron_texts *texts)
{
    const json_t *list = json_object_get(object, key);
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count > TEXTS_MAX)
        return refuse(at, key, list, "a list of at most 65,536 texts");
    neuron_text_slice *slices = neuron_allocate(context, count, sizeof *slices);
    int status = slices ? NEURON_OK : NEURON_E_MEMORY;
    for (size_t i = 0; i < count && status == NEURON_OK; i++) {
        const json_t *text = json_array_get(list, i);
        size_t size = json_string_length(text); /* 0 if it is none */
        if (json_is_string(text) && size <= UINT32_MAX && strlen(json_string_value(text)) == size)
            slices[i] = (neuron_text_slice){json_string_value(text), (uint32_t)size, false};
        else
            status = refuse(at, key, text, "a list of texts without a zero in them");
    }
    if (status == NEURON_OK)
        status = neuron_texts_make(texts, context, slices, (int64_t)count);
    neuron_release(context, slices);
    return status;
}

/* Places of words are found by their order. */
static int check_sorted(const place *at, const neuron_column *column)
{
    const neuron_texts *words = &column->words;
    if (words->count == 0)
        return refuse(at, "words", NULL, "at least one text");
    for (int32_t i = 1; i < words->count && column->role != NEURON_COLUMN_LABEL; i++)
        if (strcmp(words->at[i - 1], words->at[i]) >= 0)
            return neuron_fail(NEURON_E_FORMAT,
                               "%s: column %" PRId64 ": words[%" PRId32
                               "] is not behind the one before it, in the order of bytes",
                               at->who, at->column + 1, i);
    return NEURON_OK;
}

static int read_fill(const place *at, const json_t *object, const neuron_preparation_t *preparation,
                     neuron_column *column)
{
    const json_t *json = json_object_get(object, "fill");
    double fill = json_is_number(json) ? json_number_value(json) : NAN;
    bool wanted =
        column->role == NEURON_COLUMN_INPUT && preparation->rule != NEURON_CSV_MISSING_REFUSE;
    if (!wanted && !json)
        return NEURON_OK;
    if (!(fabs(fill) <= (double)FLT_MAX) || !wanted)
        return refuse(at, "fill", json,
                      wanted ? "a number of float32" : "left out: what is missing is refused");
    if (column->kind != NEURON_COLUMN_NUMBER &&
        (fill < 0 || fill >= (double)column->words.count || fill != floor(fill)))
        return refuse(at, "fill", json, "the place of a word");
    column->fill = (float)fill;
    return NEURON_OK;
}

static int read_column(const place *at, neuron_preparation_t *preparation, const json_t *object)
{
    neuron_context_t *context = preparation->context;
    neuron_column *column = &preparation->columns[at->column];
    const json_t *name = json_object_get(object, "name");
    if (!json_is_string(name) || strlen(json_string_value(name)) != json_string_length(name))
        return refuse(at, "name", name, "a text without a zero in it");
    column->name = neuron_copy_text(context, json_string_value(name));
    if (!column->name)
        return NEURON_E_MEMORY;
    column->role = NEURON_COLUMN_INPUT;
    RETURN_IF_ERROR(get_word(at, object, "role", roles, &column->role));
    RETURN_IF_ERROR(get_word(at, object, "kind", kinds, &column->kind));
    RETURN_IF_ERROR(get_flag(at, object, "marked", &column->marked));
    if (column->kind == NEURON_COLUMN_ONE_HOT && column->role != NEURON_COLUMN_INPUT)
        return refuse(at, "kind", json_object_get(object, "kind"), "number or index");
    if (column->kind != NEURON_COLUMN_NUMBER) {
        RETURN_IF_ERROR(get_texts(at, context, object, "words", &column->words));
        RETURN_IF_ERROR(check_sorted(at, column));
    }
    if (column->marked &&
        (column->role != NEURON_COLUMN_INPUT || preparation->rule != NEURON_CSV_MISSING_MARK))
        return refuse(at, "marked", json_true(), "false: nothing is marked");
    return read_fill(at, object, preparation, column);
}

static int read_shape(const place *at, const json_t *object, neuron_preparation_t *preparation)
{
    const json_t *list = json_object_get(object, "shape");
    int64_t extents[NEURON_RANK_MAX];
    size_t rank = json_array_size(list);
    if (!json_is_array(list) || rank < 1 || rank >= NEURON_RANK_MAX)
        return refuse(at, "shape", list, "a list of 1 to 7 extents");
    for (size_t i = 0; i < rank; i++)
        extents[i] = json_integer_value(json_array_get(list, i));
    if (neuron_shape_set(&preparation->shape, extents, (int32_t)rank, 1, at->who) < 0 ||
        neuron_shape_count(&preparation->shape) != preparation->input_count)
        return refuse(at, "shape", list, "that of the inputs of the columns");
    return NEURON_OK;
}

/* A label makes classes, targets make none, and they exclude each other. */
static int check_roles(const place *at, const json_t *classes,
                       const neuron_preparation_t *preparation)
{
    int64_t labels = 0, targets = 0;
    for (int64_t i = 0; i < preparation->column_count; i++) {
        const neuron_column *column = &preparation->columns[i];
        labels += column->role == NEURON_COLUMN_LABEL;
        targets += column->role == NEURON_COLUMN_TARGET;
        if ((column->role == NEURON_COLUMN_LABEL && column->words.count > 0 &&
             column->words.count != preparation->class_count) ||
            (column->role == NEURON_COLUMN_TARGET && column->words.count > 2))
            return refuse(at, "classes", classes, "as many as words of the label");
    }
    if (labels > 1 || (labels > 0 && targets > 0) || preparation->input_count < 1)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: it has %" PRId64 " labels, %" PRId64 " targets and %" PRId64
                           " inputs; it must have a label, or targets, and inputs",
                           at->who, labels, targets, preparation->input_count);
    return NEURON_OK;
}

static int read_table(const place *at, const json_t *object, neuron_preparation_t *preparation)
{
    neuron_csv_dialect *dialect = &preparation->dialect;
    const json_t *classes = json_object_get(object, "classes");
    const json_t *columns = json_object_get(object, "columns");
    RETURN_IF_ERROR(get_character(at, object, "separator", ",;\t| ", &dialect->separator));
    RETURN_IF_ERROR(get_character(at, object, "decimal", ".,", &dialect->point));
    RETURN_IF_ERROR(get_character(at, object, "comment", "#%", &dialect->comment));
    RETURN_IF_ERROR(get_flag(at, object, "header", &dialect->header));
    RETURN_IF_ERROR(get_word(at, object, "missing", rules, &preparation->rule));
    RETURN_IF_ERROR(get_word(at, object, "type", types, &preparation->type));
    RETURN_IF_ERROR(
        get_texts(at, preparation->context, object, "na_values", &preparation->missing));
    if (!json_is_integer(classes) || json_integer_value(classes) < 1 ||
        json_integer_value(classes) > TEXTS_MAX)
        return refuse(at, "classes", classes, "1 to 65,536");
    preparation->class_count = json_integer_value(classes);
    for (int64_t i = 0; i < preparation->column_count; i++)
        RETURN_IF_ERROR(
            read_column(&(place){at->who, i}, preparation, json_array_get(columns, (size_t)i)));
    neuron_preparation_number(preparation);
    RETURN_IF_ERROR(check_roles(at, classes, preparation));
    return read_shape(at, object, preparation);
}

int neuron_preparation_read(neuron_preparation_t **preparation, neuron_context_t *context,
                            const json_t *json, const char *who)
{
    const place at = {who, -1};
    const json_t *format = json_object_get(json, "format");
    const json_t *version = json_object_get(json, "version");
    const json_t *columns = json_object_get(json, "columns");
    *preparation = NULL;
    if (!json_is_string(format) || strcmp(json_string_value(format), FORMAT) != 0)
        return refuse(&at, "format", format, "\"" FORMAT "\"");
    if (!json_is_integer(version) || json_integer_value(version) != VERSION)
        return refuse(&at, "version", version, "1");
    if (json_array_size(columns) == 0)
        return refuse(&at, "columns", columns, "a list of columns");
    neuron_preparation_t *made =
        neuron_preparation_make(context, (int64_t)json_array_size(columns));
    if (!made)
        return NEURON_E_MEMORY;
    int status = read_table(&at, json, made);
    if (status == NEURON_OK)
        *preparation = made;
    else
        neuron_preparation_unref(made);
    return status;
}

int neuron_preparation_create(neuron_preparation_t **preparation, neuron_context_t *context,
                              const char *json)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(preparation);
    *preparation = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(json);
    json_t *object;
    RETURN_IF_ERROR(neuron_json_parse(&object, context, json, strlen(json), 0, __func__));
    int status = neuron_preparation_read(preparation, context, object, __func__);
    json_decref(object);
    return status;
}
