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

/* One fold that is done. */
typedef struct neuron_fold_result {
    double score; /* NaN for none */
    double seconds;
} neuron_fold_result;

struct neuron_trial {
    neuron_handle handle;
    neuron_search_t *search;
    int64_t index;
    int64_t combination; /* its place among all, the last factor's levels changing fastest */
    int64_t fold;        /* that is to be tried */
    int64_t done;        /* folds */
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
    char *figures[NEURON_FIGURES_MAX]; /* names of those that trials noted, in that order */
    int64_t figure_count;
    int64_t combinations;
    bool smallest; /* scores are better */
    int64_t folds;
    char *log_path;

    bool running;
    neuron_search_kind kind; /* none before the first run */
    uint64_t seed;
    bool log_open;  /* what the file has is taken over */
    int64_t logged; /* folds of all trials that the file has */
    int64_t count, capacity;
    neuron_trial_t **trials; /* the last one may not be done */
    int64_t *places;         /* see choose.c */
};

NEURON_HOLD_DECLARE(search);

/* What a search is made with. */
extern const neuron_option_table neuron_search_options;

/* "smallest" */
const char *neuron_search_goal_name(const neuron_search_t *search);

/* "grid" */
const char *neuron_search_kind_name(neuron_search_kind kind);

/* Place of the trial's level of a factor in its list. */
int64_t neuron_trial_level(const neuron_trial_t *trial, int64_t factor);

/* The trial that is not done: the last one, or a new one. */
int neuron_search_next(neuron_trial_t **trial, neuron_search_t *search);

/* Room for one more trial. */
int neuron_search_make_room(neuron_search_t *search);

/* The combination of the next trial, for which there is room; it does not depend on how many trials
 * there will be. */
int64_t neuron_search_choose(neuron_search_t *search);

/* Folds of all trials that are done. */
int64_t neuron_search_folds_done(const neuron_search_t *search);

/* Notes the fold that is to be tried as done. */
void neuron_trial_note(neuron_trial_t *trial, double score, double seconds);

/* Notes a figure of the fold that is to be tried. */
int neuron_trial_keep_figure(neuron_trial_t *trial, const char *name, double value);

/* Drops those of a try that failed. */
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

#endif
