/* How good outputs are as probabilities: log loss, the Brier score and its parts, calibration. */
#include "evaluate/metric.h"

#include <float.h>
#include <math.h>

/* Where scikit-learn cuts probabilities off in double. */
static double logarithm(double probability)
{
    return log(fmin(fmax(probability, DBL_EPSILON), 1 - DBL_EPSILON));
}

typedef double (*term)(const neuron_scored *one);

static double mean(const neuron_scored_list *list, const int32_t *counts, term of)
{
    double sum = 0, all = 0;
    for (int64_t i = 0; i < list->count; i++) {
        double weight = neuron_scored_weight(&list->all[i], counts);
        sum += weight * of(&list->all[i]);
        all += weight;
    }
    return sum / all;
}

static double log_term(const neuron_scored *one)
{
    return -logarithm(neuron_scored_is_so(one) ? one->score : 1 - one->score);
}

double neuron_log_loss(const neuron_scored_list *list, const int32_t *counts, double option)
{
    (void)option;
    return mean(list, counts, log_term);
}

static double square_term(const neuron_scored *one)
{
    double error = one->score - neuron_scored_is_so(one);
    return error * error;
}

double neuron_brier_score(const neuron_scored_list *list, const int32_t *counts, double option)
{
    (void)option;
    return mean(list, counts, square_term);
}

static double yes_term(const neuron_scored *one)
{
    return neuron_scored_is_so(one);
}

double neuron_share_of_yes(const neuron_scored_list *list, const int32_t *counts, double option)
{
    (void)option;
    return mean(list, counts, yes_term);
}

/* ---- Bins ---- */

/* The lower bound of a bin belongs to the one below, as in Guo et al.; 0 to the first. */
static int64_t bin_of(double score, double bins)
{
    double place = ceil(score * bins) - 1;
    if (place > 0 && (float)score <= (float)(place / bins))
        place--;
    else if ((float)score > (float)((place + 1) / bins))
        place++;
    return place > 0 ? (int64_t)place : 0;
}

bool neuron_score_bin_next(neuron_score_bin *bin, const neuron_scored_list *list,
                           const int32_t *counts, double bins)
{
    int64_t i = bin->next;
    if (i >= list->count)
        return false;
    *bin = (neuron_score_bin){0};
    double first = list->all[i].score;
    for (; i < list->count; i++) {
        const neuron_scored *one = &list->all[i];
        if (bins > 0 ? bin_of(one->score, bins) != bin_of(first, bins) : one->score != first)
            break;
        double weight = neuron_scored_weight(one, counts);
        bin->weight += weight;
        bin->scores += weight * one->score;
        bin->yes += weight * neuron_scored_is_so(one);
    }
    bin->next = i;
    return true;
}

double neuron_brier_uncertainty(const neuron_scored_list *list, const int32_t *counts, double bins)
{
    double base = neuron_share_of_yes(list, counts, bins);
    return base * (1 - base);
}

/* The mean over the examples of a distance that those of a bin have together. */
typedef double (*bin_term)(const neuron_score_bin *bin, double base);

static double mean_distance(const neuron_scored_list *list, const int32_t *counts, double bins,
                            bin_term of)
{
    double base = neuron_share_of_yes(list, counts, bins), sum = 0, all = 0;
    for (neuron_score_bin bin = {0}; neuron_score_bin_next(&bin, list, counts, bins);) {
        if (bin.weight > 0)
            sum += bin.weight * of(&bin, base);
        all += bin.weight;
    }
    return sum / all;
}

static double apart(const neuron_score_bin *bin, double base)
{
    (void)base;
    return fabs(bin->scores - bin->yes) / bin->weight;
}

static double apart_squared(const neuron_score_bin *bin, double base)
{
    double distance = apart(bin, base);
    return distance * distance;
}

static double from_base_squared(const neuron_score_bin *bin, double base)
{
    double distance = bin->yes / bin->weight - base;
    return distance * distance;
}

double neuron_brier_reliability(const neuron_scored_list *list, const int32_t *counts, double bins)
{
    return mean_distance(list, counts, bins, apart_squared);
}

double neuron_brier_resolution(const neuron_scored_list *list, const int32_t *counts, double bins)
{
    return mean_distance(list, counts, bins, from_base_squared);
}

double neuron_expected_calibration_error(const neuron_scored_list *list, const int32_t *counts,
                                         double bins)
{
    return mean_distance(list, counts, bins, apart);
}

double neuron_maximum_calibration_error(const neuron_scored_list *list, const int32_t *counts,
                                        double bins)
{
    double largest = 0;
    for (neuron_score_bin bin = {0}; neuron_score_bin_next(&bin, list, counts, bins);)
        if (bin.weight > 0)
            largest = fmax(largest, apart(&bin, 0));
    return largest;
}
