/* AdaBoost for several classes: SAMME and SAMME.R (Zhu, Zou, Rosset and Hastie, 2009), as
 * scikit-learn has them. Examples that a member gets wrong weigh more for the next one. */
#include "committee/boost.h"

#include "base/text/number.h"
#include "data/dataset.h"

#include <float.h>
#include <math.h>

static int64_t class_of(const float *row, int64_t size)
{
    int64_t best = 0;
    for (int64_t k = 1; k < size; k++)
        if (row[k] > row[best])
            best = k;
    return best;
}

/* The share of the weight that a member has wrong. */
static double error_of(const neuron_committee_trainer_t *trainer, const float *predictions)
{
    const neuron_committee_boost *boost = &trainer->boost;
    double wrong = 0;
    for (int64_t i = 0; i < trainer->train->count; i++)
        if (class_of(predictions + i * boost->size, boost->size) !=
            neuron_dataset_label(trainer->train, i))
            wrong += boost->weights[i];
    return wrong / (double)trainer->train->count; /* the weights' mean is 1 */
}

/* What SAMME.R multiplies the weight of an example by: the log of it. */
static double log_factor(const float *row, int64_t size, int64_t label)
{
    double classes = (double)size, sum = 0;
    for (int64_t k = 0; k < size; k++) {
        double share = fmax((double)row[k], DBL_EPSILON);
        sum += (k == label ? 1 : -1 / (classes - 1)) * log(share);
    }
    return -(classes - 1) / classes * sum;
}

/* What the weight of an example becomes, but for what makes their mean 1. */
static double new_weight(const neuron_committee_trainer_t *trainer, int64_t example,
                         const float *predictions, bool real, double step)
{
    const neuron_committee_boost *boost = &trainer->boost;
    const float *row = predictions + example * boost->size;
    int64_t label = neuron_dataset_label(trainer->train, example);
    double by =
        real ? log_factor(row, boost->size, label) : step * (class_of(row, boost->size) != label);
    return boost->weights[example] * exp(by);
}

/* A failure leaves the weights as they are. */
static int reweigh(neuron_committee_trainer_t *trainer, const float *predictions, bool real,
                   double step)
{
    neuron_committee_boost *boost = &trainer->boost;
    int64_t count = trainer->train->count;
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += new_weight(trainer, i, predictions, real, step);
    if (!isfinite(sum) || sum <= 0)
        return neuron_fail(NEURON_E_NOT_FINITE,
                           "committee: the weights after member %" PRId64 " are not finite",
                           boost->stage);
    for (int64_t i = 0; i < count; i++)
        boost->weights[i] = new_weight(trainer, i, predictions, real, step) * ((double)count / sum);
    return NEURON_OK;
}

/* A member without an error is the last, and one that is no better than chance is none. */
int neuron_adaboost_advance(neuron_committee_trainer_t *trainer, const float *predictions)
{
    neuron_committee_boost *boost = &trainer->boost;
    bool real = neuron_committee_count(trainer, NEURON_COMMITTEE_ALGORITHM) ==
                NEURON_COMMITTEE_ALGORITHM_SAMME_R;
    double classes = (double)boost->size, step = 1;
    double error = error_of(trainer, predictions), chance = 1 - 1 / classes;
    if (!real && error >= chance) {
        char text[NEURON_NUMBER_TEXT];
        if (boost->used == 0) /* now, and in all runs that follow */
            return neuron_fail(NEURON_E_DATA,
                               "committee: member 0 has %s of the examples wrong, which is no "
                               "better than chance",
                               neuron_number_short(error, text));
        neuron_committee_boost_end(trainer);
        return NEURON_OK;
    }
    if (error > 0) {
        if (!real)
            step = log((1 - error) / error) + log(classes - 1);
        RETURN_IF_ERROR(reweigh(trainer, predictions, real, step));
    }
    neuron_committee_boost_use(trainer, step);
    if (error <= 0)
        neuron_committee_boost_end(trainer);
    return NEURON_OK;
}
