/* The confusion matrix as a table, in the fullest form that fits. */
#include "report/terminal/lines.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/status.h"
#include "base/text/number.h"

#include <libneuron/evaluation.h>

#include <stdio.h>
#include <string.h>

enum { CLASSES_MAX = 4096, NUMBER_TEXT = 24, WIDE_GAP = 2, NAME_LEAST = 4, LEGEND_LEAST = 8 };

typedef struct confusion {
    const neuron_evaluation_t *of;
    int64_t classes;
} confusion;

static int64_t cell(const confusion *matrix, int64_t row, int64_t column)
{
    return neuron_evaluation_confusion(matrix->of, row, column);
}

/* A class by its name, or its number if it has none. */
static const char *name_of(const confusion *matrix, int64_t row, char number[NUMBER_TEXT])
{
    const char *name = neuron_evaluation_row_name(matrix->of, row);
    snprintf(number, NUMBER_TEXT, "%" PRId64, row);
    return name ? name : number;
}

static int64_t digits_of(int64_t number)
{
    char text[NUMBER_TEXT];
    return snprintf(text, sizeof text, "%" PRId64, number);
}

/* ---- The table ---- */

typedef struct table_layout {
    int64_t row, column, gap; /* columns of the terminal */
    bool numbered;            /* classes have their numbers as heads */
    bool named_rows;          /* and rows the names too */
    bool legend;              /* the names are below */
} table_layout;

static int64_t table_width(const table_layout *layout, int64_t classes)
{
    return layout->row + classes * (layout->column + layout->gap);
}

/* Whether the matrix fits as a table, and how. */
static bool lay_out(table_layout *made, const neuron_lines *lines, const confusion *matrix)
{
    int64_t classes = matrix->classes, number = digits_of(classes - 1), count = 1, name = 0;
    char text[NUMBER_TEXT];
    if (classes > lines->columns / 2)
        return false;
    for (int64_t row = 0; row < classes; row++) {
        int64_t width = neuron_columns_of(name_of(matrix, row, text), lines->unicode);
        name = width > name ? width : name;
        for (int64_t column = 0; column < classes; column++) {
            int64_t digits = digits_of(cell(matrix, row, column));
            count = digits > count ? digits : count;
        }
    }
    *made = (table_layout){.row = name, .column = name > count ? name : count, .gap = WIDE_GAP};
    if (table_width(made, classes) <= lines->columns)
        return true;

    /* Names are cut. */
    made->row = neuron_min_count(name, lines->columns / 4);
    made->column = (lines->columns - made->row) / classes - WIDE_GAP;
    if (made->column >= count && made->column >= NAME_LEAST)
        return true;

    /* Columns are numbered, and the rows tell what the numbers are of. */
    *made = (table_layout){.column = number > count ? number : count,
                           .gap = WIDE_GAP,
                           .numbered = true,
                           .named_rows = true};
    while (made->gap > 0) {
        made->row = lines->columns - classes * (made->column + made->gap);
        if (made->row >= number + 1 + neuron_min_count(name, LEGEND_LEAST)) {
            made->row = neuron_min_count(made->row, number + 1 + name);
            return true;
        }
        made->gap--;
    }
    *made = (table_layout){
        .row = number, .column = made->column, .gap = 1, .numbered = true, .legend = true};
    return table_width(made, classes) <= lines->columns;
}

static void put_numbered(neuron_lines *lines, int64_t number, int64_t width)
{
    char text[NUMBER_TEXT];
    snprintf(text, sizeof text, "%" PRId64, number);
    neuron_lines_right(lines, text, width);
}

static void put_head(neuron_lines *lines, const confusion *matrix, const table_layout *layout)
{
    char text[NUMBER_TEXT];
    neuron_lines_ink(lines, NEURON_INK_FAINT);
    neuron_lines_left(lines, "", layout->row);
    for (int64_t column = 0; column < matrix->classes; column++) {
        neuron_lines_blanks(lines, layout->gap);
        if (layout->numbered)
            put_numbered(lines, column, layout->column);
        else
            neuron_lines_right(lines, name_of(matrix, column, text), layout->column);
    }
    neuron_lines_end(lines);
}

static void put_row_name(neuron_lines *lines, const confusion *matrix, int64_t row,
                         const table_layout *layout)
{
    char text[NUMBER_TEXT];
    int64_t number = layout->numbered ? digits_of(matrix->classes - 1) : 0, width = layout->row;
    if (layout->numbered) {
        put_numbered(lines, row, number);
        if (layout->named_rows)
            neuron_lines_blanks(lines, 1);
        width -= number + layout->named_rows;
    }
    if (!layout->numbered || layout->named_rows)
        neuron_lines_left(lines, name_of(matrix, row, text), width);
}

static void put_row(neuron_lines *lines, const confusion *matrix, int64_t row,
                    const table_layout *layout)
{
    enum { MUCH = 20 }; /* from one in so many of a class on, what is wrong is red */
    int64_t support = neuron_evaluation_support(matrix->of, row);
    put_row_name(lines, matrix, row, layout);
    for (int64_t column = 0; column < matrix->classes; column++) {
        int64_t count = cell(matrix, row, column);
        char text[NUMBER_TEXT];
        snprintf(text, sizeof text, "%" PRId64, count);
        neuron_lines_blanks(lines, layout->gap);
        neuron_lines_ink(lines, row == column             ? NEURON_INK_GREEN
                                : count == 0              ? NEURON_INK_FAINT
                                : count >= support / MUCH ? NEURON_INK_RED
                                                          : NEURON_INK_PLAIN);
        neuron_lines_right(lines, count == 0 ? "." : text, layout->column);
        neuron_lines_ink(lines, NEURON_INK_PLAIN);
    }
    neuron_lines_end(lines);
}

static void put_table(neuron_lines *lines, const confusion *matrix, const table_layout *layout)
{
    char text[NUMBER_TEXT];
    put_head(lines, matrix, layout);
    for (int64_t row = 0; row < matrix->classes; row++)
        put_row(lines, matrix, row, layout);
    for (int64_t row = 0; layout->legend && row < matrix->classes; row++) {
        put_numbered(lines, row, digits_of(matrix->classes - 1));
        neuron_lines_blanks(lines, 1);
        neuron_lines_left(lines, name_of(matrix, row, text), lines->columns - lines->used);
        neuron_lines_end(lines);
    }
}

/* ---- The list ---- */

enum { PAIRS_MAX = 20 };

typedef struct pair {
    int64_t truth, predicted, count;
} pair;

/* The largest cells beside the diagonal, the largest first, and of equals the first. */
static int64_t worst_pairs(pair pairs[PAIRS_MAX], const confusion *matrix)
{
    int64_t found = 0;
    for (int64_t row = 0; row < matrix->classes; row++)
        for (int64_t column = 0; column < matrix->classes; column++) {
            int64_t count = row == column ? 0 : cell(matrix, row, column);
            if (count == 0 || (found == PAIRS_MAX && count <= pairs[found - 1].count))
                continue;
            int64_t place = found < PAIRS_MAX ? found++ : found - 1;
            for (; place > 0 && pairs[place - 1].count < count; place--)
                pairs[place] = pairs[place - 1];
            pairs[place] = (pair){row, column, count};
        }
    return found;
}

static void put_list(neuron_lines *lines, const confusion *matrix)
{
    pair pairs[PAIRS_MAX];
    int64_t found = worst_pairs(pairs, matrix), name = 0;
    char text[NUMBER_TEXT], count[NEURON_COUNT_TEXT], share[NEURON_NUMBER_TEXT];
    int64_t number = 0;
    for (int64_t i = 0; i < found; i++) {
        int64_t truth = neuron_columns_of(name_of(matrix, pairs[i].truth, text), lines->unicode);
        int64_t taken =
            neuron_columns_of(name_of(matrix, pairs[i].predicted, text), lines->unicode);
        int64_t digits = (int64_t)strlen(neuron_count_text(pairs[i].count, count));
        name = truth > name ? truth : name;
        name = taken > name ? taken : name;
        number = digits > number ? digits : number;
    }
    const char *arrow = lines->unicode ? "\xe2\x86\x92" : ">";
    enum { SHARE = 7 }; /* "100.0 %" */
    int64_t room = (lines->columns - number - SHARE - 7) / 2;
    name = neuron_between(1, room, name);
    if (found == 0) {
        neuron_lines_put(lines, "no class is taken for another");
        neuron_lines_end(lines);
    }
    for (int64_t i = 0; i < found; i++) {
        double all = (double)neuron_evaluation_support(matrix->of, pairs[i].truth);
        neuron_lines_left(lines, name_of(matrix, pairs[i].truth, text), name);
        neuron_lines_blanks(lines, 1);
        neuron_lines_put(lines, arrow);
        neuron_lines_blanks(lines, 1);
        neuron_lines_left(lines, name_of(matrix, pairs[i].predicted, text), name);
        neuron_lines_blanks(lines, 2);
        neuron_lines_right(lines, neuron_count_text(pairs[i].count, count), number);
        neuron_lines_blanks(lines, 2);
        neuron_number_fixed(all > 0 ? 100 * (double)pairs[i].count / all : 0, 1, share);
        neuron_lines_right(lines, share, SHARE - 2);
        neuron_lines_put(lines, " %");
        neuron_lines_end(lines);
    }
}

static void write_matrix(neuron_lines *lines, const void *subject)
{
    const confusion *matrix = subject;
    table_layout layout;
    if (lay_out(&layout, lines, matrix))
        put_table(lines, matrix, &layout);
    else
        put_list(lines, matrix);
}

int neuron_terminal_confusion(char *text, size_t capacity, size_t *needed,
                              const neuron_evaluation_t *evaluation, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ROOM(text, capacity);
    CHECK_ARGUMENT(evaluation);
    const confusion matrix = {evaluation, neuron_evaluation_row_count(evaluation)};
    if (cell(&matrix, 0, 0) < 0)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: an evaluation of %s has no confusion matrix",
                           __func__, neuron_evaluation_kind(evaluation));
    if (matrix.classes > CLASSES_MAX)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: evaluation has %" PRId64 " classes; %d are the most that are shown",
                           __func__, matrix.classes, CLASSES_MAX);
    return neuron_lines_fill(write_matrix, &matrix, options, text, capacity, needed, __func__);
}
