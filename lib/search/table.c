/* The table of a search: how good each level of each factor was. */
#include "search/search.h"

#include "base/float-mode.h"
#include "base/text/number.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { GAP = 2, COLUMNS = 5 };

typedef struct row {
    const char *cells[COLUMNS];
} row;

static const row titles = {{"Factor", "Level", "Trials", "Best", "Mean"}};

/* The scores of one level. */
typedef struct tally {
    int64_t trials, scored;
    double best, sum;
} tally;

typedef struct table {
    const neuron_search_t *search;
    tally *tallies; /* of all levels of the first factor, then of the next */
    size_t widths[COLUMNS];
} table;

static void count_trial(const table *t, const neuron_trial_t *trial)
{
    const neuron_search_t *search = t->search;
    double score = neuron_trial_score(trial);
    tally *of_factor = t->tallies;
    for (int32_t i = 0; i < search->factor_count; i++) {
        tally *found = &of_factor[neuron_trial_level(trial, i)];
        of_factor += search->factors[i].count;
        found->trials++;
        if (isnan(score))
            continue;
        found->scored++;
        found->sum += score;
        if (neuron_search_better(search, score, found->best))
            found->best = score;
    }
}

/* Counts all trials once. The caller releases the tallies. */
static int count_trials(table *t)
{
    const neuron_search_t *search = t->search;
    size_t count = 0;
    for (int32_t i = 0; i < search->factor_count; i++)
        count += (size_t)search->factors[i].count;
    t->tallies = neuron_allocate(search->context, count, sizeof *t->tallies);
    if (!t->tallies)
        return NEURON_E_MEMORY;
    for (size_t i = 0; i < count; i++)
        t->tallies[i] = (tally){.best = NAN};
    for (int64_t i = 0; i < search->count; i++)
        if (search->trials[i]->done == search->folds)
            count_trial(t, search->trials[i]);
    return NEURON_OK;
}

static const char *level_text(const neuron_factor *factor, int64_t level,
                              char text[NEURON_NUMBER_TEXT])
{
    return factor->levels ? neuron_number_short(factor->levels[level], text)
                          : factor->labels[level];
}

/* A score, or "-" for none. */
static const char *score_text(double score, char text[NEURON_NUMBER_TEXT])
{
    return isnan(score) ? "-" : neuron_number_short(score, text);
}

/* Calls `visit` with each row of levels. */
static void for_each_row(table *t, void (*visit)(table *t, neuron_text *text, const row *cells),
                         neuron_text *text)
{
    char numbers[COLUMNS][NEURON_NUMBER_TEXT];
    const tally *next = t->tallies;
    for (int32_t i = 0; i < t->search->factor_count; i++) {
        const neuron_factor *factor = &t->search->factors[i];
        for (int32_t level = 0; level < factor->count; level++) {
            const tally found = *next++;
            double mean = found.scored > 0 ? found.sum / (double)found.scored : NAN;
            snprintf(numbers[2], sizeof numbers[2], "%" PRId64, found.trials);
            row cells = {{level == 0 ? factor->name : "", level_text(factor, level, numbers[1]),
                          numbers[2], score_text(found.best, numbers[3]),
                          score_text(mean, numbers[4])}};
            visit(t, text, &cells);
        }
    }
}

static void measure(table *t, neuron_text *text, const row *cells)
{
    (void)text;
    for (int i = 0; i < COLUMNS; i++) {
        size_t width = neuron_text_width(cells->cells[i]);
        t->widths[i] = width > t->widths[i] ? width : t->widths[i];
    }
}

/* Names to the left, numbers to the right. */
static void put(table *t, neuron_text *text, const row *cells)
{
    for (int i = 0; i < COLUMNS; i++) {
        neuron_text_repeat(text, ' ', i > 0 ? GAP : 0);
        if (i < 2)
            neuron_text_left(text, cells->cells[i], t->widths[i]);
        else
            neuron_text_right(text, cells->cells[i], t->widths[i]);
    }
    neuron_text_end_line(text);
}

static void put_rule(const table *t, neuron_text *text, char character)
{
    size_t width = GAP * (COLUMNS - 1);
    for (int i = 0; i < COLUMNS; i++)
        width += t->widths[i];
    neuron_text_repeat(text, character, width);
    neuron_text_end_line(text);
}

/* "Best of 60 trials: 0.9428 in trial 17 with rate 0.001, activation relu" */
static void put_best(const table *t, neuron_text *text)
{
    char line[128], number[NEURON_NUMBER_TEXT];
    const neuron_trial_t *best = neuron_search_best(t->search);
    snprintf(line, sizeof line,
             "Best of %" PRId64 " trials: ", neuron_search_trial_count(t->search));
    neuron_text_put(text, line);
    neuron_text_put(text, score_text(neuron_trial_score(best), number));
    if (best) {
        snprintf(line, sizeof line, " in trial %" PRId64 " with ", best->index);
        neuron_text_put(text, line);
    }
    for (int32_t i = 0; best && i < t->search->factor_count; i++) {
        const neuron_factor *factor = &t->search->factors[i];
        neuron_text_put(text, i > 0 ? ", " : "");
        neuron_text_put(text, factor->name);
        neuron_text_put(text, " ");
        neuron_text_put(text, level_text(factor, neuron_trial_level(best, i), number));
    }
    neuron_text_end_line(text);
}

static void put_table(neuron_text *text, const void *subject)
{
    table t = *(const table *)subject;
    measure(&t, text, &titles);
    for_each_row(&t, measure, text);
    put(&t, text, &titles);
    put_rule(&t, text, '=');
    for_each_row(&t, put, text);
    put_rule(&t, text, '=');
    put_best(&t, text);
}

int neuron_search_table(char *text, size_t capacity, size_t *needed, const neuron_search_t *search)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(search);
    CHECK_ROOM(text, capacity);
    table t = {.search = search};
    int status = count_trials(&t);
    if (status == NEURON_OK)
        status = neuron_text_fill(put_table, &t, "search", text, capacity, needed);
    neuron_release(search->context, t.tallies);
    return status;
}
