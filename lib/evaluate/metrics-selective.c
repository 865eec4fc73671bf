/* What is gained by abstaining where a prediction is not sure: accuracy and coverage of those
 * examples with the largest confidence. Examples of equal confidence are taken together. */
#include "evaluate/metric.h"

#include <math.h>

static double weight_of(const neuron_scored_list *list, const int32_t *counts)
{
    double all = 0;
    for (int64_t i = 0; i < list->count; i++)
        all += neuron_scored_weight(&list->all[i], counts);
    return all;
}

double neuron_risk_coverage_area(const neuron_scored_list *list, const int32_t *counts,
                                 double option)
{
    (void)option;
    double all = 0, yes = 0, sum = 0;
    for (neuron_score_bin step = {0}; neuron_score_bin_next(&step, list, counts, 0);) {
        all += step.weight;
        yes += step.yes;
        if (step.weight > 0)
            sum += step.weight * ((all - yes) / all);
    }
    return sum / all;
}

double neuron_accuracy_at_coverage(const neuron_scored_list *list, const int32_t *counts,
                                   double coverage)
{
    static const double tolerance = 1e-12; /* 0.7 of 10 examples are 7 */
    double wanted = coverage * weight_of(list, counts) * (1 - tolerance), all = 0, yes = 0;
    neuron_score_bin step = {0};
    while ((all < wanted || all == 0) && neuron_score_bin_next(&step, list, counts, 0)) {
        all += step.weight;
        yes += step.yes;
    }
    return yes / all;
}

/* As floats, so that an output of 0.9 is not below 0.9. */
static bool is_sure(const neuron_scored *one, double threshold)
{
    return (float)one->score >= (float)threshold;
}

double neuron_accuracy_at_confidence(const neuron_scored_list *list, const int32_t *counts,
                                     double threshold)
{
    double all = 0, yes = 0;
    for (int64_t i = 0; i < list->count && is_sure(&list->all[i], threshold); i++) {
        double weight = neuron_scored_weight(&list->all[i], counts);
        all += weight;
        yes += weight * neuron_scored_is_so(&list->all[i]);
    }
    return all > 0 ? yes / all : (double)NAN;
}

double neuron_coverage_at_confidence(const neuron_scored_list *list, const int32_t *counts,
                                     double threshold)
{
    double all = 0;
    for (int64_t i = 0; i < list->count && is_sure(&list->all[i], threshold); i++)
        all += neuron_scored_weight(&list->all[i], counts);
    return all / weight_of(list, counts);
}
