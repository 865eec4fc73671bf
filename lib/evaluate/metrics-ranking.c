/* How well scores rank what is so before what is not. Examples of equal scores are one step. */
#include "evaluate/metric.h"

#include <math.h>

double neuron_roc_auc(const neuron_scored_list *list, const int32_t *counts, double option)
{
    (void)option;
    neuron_score_bin step = {0};
    double yes = 0, no = 0, area = 0;
    while (neuron_score_bin_next(&step, list, counts, 0)) {
        area += (step.weight - step.yes) * (2 * yes + step.yes) / 2; /* a trapezium */
        yes += step.yes;
        no += step.weight - step.yes;
    }
    return yes > 0 && no > 0 ? area / (yes * no) : (double)NAN;
}

/* Not interpolated. Of what no example has it is 0; a sample in which none has it defines none. */
double neuron_average_precision(const neuron_scored_list *list, const int32_t *counts,
                                double option)
{
    (void)option;
    neuron_score_bin step = {0};
    double yes = 0, all = 0, sum = 0;
    while (neuron_score_bin_next(&step, list, counts, 0)) {
        yes += step.yes;
        all += step.weight;
        if (step.yes > 0)
            sum += step.yes * (yes / all);
    }
    if (yes > 0)
        return sum / yes;
    return counts && neuron_share_of_yes(list, NULL, 0) > 0 ? (double)NAN : 0;
}
