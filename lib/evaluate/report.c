/* The classification report, in the layout that scikit-learn made known. */
#include "evaluate/evaluation.h"

#include "evaluate/number.h"

#include <stdio.h>
#include <string.h>

enum { COLUMN_WIDTH = 9, DIGITS_MAX = 9 };

static const char longest_average[] = "weighted avg";

/* Where the text goes; without `text` it is only measured. */
struct report {
    const neuron_evaluation_t *evaluation;
    const char *const *class_names;
    int digits;
    size_t name_width;
    char *text;
    size_t length;
};

static void put_bytes(struct report *report, const char *bytes, size_t count)
{
    if (report->text)
        memcpy(report->text + report->length, bytes, count);
    report->length += count;
}

/* Characters of UTF-8, for alignment. */
static size_t character_count(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

/* Aligned to the right. */
static void put(struct report *report, const char *text, size_t width)
{
    for (size_t used = character_count(text); used < width; used++)
        put_bytes(report, " ", 1);
    put_bytes(report, text, strlen(text));
}

/* A row begins with its name and one space; each column has another before it. */
static void put_name(struct report *report, const char *name)
{
    put(report, name, report->name_width);
    put_bytes(report, " ", 1);
}

static void put_column(struct report *report, const char *text)
{
    put_bytes(report, " ", 1);
    put(report, text, COLUMN_WIDTH);
}

static void put_figure(struct report *report, double figure)
{
    char text[NEURON_NUMBER_TEXT];
    put_column(report, neuron_number_fixed(figure, report->digits, text));
}

static void put_support(struct report *report, int64_t support)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)support);
    put_column(report, text);
    put_bytes(report, "\n", 1);
}

static void put_row(struct report *report, const char *name, int32_t row)
{
    put_name(report, name);
    put_figure(report, neuron_evaluation_precision(report->evaluation, row));
    put_figure(report, neuron_evaluation_recall(report->evaluation, row));
    put_figure(report, neuron_evaluation_f1(report->evaluation, row));
    put_support(report, neuron_evaluation_support(report->evaluation, row));
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
        size_t width = character_count(class_name(report, i, number));
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void put_header(struct report *report)
{
    put_name(report, "");
    put_column(report, "precision");
    put_column(report, "recall");
    put_column(report, "f1-score");
    put_column(report, "support");
    put_bytes(report, "\n\n", 2);
}

static void put_accuracy(struct report *report)
{
    put_name(report, "accuracy");
    put_column(report, "");
    put_column(report, "");
    put_figure(report, neuron_evaluation_accuracy(report->evaluation));
    put_support(report, report->evaluation->count);
}

/* The whole text with its final zero. */
static void put_report(struct report *report)
{
    put_header(report);
    char number[12];
    for (int32_t i = 0; i < report->evaluation->class_count; i++)
        put_row(report, class_name(report, i, number), i);
    put_bytes(report, "\n", 1);
    put_accuracy(report);
    put_row(report, "macro avg", NEURON_AVERAGE_MACRO);
    put_row(report, longest_average, NEURON_AVERAGE_WEIGHTED);
    put_bytes(report, "", 1);
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
    CHECK_ARGUMENT(evaluation);
    CHECK_ARGUMENT(digits >= 0 && digits <= DIGITS_MAX);
    CHECK_ARGUMENT(text || capacity == 0);
    RETURN_IF_ERROR(check_names(class_names, evaluation->class_count));
    struct report made = {.evaluation = evaluation, .class_names = class_names, .digits = digits};
    made.name_width = widest_name(&made);
    put_report(&made);
    if (needed)
        *needed = made.length;
    if (!text)
        return NEURON_OK;
    if (capacity < made.length)
        return neuron_fail(NEURON_E_ARGUMENT, "report: needs %zu bytes, there are %zu", made.length,
                           capacity);
    made.text = text;
    made.length = 0;
    put_report(&made);
    return NEURON_OK;
}
