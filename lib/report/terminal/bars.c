/* Bars: of any numbers, and of how many examples each class has. */
#include "report/terminal/lines.h"

#include "base/float-mode.h"
#include "base/status.h"
#include "base/text/number.h"
#include "data/dataset.h"

#include <stdio.h>
#include <string.h>

enum { GAP = 2, BAR_LEAST = 4, BAR_MOST = 60, NAME_LEAST = 8, BEHIND_TEXT = 400, NUMBER_TEXT = 24 };

/* One line: a name, what the bar shows, and what stands behind it. */
typedef struct bar_row {
    const char *name;
    double value;
    char number[NUMBER_TEXT]; /* the name of one that has none */
    char behind[BEHIND_TEXT];
} bar_row;

typedef struct bar_source {
    int64_t count;
    void (*get)(bar_row *row, const void *of, int64_t index);
    const void *of;
} bar_source;

/* How wide the parts of a line are. */
typedef struct bar_layout {
    int64_t name, bar, behind;
    double most;
} bar_layout;

static bar_layout lay_out(const neuron_lines *lines, const bar_source *source)
{
    bar_layout made = {0};
    for (int64_t i = 0; i < source->count; i++) {
        bar_row row;
        source->get(&row, source->of, i);
        int64_t name = neuron_columns_of(row.name, lines->unicode);
        int64_t behind = (int64_t)strlen(row.behind);
        made.name = name > made.name ? name : made.name;
        made.behind = behind > made.behind ? behind : made.behind;
        made.most = row.value > made.most ? row.value : made.most;
    }
    int64_t name_most = lines->columns / 3 > NAME_LEAST ? lines->columns / 3 : NAME_LEAST;
    made.name = neuron_min_count(made.name, name_most);
    made.bar = neuron_min_count(BAR_MOST, lines->columns - made.name - made.behind - 2 * GAP);
    if (made.bar < BAR_LEAST) {
        made.bar = 0;
        made.name = neuron_between(0, lines->columns - made.behind - GAP, made.name);
    }
    return made;
}

static void write_bars(neuron_lines *lines, const void *subject)
{
    const bar_source *source = subject;
    const bar_layout layout = lay_out(lines, source);
    for (int64_t i = 0; i < source->count; i++) {
        bar_row row;
        source->get(&row, source->of, i);
        neuron_lines_left(lines, row.name, layout.name);
        if (layout.name > 0)
            neuron_lines_blanks(lines, GAP);
        if (layout.bar > 0) {
            neuron_lines_ink(lines, NEURON_INK_CYAN);
            neuron_lines_bar(lines, layout.most > 0 ? row.value / layout.most : 0, layout.bar);
            neuron_lines_ink(lines, NEURON_INK_PLAIN);
            neuron_lines_blanks(lines, GAP);
        }
        neuron_lines_right(lines, row.behind, layout.behind);
        neuron_lines_end(lines);
    }
}

/* ---- Any numbers ---- */

typedef struct number_list {
    const char *const *names;
    const double *values;
} number_list;

static void get_number(bar_row *row, const void *of, int64_t index)
{
    const number_list *numbers = of;
    row->name = numbers->names[index];
    row->value = numbers->values[index];
    neuron_number_short(row->value, row->behind);
}

int neuron_terminal_bars(char *text, size_t capacity, size_t *needed, const char *const *names,
                         const double *values, int64_t count, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ROOM(text, capacity);
    CHECK_LIST(count);
    CHECK_ARGUMENT(names);
    CHECK_ARGUMENT(values);
    for (int64_t i = 0; i < count; i++) {
        if (!names[i])
            return neuron_fail(NEURON_E_ARGUMENT, "%s: names[%" PRId64 "] is NULL; it must not be",
                               __func__, i);
        if (!(values[i] >= 0 && values[i] <= DBL_MAX)) {
            char number[NEURON_NUMBER_TEXT];
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: values[%" PRId64 "] is %s; it must be 0 or more and finite",
                               __func__, i, neuron_number_short(values[i], number));
        }
    }
    const number_list of = {names, values};
    const bar_source source = {count, get_number, &of};
    return neuron_lines_fill(write_bars, &source, options, text, capacity, needed, __func__);
}

/* ---- Classes ---- */

typedef struct class_list {
    const neuron_dataset_t *dataset;
    const int64_t *counts;
    int64_t all;
} class_list;

static void get_class(bar_row *row, const void *of, int64_t index)
{
    const class_list *classes = of;
    int64_t count = classes->counts[index];
    char text[NEURON_COUNT_TEXT], share[NEURON_NUMBER_TEXT];
    row->name = neuron_dataset_class_name(classes->dataset, index);
    if (!row->name) {
        snprintf(row->number, sizeof row->number, "%" PRId64, index);
        row->name = row->number;
    }
    row->value = (double)count;
    neuron_number_fixed(classes->all > 0 ? 100 * (double)count / (double)classes->all : 0, 1,
                        share);
    snprintf(row->behind, sizeof row->behind, "%s %5.20s %%", neuron_count_text(count, text),
             share);
}

int neuron_terminal_class_counts(char *text, size_t capacity, size_t *needed,
                                 const neuron_dataset_t *dataset, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ROOM(text, capacity);
    CHECK_ARGUMENT(dataset);
    int64_t count = neuron_dataset_class_count(dataset);
    if (count < 1)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: dataset has no classes", __func__);
    int64_t *counts = neuron_allocate(dataset->context, neuron_size(count), sizeof *counts);
    if (!counts)
        return NEURON_E_MEMORY;
    int status = neuron_dataset_class_counts(counts, count, dataset);
    if (status == NEURON_OK) {
        class_list of = {dataset, counts, 0};
        for (int64_t i = 0; i < count; i++)
            of.all += counts[i];
        const bar_source source = {count, get_class, &of};
        status = neuron_lines_fill(write_bars, &source, options, text, capacity, needed, __func__);
    }
    neuron_release(dataset->context, counts);
    return status;
}
