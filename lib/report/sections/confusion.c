/* Rows are true classes, columns predicted ones; a cell is as dark as its share of its row. */
#include "report/sections/confusion.h"

#include <libneuron/evaluation.h>

#include "report/charts/heat-map.h"

#include <math.h>
#include <string.h>

enum { CLASSES_MAX = 60, PAIRS_MAX = 10 };

typedef struct matrix {
    const neuron_evaluation_t *evaluation;
    int64_t classes[CLASSES_MAX]; /* that are shown, in their order */
    int64_t count;
} matrix;

/* Examples of a class that were taken for another. */
static int64_t missed(const neuron_evaluation_t *evaluation, int64_t k)
{
    return neuron_evaluation_support(evaluation, k) - neuron_evaluation_confusion(evaluation, k, k);
}

/* All classes, or those of which most examples were missed. */
static void choose(matrix *m)
{
    int64_t all = neuron_evaluation_row_count(m->evaluation);
    for (int64_t k = 0; k < all; k++) {
        if (m->count < CLASSES_MAX) {
            m->classes[m->count++] = k;
            continue;
        }
        int64_t least = 0;
        for (int64_t i = 1; i < CLASSES_MAX; i++)
            if (missed(m->evaluation, m->classes[i]) <= missed(m->evaluation, m->classes[least]))
                least = i;
        if (missed(m->evaluation, k) <= missed(m->evaluation, m->classes[least]))
            continue;
        memmove(m->classes + least, m->classes + least + 1,
                (size_t)(CLASSES_MAX - 1 - least) * sizeof *m->classes);
        m->classes[CLASSES_MAX - 1] = k;
    }
}

static int64_t count_at(const matrix *m, int64_t row, int64_t column)
{
    return neuron_evaluation_confusion(m->evaluation, m->classes[row], m->classes[column]);
}

static double share_at(const matrix *m, int64_t row, int64_t column)
{
    int64_t support = neuron_evaluation_support(m->evaluation, m->classes[row]);
    return support > 0 ? (double)count_at(m, row, column) / (double)support : 0;
}

static void fill_cell(neuron_heat_cell *cell, const void *data, int64_t row, int64_t column)
{
    const matrix *m = data;
    int64_t count = count_at(m, row, column);
    cell->level = count > 0 ? share_at(m, row, column) : NAN;
    neuron_figure_count(&cell->text, count);
    if (share_at(m, row, column) == 1)
        strcpy(cell->more.text, "100\xc2\xa0%");
    else
        neuron_figure_share(&cell->more, share_at(m, row, column));
}

/* Pairs of classes that are taken for each other most often, the most frequent first. */
static int find_pairs(int64_t pairs[PAIRS_MAX][2], const matrix *m)
{
    int count = 0;
    for (int64_t i = 0; i < m->count; i++)
        for (int64_t k = 0; k < m->count; k++) {
            int64_t examples = i == k ? 0 : count_at(m, i, k);
            int at = count;
            while (at > 0 && examples > count_at(m, pairs[at - 1][0], pairs[at - 1][1]))
                at--;
            if (examples == 0 || at == PAIRS_MAX)
                continue;
            count += count < PAIRS_MAX;
            memmove(pairs[at + 1], pairs[at], (size_t)(count - at - 1) * sizeof *pairs);
            pairs[at][0] = i;
            pairs[at][1] = k;
        }
    return count;
}

static void put_pairs(neuron_section *section, const matrix *m, const neuron_names *names)
{
    int64_t pairs[PAIRS_MAX][2];
    int count = find_pairs(pairs, m);
    if (count == 0)
        return;
    neuron_buffer_put(&section->html, "<div>\n");
    neuron_table_begin(section, "Confused most often");
    neuron_table_column(section, "True class", false);
    neuron_table_column(section, "Taken for", false);
    neuron_table_column(section, "Examples", true);
    neuron_table_column(section, "Share of the class", true);
    for (int i = 0; i < count; i++) {
        int64_t row = pairs[i][0], column = pairs[i][1];
        neuron_table_row(section, neuron_names_at(names, row));
        neuron_table_cell(section, neuron_names_at(names, column));
        neuron_table_count(section, count_at(m, row, column));
        neuron_table_share(section, share_at(m, row, column));
    }
    neuron_table_end(section);
    neuron_buffer_put(&section->html, "</div>\n");
}

static void put_map(neuron_section *section, const matrix *m, const neuron_names *names, bool all)
{
    neuron_heat_map_draw(
        section,
        &(neuron_heat_map){
            .name = "confusion",
            .title = all ? "Confusion matrix" : "Confusion matrix of the classes confused most",
            .description = "How many examples of each true class, a row, were taken for "
                           "each class, a column; darker cells have a larger share of "
                           "their row",
            .down = "True class",
            .across = "Predicted class",
            .more = "Below each count: per cent of the true class",
            .rows = names,
            .columns = names,
            .row_count = m->count,
            .column_count = m->count,
            .cell = fill_cell,
            .data = m});
}

int neuron_write_confusion(neuron_section *section, const neuron_evaluation_t *evaluation,
                           const neuron_names *names)
{
    matrix m = {.evaluation = evaluation};
    if (neuron_evaluation_confusion(evaluation, 0, 0) < 0)
        return NEURON_OK; /* there is none of such a map */
    choose(&m);
    NEURON_NAMES(shown, section->html.context);
    for (int64_t i = 0; i < m.count; i++)
        neuron_names_add(&shown, neuron_names_at(names, m.classes[i]));
    RETURN_IF_ERROR(neuron_names_status(&shown));
    put_map(section, &m, &shown, m.count == neuron_evaluation_row_count(evaluation));
    put_pairs(section, &m, &shown);
    return NEURON_OK;
}
