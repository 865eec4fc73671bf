/* Searches, from the inside. */
#ifndef SEARCH_SEARCH_H
#define SEARCH_SEARCH_H

#include <libneuron-committee/search.h>

#include "base/context.h"
#include "base/options/options.h"

#include <stdbool.h>

enum { NEURON_FACTOR_NAME_MAX = 127, NEURON_FOLDS_MAX = 10000, NEURON_FIGURES_MAX = 16 };

typedef struct neuron_factor {
    char *name;
    int64_t count;
    double *levels; /* NULL if they are texts */
    char **labels;  /* NULL if they are numbers */
} neuron_factor;

/* One fold. */
typedef struct neuron_fold_result {
    double score; /* NaN for none */
    double seconds;
    bool done;
    bool logged; /* the file has it */
} neuron_fold_result;

typedef struct neuron_fold_figure {
    char name[NEURON_FACTOR_NAME_MAX + 1];
    double value; /* NaN for none */
} neuron_fold_figure;

/* What came of a fold: all that there is to know of it elsewhere. */
typedef struct neuron_fold_report {
    int64_t number; /* trial * folds + fold */
    double score, seconds;
    bool logged;
    int64_t figure_count;
    neuron_fold_figure figures[NEURON_FIGURES_MAX]; /* in the order in which they were noted */
} neuron_fold_report;

struct neuron_trial {
    neuron_handle handle;
    neuron_search_t *search;
    int64_t index;
    int64_t combination; /* its place among all, the last factor's levels changing fastest */
    int64_t fold;        /* that is to be tried */
    int64_t done;        /* how many folds are */
    double *figures;     /* [fold][NEURON_FIGURES_MAX], NaN for none; NULL before the first */
    neuron_fold_result folds[];
};

/* How a search runs. */
typedef enum neuron_search_kind {
    NEURON_SEARCH_NONE,
    NEURON_SEARCH_GRID,
    NEURON_SEARCH_RANDOM
} neuron_search_kind;

struct neuron_search {
    neuron_handle handle;
    neuron_context_t *context;
    neuron_search_function_t function;
    void *user_data;
    neuron_destroy_function_t destroy; /* of the user data; NULL for none */
    neuron_factor *factors;
    int64_t factor_count;
    char *figures[NEURON_FIGURES_MAX];       /* names of those that trials noted, in that order */
    int64_t first_noted[NEURON_FIGURES_MAX]; /* of each: fold * NEURON_FIGURES_MAX + its place */
    int64_t figure_count;
    int64_t noted[NEURON_FIGURES_MAX]; /* those of the fold that is tried, in that order */
    int64_t noted_count;
    int64_t combinations;
    bool smallest; /* scores are better */
    int64_t folds;
    char *log_path;

    bool running;
    neuron_search_kind kind; /* none before the first run */
    uint64_t seed;
    bool log_open;         /* what the file has is taken over */
    neuron_trial_t *tried; /* that is being tried; NULL for none */
    int64_t count, capacity;
    int64_t done, first_open; /* trials with all folds: in all, and those before any other */
    neuron_trial_t **trials;
    int64_t *places; /* see choose.c */

    bool serves;      /* others while this rank, the first, tries something */
    int64_t patience; /* seconds that another rank has for a fold; 0 for any number */
    struct neuron_search_ranks *ranks; /* NULL for one alone */
};

NEURON_HOLD_DECLARE(search);

/* What a search is made with. */
extern const neuron_option_table neuron_search_options;

/* NEURON_E_STATE after the first run has begun, with what comes before that. */
int neuron_search_check_not_begun(const neuron_search_t *search, const char *what);

/* "smallest" */
const char *neuron_search_goal_name(const neuron_search_t *search);

/* "grid" */
const char *neuron_search_kind_name(neuron_search_kind kind);

/* Place of the trial's level of a factor in its list. */
int64_t neuron_trial_level(const neuron_trial_t *trial, int64_t factor);

/* A trial by its index: all up to it are made, if they are not yet. */
int neuron_search_reach(neuron_trial_t **trial, neuron_search_t *search, int64_t index);

/* Tries a fold, which is then done, or not, by what the function returned. */
int neuron_search_try(neuron_search_t *search, neuron_trial_t *trial, int64_t fold);

/* One rank's run, alone. */
int neuron_search_run_alone(neuron_search_t *search, int64_t trials);

/* Room for one more trial. */
int neuron_search_make_room(neuron_search_t *search);

/* The combination of the next trial, for which there is room; it does not depend on how many trials
 * there will be. */
int64_t neuron_search_choose(neuron_search_t *search);

/* Notes a fold as done. */
void neuron_trial_note(neuron_trial_t *trial, int64_t fold, double score, double seconds);

/* Tells what came of the fold that was tried last, or of one that is done. */
void neuron_trial_report(neuron_fold_report *report, const neuron_trial_t *trial, int64_t fold,
                         bool last);

/* Notes what was told. */
int neuron_search_take(neuron_search_t *search, const neuron_fold_report *report);

/* Has no fold done, and no figures: what is told then is all that there is. */
void neuron_search_clear(neuron_search_t *search);

/* Puts the names of figures in the order in which trials first had them, whatever the order in
 * which they were done. */
void neuron_search_sort_figures(neuron_search_t *search);

/* Notes a figure of the fold that is to be tried. */
int neuron_trial_keep_figure(neuron_trial_t *trial, const char *name, double value);

/* Before a fold is tried, or told: drops those of a try that failed. */
void neuron_trial_forget_figures(neuron_trial_t *trial);

/* A figure of a fold by the place of its name; NaN for none. */
double neuron_trial_fold_figure_at(const neuron_trial_t *trial, int64_t fold, int64_t place);

/* Drops all trials, and with them the names of their figures. */
void neuron_search_drop_trials(neuron_search_t *search);

/* Whether a score, which may be none, is better than another. */
bool neuron_search_better(const neuron_search_t *search, double score, double than);

/* Takes over what the log has, and begins it if there is none. */
int neuron_search_open_log(neuron_search_t *search);

/* Adds the folds that the log lacks. */
int neuron_search_write_log(neuron_search_t *search);

/* Adds one fold, if there is a log. It reads of the search what no run changes. */
int neuron_search_log_fold(const neuron_search_t *search, const neuron_fold_report *report);

#endif
