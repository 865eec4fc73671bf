/* The report of an evaluation: a row for each class, label or output, and averages. That of classes
 * and labels is in the layout that scikit-learn made known. */
#include "evaluate/evaluation.h"

#include "base/float-mode.h"
#include "base/text/number.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { COLUMN_WIDTH = 9, DIGITS_MAX = 9, LISTED_MAX = 200 };

static const char longest_average[] = "weighted avg";

typedef struct column {
    const char *name;
    double (*figure)(const neuron_evaluation_t *evaluation, int64_t row);
    size_t width;
} column;

static const column class_columns[] = {
    {"precision", neuron_evaluation_precision, COLUMN_WIDTH},
    {"recall", neuron_evaluation_recall, COLUMN_WIDTH},
    {"f1-score", neuron_evaluation_f1, COLUMN_WIDTH},
    {"iou", neuron_evaluation_iou, COLUMN_WIDTH}, /* of pixels only */
};

static const column error_columns[] = {
    {"mae", neuron_evaluation_mean_absolute_error, COLUMN_WIDTH + 2},
    {"rmse", neuron_evaluation_root_mean_squared_error, COLUMN_WIDTH + 2},
    {"r2", neuron_evaluation_r2, COLUMN_WIDTH},
};

struct report {
    const neuron_evaluation_t *evaluation;
    const char *const *row_names;
    const column *columns;
    int column_count;
    int64_t digits;
    bool lists; /* rows that are no averages */
    size_t name_width;
};

/* A row begins with its name and one space; each column has another before it. */
static void put_name(neuron_text *text, const struct report *report, const char *name)
{
    neuron_text_right(text, name, report->name_width);
    neuron_text_put(text, " ");
}

static void put_column(neuron_text *text, const char *content, size_t width)
{
    neuron_text_put(text, " ");
    neuron_text_right(text, content, width);
}

static void put_figure(neuron_text *text, const struct report *report, double figure, size_t width)
{
    char number[NEURON_NUMBER_TEXT];
    put_column(text, neuron_number_fixed(figure, (int)report->digits, number), width);
}

/* A regression has no such column: it would be the same in all rows. */
static void end_row(neuron_text *text, const struct report *report, int64_t support)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)support);
    if (!report->evaluation->errors)
        put_column(text, number, COLUMN_WIDTH);
    neuron_text_end_line(text);
}

static void put_row(neuron_text *text, const struct report *report, const char *name, int64_t row)
{
    const neuron_evaluation_t *evaluation = report->evaluation;
    put_name(text, report, name);
    for (int i = 0; i < report->column_count; i++)
        put_figure(text, report, report->columns[i].figure(evaluation, row),
                   report->columns[i].width);
    end_row(text, report, neuron_evaluation_support(evaluation, row));
}

/* The names of the rows in turn. */
typedef struct name_list {
    const struct report *report;
    const char *next; /* of those of the evaluation */
    char number[12];
} name_list;

static name_list first_name(const struct report *report)
{
    return (name_list){.report = report,
                       .next = neuron_class_names_next(report->evaluation->names, NULL)};
}

static const char *next_name(name_list *all, int64_t row)
{
    if (all->report->row_names)
        return all->report->row_names[row];
    const char *name = all->next;
    if (name) {
        all->next += strlen(name) + 1;
        return name;
    }
    snprintf(all->number, sizeof all->number, "%" PRId64, row);
    return all->number;
}

static size_t widest_name(const struct report *report)
{
    size_t widest = sizeof longest_average - 1;
    name_list all = first_name(report);
    for (int32_t i = 0; report->lists && i < report->evaluation->plan.rows; i++) {
        size_t width = neuron_text_width(next_name(&all, i));
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void put_header(neuron_text *text, const struct report *report)
{
    put_name(text, report, "");
    for (int i = 0; i < report->column_count; i++)
        put_column(text, report->columns[i].name, report->columns[i].width);
    if (!report->evaluation->errors)
        put_column(text, "support", COLUMN_WIDTH);
    neuron_text_end_line(text);
    neuron_text_end_line(text);
}

static void put_accuracy(neuron_text *text, const struct report *report, const char *name)
{
    put_name(text, report, name);
    for (int i = 0; i < report->column_count; i++)
        if (i == 2) /* below F1 */
            put_figure(text, report, neuron_evaluation_accuracy(report->evaluation), COLUMN_WIDTH);
        else
            put_column(text, "", COLUMN_WIDTH);
    end_row(text, report, report->evaluation->seen);
}

static void put_averages(neuron_text *text, const struct report *report)
{
    bool labels = report->evaluation->plan.kind == NEURON_EVALUATION_MULTI_LABEL;
    if (report->evaluation->errors) {
        put_row(text, report, "average", NEURON_AVERAGE_MACRO);
        return;
    }
    put_accuracy(text, report, labels ? "exact match" : "accuracy");
    if (labels)
        put_row(text, report, "micro avg", NEURON_AVERAGE_MICRO);
    put_row(text, report, "macro avg", NEURON_AVERAGE_MACRO);
    put_row(text, report, longest_average, NEURON_AVERAGE_WEIGHTED);
    if (labels)
        put_row(text, report, "samples avg", NEURON_AVERAGE_SAMPLES);
}

static void put_report(neuron_text *text, const void *subject)
{
    const struct report *report = subject;
    put_header(text, report);
    name_list all = first_name(report);
    for (int32_t i = 0; report->lists && i < report->evaluation->plan.rows; i++)
        put_row(text, report, next_name(&all, i), i);
    if (report->lists)
        neuron_text_end_line(text);
    put_averages(text, report);
}

static int check_names(const char *const *names, int64_t count)
{
    for (int32_t i = 0; names && i < count; i++)
        if (!names[i])
            return neuron_fail(NEURON_E_ARGUMENT, "report: row %d has no name", i);
    return NEURON_OK;
}

int neuron_evaluation_report(char *text, size_t capacity, size_t *needed,
                             const neuron_evaluation_t *evaluation, const char *const *row_names,
                             int64_t digits)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(evaluation);
    CHECK_RANGE(digits, 0, DIGITS_MAX);
    CHECK_ROOM(text, capacity);
    neuron_evaluation_kinds kind = evaluation->plan.kind;
    RETURN_IF_ERROR(check_names(row_names, evaluation->plan.rows));
    struct report made = {.evaluation = evaluation,
                          .row_names = row_names,
                          .columns = evaluation->errors ? error_columns : class_columns,
                          .column_count = kind == NEURON_EVALUATION_PIXELS ? 4 : 3,
                          .digits = digits};
    made.lists = evaluation->plan.rows <= LISTED_MAX || row_names || evaluation->names ||
                 kind == NEURON_EVALUATION_CLASSES || kind == NEURON_EVALUATION_PIXELS;
    made.name_width = widest_name(&made);
    return neuron_text_fill(put_report, &made, "report", text, capacity, needed);
}
