/* What stands for the missing values of each column, and the inputs of all rows. Where each column
 * is one input, the matrix of values is that of the inputs. */
#include "data/tables/csv-table.h"

#include "base/checked.h"

#include <math.h>
#include <string.h>

/* Rows of one task. */
enum { ROWS_PER_TASK = 1024 };

typedef struct filling {
    neuron_csv_table *table;
    uint32_t *keys;    /* for each thread, of all rows */
    int64_t key_count; /* of one thread */
} filling;

static const float *values_of(const neuron_csv_table *table, int64_t column)
{
    return table->rows.floats + table->cells[column].value;
}

static double mean_of(const float *values, int64_t step, int64_t count)
{
    double sum = 0;
    int64_t known = 0;
    for (int64_t i = 0; i < count; i++) {
        float value = values[i * step];
        sum += isnan(value) ? 0 : (double)value;
        known += !isnan(value);
    }
    return sum / (double)known;
}

/* Integers in the order of the floats. */
static uint32_t key_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 31 ? ~bits : bits | UINT32_C(1) << 31;
}

static float float_of(uint32_t key)
{
    uint32_t bits = key >> 31 ? key ^ UINT32_C(1) << 31 : ~key;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The key at a place of the sorted ones, bit by bit from the highest. */
static uint32_t key_at(const uint32_t *keys, int64_t count, int64_t place)
{
    uint32_t found = 0;
    for (uint32_t bit = UINT32_C(1) << 31; bit > 0; bit >>= 1) {
        uint32_t limit = found | bit;
        int64_t below = 0;
        for (int64_t i = 0; i < count; i++)
            below += keys[i] < limit;
        if (below <= place)
            found = limit;
    }
    return found;
}

/* Of an even number the mean of the two in the middle. */
static double median_of(const float *values, int64_t step, int64_t count, uint32_t *keys)
{
    int64_t known = 0;
    for (int64_t i = 0; i < count; i++)
        if (!isnan(values[i * step]))
            keys[known++] = key_of(values[i * step]);
    if (known == 0)
        return NAN;
    double upper = (double)float_of(key_at(keys, known, known / 2));
    return known % 2 ? upper : (upper + (double)float_of(key_at(keys, known, known / 2 - 1))) / 2;
}

/* The place of the most frequent word, the first of equals. */
static double mode_of(const float *values, int64_t step, int64_t count, uint32_t *counts,
                      int64_t words)
{
    int32_t best = 0;
    memset(counts, 0, (size_t)words * sizeof *counts);
    for (int64_t i = 0; i < count; i++)
        if (!isnan(values[i * step]))
            counts[(int32_t)values[i * step]]++;
    for (int32_t k = 1; k < words; k++)
        if (counts[k] > counts[best])
            best = k;
    return words > 0 ? (double)best : (double)NAN;
}

static void fill_task(void *work, int64_t i, int32_t worker)
{
    const filling *all = work;
    neuron_csv_table *table = all->table;
    int64_t step = table->rows.value_count, count = table->rows.count;
    if (table->cells[i].value < 0)
        return;
    neuron_column *column = &table->preparation->columns[i];
    const float *values = values_of(table, i);
    uint32_t *keys = all->keys + worker * all->key_count;
    double fill = column->kind != NEURON_COLUMN_NUMBER
                      ? mode_of(values, step, count, keys, column->words.count)
                  : table->preparation->rule == NEURON_CSV_MISSING_MEDIAN
                      ? median_of(values, step, count, keys)
                      : mean_of(values, step, count);
    column->fill = (float)fill;
    for (int64_t k = 0; k < count && !column->marked; k++)
        column->marked =
            table->preparation->rule == NEURON_CSV_MISSING_MARK && isnan(values[k * step]);
}

/* Finds them all, a column in each task. */
static int find_fills(neuron_csv_table *table)
{
    filling all = {.table = table, .key_count = table->rows.count};
    neuron_column *columns = table->preparation->columns;
    if (table->preparation->rule == NEURON_CSV_MISSING_REFUSE)
        return NEURON_OK;
    for (int64_t i = 0; i < table->column_count; i++)
        if (columns[i].words.count > all.key_count)
            all.key_count = columns[i].words.count;
    all.keys = neuron_allocate(table->context, (size_t)neuron_pool_threads(table->context->pool),
                               neuron_size_of(all.key_count, sizeof *all.keys));
    if (!all.keys)
        return NEURON_E_MEMORY;
    neuron_pool_run(table->context->pool, table->column_count, fill_task, &all);
    neuron_release(table->context, all.keys);
    for (int64_t i = 0; i < table->column_count; i++)
        if (table->cells[i].value >= 0 && !isfinite(columns[i].fill))
            return neuron_csv_fail(NEURON_E_DATA, &table->csv, &table->first_row[i],
                                   "the column, \"%s\", has no value at all: leave it out with "
                                   "ignore=...",
                                   columns[i].name);
    return NEURON_OK;
}

/* ---- Inputs ---- */

static void put_task(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const neuron_csv_table *table = work;
    const neuron_preparation_t *preparation = table->preparation;
    const neuron_csv_rows *rows = &table->rows;
    int64_t end = neuron_min_count(rows->count, (task + 1) * ROWS_PER_TASK);
    for (int64_t row = task * ROWS_PER_TASK; row < end; row++) {
        const float *values = rows->floats + row * rows->value_count;
        float *inputs = (float *)table->examples->data + row * preparation->input_count;
        for (int64_t i = 0; i < preparation->column_count; i++) {
            const neuron_column *column = &preparation->columns[i];
            if (column->role == NEURON_COLUMN_INPUT)
                neuron_column_put(column, values[column->field], inputs + column->first_input);
        }
    }
}

static int set_shape(neuron_csv_table *table)
{
    neuron_preparation_t *preparation = table->preparation;
    char text[NEURON_SHAPE_TEXT];
    preparation->shape = table->settings.shape;
    if (preparation->shape.rank == 0)
        preparation->shape = (neuron_shape){1, {preparation->input_count}};
    if (neuron_shape_count(&preparation->shape) == preparation->input_count)
        return NEURON_OK;
    return neuron_fail(
        NEURON_E_SHAPE, "%s: rows have %" PRId64 " inputs, examples of %s have %" PRId64,
        table->csv.buffer->name, preparation->input_count,
        neuron_shape_text(&preparation->shape, text), neuron_shape_count(&preparation->shape));
}

int neuron_csv_make_inputs(neuron_csv_table *table)
{
    neuron_preparation_t *preparation = table->preparation;
    if (!table->given) {
        RETURN_IF_ERROR(find_fills(table));
        neuron_preparation_number(preparation);
        RETURN_IF_ERROR(set_shape(table));
    }
    bool plain = preparation->input_count == table->rows.value_count;
    for (int64_t i = 0; i < preparation->column_count; i++)
        plain = plain &&
                neuron_column_inputs(&preparation->columns[i]) ==
                    (preparation->columns[i].role == NEURON_COLUMN_INPUT) &&
                preparation->columns[i].kind != NEURON_COLUMN_ONE_HOT;
    if (plain) {
        table->examples = neuron_tensor_ref(table->values);
        if (preparation->rule == NEURON_CSV_MISSING_REFUSE)
            return NEURON_OK;
    } else {
        const int64_t extents[] = {table->rows.count, preparation->input_count};
        RETURN_IF_ERROR(neuron_tensor_create_raw(&table->examples, table->context, NEURON_TYPE_F32,
                                                 extents, 2));
    }
    neuron_pool_run(table->context->pool, neuron_ceil_divide(table->rows.count, ROWS_PER_TASK),
                    put_task, table);
    return NEURON_OK;
}
