/* Trials: what one tries, and how it went. */
#include "search/search.h"

#include "base/float-mode.h"
#include "base/random.h"

#include <math.h>
#include <string.h>

int64_t neuron_trial_level(const neuron_trial_t *trial, int64_t factor)
{
    const neuron_search_t *search = trial->search;
    int64_t rest = trial->combination;
    for (int64_t i = search->factor_count - 1; i > factor; i--)
        rest /= search->factors[i].count;
    return (rest % search->factors[factor].count);
}

static int64_t find_factor(const neuron_trial_t *trial, const char *name)
{
    for (int32_t i = 0; NEURON_IS(trial) && name && i < trial->search->factor_count; i++)
        if (strcmp(trial->search->factors[i].name, name) == 0)
            return i;
    return -1;
}

double neuron_trial_number(const neuron_trial_t *trial, const char *name)
{
    int64_t index = find_factor(trial, name);
    if (index < 0)
        return NAN;
    const neuron_factor *factor = &trial->search->factors[index];
    int64_t level = neuron_trial_level(trial, index);
    return factor->levels ? factor->levels[level] : (double)level;
}

const char *neuron_trial_choice(const neuron_trial_t *trial, const char *name)
{
    int64_t index = find_factor(trial, name);
    if (index < 0 || !trial->search->factors[index].labels)
        return NULL;
    return trial->search->factors[index].labels[neuron_trial_level(trial, index)];
}

int64_t neuron_trial_index(const neuron_trial_t *trial)
{
    return NEURON_IS(trial) ? trial->index : -1;
}

int64_t neuron_trial_fold(const neuron_trial_t *trial)
{
    return NEURON_IS(trial) ? trial->fold : -1;
}

int64_t neuron_trial_fold_count(const neuron_trial_t *trial)
{
    return NEURON_IS(trial) ? trial->search->folds : 0;
}

uint64_t neuron_trial_seed(const neuron_trial_t *trial)
{
    if (!NEURON_IS(trial))
        return 0;
    const neuron_random random = {trial->search->seed, (uint32_t)trial->index,
                                  NEURON_RANDOM_TRIAL_SEED};
    uint32_t numbers[4];
    neuron_random_block(&random, (uint64_t)trial->fold, numbers);
    return (uint64_t)numbers[0] << 32 | numbers[1];
}

double neuron_trial_score(const neuron_trial_t *trial)
{
    FLOAT_SCOPE;
    if (!NEURON_IS(trial) || trial->done < trial->search->folds)
        return NAN;
    double sum = 0;
    for (int32_t i = 0; i < trial->done; i++)
        sum += trial->folds[i].score;
    return sum / (double)trial->done;
}

double neuron_trial_deviation(const neuron_trial_t *trial)
{
    FLOAT_SCOPE;
    double mean = neuron_trial_score(trial);
    if (isnan(mean) || trial->done < 2)
        return NAN;
    double sum = 0;
    for (int32_t i = 0; i < trial->done; i++)
        sum += (trial->folds[i].score - mean) * (trial->folds[i].score - mean);
    return sqrt(sum / (double)(trial->done - 1));
}

double neuron_trial_fold_score(const neuron_trial_t *trial, int64_t fold)
{
    return NEURON_IS(trial) && fold >= 0 && fold < trial->done ? trial->folds[fold].score : NAN;
}

double neuron_trial_seconds(const neuron_trial_t *trial)
{
    double sum = 0;
    for (int32_t i = 0; NEURON_IS(trial) && i < trial->done; i++)
        sum += trial->folds[i].seconds;
    return sum;
}

void neuron_trial_note(neuron_trial_t *trial, double score, double seconds)
{
    trial->folds[trial->done] = (neuron_fold_result){isfinite(score) ? score : NAN, seconds};
    trial->done++;
    if (trial->done < trial->search->folds)
        trial->fold = trial->done;
}
