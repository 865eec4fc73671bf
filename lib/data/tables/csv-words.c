/* Words of columns. Equal ones are found by a hash table; then they are sorted by their bytes, so
 * that numbers do not depend on the order of rows. */
#include "data/tables/csv-table.h"

#include "base/checked.h"
#include "base/sort.h"
#include "base/text/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A word per input: more than these are texts or names, not categories. */
enum { ONE_HOT_MAX = 1000 };

/* ---- Which columns are words ---- */

static neuron_csv_seen sum_seen(const neuron_csv_table *table, int64_t column)
{
    neuron_csv_seen sum = {0};
    for (int32_t k = 0; k < neuron_pool_threads(table->context->pool); k++) {
        const neuron_csv_seen *seen = &table->rows.seen[k * table->column_count + column];
        sum.numbers += seen->numbers;
        sum.words += seen->words;
        if (seen->first_word && (!sum.first_word || seen->first_word < sum.first_word))
            sum.first_word = seen->first_word;
    }
    return sum;
}

static int decide(neuron_csv_table *table, int64_t i)
{
    neuron_column *column = &table->preparation->columns[i];
    const neuron_csv_seen seen = sum_seen(table, i);
    int32_t categories = table->settings.categories;
    neuron_csv_field field;
    const char *at = seen.first_word;
    if (seen.words == 0)
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_csv_read_field(&table->csv, &at, i, &field));
    if (seen.numbers > 0)
        return neuron_csv_fail(NEURON_E_FORMAT, &table->csv, &field,
                               "\"%.*s\" is not a number, but %" PRId64
                               " others of the column are: say categorical=... if it is of words, "
                               "or na_values=... if one means that a value is missing",
                               neuron_csv_shown(field.slice), seen.numbers);
    if (categories == NEURON_CSV_CATEGORIES_REFUSE)
        return neuron_csv_fail(NEURON_E_FORMAT, &table->csv, &field,
                               "\"%.*s\" is not a number; categories=one_hot or index takes "
                               "columns of words",
                               neuron_csv_shown(field.slice));
    column->kind =
        categories == NEURON_CSV_CATEGORIES_INDEX ? NEURON_COLUMN_INDEX : NEURON_COLUMN_ONE_HOT;
    return NEURON_OK;
}

int neuron_csv_find_kinds(neuron_csv_table *table)
{
    const neuron_column *columns = table->preparation->columns;
    neuron_csv_rows *rows = &table->rows;
    size_t threads = (size_t)neuron_pool_threads(table->context->pool);
    bool bytes;
    rows->seen = neuron_allocate_zero(table->context, threads,
                                      neuron_size_of(table->column_count, sizeof *rows->seen));
    if (!rows->seen)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < table->column_count; i++)
        table->cells[i].what =
            columns[i].role == NEURON_COLUMN_INPUT && columns[i].kind == NEURON_COLUMN_NUMBER
                ? NEURON_CSV_LOOK
                : NEURON_CSV_SKIP;
    int status = neuron_csv_read_rows(rows, &bytes);
    for (int64_t i = 0; i < table->column_count && status == NEURON_OK; i++)
        status = decide(table, i);
    neuron_release(table->context, rows->seen);
    rows->seen = NULL;
    return status;
}

/* ---- Which words there are ---- */

/* A word that was met, and where it comes to stand. */
typedef struct entry {
    neuron_text_slice slice;
    int32_t number; /* in the order in which they were met */
} entry;

typedef struct word_set {
    neuron_context_t *context;
    entry *entries;
    int32_t *slots; /* of the table, a power of two: number + 1, or 0 */
    int64_t count, slot_count;
} word_set;

static uint64_t hash_of(const neuron_text_slice *slice)
{
    /* FNV-1a */
    uint64_t hash = UINT64_C(14695981039346656037);
    for (uint32_t i = 0; i < slice->size; i++) {
        hash = (hash ^ (unsigned char)slice->text[i]) * UINT64_C(1099511628211);
        i += slice->escaped && slice->text[i] == '"';
    }
    return hash ^ hash >> 32;
}

static bool is_same(const neuron_text_slice *a, const neuron_text_slice *b)
{
    if (a->escaped || b->escaped)
        return neuron_csv_is_called(a, b, false);
    return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

static int32_t *find_slot(const word_set *set, const neuron_text_slice *slice)
{
    int64_t mask = set->slot_count - 1, at = (int64_t)(hash_of(slice) & (uint64_t)mask);
    while (set->slots[at] > 0 && !is_same(&set->entries[set->slots[at] - 1].slice, slice))
        at = (at + 1) & mask;
    return &set->slots[at];
}

/* Room for more: entries are half as many as slots. */
static int grow(word_set *set)
{
    enum { SLOTS_LEAST = 64 };
    int64_t slots = set->slot_count > 0 ? set->slot_count * 2 : SLOTS_LEAST;
    entry *entries = neuron_allocate(set->context, neuron_size(slots / 2), sizeof *entries);
    int32_t *table = neuron_allocate_zero(set->context, neuron_size(slots), sizeof *table);
    if (!entries || !table) {
        neuron_release(set->context, entries);
        neuron_release(set->context, table);
        return NEURON_E_MEMORY;
    }
    if (set->count > 0)
        memcpy(entries, set->entries, (size_t)set->count * sizeof *entries);
    neuron_release(set->context, set->entries);
    neuron_release(set->context, set->slots);
    set->entries = entries;
    set->slots = table;
    set->slot_count = slots;
    for (int64_t i = 0; i < set->count; i++)
        *find_slot(set, &entries[i].slice) = (int32_t)i + 1;
    return NEURON_OK;
}

static int add(word_set *set, const neuron_text_slice *slice, int32_t *number)
{
    if (set->count == set->slot_count / 2)
        RETURN_IF_ERROR(grow(set));
    int32_t *slot = find_slot(set, slice);
    if (*slot == 0) {
        set->entries[set->count] = (entry){*slice, (int32_t)set->count};
        *slot = (int32_t)++set->count;
    }
    *number = *slot - 1;
    return NEURON_OK;
}

static int compare(const void *a, const void *b)
{
    const neuron_text_slice *first = &((const entry *)a)->slice,
                            *second = &((const entry *)b)->slice;
    if (!first->escaped && !second->escaped)
        return neuron_text_slice_compare(first->text, first->size, second->text, second->size);
    uint32_t i = 0, k = 0;
    while (i < first->size && k < second->size && first->text[i] == second->text[k]) {
        i += first->escaped && first->text[i] == '"' ? 2 : 1;
        k += second->escaped && second->text[k] == '"' ? 2 : 1;
    }
    int ours = i < first->size ? (unsigned char)first->text[i] : -1;
    int theirs = k < second->size ? (unsigned char)second->text[k] : -1;
    return ours - theirs;
}

/* ---- What they are numbered by ---- */

static int check_utf8(const neuron_csv_table *table, const neuron_text_slice *slice, int64_t column)
{
    const neuron_csv_field field = neuron_csv_field_of(slice, column);
    for (uint32_t i = 0; i < slice->size;) {
        size_t size = neuron_utf8_length(slice->text + i);
        if (size == 0 || size > slice->size - i)
            return neuron_csv_fail(
                NEURON_E_FORMAT, &table->csv, &field, "the word is not %s",
                "UTF-8: convert the file, such as with iconv -f LATIN1 -t UTF-8");
        i += (uint32_t)size;
    }
    return NEURON_OK;
}

/* A new list of all words; `order` becomes the place of each entry in it. */
static int make_list(neuron_csv_table *table, word_set *set, int64_t column, neuron_texts *made,
                     int32_t *order)
{
    neuron_text_slice *slices =
        neuron_allocate(table->context, neuron_size(set->count), sizeof *slices);
    int status = slices ? NEURON_OK : NEURON_E_MEMORY;
    for (int64_t i = 0; i < set->count && status == NEURON_OK; i++)
        status = check_utf8(table, &set->entries[i].slice, column);
    if (status == NEURON_OK) {
        neuron_sort(set->entries, (size_t)set->count, sizeof *set->entries, compare);
        for (int64_t i = 0; i < set->count; i++) {
            slices[i] = set->entries[i].slice;
            order[set->entries[i].number] = (int32_t)i;
        }
        status = neuron_texts_make(made, table->context, slices, set->count);
    }
    neuron_release(table->context, slices);
    return status;
}

/* Names of classes need not be sorted, and stand for numbers however these are written. */
static int32_t find_class(const neuron_csv_table *table, const neuron_texts *known,
                          const neuron_text_slice *slice)
{
    double value;
    float nearest;
    char number[32];
    const char *text = number;
    for (int32_t i = 0; i < known->count; i++) {
        const neuron_text_slice name = {known->at[i], (uint32_t)strlen(known->at[i]), false};
        if (is_same(&name, slice))
            return i;
    }
    if (!neuron_csv_parse_number(&table->csv, slice, &value, &nearest) ||
        !(fabs(value) <= INT32_MAX) || value != floor(value))
        return -1;
    snprintf(number, sizeof number, "%" PRId32, (int32_t)value);
    for (int32_t i = 0; i < known->count; i++)
        if (strcmp(known->at[i], text) == 0)
            return i;
    return -1;
}

/* The places of all words in a list that there is. */
static int find_all(neuron_csv_table *table, const word_set *set, int64_t column,
                    const neuron_texts *known, int32_t *order)
{
    const neuron_column *is = &table->preparation->columns[table->matches[column]];
    for (int64_t i = 0; i < set->count; i++) {
        neuron_text_slice slice = set->entries[i].slice;
        char *copy = NULL;
        if (slice.escaped) {
            copy = neuron_allocate(table->context, (size_t)slice.size + 1, 1);
            if (!copy)
                return NEURON_E_MEMORY;
            slice =
                (neuron_text_slice){copy, (uint32_t)neuron_text_slice_copy(copy, &slice), false};
        }
        order[i] = is->role == NEURON_COLUMN_LABEL
                       ? find_class(table, known, &slice)
                       : (int32_t)neuron_texts_find(known, slice.text, slice.size);
        neuron_release(table->context, copy);
    }
    return NEURON_OK;
}

static int refuse_more(const neuron_csv_table *table, const neuron_text_slice *slice,
                       int64_t column, int64_t most)
{
    const neuron_csv_field field = neuron_csv_field_of(slice, column);
    const neuron_column *is = &table->preparation->columns[table->matches[column]];
    return neuron_csv_fail(NEURON_E_DATA, &table->csv, &field,
                           "\"%.*s\" is one more than %" PRId64 " words in the column: %s",
                           neuron_csv_shown(*slice), most,
                           is->role == NEURON_COLUMN_TARGET
                               ? "targets are numbers, or one of two words; classes have a label"
                           : is->role == NEURON_COLUMN_LABEL
                               ? "they cannot be classes"
                               : "if they are no categories, leave it out with ignore=...");
}

static int meet_words(neuron_csv_table *table, word_set *set, int64_t column, int64_t most,
                      int32_t *places)
{
    for (int64_t i = 0; i < table->rows.count; i++) {
        const neuron_text_slice *slice = neuron_csv_word(table, i, column);
        places[i] = -1;
        if (neuron_preparation_misses(table->preparation, slice->text, slice->size))
            continue;
        RETURN_IF_ERROR(add(set, slice, &places[i]));
        if (set->count > most)
            return refuse_more(table, slice, column, most);
    }
    return NEURON_OK;
}

int neuron_csv_sort_words(neuron_csv_table *table, int64_t column, const neuron_texts *known,
                          neuron_texts *made, int64_t most, int32_t *places)
{
    word_set set = {.context = table->context};
    int32_t *order = NULL;
    int status = meet_words(table, &set, column, known ? INT32_MAX - 1 : most, places);
    if (status == NEURON_OK) {
        order = neuron_allocate(table->context, neuron_size(set.count), sizeof *order);
        status = order ? NEURON_OK : NEURON_E_MEMORY;
    }
    if (status == NEURON_OK)
        status = known ? find_all(table, &set, column, known, order)
                       : make_list(table, &set, column, made, order);
    for (int64_t i = 0; i < table->rows.count && status == NEURON_OK; i++)
        if (places[i] >= 0)
            places[i] = order[places[i]];
    neuron_release(table->context, order);
    neuron_release(table->context, set.slots);
    neuron_release(table->context, set.entries);
    return status;
}

/* ---- Columns of inputs ---- */

static int refuse_word(const neuron_csv_table *table, int64_t row, int64_t column)
{
    const neuron_text_slice *slice = neuron_csv_word(table, row, column);
    const neuron_csv_field field = neuron_csv_field_of(slice, column);
    const neuron_column *is = &table->preparation->columns[table->matches[column]];
    if (neuron_preparation_misses(table->preparation, slice->text, slice->size))
        return neuron_csv_fail(
            NEURON_E_FORMAT, &table->csv, &field,
            "there is no word%s%.*s; missing=mean, median or mark puts one there",
            slice->size > 0 ? ", but " : "", neuron_csv_shown(*slice));
    return neuron_csv_fail(NEURON_E_DATA, &table->csv, &field,
                           "\"%.*s\" is none of the %" PRId64 " words of \"%s\" in the other table",
                           neuron_csv_shown(*slice), is->words.count, is->name);
}

static int number_column(neuron_csv_table *table, int64_t column, int32_t *places)
{
    neuron_column *is = &table->preparation->columns[table->matches[column]];
    neuron_csv_rows *rows = &table->rows;
    int64_t most = is->kind == NEURON_COLUMN_ONE_HOT ? ONE_HOT_MAX : NEURON_CLASSES_MAX;
    RETURN_IF_ERROR(neuron_csv_sort_words(table, column, table->given ? &is->words : NULL,
                                          &is->words, most, places));
    for (int64_t i = 0; i < rows->count; i++) {
        const neuron_text_slice *slice = neuron_csv_word(table, i, column);
        if (places[i] < 0 && table->preparation->rule == NEURON_CSV_MISSING_REFUSE)
            return refuse_word(table, i, column);
        table->unknown += places[i] < 0 &&
                          !neuron_preparation_misses(table->preparation, slice->text, slice->size);
        rows->floats[i * rows->value_count + table->cells[column].value] =
            places[i] < 0 ? NAN : (float)places[i];
    }
    return NEURON_OK;
}

int neuron_csv_number_words(neuron_csv_table *table)
{
    int32_t *places =
        neuron_allocate(table->context, neuron_size(table->rows.count), sizeof *places);
    int status = places ? NEURON_OK : NEURON_E_MEMORY;
    for (int64_t i = 0; i < table->column_count && status == NEURON_OK; i++)
        if (table->cells[i].what == NEURON_CSV_WORD && table->cells[i].value >= 0)
            status = number_column(table, i, places);
    neuron_release(table->context, places);
    return status;
}
