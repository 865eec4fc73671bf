/* A table that is read like another: its columns are found by the names of the other's, or by their
 * places if there are none. */
#include "data/tables/csv-table.h"

#include "base/checked.h"

#include <string.h>

/* A column of the preparation by a name in the file; -1 for none. */
static int64_t find(const neuron_preparation_t *preparation, const neuron_text_slice *name)
{
    for (int64_t i = 0; i < preparation->column_count; i++) {
        const char *other = preparation->columns[i].name;
        const neuron_text_slice slice = {other, (uint32_t)strlen(other), false};
        if (neuron_csv_is_called(name, &slice, false))
            return i;
    }
    return -1;
}

/* Tables of the same columns in the same order are the rule. */
static bool match_in_order(neuron_csv_table *table)
{
    const neuron_preparation_t *preparation = table->preparation;
    bool same = table->column_count == preparation->column_count;
    for (int64_t i = 0; i < table->column_count && same; i++) {
        const char *name = preparation->columns[i].name;
        const neuron_text_slice slice = {name, (uint32_t)strlen(name), false};
        same = neuron_csv_is_called(&table->first_row[i].slice, &slice, false);
        table->matches[i] = i;
    }
    return same;
}

static int match_names(neuron_csv_table *table, bool *used)
{
    for (int64_t i = 0; i < table->column_count; i++) {
        int64_t found = find(table->preparation, &table->first_row[i].slice);
        bool wanted =
            found >= 0 && table->preparation->columns[found].role != NEURON_COLUMN_IGNORED;
        if (wanted && used[found])
            return neuron_csv_fail(NEURON_E_DATA, &table->csv, &table->first_row[i],
                                   "is called \"%.*s\", and so is a column before it",
                                   neuron_csv_shown(table->first_row[i].slice));
        table->matches[i] = wanted ? found : -1;
        if (wanted)
            used[found] = true;
    }
    return NEURON_OK;
}

/* Without names: all columns of the other table, or its inputs alone. */
static int match_places(neuron_csv_table *table, bool *used)
{
    const neuron_preparation_t *preparation = table->preparation;
    int64_t inputs = neuron_preparation_field_count(preparation), next = 0;
    bool all = table->column_count == preparation->column_count;
    if (!all && table->column_count != inputs)
        return neuron_fail(NEURON_E_DATA,
                           "%s: line %" PRId64 " has %" PRId64
                           " columns; it must have those of the other table, %" PRId64
                           ", or of its inputs, %" PRId64,
                           table->csv.buffer->name,
                           neuron_csv_line(&table->csv, table->first_row[0].at),
                           table->column_count, preparation->column_count, inputs);
    for (int64_t i = 0; i < preparation->column_count; i++)
        if (all || preparation->columns[i].role == NEURON_COLUMN_INPUT) {
            table->matches[next++] = i;
            used[i] = true;
        }
    return NEURON_OK;
}

/* All inputs must be there, and all targets or none. */
static int check_used(const neuron_csv_table *table, const bool *used)
{
    const neuron_preparation_t *preparation = table->preparation;
    bool any_target = false;
    for (int64_t i = 0; i < preparation->column_count; i++)
        any_target =
            any_target || (used[i] && preparation->columns[i].role == NEURON_COLUMN_TARGET);
    for (int64_t i = 0; i < preparation->column_count; i++) {
        const neuron_column *column = &preparation->columns[i];
        if (!used[i] && (column->role == NEURON_COLUMN_INPUT ||
                         (column->role == NEURON_COLUMN_TARGET && any_target)))
            return neuron_fail(NEURON_E_DATA,
                               "%s: no column is called \"%s\" in line %" PRId64
                               ", but the other table has it",
                               table->csv.buffer->name, column->name,
                               neuron_csv_line(&table->csv, table->first_row[0].at));
    }
    return NEURON_OK;
}

int neuron_csv_match_columns(neuron_csv_table *table, const char **begin)
{
    const neuron_preparation_t *preparation = table->preparation;
    const char *first = *begin;
    RETURN_IF_ERROR(neuron_csv_read_first_row(table, begin));
    if (preparation->dialect.header && match_in_order(table))
        return NEURON_OK;
    bool *used =
        neuron_allocate_zero(table->context, neuron_size(preparation->column_count), sizeof *used);
    if (!used)
        return NEURON_E_MEMORY;
    int status = preparation->dialect.header ? match_names(table, used) : match_places(table, used);
    if (status == NEURON_OK)
        status = check_used(table, used);
    neuron_release(table->context, used);
    if (!preparation->dialect.header)
        *begin = first;
    return status;
}
