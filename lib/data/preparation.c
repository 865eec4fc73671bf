/* Making a preparation, and what it does with one row. Tables as a whole are read by data/tables,
 * which puts the same inputs with neuron_column_put(). */
#include "data/preparation.h"

#include <libneuron/tensor.h>

#include "base/float-mode.h"
#include "base/text.h"
#include "base/text/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Texts ---- */

size_t neuron_text_slice_copy(char *to, const neuron_text_slice *slice)
{
    size_t size = 0;
    for (size_t i = 0; i < slice->size; i++) {
        to[size++] = slice->text[i];
        i += slice->escaped && slice->text[i] == '"';
    }
    return size;
}

int neuron_texts_make(neuron_texts *texts, neuron_context_t *context,
                      const neuron_text_slice *slices, int64_t count)
{
    size_t bytes = neuron_size_of(count, sizeof *texts->at);
    for (int64_t i = 0; i < count; i++)
        if (!neuron_add_size(bytes, (size_t)slices[i].size + 1, &bytes))
            bytes = SIZE_MAX;
    char **at = neuron_allocate(context, bytes, 1);
    if (!at)
        return NEURON_E_MEMORY;
    char *to = (char *)(at + count);
    for (int64_t i = 0; i < count; i++) {
        at[i] = to;
        to += neuron_text_slice_copy(to, &slices[i]);
        *to++ = '\0';
    }
    *texts = (neuron_texts){at, count};
    return NEURON_OK;
}

int neuron_text_slice_compare(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t size = a_size < b_size ? a_size : b_size;
    int order = size > 0 ? memcmp(a, b, size) : 0;
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

int64_t neuron_texts_find(const neuron_texts *sorted, const char *text, size_t size)
{
    int64_t first = 0, end = sorted->count;
    while (first < end) {
        int64_t middle = first + (end - first) / 2;
        const char *other = sorted->at[middle];
        int order = neuron_text_slice_compare(text, size, other, strlen(other));
        if (order == 0)
            return middle;
        if (order < 0)
            end = middle;
        else
            first = middle + 1;
    }
    return -1;
}

/* ---- Its life ---- */

neuron_preparation_t *neuron_preparation_make(neuron_context_t *context, int64_t count)
{
    neuron_preparation_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NULL;
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(context);
    made->columns = neuron_allocate_zero(context, neuron_size(count), sizeof *made->columns);
    if (!made->columns) {
        neuron_preparation_unref(made);
        return NULL;
    }
    made->column_count = count;
    for (int64_t i = 0; i < count; i++)
        made->columns[i].fill = NAN;
    return made;
}

neuron_preparation_t *neuron_preparation_ref(const neuron_preparation_t *preparation)
{
    neuron_preparation_t *owned = neuron_hold_object(preparation);
    if (!NEURON_IS(owned))
        return NULL;
    neuron_handle_own(&owned->handle);
    return owned;
}

void neuron_preparation_unref(neuron_preparation_t *preparation)
{
    if (!NEURON_IS(preparation) || !neuron_hold_last_owner(&preparation->handle.references))
        return;
    neuron_context_t *context = preparation->context;
    for (int64_t i = 0; i < preparation->column_count; i++) {
        neuron_release(context, preparation->columns[i].name);
        neuron_release(context, preparation->columns[i].words.at);
    }
    neuron_release(context, preparation->columns);
    neuron_release(context, preparation->missing.at);
    neuron_release(context, preparation);
    neuron_context_unref(context);
}

int64_t neuron_column_inputs(const neuron_column *column)
{
    if (column->role != NEURON_COLUMN_INPUT)
        return 0;
    return (column->kind == NEURON_COLUMN_ONE_HOT ? column->words.count : 1) + column->marked;
}

void neuron_preparation_number(neuron_preparation_t *preparation)
{
    int64_t field = 0;
    preparation->input_count = 0;
    for (int64_t i = 0; i < preparation->column_count; i++) {
        neuron_column *column = &preparation->columns[i];
        column->field = field;
        column->first_input = preparation->input_count;
        field += column->role == NEURON_COLUMN_INPUT;
        preparation->input_count += neuron_column_inputs(column);
    }
}

/* The column of a field; NULL behind the last. */
static const neuron_column *column_of(const neuron_preparation_t *preparation, int64_t field)
{
    for (int64_t i = 0; i < preparation->column_count; i++) {
        const neuron_column *column = &preparation->columns[i];
        if (column->role == NEURON_COLUMN_INPUT && column->field == field)
            return column;
    }
    return NULL;
}

static bool has_same_words(const neuron_column *a, const neuron_column *b)
{
    bool same = a->kind == b->kind && a->words.count == b->words.count;
    for (int32_t i = 0; i < a->words.count && same; i++)
        same = strcmp(a->words.at[i], b->words.at[i]) == 0;
    return same;
}

const neuron_column *neuron_preparation_differ(const neuron_preparation_t *a,
                                               const neuron_preparation_t *b)
{
    for (int64_t i = 0; a && b && a != b && i < a->column_count; i++) {
        const neuron_column *ours = &a->columns[i], *theirs;
        if (ours->role != NEURON_COLUMN_INPUT)
            continue;
        theirs = column_of(b, ours->field);
        if (!theirs || !has_same_words(ours, theirs))
            return ours;
    }
    return NULL;
}

/* ---- Fields ---- */

bool neuron_preparation_misses(const neuron_preparation_t *preparation, const char *text,
                               size_t size)
{
    static const char usual[][5] = {"?",    "NA",   "N/A",  "n/a",  "NaN", "nan",
                                    "NULL", "null", "None", "#N/A", "<NA>"};
    if (size == 0)
        return true;
    for (size_t i = 0; size <= 4 && i < sizeof usual / sizeof usual[0]; i++)
        if (memcmp(text, usual[i], size) == 0 && (size == 4 || usual[i][size] == '\0'))
            return true;
    for (int32_t i = 0; i < preparation->missing.count; i++) {
        const char *other = preparation->missing.at[i];
        if (strlen(other) == size && memcmp(text, other, size) == 0)
            return true;
    }
    return false;
}

void neuron_column_put(const neuron_column *column, float value, float *inputs)
{
    bool missing = isnan(value);
    int64_t words = column->words.count;
    float known = missing ? column->fill : value;
    if (column->kind != NEURON_COLUMN_ONE_HOT) {
        *inputs++ = known;
    } else {
        memset(inputs, 0, (size_t)words * sizeof *inputs);
        if (!missing || !column->marked)
            inputs[(int64_t)known] = 1;
        inputs += words;
    }
    if (column->marked)
        *inputs = missing;
}

/* ---- Single rows ---- */

int64_t neuron_preparation_field_count(const neuron_preparation_t *preparation)
{
    int64_t count = 0;
    for (int64_t i = 0; NEURON_IS(preparation) && i < preparation->column_count; i++)
        count += preparation->columns[i].role == NEURON_COLUMN_INPUT;
    return count;
}

const char *neuron_preparation_field_name(const neuron_preparation_t *preparation, int64_t index)
{
    for (int64_t i = 0; NEURON_IS(preparation) && index >= 0 && i < preparation->column_count; i++)
        if (preparation->columns[i].role == NEURON_COLUMN_INPUT && index-- == 0)
            return preparation->columns[i].name;
    return NULL;
}

int64_t neuron_preparation_input_count(const neuron_preparation_t *preparation)
{
    return NEURON_IS(preparation) ? preparation->input_count : 0;
}

/* An input of a column, counted from its first. */
typedef struct input {
    const neuron_column *column;
    int64_t place, number; /* and how messages number the column, from 1 */
} input;

static void write_name(neuron_text *text, const void *subject)
{
    const input *named = subject;
    const neuron_column *column = named->column;
    char number[NEURON_NUMBER_ROOM];
    snprintf(number, sizeof number, "column %" PRId64, named->number);
    neuron_text_put(text, column->name[0] ? column->name : number);
    if (column->marked && named->place == neuron_column_inputs(column) - 1) {
        neuron_text_put(text, " missing");
    } else if (column->kind == NEURON_COLUMN_ONE_HOT) {
        neuron_text_put(text, "=");
        neuron_text_put(text, column->words.at[named->place]);
    }
}

int neuron_preparation_input_name(char *name, size_t capacity, size_t *needed,
                                  const neuron_preparation_t *preparation, int64_t index)
{
    CHECK_ARGUMENT(preparation);
    CHECK_RANGE(index, 0, preparation->input_count - 1);
    int64_t i = preparation->column_count - 1;
    while (preparation->columns[i].first_input > index ||
           preparation->columns[i].role != NEURON_COLUMN_INPUT)
        i--;
    const neuron_column *column = &preparation->columns[i];
    const input named = {column, index - column->first_input, i + 1};
    return neuron_text_fill(write_name, &named, __func__, name, capacity, needed);
}

static neuron_text_slice trimmed(const char *text)
{
    size_t size;
    while (text && (*text == ' ' || *text == '\t'))
        text++;
    for (size = text ? strlen(text) : 0; size > 0; size--)
        if (text[size - 1] != ' ' && text[size - 1] != '\t')
            break;
    return (neuron_text_slice){text ? text : "", neuron_slice_size(size), false};
}

enum { SHOWN_MAX = 40 };
#define SHOWN(slice) (int)((slice).size < SHOWN_MAX ? (slice).size : SHOWN_MAX), (slice).text

static bool allows(const neuron_preparation_t *preparation, float value)
{
    if (preparation->type == NEURON_TYPE_U8)
        return value >= 0 && value <= UINT8_MAX && value == floorf(value);
    return isfinite(value);
}

/* The value of a field: see neuron_column_put(). */
static int read_field(float *value, const neuron_preparation_t *preparation,
                      const neuron_column *column, neuron_text_slice field, int64_t index)
{
    static const char who[] = "neuron_preparation_apply";
    double about;
    *value = NAN;
    if (neuron_preparation_misses(preparation, field.text, field.size)) {
        if (preparation->rule != NEURON_CSV_MISSING_REFUSE)
            return NEURON_OK;
        return neuron_fail(NEURON_E_DATA, "%s: field %" PRId64 " (\"%s\") is missing", who, index,
                           column->name);
    }
    if (column->kind == NEURON_COLUMN_NUMBER) {
        if (neuron_number_parse_with(field.text, field.size, preparation->dialect.point, &about,
                                     value) &&
            allows(preparation, *value))
            return NEURON_OK;
        return neuron_fail(NEURON_E_DATA, "%s: field %" PRId64 " (\"%s\") is \"%.*s\", not %s", who,
                           index, column->name, SHOWN(field),
                           preparation->type == NEURON_TYPE_U8 ? "an integer from 0 to 255"
                                                               : "a number of float32");
    }
    int64_t place = neuron_texts_find(&column->words, field.text, field.size);
    if (place >= 0)
        *value = (float)place;
    else if (preparation->rule == NEURON_CSV_MISSING_REFUSE)
        return neuron_fail(NEURON_E_DATA,
                           "%s: field %" PRId64 " (\"%s\") is \"%.*s\", none of its %" PRId64
                           " words",
                           who, index, column->name, SHOWN(field), column->words.count);
    return NEURON_OK;
}

int neuron_preparation_apply_for(float *inputs, size_t capacity, size_t *needed,
                                 const neuron_preparation_t *preparation, const char *const *fields,
                                 int64_t count, const char *who)
{
    size_t all = (size_t)preparation->input_count;
    if (needed)
        *needed = all;
    if (!inputs)
        return NEURON_OK;
    if (!fields)
        return neuron_refuse_null("fields", who);
    if (count != neuron_preparation_field_count(preparation))
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: count is %" PRId64 ", but a row has %" PRId64 " fields", who, count,
                           neuron_preparation_field_count(preparation));
    if (capacity < all)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: there are %zu inputs, but room for %zu", who,
                           all, capacity);
    for (int64_t i = 0, index = 0; i < preparation->column_count; i++) {
        const neuron_column *column = &preparation->columns[i];
        float value;
        if (column->role != NEURON_COLUMN_INPUT)
            continue;
        RETURN_IF_ERROR(read_field(&value, preparation, column, trimmed(fields[index]), index));
        neuron_column_put(column, value, inputs + column->first_input);
        index++;
    }
    return NEURON_OK;
}

int neuron_preparation_apply(float *inputs, size_t capacity, size_t *needed,
                             const neuron_preparation_t *preparation, const char *const *fields,
                             int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(preparation);
    CHECK_ROOM(inputs, capacity);
    return neuron_preparation_apply_for(inputs, capacity, needed, preparation, fields, count,
                                        __func__);
}
