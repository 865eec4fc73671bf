/* The classification report, in the layout that scikit-learn made known. */
#include "evaluate/evaluation.h"

#include "base/float-mode.h"
#include "base/text/number.h"
#include "base/text.h"

#include <stdio.h>

enum { COLUMN_WIDTH = 9, DIGITS_MAX = 9 };

static const char longest_average[] = "weighted avg";

struct report {
    const neuron_evaluation_t *evaluation;
    const char *const *class_names;
    int digits;
    size_t name_width;
};

/* A row begins with its name and one space; each column has another before it. */
static void put_name(neuron_text *text, const struct report *report, const char *name)
{
    neuron_text_right(text, name, report->name_width);
    neuron_text_put(text, " ");
}

static void put_column(neuron_text *text, const char *content)
{
    neuron_text_put(text, " ");
    neuron_text_right(text, content, COLUMN_WIDTH);
}

static void put_figure(neuron_text *text, const struct report *report, double figure)
{
    char number[NEURON_NUMBER_TEXT];
    put_column(text, neuron_number_fixed(figure, report->digits, number));
}

static void put_support(neuron_text *text, int64_t support)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)support);
    put_column(text, number);
    neuron_text_end_line(text);
}

static void put_row(neuron_text *text, const struct report *report, const char *name, int32_t row)
{
    put_name(text, report, name);
    put_figure(text, report, neuron_evaluation_precision(report->evaluation, row));
    put_figure(text, report, neuron_evaluation_recall(report->evaluation, row));
    put_figure(text, report, neuron_evaluation_f1(report->evaluation, row));
    put_support(text, neuron_evaluation_support(report->evaluation, row));
}

/* The caller's name of a class, or its number written to `number`. */
static const char *class_name(const struct report *report, int32_t class_number, char number[12])
{
    if (report->class_names)
        return report->class_names[class_number];
    snprintf(number, 12, "%d", class_number);
    return number;
}

static size_t widest_name(const struct report *report)
{
    size_t widest = sizeof longest_average - 1;
    char number[12];
    for (int32_t i = 0; i < report->evaluation->class_count; i++) {
        size_t width = neuron_text_width(class_name(report, i, number));
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void put_header(neuron_text *text, const struct report *report)
{
    put_name(text, report, "");
    put_column(text, "precision");
    put_column(text, "recall");
    put_column(text, "f1-score");
    put_column(text, "support");
    neuron_text_end_line(text);
    neuron_text_end_line(text);
}

static void put_accuracy(neuron_text *text, const struct report *report)
{
    put_name(text, report, "accuracy");
    put_column(text, "");
    put_column(text, "");
    put_figure(text, report, neuron_evaluation_accuracy(report->evaluation));
    put_support(text, report->evaluation->count);
}

static void put_report(neuron_text *text, const void *subject)
{
    const struct report *report = subject;
    put_header(text, report);
    char number[12];
    for (int32_t i = 0; i < report->evaluation->class_count; i++)
        put_row(text, report, class_name(report, i, number), i);
    neuron_text_end_line(text);
    put_accuracy(text, report);
    put_row(text, report, "macro avg", NEURON_AVERAGE_MACRO);
    put_row(text, report, longest_average, NEURON_AVERAGE_WEIGHTED);
}

static int check_names(const char *const *class_names, int32_t class_count)
{
    for (int32_t i = 0; class_names && i < class_count; i++)
        if (!class_names[i])
            return neuron_fail(NEURON_E_ARGUMENT, "report: class %d has no name", i);
    return NEURON_OK;
}

int neuron_evaluation_report(const neuron_evaluation_t *evaluation, const char *const *class_names,
                             int32_t digits, char *text, size_t capacity, size_t *needed)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(evaluation);
    CHECK_RANGE(digits, 0, DIGITS_MAX);
    CHECK_ROOM(text, capacity);
    RETURN_IF_ERROR(check_names(class_names, evaluation->class_count));
    struct report made = {.evaluation = evaluation, .class_names = class_names, .digits = digits};
    made.name_width = widest_name(&made);
    return neuron_text_fill(put_report, &made, "report", text, capacity, needed);
}
