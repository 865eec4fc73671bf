/* What follows from the sums of an evaluation: accuracy, precision, recall, F1 and IoU of classes
 * and labels, errors of outputs, each of one row or on average. */
#include "evaluate/metric.h"

#include "base/float-mode.h"

#include <math.h>

const char *neuron_evaluation_kind(const neuron_evaluation_t *evaluation)
{
    return NEURON_IS(evaluation) ? neuron_evaluation_kind_name(evaluation->plan.kind) : NULL;
}

int64_t neuron_evaluation_count(const neuron_evaluation_t *evaluation)
{
    return NEURON_IS(evaluation) ? evaluation->count : 0;
}

int64_t neuron_evaluation_row_count(const neuron_evaluation_t *evaluation)
{
    return NEURON_IS(evaluation) ? evaluation->plan.rows : 0;
}

static bool has_row(const neuron_evaluation_t *evaluation, int64_t row)
{
    return NEURON_IS(evaluation) && row >= 0 && row < evaluation->plan.rows;
}

const char *neuron_evaluation_row_name(const neuron_evaluation_t *evaluation, int64_t row)
{
    return has_row(evaluation, row) ? neuron_class_names_at(evaluation->names, row) : NULL;
}

double neuron_evaluation_loss(const neuron_evaluation_t *evaluation)
{
    return NEURON_IS(evaluation) ? evaluation->loss : NAN;
}

/* ---- Classes and labels ---- */

/* How many pairs come before one. */
static int64_t count_below(const neuron_evaluation_t *evaluation, uint64_t pair)
{
    int64_t first = 0, last = evaluation->seen;
    while (first < last) {
        int64_t middle = first + (last - first) / 2;
        if (evaluation->pairs[middle] < pair)
            first = middle + 1;
        else
            last = middle;
    }
    return first;
}

int64_t neuron_evaluation_confusion(const neuron_evaluation_t *evaluation, int64_t truth,
                                    int64_t predicted)
{
    if (!has_row(evaluation, truth) || !has_row(evaluation, predicted))
        return -1;
    if (evaluation->matrix)
        return evaluation->matrix[(int64_t)truth * evaluation->plan.rows + predicted];
    uint64_t pair = (uint64_t)truth << 32 | (uint32_t)predicted;
    return evaluation->pairs ? count_below(evaluation, pair + 1) - count_below(evaluation, pair)
                             : -1;
}

/* Of one row, or of several together. */
typedef struct row_counts {
    int64_t of_row, taken_for, both;
} row_counts;

static void add_counts(row_counts *counts, const neuron_evaluation_t *evaluation, int64_t row)
{
    counts->of_row += evaluation->of_row[row];
    counts->taken_for += evaluation->taken_for[row];
    counts->both += evaluation->correct[row];
}

/* Of a row, or of all rows with one below 0. */
static row_counts counts_of(const neuron_evaluation_t *evaluation, int64_t row)
{
    row_counts counts = {0};
    for (int64_t i = row < 0 ? 0 : row; i < (row < 0 ? evaluation->plan.rows : row + 1); i++)
        add_counts(&counts, evaluation, i);
    return counts;
}

double neuron_evaluation_accuracy(const neuron_evaluation_t *evaluation)
{
    FLOAT_SCOPE;
    if (!NEURON_IS(evaluation) || evaluation->errors)
        return NAN;
    int64_t correct = evaluation->plan.kind == NEURON_EVALUATION_MULTI_LABEL
                          ? evaluation->exact
                          : counts_of(evaluation, -1).both;
    return (double)correct / (double)evaluation->seen;
}

/* What is asked of nothing is 0, as in scikit-learn. */
static double ratio(int64_t numerator, int64_t denominator)
{
    return denominator == 0 ? 0 : (double)numerator / (double)denominator;
}

typedef enum figure { PRECISION, RECALL, F1, IOU } figure;

static int64_t denominator_of(figure what, const row_counts *counts)
{
    switch (what) {
    case PRECISION:
        return counts->taken_for;
    case RECALL:
        return counts->of_row;
    case F1:
        return counts->of_row + counts->taken_for;
    default:
        return counts->of_row + counts->taken_for - counts->both;
    }
}

/* Of a row, or of all together with one below 0. F1 is the harmonic mean of both, rounded once.
 * What a bootstrap sample lacks, though the whole has it, is not defined there. */
static double figure_of(figure what, const neuron_evaluation_t *evaluation, int64_t row)
{
    const row_counts counts = counts_of(evaluation, row);
    int64_t denominator = denominator_of(what, &counts);
    if (denominator == 0 && evaluation->whole) {
        const row_counts whole = counts_of(evaluation->whole, row);
        if (denominator_of(what, &whole) > 0)
            return NAN;
    }
    return ratio(what == F1 ? 2 * counts.both : counts.both, denominator);
}

static double average(const neuron_evaluation_t *evaluation, figure what, bool weighted)
{
    double sum = 0, weights = 0, otherwise = 0;
    for (int32_t i = 0; i < evaluation->plan.rows; i++) {
        double one = figure_of(what, evaluation, i);
        double weight = weighted ? (double)evaluation->of_row[i] : 1;
        if (isnan(one)) {
            otherwise = NAN;
            continue;
        }
        sum += weight * one;
        weights += weight;
    }
    return weights > 0 ? sum / weights : otherwise;
}

static double row_figure(const neuron_evaluation_t *evaluation, int64_t row, figure what)
{
    FLOAT_SCOPE;
    if (!NEURON_IS(evaluation) || evaluation->errors)
        return NAN;
    if (has_row(evaluation, row))
        return figure_of(what, evaluation, row);
    if (row == NEURON_AVERAGE_MACRO || row == NEURON_AVERAGE_WEIGHTED)
        return average(evaluation, what, row == NEURON_AVERAGE_WEIGHTED);
    if (row == NEURON_AVERAGE_MICRO)
        return figure_of(what, evaluation, -1);
    bool samples = row == NEURON_AVERAGE_SAMPLES && what != IOU &&
                   evaluation->plan.kind == NEURON_EVALUATION_MULTI_LABEL;
    return samples ? evaluation->samples[what] / (double)evaluation->seen : NAN;
}

double neuron_evaluation_precision(const neuron_evaluation_t *evaluation, int64_t row)
{
    return row_figure(evaluation, row, PRECISION);
}

double neuron_evaluation_recall(const neuron_evaluation_t *evaluation, int64_t row)
{
    return row_figure(evaluation, row, RECALL);
}

double neuron_evaluation_f1(const neuron_evaluation_t *evaluation, int64_t row)
{
    return row_figure(evaluation, row, F1);
}

double neuron_evaluation_iou(const neuron_evaluation_t *evaluation, int64_t row)
{
    FLOAT_SCOPE;
    return row_figure(evaluation, row, IOU);
}

int64_t neuron_evaluation_support(const neuron_evaluation_t *evaluation, int64_t row)
{
    bool is_average = row == NEURON_AVERAGE_MACRO || row == NEURON_AVERAGE_WEIGHTED ||
                      row == NEURON_AVERAGE_MICRO || row == NEURON_AVERAGE_SAMPLES;
    if (!NEURON_IS(evaluation) || (!is_average && !has_row(evaluation, row)))
        return -1;
    if (evaluation->errors)
        return evaluation->seen;
    return is_average ? counts_of(evaluation, -1).of_row : evaluation->of_row[row];
}

/* ---- Numbers ---- */

static double absolute_error(const neuron_error_sums *sums, int64_t count)
{
    return sums->absolute / (double)count;
}

static double squared_error(const neuron_error_sums *sums, int64_t count)
{
    return sums->squared / (double)count;
}

static double root_error(const neuron_error_sums *sums, int64_t count)
{
    return sqrt(sums->squared / (double)count);
}

static double r2(const neuron_error_sums *sums, int64_t count)
{
    if (count < 2 || isnan(sums->squared))
        return NAN;
    if (sums->spread == 0)
        return sums->squared == 0;
    return 1 - sums->squared / sums->spread;
}

static double error_figure(const neuron_evaluation_t *evaluation, int64_t row,
                           double (*of)(const neuron_error_sums *, int64_t))
{
    FLOAT_SCOPE;
    if (!NEURON_IS(evaluation) || !evaluation->errors)
        return NAN;
    if (has_row(evaluation, row))
        return of(&evaluation->errors[row], evaluation->seen);
    double sum = 0;
    for (int32_t i = 0; i < evaluation->plan.rows; i++)
        sum += of(&evaluation->errors[i], evaluation->seen);
    return row == NEURON_AVERAGE_MACRO ? sum / (double)evaluation->plan.rows : NAN;
}

double neuron_evaluation_mean_absolute_error(const neuron_evaluation_t *evaluation, int64_t row)
{
    FLOAT_SCOPE;
    return error_figure(evaluation, row, absolute_error);
}

double neuron_mean_squared_error(const neuron_evaluation_t *evaluation, int64_t row)
{
    return error_figure(evaluation, row, squared_error);
}

double neuron_evaluation_root_mean_squared_error(const neuron_evaluation_t *evaluation, int64_t row)
{
    FLOAT_SCOPE;
    return error_figure(evaluation, row, root_error);
}

double neuron_evaluation_r2(const neuron_evaluation_t *evaluation, int64_t row)
{
    FLOAT_SCOPE;
    return error_figure(evaluation, row, r2);
}
