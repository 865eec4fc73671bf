/* An evaluation: its figures, the report of each row, the strongest and the weakest of them, and a
 * confusion matrix. */
#include "report/document/report.h"

#include <libneuron/evaluation.h>

#include "base/float-mode.h"
#include "report/charts/bars.h"
#include "report/sections/confusion.h"

#include <math.h>
#include <string.h>

enum { ROWS_MAX = 2000, BARS_LEAST = 2, RANKED = 5 };

typedef double (*asker)(const neuron_evaluation_t *evaluation, int64_t row);

/* The columns of a report. */
typedef struct column {
    const char *head;
    asker ask;
} column;

static const column judged[] = {{"Precision", neuron_evaluation_precision},
                                {"Recall", neuron_evaluation_recall},
                                {"F1", neuron_evaluation_f1},
                                {"IoU", neuron_evaluation_iou}};
static const column regression[] = {
    {"Mean absolute error", neuron_evaluation_mean_absolute_error},
    {"Root mean squared error", neuron_evaluation_root_mean_squared_error},
    {"R\xc2\xb2", neuron_evaluation_r2}};

typedef struct figures {
    const neuron_evaluation_t *evaluation;
    const char *what; /* rows are */
    const column *columns;
    int column_count;
    neuron_names *names;
    int64_t count;
    bool is_regression, is_multi_label, has_confusion;
} figures;

static figures figures_of(const neuron_evaluation_t *evaluation)
{
    const char *kind = neuron_evaluation_kind(evaluation);
    figures f = {.evaluation = evaluation, .count = neuron_evaluation_row_count(evaluation)};
    f.is_regression = strcmp(kind, "regression") == 0;
    f.is_multi_label = strcmp(kind, "multi_label") == 0;
    f.has_confusion = !f.is_regression && !f.is_multi_label;
    f.what = f.is_regression ? "Output" : f.is_multi_label ? "Label" : "Class";
    f.columns = f.is_regression ? regression : judged;
    f.column_count = f.is_regression || strcmp(kind, "pixels") != 0 ? 3 : 4;
    return f;
}

static void put_facts(neuron_section *section, const figures *f)
{
    neuron_facts_begin(section);
    neuron_fact_count(section, "Examples", neuron_evaluation_count(f->evaluation));
    if (!isnan(neuron_evaluation_accuracy(f->evaluation)))
        neuron_fact_real(section, f->is_multi_label ? "Exact matches" : "Accuracy",
                         neuron_evaluation_accuracy(f->evaluation));
    if (!isnan(neuron_evaluation_loss(f->evaluation)))
        neuron_fact_real(section, "Loss", neuron_evaluation_loss(f->evaluation));
    for (int i = 0; i < f->column_count; i++)
        neuron_fact_real(section, f->columns[i].head,
                         f->columns[i].ask(f->evaluation, NEURON_AVERAGE_MACRO));
    neuron_facts_end(section);
    neuron_write_note(section, f->is_regression
                                   ? "Errors are means over the outputs."
                                   : "Precision, recall and F1 are means over the rows.");
}

static void put_row(neuron_section *section, const figures *f, const char *name, int64_t row)
{
    neuron_table_row(section, name);
    for (int i = 0; i < f->column_count; i++)
        neuron_table_real(section, f->columns[i].ask(f->evaluation, row));
    int64_t support = neuron_evaluation_support(f->evaluation, row);
    neuron_figure figure;
    neuron_table_number(section, support < 0 ? "" : neuron_figure_count(&figure, support));
}

static void put_heads(neuron_section *section, const figures *f)
{
    neuron_table_column(section, f->what, false);
    for (int i = 0; i < f->column_count; i++)
        neuron_table_column(section, f->columns[i].head, true);
    neuron_table_column(section, f->is_regression ? "Numbers" : "Support", true);
}

static void put_report(neuron_section *section, const figures *f)
{
    int64_t shown = neuron_min_count(f->count, ROWS_MAX);
    neuron_table_begin(section,
                       f->is_regression ? "Errors of each output" : "Report of each class");
    put_heads(section, f);
    for (int64_t i = 0; i < shown; i++)
        put_row(section, f, neuron_names_at(f->names, i), i);
    put_row(section, f, "Mean", NEURON_AVERAGE_MACRO);
    if (!f->is_regression) {
        put_row(section, f, "Weighted mean", NEURON_AVERAGE_WEIGHTED);
        put_row(section, f, "All together", NEURON_AVERAGE_MICRO);
    }
    if (f->is_multi_label)
        put_row(section, f, "Mean over examples", NEURON_AVERAGE_SAMPLES);
    neuron_table_end(section);
    if (shown < f->count)
        neuron_write_note(section, "There are more rows than can be shown; means are of all.");
}

/* What ranks rows: F1, or R^2; one without examples has no rank. */
static double rank_of(const figures *f, int64_t row)
{
    double value = f->columns[2].ask(f->evaluation, row);
    return neuron_evaluation_support(f->evaluation, row) > 0 && isfinite(value) ? value : NAN;
}

/* The places of the first `RANKED` rows in an order; returns how many there are. */
static int rank(int64_t ranked[RANKED], const figures *f, double sign)
{
    int count = 0;
    for (int64_t i = 0; i < f->count; i++) {
        double value = sign * rank_of(f, i);
        int at = count;
        while (at > 0 && value < sign * rank_of(f, ranked[at - 1]))
            at--;
        if (isnan(value) || at == RANKED)
            continue;
        count += count < RANKED;
        memmove(ranked + at + 1, ranked + at, (size_t)(count - at - 1) * sizeof *ranked);
        ranked[at] = i;
    }
    return count;
}

static void put_ranked(neuron_section *section, const figures *f, double sign, const char *caption)
{
    int64_t ranked[RANKED];
    int count = rank(ranked, f, sign);
    neuron_buffer_put(&section->html, "<div>\n");
    neuron_table_begin(section, caption);
    put_heads(section, f);
    for (int i = 0; i < count; i++)
        put_row(section, f, neuron_names_at(f->names, ranked[i]), ranked[i]);
    neuron_table_end(section);
    neuron_buffer_put(&section->html, "</div>\n");
}

static const char *write_real(neuron_figure *figure, double value, int decimals)
{
    return neuron_figure_real(figure, value, decimals);
}

/* F1 of each row; an R^2 may be negative, and has no bars. */
static int put_bars(neuron_section *section, const figures *f)
{
    if (f->is_regression || f->count < BARS_LEAST)
        return NEURON_OK;
    NEURON_BUFFER(room, section->html.context);
    double *values = neuron_buffer_room(&room, f->count, sizeof *values);
    if (!values)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < f->count; i++)
        values[i] = rank_of(f, i);
    const char *series = "F1";
    neuron_bars_draw(section, &(neuron_bars){.name = "f1",
                                             .title = f->is_multi_label ? "F1 of each label"
                                                                        : "F1 of each class",
                                             .what = f->what,
                                             .names = f->names,
                                             .count = f->count,
                                             .series = &series,
                                             .series_count = 1,
                                             .values = values,
                                             .write = write_real});
    return neuron_buffer_status(&section->html);
}

static int put_all(neuron_section *section, figures *f)
{
    NEURON_NAMES(names, section->html.context);
    for (int64_t i = 0; i < f->count; i++)
        neuron_names_add_number(&names, neuron_evaluation_row_name(f->evaluation, i), i);
    RETURN_IF_ERROR(neuron_names_status(&names));
    f->names = &names;
    put_facts(section, f);
    neuron_charts_begin(section);
    if (f->has_confusion)
        RETURN_IF_ERROR(neuron_write_confusion(section, f->evaluation, &names));
    RETURN_IF_ERROR(put_bars(section, f));
    neuron_charts_end(section);
    if (f->count > 2) {
        neuron_write_heading(section, "Strongest and weakest");
        neuron_charts_begin(section);
        put_ranked(section, f, -1, "Strongest");
        put_ranked(section, f, 1, "Weakest");
        neuron_charts_end(section);
    }
    neuron_write_heading(section, "Report");
    put_report(section, f);
    return NEURON_OK;
}

int neuron_report_add_evaluation(neuron_report_t *report, const char *heading,
                                 const neuron_evaluation_t *evaluation)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(evaluation);
    figures f = figures_of(evaluation);
    NEURON_SECTION(section, report, heading, "Evaluation");
    RETURN_IF_ERROR(put_all(&section, &f));
    return neuron_report_add(report, &section);
}
