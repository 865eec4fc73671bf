/* A search: its best trials, the scores of each level and of each pair of levels, and all trials as
 * lines. */
#include "report/document/report.h"

#include "base/float-mode.h"
#include "report/charts/dots.h"
#include "report/charts/heat-map.h"
#include "report/charts/parallel.h"
#include "search/search.h"

#include <math.h>

enum { TRIALS_SHOWN = 20, LEVELS_MAX = 40, PAIRS_MAX = 15 };

typedef struct trials {
    const neuron_search_t *search;
    int64_t count, factors;
    double *scores;      /* not a number for none */
    int64_t figures;     /* beside the score */
    double *values;      /* [figure][trial], likewise */
    int64_t *levels;     /* [trial][factor] */
    int64_t *ranked;     /* the best first; those without a score last */
    neuron_names *names; /* of the levels of each factor */
} trials;

static const neuron_factor *factor_of(const trials *t, int64_t k)
{
    return &t->search->factors[k];
}

/* The last factor's levels change fastest. */
static void read_levels(trials *t, int64_t trial)
{
    int64_t combination = neuron_search_trial(t->search, trial)->combination;
    for (int64_t k = t->factors - 1; k >= 0; k--) {
        t->levels[trial * t->factors + k] = combination % factor_of(t, k)->count;
        combination /= factor_of(t, k)->count;
    }
}

static bool is_better(const trials *t, double score, double than)
{
    if (isnan(score) || isnan(than))
        return !isnan(score);
    return t->search->smallest ? score < than : score > than;
}

/* By merging, as there may be many; of equals the first stays the first. */
static void merge(const trials *t, int64_t *to, const int64_t *from, int64_t middle, int64_t end)
{
    for (int64_t a = 0, b = middle, at = 0; at < end; at++) {
        bool second =
            a == middle || (b < end && is_better(t, t->scores[from[b]], t->scores[from[a]]));
        to[at] = second ? from[b++] : from[a++];
    }
}

static void sort(const trials *t, int64_t *ranked, int64_t *room)
{
    for (int64_t width = 1; width < t->count; width *= 2) {
        for (int64_t first = 0; first < t->count; first += 2 * width) {
            int64_t end = neuron_min_count(2 * width, t->count - first);
            merge(t, room + first, ranked + first, neuron_min_count(width, end), end);
        }
        for (int64_t i = 0; i < t->count; i++)
            ranked[i] = room[i];
    }
}

static void put_facts(neuron_section *section, const trials *t)
{
    double seconds = 0;
    neuron_figure figure;
    for (int64_t i = 0; i < t->count; i++)
        seconds += neuron_trial_seconds(neuron_search_trial(t->search, i));
    neuron_facts_begin(section);
    neuron_fact_count(section, "Trials done", t->count);
    neuron_fact_count(section, "Combinations", t->search->combinations);
    neuron_fact_count(section, "Folds", t->search->folds);
    neuron_fact(section, "Goal", t->search->smallest ? "smallest" : "largest");
    neuron_fact_real(section, "Best score", t->scores[t->ranked[0]]);
    neuron_fact(section, "Time", neuron_figure_seconds(&figure, seconds));
    neuron_facts_end(section);
}

/* The heads and rows of trials. */
static void put_trials(neuron_section *section, const trials *t, int64_t shown)
{
    neuron_figure figure;
    neuron_table_column(section, "Trial", false);
    for (int64_t k = 0; k < t->factors; k++)
        neuron_table_column(section, factor_of(t, k)->name, !factor_of(t, k)->labels);
    neuron_table_column(section, "Score", true);
    if (t->search->folds > 1)
        neuron_table_column(section, "Deviation", true);
    for (int64_t k = 0; k < t->figures; k++)
        neuron_table_column(section, t->search->figures[k], true);
    neuron_table_column(section, "Time", true);
    for (int64_t i = 0; i < shown; i++) {
        const neuron_trial_t *trial = neuron_search_trial(t->search, t->ranked[i]);
        neuron_table_row(section, neuron_figure_count(&figure, neuron_trial_index(trial) + 1));
        for (int64_t k = 0; k < t->factors; k++)
            (factor_of(t, k)->labels ? neuron_table_cell : neuron_table_number)(
                section, neuron_names_at(&t->names[k], t->levels[t->ranked[i] * t->factors + k]));
        neuron_table_real(section, neuron_trial_score(trial));
        if (t->search->folds > 1)
            neuron_table_real(section, neuron_trial_deviation(trial));
        for (int64_t k = 0; k < t->figures; k++)
            neuron_table_real(section, t->values[k * t->count + t->ranked[i]]);
        neuron_table_number(section, neuron_figure_seconds(&figure, neuron_trial_seconds(trial)));
    }
}

/* The best and the mean of the scores, or of a figure, of the trials with a level; not a number
 * without any. What is better of figures is what the search's goal says of scores. */
static void judge_level(double *best, double *mean, const trials *t, const double *values,
                        int64_t factor, int64_t level)
{
    double sum = 0;
    int64_t count = 0;
    *best = NAN;
    for (int64_t i = 0; i < t->count; i++) {
        if (t->levels[i * t->factors + factor] != level || isnan(values[i]))
            continue;
        sum += values[i];
        count++;
        *best = is_better(t, values[i], *best) ? values[i] : *best;
    }
    *mean = count > 0 ? sum / (double)count : NAN;
}

static int64_t count_trials(const trials *t, int64_t factor, int64_t level)
{
    int64_t count = 0;
    for (int64_t i = 0; i < t->count; i++)
        count += t->levels[i * t->factors + factor] == level;
    return count;
}

/* "Best training accuracy" */
static int put_head(neuron_section *section, const char *which, const char *figure)
{
    NEURON_BUFFER(text, section->html.context);
    neuron_buffer_put(&text, which);
    neuron_buffer_put(&text, figure);
    neuron_buffer_add(&text, "", 1);
    RETURN_IF_ERROR(neuron_buffer_status(&text));
    neuron_table_column(section, text.bytes, true);
    return NEURON_OK;
}

static void put_level(neuron_section *section, const trials *t, int64_t k, int64_t level)
{
    double best, mean;
    neuron_table_row(section, factor_of(t, k)->name);
    neuron_table_cell(section, neuron_names_at(&t->names[k], level));
    neuron_table_count(section, count_trials(t, k, level));
    for (int64_t f = -1; f < t->figures; f++) {
        judge_level(&best, &mean, t, f < 0 ? t->scores : t->values + f * t->count, k, level);
        neuron_table_real(section, best);
        neuron_table_real(section, mean);
    }
}

/* All levels of all factors. */
static int put_levels(neuron_section *section, const trials *t)
{
    neuron_table_begin(section, "Levels");
    neuron_table_column(section, "Factor", false);
    neuron_table_column(section, "Level", false);
    neuron_table_column(section, "Trials", true);
    for (int64_t f = -1; f < t->figures; f++) {
        RETURN_IF_ERROR(put_head(section, "Best ", f < 0 ? "score" : t->search->figures[f]));
        RETURN_IF_ERROR(put_head(section, "Mean ", f < 0 ? "score" : t->search->figures[f]));
    }
    for (int64_t k = 0; k < t->factors; k++)
        for (int64_t i = 0; i < factor_of(t, k)->count; i++)
            put_level(section, t, k, i);
    neuron_table_end(section);
    return NEURON_OK;
}

static int put_factor(neuron_section *section, const trials *t, int64_t k)
{
    int64_t count = factor_of(t, k)->count;
    NEURON_BUFFER(room, section->html.context);
    double *best = neuron_buffer_room(&room, 2 * count, sizeof *best);
    if (!best)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < count; i++)
        judge_level(&best[i], &best[count + i], t, t->scores, k, i);
    neuron_dots_draw(section, &(neuron_dots){.name = "levels",
                                             .title = factor_of(t, k)->name,
                                             .what = "Level",
                                             .names = &t->names[k],
                                             .count = count,
                                             .first_name = "best score",
                                             .second_name = "mean score",
                                             .first = best,
                                             .second = best + count});
    return neuron_buffer_status(&section->html);
}

/* The best score of each pair of levels of two factors, and the best of the first figure. */
typedef struct level_pair {
    const trials *trials;
    double *best;   /* [level][level] */
    double *figure; /* likewise; NULL without figures */
    int64_t columns;
    double low, high; /* of all these */
    int decimals;
} level_pair;

static void fill_cell(neuron_heat_cell *cell, const void *data, int64_t row, int64_t column)
{
    const level_pair *p = data;
    double best = p->best[row * p->columns + column];
    double level = p->high > p->low ? (best - p->low) / (p->high - p->low) : 0.5;
    cell->level = p->trials->search->smallest ? 1 - level : level;
    cell->text.text[0] = cell->more.text[0] = '\0';
    if (isnan(best)) {
        cell->level = NAN;
        return;
    }
    neuron_figure_real(&cell->text, best, p->decimals);
    if (p->figure && !isnan(p->figure[row * p->columns + column]))
        neuron_figure_real(&cell->more, p->figure[row * p->columns + column], p->decimals);
}

/* Of each pair of levels. */
static void find_best_of(double *found, const level_pair *p, const double *values, int64_t a,
                         int64_t b, int64_t count)
{
    const trials *t = p->trials;
    for (int64_t i = 0; i < count; i++)
        found[i] = NAN;
    for (int64_t i = 0; i < t->count; i++) {
        const int64_t *levels = &t->levels[i * t->factors];
        double *best = &found[levels[a] * p->columns + levels[b]];
        *best = is_better(t, values[i], *best) ? values[i] : *best;
    }
}

static void find_best(level_pair *p, int64_t a, int64_t b, int64_t count)
{
    const trials *t = p->trials;
    find_best_of(p->best, p, t->scores, a, b, count);
    if (p->figure)
        find_best_of(p->figure, p, t->values, a, b, count);
    p->low = INFINITY;
    p->high = -INFINITY;
    for (int64_t i = 0; i < count; i++)
        if (!isnan(p->best[i])) {
            p->low = fmin(p->low, p->best[i]);
            p->high = fmax(p->high, p->best[i]);
        }
}

static int put_pair(neuron_section *section, const trials *t, int64_t a, int64_t b)
{
    const neuron_factor *down = factor_of(t, a), *across = factor_of(t, b);
    level_pair p = {.trials = t, .columns = across->count, .decimals = section->decimals};
    NEURON_BUFFER(room, section->html.context);
    NEURON_BUFFER(title, section->html.context);
    NEURON_BUFFER(below, section->html.context);
    int64_t cells = down->count * across->count;
    p.best = neuron_buffer_room(&room, 2 * cells, sizeof *p.best);
    if (p.best && t->figures > 0)
        p.figure = p.best + cells;
    neuron_buffer_put(&title, down->name);
    neuron_buffer_put(&title, " and ");
    neuron_buffer_put(&title, across->name);
    neuron_buffer_add(&title, "", 1);
    neuron_buffer_put(&below, "Below each score: the best ");
    neuron_buffer_put(&below, t->figures > 0 ? t->search->figures[0] : "");
    neuron_buffer_add(&below, "", 1);
    if (!p.best || title.failed || below.failed)
        return NEURON_E_MEMORY;
    find_best(&p, a, b, cells);
    neuron_heat_map_draw(
        section, &(neuron_heat_map){.name = "pair",
                                    .title = title.bytes,
                                    .description = "The best score of each pair of levels; darker "
                                                   "cells are better",
                                    .down = down->name,
                                    .across = across->name,
                                    .more = p.figure ? below.bytes : NULL,
                                    .rows = &t->names[a],
                                    .columns = &t->names[b],
                                    .row_count = down->count,
                                    .column_count = across->count,
                                    .cell = fill_cell,
                                    .data = &p});
    return neuron_buffer_status(&section->html);
}

static int put_pairs(neuron_section *section, const trials *t)
{
    int64_t shown = 0;
    for (int64_t a = 0; a < t->factors; a++)
        for (int64_t b = a + 1; b < t->factors && shown < PAIRS_MAX; b++) {
            if (factor_of(t, a)->count > LEVELS_MAX || factor_of(t, b)->count > LEVELS_MAX ||
                factor_of(t, a)->count < 2 || factor_of(t, b)->count < 2)
                continue;
            if (shown++ == 0) {
                neuron_write_heading(section, "Best score of each pair of levels");
                neuron_charts_begin(section);
            }
            RETURN_IF_ERROR(put_pair(section, t, a, b));
        }
    if (shown > 0)
        neuron_charts_end(section);
    return NEURON_OK;
}

static int put_lines(neuron_section *section, const trials *t)
{
    NEURON_BUFFER(room, section->html.context);
    neuron_parallel_factor *factors = neuron_buffer_room(&room, t->factors, sizeof *factors);
    if (!factors)
        return NEURON_E_MEMORY;
    for (int64_t k = 0; k < t->factors; k++)
        factors[k] =
            (neuron_parallel_factor){factor_of(t, k)->name, &t->names[k], factor_of(t, k)->count};
    neuron_chart chart = neuron_parallel_lines_draw(
        section,
        &(neuron_parallel_lines){.name = "trials",
                                 .title = "All trials; the best one stands out",
                                 .score_name = "score",
                                 .factors = factors,
                                 .factor_count = t->factors,
                                 .levels = t->levels,
                                 .scores = t->scores,
                                 .trial_count = t->count,
                                 .best = isnan(t->scores[t->ranked[0]]) ? -1 : t->ranked[0]});
    put_trials(section, t, t->count);
    neuron_chart_end_table(&chart);
    return neuron_buffer_status(&section->html);
}

static int put_all(neuron_section *section, const trials *t)
{
    put_facts(section, t);
    neuron_charts_begin(section);
    RETURN_IF_ERROR(put_lines(section, t));
    neuron_buffer_put(&section->html, "<div>\n");
    neuron_table_begin(section, "Best trials");
    put_trials(section, t, neuron_min_count(t->count, TRIALS_SHOWN));
    neuron_table_end(section);
    neuron_buffer_put(&section->html, "</div>\n");
    neuron_charts_end(section);
    neuron_write_heading(section, "Best and mean score of each level");
    neuron_charts_begin(section);
    for (int64_t k = 0; k < t->factors; k++)
        RETURN_IF_ERROR(put_factor(section, t, k));
    neuron_charts_end(section);
    RETURN_IF_ERROR(put_levels(section, t));
    return put_pairs(section, t);
}

static int name_levels(trials *t)
{
    neuron_figure figure;
    for (int64_t k = 0; k < t->factors; k++) {
        const neuron_factor *factor = factor_of(t, k);
        for (int64_t i = 0; i < factor->count; i++)
            neuron_names_add(&t->names[k], factor->labels
                                               ? factor->labels[i]
                                               : neuron_figure_short(&figure, factor->levels[i]));
        RETURN_IF_ERROR(neuron_names_status(&t->names[k]));
    }
    return NEURON_OK;
}

static int add(neuron_report_t *report, const char *heading, trials *t)
{
    NEURON_BUFFER(scores, report->context);
    NEURON_BUFFER(levels, report->context);
    NEURON_BUFFER(values, report->context);
    NEURON_BUFFER(ranked, report->context);
    t->scores = neuron_buffer_room(&scores, t->count, sizeof *t->scores);
    t->levels = neuron_buffer_room(&levels, t->count * t->factors, sizeof *t->levels);
    t->ranked = neuron_buffer_room(&ranked, 2 * t->count, sizeof *t->ranked);
    t->values = neuron_buffer_room(&values, t->count * t->figures + 1, sizeof *t->values);
    if (!t->scores || !t->levels || !t->ranked || !t->values)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < t->count; i++) {
        t->scores[i] = neuron_trial_score(neuron_search_trial(t->search, i));
        t->ranked[i] = i;
        read_levels(t, i);
        for (int64_t k = 0; k < t->figures; k++)
            t->values[k * t->count + i] =
                neuron_trial_figure(neuron_search_trial(t->search, i), t->search->figures[k]);
    }
    sort(t, t->ranked, t->ranked + t->count);
    RETURN_IF_ERROR(name_levels(t));
    NEURON_SECTION(section, report, heading, "Search");
    RETURN_IF_ERROR(put_all(&section, t));
    return neuron_report_add(report, &section);
}

int neuron_report_add_search(neuron_report_t *report, const char *heading,
                             const neuron_search_t *search)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(report);
    CHECK_ARGUMENT(search);
    trials t = {.search = search,
                .count = neuron_search_trial_count(search),
                .factors = search->factor_count,
                .figures = search->figure_count};
    if (t.count == 0)
        return neuron_fail(NEURON_E_DATA, "%s: no trial of the search is done", __func__);
    NEURON_BUFFER(room, report->context);
    t.names = neuron_buffer_room(&room, t.factors, sizeof *t.names);
    if (!t.names)
        return NEURON_E_MEMORY;
    for (int64_t k = 0; k < t.factors; k++)
        t.names[k].texts.context = t.names[k].places.context = report->context;
    int status = add(report, heading, &t);
    for (int64_t k = 0; k < t.factors; k++)
        neuron_names_end(&t.names[k]);
    return status;
}
