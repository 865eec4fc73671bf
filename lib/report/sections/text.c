/* Sections of the caller's own: text, settings, tables. */
#include "report/document/report.h"

#include "base/float-mode.h"

#include <string.h>

/* Where a line ends. */
static const char *line_end(const char *text)
{
    return text + strcspn(text, "\n");
}

static bool is_empty(const char *line, const char *end)
{
    return line + strspn(line, " \t\r") >= end;
}

static void put_paragraphs(neuron_buffer *out, const char *text)
{
    bool open = false;
    while (*text) {
        const char *end = line_end(text);
        if (is_empty(text, end)) {
            if (open)
                neuron_buffer_put(out, "</p>\n");
            open = false;
        } else {
            neuron_buffer_put(out, open ? "\n" : "<p dir=\"auto\">");
            neuron_buffer_escape(out, text, (size_t)(end - text) - (end[-1] == '\r'));
            open = true;
        }
        text = *end ? end + 1 : end;
    }
    if (open)
        neuron_buffer_put(out, "</p>\n");
}

int neuron_report_add_text(neuron_report_t *report, const char *heading, const char *text)
{
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(heading);
    CHECK_ARGUMENT(text);
    NEURON_SECTION(section, report, heading, "");
    put_paragraphs(&section.html, text);
    return neuron_report_add(report, &section);
}

/* That none of a list of texts is NULL. */
static int check_texts(const char *const *texts, int64_t count, const char *name, const char *who)
{
    for (int64_t i = 0; i < count; i++)
        if (!texts[i])
            return neuron_fail(NEURON_E_ARGUMENT, "%s: %s[%" PRId64 "] is NULL; it must not be",
                               who, name, i);
    return NEURON_OK;
}

int neuron_report_add_settings(neuron_report_t *report, const char *heading,
                               const char *const *names, const char *const *values, int64_t count)
{
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(names);
    CHECK_ARGUMENT(values);
    CHECK_LIST(count);
    RETURN_IF_ERROR(check_texts(names, count, "names", __func__));
    NEURON_SECTION(section, report, heading, "Settings");
    neuron_table_begin(&section, "Settings and their values");
    neuron_table_column(&section, "Setting", false);
    neuron_table_column(&section, "Value", false);
    for (int64_t i = 0; i < count; i++) {
        neuron_table_row(&section, names[i]);
        neuron_table_cell(&section, values[i] ? values[i] : "unknown");
    }
    neuron_table_end(&section);
    return neuron_report_add(report, &section);
}

/* Whether all cells of a column that are not empty are numbers, and there is one. */
static bool has_numbers(const char *const *cells, int64_t column, int64_t columns, int64_t rows)
{
    bool found = false;
    for (int64_t i = 0; i < rows; i++) {
        const char *cell = cells[i * columns + column];
        double value;
        float nearest;
        if (!cell || !*cell)
            continue;
        if (!neuron_number_parse(cell, strlen(cell), &value, &nearest))
            return false;
        found = true;
    }
    return found;
}

int neuron_report_add_table(neuron_report_t *report, const char *heading,
                            const char *const *columns, int64_t column_count,
                            const char *const *cells, int64_t row_count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(heading);
    CHECK_ARGUMENT(columns);
    CHECK_RANGE(column_count, 1, 4096);
    CHECK_RANGE(row_count, 0, NEURON_LIST_MAX);
    if (row_count > 0)
        CHECK_ARGUMENT(cells);
    RETURN_IF_ERROR(check_texts(columns, column_count, "columns", __func__));
    NEURON_BUFFER(kinds, report->context);
    bool *numbers = neuron_buffer_room(&kinds, column_count, sizeof *numbers);
    if (!numbers)
        return NEURON_E_MEMORY;
    NEURON_SECTION(section, report, heading, "");
    neuron_table_begin(&section, heading);
    for (int64_t k = 0; k < column_count; k++) {
        numbers[k] = has_numbers(cells, k, column_count, row_count);
        neuron_table_column(&section, columns[k], numbers[k]);
    }
    for (int64_t i = 0; i < row_count; i++)
        for (int64_t k = 0; k < column_count; k++) {
            const char *cell = cells[i * column_count + k];
            (k == 0       ? neuron_table_row
             : numbers[k] ? neuron_table_number
                          : neuron_table_cell)(&section, cell ? cell : "");
        }
    neuron_table_end(&section);
    return neuron_report_add(report, &section);
}
