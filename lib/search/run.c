/* Which trials a search has, and running them. */
#include "search/search.h"

#include "base/checked.h"
#include "base/clock.h"
#include "base/float-mode.h"
#include "search/ranks.h"

#include <inttypes.h>
#include <math.h>

static bool is_done(const neuron_trial_t *trial)
{
    return trial->done == trial->search->folds;
}

int64_t neuron_search_trial_count(const neuron_search_t *search)
{
    return NEURON_IS(search) ? search->done : 0;
}

const neuron_trial_t *neuron_search_trial(const neuron_search_t *search, int64_t index)
{
    if (index < 0 || index >= neuron_search_trial_count(search))
        return NULL;
    if (index < search->first_open)
        return search->trials[index];
    /* Others are done beyond one that is not: ranks were stopped. */
    const neuron_trial_t *found = NULL;
    for (int64_t i = search->first_open, left = index - i; !found; i++)
        if (is_done(search->trials[i]) && left-- == 0)
            found = search->trials[i];
    return found;
}

bool neuron_search_better(const neuron_search_t *search, double score, double than)
{
    if (isnan(score) || isnan(than))
        return !isnan(score);
    return search->smallest ? score < than : score > than;
}

const neuron_trial_t *neuron_search_best(const neuron_search_t *search)
{
    FLOAT_SCOPE;
    const neuron_trial_t *best = NULL;
    for (int64_t i = 0; NEURON_IS(search) && i < search->count; i++)
        if (is_done(search->trials[i]) &&
            neuron_search_better(search, neuron_trial_score(search->trials[i]),
                                 neuron_trial_score(best)))
            best = search->trials[i];
    return best;
}

static int add_trial(neuron_search_t *search)
{
    RETURN_IF_ERROR(neuron_search_make_room(search));
    neuron_trial_t *trial;
    size_t size = sizeof *trial + (size_t)search->folds * sizeof *trial->folds;
    trial = neuron_allocate_zero(search->context, 1, size);
    if (!trial)
        return NEURON_E_MEMORY;
    neuron_handle_init(&trial->handle, NEURON_HANDLE_TRIAL);
    trial->search = search;
    trial->index = search->count;
    trial->combination = neuron_search_choose(search);
    search->trials[search->count++] = trial;
    return NEURON_OK;
}

int neuron_search_reach(neuron_trial_t **trial, neuron_search_t *search, int64_t index)
{
    while (search->count <= index)
        RETURN_IF_ERROR(add_trial(search));
    *trial = search->trials[index];
    return NEURON_OK;
}

/* ---- Running ---- */

int neuron_search_try(neuron_search_t *search, neuron_trial_t *trial, int64_t fold)
{
    trial->fold = fold;
    neuron_trial_forget_figures(trial);
    uint64_t before = neuron_message_count();
    double score = NAN, begin = neuron_clock_seconds();
    search->tried = trial;
    neuron_float_host *host = neuron_float_pause();
    int result = search->function(&score, trial, search->user_data);
    neuron_float_resume(host);
    search->tried = NULL;
    if (result == NEURON_STOP)
        return result;
    if (result != NEURON_OK)
        return neuron_fail_call(result, before,
                                "the search's function returned %d in trial %" PRId64, result,
                                trial->index);
    neuron_trial_note(trial, fold, score, neuron_clock_seconds() - begin);
    return NEURON_OK;
}

/* Tries the first fold that is not done. */
static int try_next(neuron_search_t *search)
{
    neuron_trial_t *trial;
    int64_t fold = 0;
    RETURN_IF_ERROR(neuron_search_reach(&trial, search, search->first_open));
    while (trial->folds[fold].done)
        fold++;
    int status = neuron_search_try(search, trial, fold);
    if (status != NEURON_OK)
        return status;
    neuron_fold_report report;
    neuron_trial_report(&report, trial, fold, true);
    RETURN_IF_ERROR(neuron_search_log_fold(search, &report));
    trial->folds[fold].logged = true;
    return NEURON_OK;
}

int neuron_search_run_alone(neuron_search_t *search, int64_t trials)
{
    int status = neuron_search_open_log(search);
    if (status == NEURON_OK) /* what could not be written the last time */
        status = neuron_search_write_log(search);
    while (status == 0 && search->first_open < trials)
        status = try_next(search);
    return status;
}

/* Also when the function has left it instead of returning. */
static void end_run(void *owner, void *object)
{
    (void)owner;
    neuron_search_t *search = object;
    search->running = false;
    search->tried = NULL;
    neuron_search_end_ranks(search);
    /* Nothing was done, so that it may still run otherwise. */
    if (search->count == 0 && !search->log_open)
        search->kind = NEURON_SEARCH_NONE;
}

static int check_run(const neuron_search_t *search, neuron_search_kind kind, int64_t trials,
                     uint64_t seed)
{
    if (search->factor_count == 0)
        return neuron_fail(NEURON_E_ARGUMENT, "search: has no factors");
    if (kind == NEURON_SEARCH_GRID && trials > INT32_MAX)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "search: the grid has %" PRId64 " trials; there can be 2,147,483,647",
                           trials);
    RETURN_IF_ERROR(neuron_check_range(trials, 1, INT32_MAX, "trials", "search"));
    if (search->kind != NEURON_SEARCH_NONE && (search->kind != kind || search->seed != seed))
        return neuron_fail(NEURON_E_STATE,
                           "search: has run as a %s search with seed %" PRIu64
                           ", not a %s search with seed %" PRIu64,
                           neuron_search_kind_name(search->kind), search->seed,
                           neuron_search_kind_name(kind), seed);
    return NEURON_OK;
}

static int run(neuron_search_t *search, neuron_search_kind kind, int64_t trials, uint64_t seed)
{
    if (search->running)
        return neuron_fail(NEURON_E_STATE, "search: is running already");
    int status = check_run(search, kind, trials, seed);
    if (status < 0 && !search->ranks)
        return status;
    if (status == NEURON_OK) {
        search->kind = kind;
        search->seed = seed;
    }
    search->running = true;
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, search, search);
    neuron_hold_add(&hold, end_run, NULL, search);
    return search->ranks ? neuron_search_run_in_ranks(search, trials, status)
                         : neuron_search_run_alone(search, trials);
}

int neuron_search_run_grid(neuron_search_t *search)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(search);
    neuron_hold_end_left();
    /* Later runs have it from the first: the search's function may set the context's. */
    uint64_t seed = search->kind == NEURON_SEARCH_NONE ? search->context->seed : search->seed;
    return run(search, NEURON_SEARCH_GRID, search->combinations, seed);
}

int neuron_search_run_random(neuron_search_t *search, int64_t trials, uint64_t seed)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(search);
    neuron_hold_end_left();
    return run(search, NEURON_SEARCH_RANDOM, trials, seed);
}
