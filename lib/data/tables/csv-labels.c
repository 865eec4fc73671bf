/* Labels become classes: by their numbers, or by the order of the different ones. Targets become
 * numbers. */
#include "data/tables/csv-table.h"

#include "base/checked.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Labels that are further apart are no classes. */
enum { RANGE_MAX = 1 << 20 };

/* Where so many rows or more have labels that mostly differ, these are no classes. */
enum { ROWS_TELLING = 16 };

static int refuse_label(const neuron_csv_table *table, int64_t row, int64_t column)
{
    const neuron_text_slice *slice = neuron_csv_word(table, row, column);
    const neuron_csv_field field = neuron_csv_field_of(slice, column);
    const neuron_preparation_t *preparation = table->preparation;
    int64_t classes = table->given ? preparation->class_count : table->settings.class_count;
    if (neuron_preparation_misses(preparation, slice->text, slice->size))
        return neuron_csv_fail(NEURON_E_DATA, &table->csv, &field, "there is no %s%s", "label",
                               neuron_csv_elsewhere(table));
    if (table->given && preparation->columns[table->matches[column]].words.count > 0)
        return neuron_csv_fail(NEURON_E_DATA, &table->csv, &field,
                               "label \"%.*s\" is none of the %" PRId64
                               " classes of the other table",
                               neuron_csv_shown(*slice), classes);
    if (classes > 0)
        return neuron_csv_fail(NEURON_E_DATA, &table->csv, &field,
                               "label \"%.*s\" is not 0 to %" PRId64 "%s", neuron_csv_shown(*slice),
                               classes - 1, neuron_csv_elsewhere(table));
    return neuron_csv_fail(NEURON_E_DATA, &table->csv, &field,
                           "label \"%.*s\" is not an integer; what is no class is to be predicted "
                           "with targets=...%s",
                           neuron_csv_shown(*slice), neuron_csv_elsewhere(table));
}

static int refuse_count(const neuron_csv_table *table, int64_t column, int64_t count)
{
    return neuron_fail(NEURON_E_DATA,
                       "%s: the labels in column %" PRId64 " have %" PRId64
                       " different values in %" PRId64 " rows: numbers to be predicted are "
                       "targets=...%s",
                       table->csv.buffer->name, column + 1, count, table->rows.count,
                       neuron_csv_elsewhere(table));
}

static bool are_too_many(const neuron_csv_table *table, int64_t count)
{
    return count > NEURON_CLASSES_MAX ||
           (table->settings.class_count == 0 && table->rows.count >= ROWS_TELLING &&
            count > table->rows.count / 2 && count > ROWS_TELLING);
}

/* What is no name of a class is wrong data here. */
static int make_names(neuron_csv_table *table, const neuron_texts *words)
{
    int status =
        neuron_class_names_make(&table->names, table->context, (const char *const *)words->at,
                                words->count, table->csv.buffer->name);
    return status == NEURON_E_ARGUMENT ? NEURON_E_DATA : status;
}

/* ---- Numbers ---- */

/* The labels as numbers; *word becomes the first row that has none, or -1. */
static int read_numbers(const neuron_csv_table *table, int64_t column, double *numbers,
                        int64_t *word)
{
    bool any = false;
    float nearest;
    *word = -1;
    for (int64_t i = 0; i < table->rows.count; i++) {
        const neuron_text_slice *slice = neuron_csv_word(table, i, column);
        if (neuron_preparation_misses(table->preparation, slice->text, slice->size))
            return refuse_label(table, i, column);
        if (neuron_csv_parse_number(&table->csv, slice, &numbers[i], &nearest)) {
            any = true;
        } else {
            numbers[i] = NAN;
            *word = *word < 0 ? i : *word;
        }
    }
    return any && *word >= 0 ? refuse_label(table, *word, column) : NEURON_OK;
}

static int check_numbers(const neuron_csv_table *table, int64_t column, const double *numbers,
                         int64_t class_count)
{
    for (int64_t i = 0; i < table->rows.count; i++)
        if (numbers[i] != floor(numbers[i]) ||
            (class_count > 0 ? numbers[i] < 0 || numbers[i] >= (double)class_count
                             : fabs(numbers[i]) > INT32_MAX))
            return refuse_label(table, i, column);
    return NEURON_OK;
}

/* Names for integers that do not count from 0: the different ones in their order, which `used`
 * has from `least` on; it becomes the class of each. */
static int name_numbers(neuron_csv_table *table, neuron_texts *words, int64_t least, int32_t *used,
                        int64_t range, int64_t count)
{
    enum { ROOM = 24 };
    neuron_text_slice *slices = neuron_allocate(table->context, neuron_size(count), sizeof *slices);
    char *text = neuron_allocate(table->context, neuron_size(count), ROOM);
    int32_t next = 0;
    for (int64_t k = 0; slices && text && k < range; k++) {
        if (used[k] == 0)
            continue;
        char *number = text + (size_t)next * ROOM;
        int size = snprintf(number, ROOM, "%" PRId64, least + k);
        slices[next] = (neuron_text_slice){number, (uint32_t)size, false};
        used[k] = next++;
    }
    int status =
        slices && text ? neuron_texts_make(words, table->context, slices, count) : NEURON_E_MEMORY;
    neuron_release(table->context, text);
    neuron_release(table->context, slices);
    return status;
}

/* Numbers the classes of integers. */
static int class_numbers(neuron_csv_table *table, int64_t column, const double *numbers,
                         int32_t *labels)
{
    neuron_column *is = &table->preparation->columns[table->matches[column]];
    double least = numbers[0], most = numbers[0];
    for (int64_t i = 1; i < table->rows.count; i++) {
        least = fmin(least, numbers[i]);
        most = fmax(most, numbers[i]);
    }
    int64_t range = (int64_t)(most - least) + 1, count = 0;
    if (range > RANGE_MAX)
        return neuron_fail(NEURON_E_DATA,
                           "%s: the labels in column %" PRId64 " are %g to %g: numbers to be "
                           "predicted are targets=...%s",
                           table->csv.buffer->name, column + 1, least, most,
                           neuron_csv_elsewhere(table));
    int32_t *used = neuron_allocate_zero(table->context, neuron_size(range), sizeof *used);
    if (!used)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < table->rows.count; i++)
        count += used[(int64_t)(numbers[i] - least)]++ == 0;
    int status = are_too_many(table, count) ? refuse_count(table, column, count) : NEURON_OK;
    bool plain = least == 0 && count == range;
    if (status == NEURON_OK && !plain) {
        is->kind = NEURON_COLUMN_INDEX;
        status = name_numbers(table, &is->words, (int64_t)least, used, range, count);
    }
    for (int64_t i = 0; i < table->rows.count; i++)
        labels[i] = plain ? (int32_t)numbers[i] : used[(int64_t)(numbers[i] - least)];
    table->preparation->class_count = count;
    neuron_release(table->context, used);
    return status;
}

/* ---- Labels ---- */

/* Words are taken for labels where somebody has said so, or the column is called so. */
static int number_words(neuron_csv_table *table, int64_t column, int64_t word, int32_t *labels)
{
    neuron_column *is = &table->preparation->columns[table->matches[column]];
    int64_t classes = table->settings.class_count;
    if (table->doubts.label)
        return refuse_label(table, word, column);
    RETURN_IF_ERROR(
        neuron_csv_sort_words(table, column, NULL, &is->words, NEURON_CLASSES_MAX, labels));
    is->kind = NEURON_COLUMN_INDEX;
    if (are_too_many(table, is->words.count))
        return refuse_count(table, column, is->words.count);
    if (classes > 0 && classes != is->words.count)
        return neuron_fail(NEURON_E_DATA,
                           "%s: classes is %" PRId64 ", but the labels in column %" PRId64
                           " are %" PRId64 " different words",
                           table->csv.buffer->name, classes, column + 1, is->words.count);
    table->preparation->class_count = is->words.count;
    return NEURON_OK;
}

static int number_labels(neuron_csv_table *table, int64_t column, double *numbers, int32_t *labels)
{
    int64_t classes = table->settings.class_count;
    int64_t word;
    RETURN_IF_ERROR(read_numbers(table, column, numbers, &word));
    if (word >= 0)
        return number_words(table, column, word, labels);
    RETURN_IF_ERROR(check_numbers(table, column, numbers, classes));
    RETURN_IF_ERROR(neuron_csv_check_doubts(table, numbers));
    if (classes == 0)
        return class_numbers(table, column, numbers, labels);
    for (int64_t i = 0; i < table->rows.count; i++)
        labels[i] = (int32_t)numbers[i];
    table->preparation->class_count = classes;
    return NEURON_OK;
}

/* By the classes of another table. */
static int match_labels(neuron_csv_table *table, int64_t column, double *numbers, int32_t *labels)
{
    const neuron_column *is = &table->preparation->columns[table->matches[column]];
    int64_t word = -1;
    if (is->words.count > 0) {
        RETURN_IF_ERROR(neuron_csv_sort_words(table, column, &is->words, NULL, 0, labels));
        for (int64_t i = 0; i < table->rows.count; i++)
            if (labels[i] < 0)
                return refuse_label(table, i, column);
        return NEURON_OK;
    }
    RETURN_IF_ERROR(read_numbers(table, column, numbers, &word));
    if (word >= 0)
        return refuse_label(table, word, column);
    RETURN_IF_ERROR(check_numbers(table, column, numbers, table->preparation->class_count));
    for (int64_t i = 0; i < table->rows.count; i++)
        labels[i] = (int32_t)numbers[i];
    return NEURON_OK;
}

static int make_classes(neuron_csv_table *table, int64_t column)
{
    RETURN_IF_ERROR(neuron_tensor_create_raw(&table->labels, table->context, NEURON_TYPE_I32,
                                             &table->rows.count, 1));
    int32_t *labels = table->labels->data;
    if (column < 0) {
        if (!table->given)
            table->preparation->class_count =
                table->settings.class_count > 0 ? table->settings.class_count : 1;
        memset(labels, 0, (size_t)table->rows.count * sizeof *labels);
    } else {
        double *numbers =
            neuron_allocate(table->context, neuron_size(table->rows.count), sizeof *numbers);
        int status = NEURON_E_MEMORY;
        if (numbers)
            status = table->given ? match_labels(table, column, numbers, labels)
                                  : number_labels(table, column, numbers, labels);
        neuron_release(table->context, numbers);
        RETURN_IF_ERROR(status);
    }
    for (int64_t i = 0; i < table->preparation->column_count; i++) {
        const neuron_column *is = &table->preparation->columns[i];
        if (is->role == NEURON_COLUMN_LABEL && is->words.count > 0)
            return make_names(table, &is->words);
    }
    return NEURON_OK;
}

/* ---- Targets ---- */

static int refuse_target(const neuron_csv_table *table, int64_t row, int64_t column)
{
    const neuron_text_slice *slice = neuron_csv_word(table, row, column);
    const neuron_csv_field field = neuron_csv_field_of(slice, column);
    if (neuron_preparation_misses(table->preparation, slice->text, slice->size))
        return neuron_csv_fail(NEURON_E_DATA, &table->csv, &field, "there is no %s", "target");
    return neuron_csv_fail(NEURON_E_DATA, &table->csv, &field,
                           "target \"%.*s\" is not a number of float32, nor one of two words",
                           neuron_csv_shown(*slice));
}

/* The targets of a column as numbers; *words says whether there is one that is none. */
static int target_numbers(const neuron_csv_table *table, int64_t column, float *targets,
                          int64_t step, bool *words)
{
    double value;
    *words = false;
    for (int64_t i = 0; i < table->rows.count; i++) {
        const neuron_text_slice *slice = neuron_csv_word(table, i, column);
        if (neuron_preparation_misses(table->preparation, slice->text, slice->size))
            return refuse_target(table, i, column);
        bool number = neuron_csv_parse_number(&table->csv, slice, &value, &targets[i * step]);
        if (number && !isfinite(targets[i * step]))
            return refuse_target(table, i, column);
        if (!number && table->given)
            return refuse_target(table, i, column);
        *words = *words || !number;
    }
    return NEURON_OK;
}

static int read_targets(neuron_csv_table *table, int64_t column, float *targets, int64_t step)
{
    neuron_column *is = &table->preparation->columns[table->matches[column]];
    bool words = is->kind == NEURON_COLUMN_INDEX;
    if (!words)
        RETURN_IF_ERROR(target_numbers(table, column, targets, step, &words));
    if (!words)
        return NEURON_OK;
    int32_t *places =
        neuron_allocate(table->context, neuron_size(table->rows.count), sizeof *places);
    if (!places)
        return NEURON_E_MEMORY;
    int status = neuron_csv_sort_words(table, column, table->given ? &is->words : NULL, &is->words,
                                       2, places);
    for (int64_t i = 0; i < table->rows.count && status == NEURON_OK; i++) {
        status = places[i] < 0 ? refuse_target(table, i, column) : NEURON_OK;
        targets[i * step] = (float)places[i];
    }
    is->kind = NEURON_COLUMN_INDEX;
    neuron_release(table->context, places);
    return status;
}

static int make_targets(neuron_csv_table *table, int64_t count)
{
    const int64_t extents[] = {table->rows.count, count};
    RETURN_IF_ERROR(
        neuron_tensor_create_raw(&table->labels, table->context, NEURON_TYPE_F32, extents, 2));
    memset(table->labels->data, 0, (size_t)(table->rows.count * count) * sizeof(float));
    for (int64_t i = 0; i < table->column_count; i++) {
        int64_t place = 0;
        if (table->matches[i] < 0 ||
            table->preparation->columns[table->matches[i]].role != NEURON_COLUMN_TARGET)
            continue;
        for (int64_t k = 0; k < table->matches[i]; k++)
            place += table->preparation->columns[k].role == NEURON_COLUMN_TARGET;
        RETURN_IF_ERROR(read_targets(table, i, (float *)table->labels->data + place, count));
    }
    return NEURON_OK;
}

int neuron_csv_make_labels(neuron_csv_table *table)
{
    const neuron_preparation_t *preparation = table->preparation;
    int64_t label = -1, targets = 0;
    for (int64_t i = 0; i < preparation->column_count; i++)
        targets += preparation->columns[i].role == NEURON_COLUMN_TARGET;
    for (int64_t i = 0; i < table->column_count; i++)
        if (table->matches[i] >= 0 &&
            preparation->columns[table->matches[i]].role == NEURON_COLUMN_LABEL)
            label = i;
    if (targets == 0)
        return make_classes(table, label);
    if (!table->given)
        table->preparation->class_count = 1;
    return make_targets(table, targets);
}
