/* Figures that trials note beside their scores. */
#include "search/search.h"

#include "base/float-mode.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static int64_t find(const neuron_search_t *search, const char *name)
{
    for (int64_t i = 0; i < search->figure_count; i++)
        if (strcmp(search->figures[i], name) == 0)
            return i;
    return -1;
}

/* The place of a figure's name, which is added if it is new. */
static int place_of(int64_t *place, neuron_search_t *search, const char *name)
{
    *place = find(search, name);
    if (*place >= 0)
        return NEURON_OK;
    if (search->figure_count == NEURON_FIGURES_MAX)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "search: has %d figures already; %s would be one more",
                           NEURON_FIGURES_MAX, name);
    char *copy = neuron_copy_text(search->context, name);
    if (!copy)
        return NEURON_E_MEMORY;
    *place = search->figure_count;
    search->first_noted[*place] = INT64_MAX;
    search->figures[search->figure_count++] = copy;
    return NEURON_OK;
}

/* That the fold has it, if it is not known yet. */
static void note_place(neuron_search_t *search, const neuron_trial_t *trial, int64_t place)
{
    int64_t when = (trial->index * search->folds + trial->fold) * NEURON_FIGURES_MAX;
    for (int64_t i = 0; i < search->noted_count; i++)
        if (search->noted[i] == place)
            return;
    when += search->noted_count;
    search->noted[search->noted_count++] = place;
    if (when < search->first_noted[place])
        search->first_noted[place] = when;
}

int neuron_trial_keep_figure(neuron_trial_t *trial, const char *name, double value)
{
    neuron_search_t *search = trial->search;
    int64_t place, count = search->folds * NEURON_FIGURES_MAX;
    RETURN_IF_ERROR(neuron_name_check(name, NEURON_FACTOR_NAME_MAX, "", "search"));
    RETURN_IF_ERROR(place_of(&place, search, name));
    if (!trial->figures) {
        trial->figures = neuron_allocate(search->context, (size_t)count, sizeof *trial->figures);
        if (!trial->figures)
            return NEURON_E_MEMORY;
        for (int64_t i = 0; i < count; i++)
            trial->figures[i] = NAN;
    }
    note_place(search, trial, place);
    trial->figures[trial->fold * NEURON_FIGURES_MAX + place] = isfinite(value) ? value : NAN;
    return NEURON_OK;
}

void neuron_trial_forget_figures(neuron_trial_t *trial)
{
    trial->search->noted_count = 0;
    for (int64_t i = 0; trial->figures && i < NEURON_FIGURES_MAX; i++)
        trial->figures[trial->fold * NEURON_FIGURES_MAX + i] = NAN;
}

static void swap_figures(neuron_search_t *search, int64_t a, int64_t b)
{
    char *name = search->figures[a];
    int64_t when = search->first_noted[a];
    search->figures[a] = search->figures[b];
    search->figures[b] = name;
    search->first_noted[a] = search->first_noted[b];
    search->first_noted[b] = when;
    for (int64_t i = 0; i < search->count; i++) {
        double *values = search->trials[i]->figures;
        for (int64_t fold = 0; values && fold < search->folds; fold++) {
            double value = values[fold * NEURON_FIGURES_MAX + a];
            values[fold * NEURON_FIGURES_MAX + a] = values[fold * NEURON_FIGURES_MAX + b];
            values[fold * NEURON_FIGURES_MAX + b] = value;
        }
    }
}

void neuron_search_sort_figures(neuron_search_t *search)
{
    for (int64_t i = 0; i < search->figure_count; i++) {
        int64_t first = i;
        for (int64_t k = i + 1; k < search->figure_count; k++)
            first = search->first_noted[k] < search->first_noted[first] ? k : first;
        if (first != i)
            swap_figures(search, i, first);
    }
}

int neuron_trial_add_figure(const neuron_trial_t *trial, const char *name, double value)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trial);
    CHECK_ARGUMENT(name);
    neuron_search_t *search = trial->search;
    neuron_trial_t *tried = search->running ? search->tried : NULL;
    if (tried != trial)
        return neuron_fail(NEURON_E_STATE,
                           "search: trial %" PRId64 " is not being tried; it has its figures",
                           trial->index);
    return neuron_trial_keep_figure(tried, name, value);
}

double neuron_trial_fold_figure_at(const neuron_trial_t *trial, int64_t fold, int64_t place)
{
    return trial->figures ? trial->figures[fold * NEURON_FIGURES_MAX + place] : NAN;
}

double neuron_trial_figure(const neuron_trial_t *trial, const char *name)
{
    FLOAT_SCOPE;
    int64_t place = NEURON_IS(trial) && name ? find(trial->search, name) : -1;
    if (place < 0)
        return NAN;
    double sum = 0;
    for (int64_t i = 0; i < trial->search->folds; i++)
        sum += neuron_trial_fold_figure_at(trial, i, place);
    return sum / (double)trial->search->folds;
}

int64_t neuron_search_figure_count(const neuron_search_t *search)
{
    return NEURON_IS(search) ? search->figure_count : 0;
}

const char *neuron_search_figure_name(const neuron_search_t *search, int64_t index)
{
    return index >= 0 && index < neuron_search_figure_count(search) ? search->figures[index] : NULL;
}
