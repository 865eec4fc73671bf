/* What follows from a confusion matrix: accuracy, precision, recall and F1,
 * of a class or on average. */
#include "evaluate/evaluation.h"

#include "base/float-mode.h"

#include <math.h>

int64_t neuron_evaluation_count(const neuron_evaluation_t *evaluation)
{
    return evaluation ? evaluation->count : 0;
}

int32_t neuron_evaluation_class_count(const neuron_evaluation_t *evaluation)
{
    return evaluation ? evaluation->class_count : 0;
}

double neuron_evaluation_loss(const neuron_evaluation_t *evaluation)
{
    return evaluation ? evaluation->loss : NAN;
}

static bool has_class(const neuron_evaluation_t *evaluation, int32_t class_number)
{
    return evaluation && class_number >= 0 && class_number < evaluation->class_count;
}

int64_t neuron_evaluation_confusion(const neuron_evaluation_t *evaluation, int32_t truth,
                                    int32_t predicted)
{
    if (!has_class(evaluation, truth) || !has_class(evaluation, predicted))
        return -1;
    return evaluation->confusion[(int64_t)truth * evaluation->class_count + predicted];
}

double neuron_evaluation_accuracy(const neuron_evaluation_t *evaluation)
{
    FLOAT_SCOPE;
    if (!evaluation)
        return NAN;
    int64_t correct = 0;
    for (int32_t i = 0; i < evaluation->class_count; i++)
        correct += neuron_evaluation_confusion(evaluation, i, i);
    return (double)correct / (double)evaluation->count;
}

/* What is asked of nothing is 0, as in scikit-learn. */
static double ratio(int64_t numerator, int64_t denominator)
{
    return denominator == 0 ? 0 : (double)numerator / (double)denominator;
}

static double class_precision(const neuron_evaluation_t *evaluation, int32_t class_number)
{
    return ratio(neuron_evaluation_confusion(evaluation, class_number, class_number),
                 evaluation->taken_for[class_number]);
}

static double class_recall(const neuron_evaluation_t *evaluation, int32_t class_number)
{
    return ratio(neuron_evaluation_confusion(evaluation, class_number, class_number),
                 evaluation->of_class[class_number]);
}

/* The harmonic mean of precision and recall, rounded once. */
static double class_f1(const neuron_evaluation_t *evaluation, int32_t class_number)
{
    return ratio(2 * neuron_evaluation_confusion(evaluation, class_number, class_number),
                 evaluation->of_class[class_number] + evaluation->taken_for[class_number]);
}

/* A figure of one row of the report, from the figure of a class. */
static double row_figure(const neuron_evaluation_t *evaluation, int32_t row,
                         double (*figure)(const neuron_evaluation_t *, int32_t))
{
    if (has_class(evaluation, row))
        return figure(evaluation, row);
    if (!evaluation || (row != NEURON_AVERAGE_MACRO && row != NEURON_AVERAGE_WEIGHTED))
        return NAN;
    double sum = 0, weights = 0;
    for (int32_t i = 0; i < evaluation->class_count; i++) {
        double weight = row == NEURON_AVERAGE_MACRO ? 1 : (double)evaluation->of_class[i];
        sum += weight * figure(evaluation, i);
        weights += weight;
    }
    return sum / weights;
}

double neuron_evaluation_precision(const neuron_evaluation_t *evaluation, int32_t row)
{
    FLOAT_SCOPE;
    return row_figure(evaluation, row, class_precision);
}

double neuron_evaluation_recall(const neuron_evaluation_t *evaluation, int32_t row)
{
    FLOAT_SCOPE;
    return row_figure(evaluation, row, class_recall);
}

double neuron_evaluation_f1(const neuron_evaluation_t *evaluation, int32_t row)
{
    FLOAT_SCOPE;
    return row_figure(evaluation, row, class_f1);
}

int64_t neuron_evaluation_support(const neuron_evaluation_t *evaluation, int32_t row)
{
    if (has_class(evaluation, row))
        return evaluation->of_class[row];
    bool average = row == NEURON_AVERAGE_MACRO || row == NEURON_AVERAGE_WEIGHTED;
    return evaluation && average ? evaluation->count : -1;
}
