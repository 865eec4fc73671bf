/* How far truth and prediction agree beyond what chance does: figures of the numbers of examples
 * that are of each class, are taken for it, and both. */
#include "evaluate/metric.h"

#include <math.h>

/* Of all classes, or of one against the rest. */
typedef struct agreement {
    double all, correct;                 /* examples */
    double of_taken, of_of, taken_taken; /* sums over the classes: products of their numbers */
    double recalls, classes;             /* of those that there are */
} agreement;

static void add_class(agreement *sums, int64_t of_class, int64_t taken_for, int64_t both)
{
    double of = (double)of_class, taken = (double)taken_for;
    sums->correct += (double)both;
    sums->of_taken += of * taken;
    sums->of_of += of * of;
    sums->taken_taken += taken * taken;
    if (of_class == 0)
        return;
    sums->recalls += (double)both / of;
    sums->classes++;
}

static agreement agreement_of(const neuron_evaluation_t *evaluation, int64_t row)
{
    const int64_t *of_row = evaluation->of_row, *taken_for = evaluation->taken_for;
    const int64_t *correct = evaluation->correct;
    int64_t seen = evaluation->seen;
    agreement sums = {.all = (double)seen};
    if (row < 0) {
        for (int64_t i = 0; i < evaluation->plan.rows; i++)
            add_class(&sums, of_row[i], taken_for[i], correct[i]);
        return sums;
    }
    add_class(&sums, of_row[row], taken_for[row], correct[row]);
    add_class(&sums, seen - of_row[row], seen - taken_for[row],
              seen - of_row[row] - taken_for[row] + correct[row]);
    return sums;
}

double neuron_balanced_accuracy(const neuron_evaluation_t *evaluation, int64_t row)
{
    const agreement sums = agreement_of(evaluation, row);
    return sums.recalls / sums.classes;
}

static double spread_of(const agreement *sums)
{
    double square = sums->all * sums->all;
    return (square - sums->of_of) * (square - sums->taken_taken);
}

/* Of several classes as Gorodkin (2004) has it. */
double neuron_matthews_correlation(const neuron_evaluation_t *evaluation, int64_t row)
{
    const agreement sums = agreement_of(evaluation, row);
    double spread = spread_of(&sums);
    if (spread == 0 && evaluation->whole) {
        const agreement whole = agreement_of(evaluation->whole, row);
        if (spread_of(&whole) > 0)
            return (double)NAN; /* of a sample in which one is constant */
    }
    return spread == 0 ? 0 : (sums.correct * sums.all - sums.of_taken) / sqrt(spread);
}

double neuron_cohen_kappa(const neuron_evaluation_t *evaluation, int64_t row)
{
    const agreement sums = agreement_of(evaluation, row);
    double by_chance = sums.all - sums.of_taken / sums.all;
    return by_chance == 0 ? (double)NAN : 1 - (sums.all - sums.correct) / by_chance;
}
