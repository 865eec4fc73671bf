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
    for (int64_t i = 0; i < trial->search->folds; i++)
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
    for (int64_t i = 0; i < trial->done; i++)
        sum += (trial->folds[i].score - mean) * (trial->folds[i].score - mean);
    return sqrt(sum / (double)(trial->done - 1));
}

double neuron_trial_fold_score(const neuron_trial_t *trial, int64_t fold)
{
    bool known = NEURON_IS(trial) && fold >= 0 && fold < trial->search->folds;
    return known && trial->folds[fold].done ? trial->folds[fold].score : NAN;
}

double neuron_trial_seconds(const neuron_trial_t *trial)
{
    double sum = 0;
    for (int64_t i = 0; NEURON_IS(trial) && i < trial->search->folds; i++)
        sum += trial->folds[i].done ? trial->folds[i].seconds : 0;
    return sum;
}

void neuron_trial_note(neuron_trial_t *trial, int64_t fold, double score, double seconds)
{
    neuron_search_t *search = trial->search;
    neuron_fold_result *result = &trial->folds[fold];
    if (!result->done && ++trial->done == search->folds) {
        trial->fold = search->folds - 1;
        search->done++;
    }
    *result = (neuron_fold_result){isfinite(score) ? score : NAN, seconds, true, false};
    while (search->first_open < search->count &&
           search->trials[search->first_open]->done == search->folds)
        search->first_open++;
}

void neuron_trial_report(neuron_fold_report *report, const neuron_trial_t *trial, int64_t fold,
                         bool last)
{
    const neuron_search_t *search = trial->search;
    const neuron_fold_result *result = &trial->folds[fold];
    *report = (neuron_fold_report){.number = trial->index * search->folds + fold,
                                   .score = result->score,
                                   .seconds = result->seconds,
                                   .logged = result->logged};
    report->figure_count = last ? search->noted_count : search->figure_count;
    for (int64_t i = 0; i < report->figure_count; i++) {
        int64_t place = last ? search->noted[i] : i;
        neuron_fold_figure *figure = &report->figures[i];
        memcpy(figure->name, search->figures[place], strlen(search->figures[place]) + 1);
        figure->value = neuron_trial_fold_figure_at(trial, fold, place);
    }
}

int neuron_search_take(neuron_search_t *search, const neuron_fold_report *report)
{
    neuron_trial_t *trial;
    int64_t fold = report->number % search->folds;
    RETURN_IF_ERROR(neuron_search_reach(&trial, search, report->number / search->folds));
    trial->fold = fold;
    neuron_trial_forget_figures(trial);
    for (int64_t i = 0; i < report->figure_count; i++)
        RETURN_IF_ERROR(
            neuron_trial_keep_figure(trial, report->figures[i].name, report->figures[i].value));
    neuron_trial_note(trial, fold, report->score, report->seconds);
    trial->folds[fold].logged = report->logged;
    return NEURON_OK;
}

void neuron_search_clear(neuron_search_t *search)
{
    for (int64_t i = 0; i < search->count; i++) {
        neuron_trial_t *trial = search->trials[i];
        trial->done = 0;
        for (int64_t k = 0; k < search->folds; k++) {
            trial->folds[k] = (neuron_fold_result){0};
            trial->fold = k;
            neuron_trial_forget_figures(trial);
        }
    }
    for (int64_t i = 0; i < search->figure_count; i++)
        neuron_release(search->context, search->figures[i]);
    search->figure_count = search->done = search->first_open = 0;
}
