/* Which trials a search has, and running them. */
#include "search/search.h"

#include "base/checked.h"
#include "base/clock.h"
#include "base/float-mode.h"

#include <inttypes.h>
#include <math.h>

static bool is_done(const neuron_trial_t *trial)
{
    return trial->done == trial->search->folds;
}

int64_t neuron_search_trial_count(const neuron_search_t *search)
{
    if (!NEURON_IS(search) || search->count == 0)
        return 0;
    return is_done(search->trials[search->count - 1]) ? search->count : search->count - 1;
}

const neuron_trial_t *neuron_search_trial(const neuron_search_t *search, int64_t index)
{
    return index >= 0 && index < neuron_search_trial_count(search) ? search->trials[index] : NULL;
}

int64_t neuron_search_folds_done(const neuron_search_t *search)
{
    if (search->count == 0)
        return 0;
    return (search->count - 1) * search->folds + search->trials[search->count - 1]->done;
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
    for (int64_t i = 0; i < neuron_search_trial_count(search); i++)
        if (neuron_search_better(search, neuron_trial_score(search->trials[i]),
                                 neuron_trial_score(best)))
            best = search->trials[i];
    return best;
}

int neuron_search_next(neuron_trial_t **trial, neuron_search_t *search)
{
    if (search->count > 0 && !is_done(search->trials[search->count - 1])) {
        *trial = search->trials[search->count - 1];
        return NEURON_OK;
    }
    RETURN_IF_ERROR(neuron_search_make_room(search));
    size_t size = sizeof **trial + (size_t)search->folds * sizeof *(*trial)->folds;
    *trial = neuron_allocate_zero(search->context, 1, size);
    if (!*trial)
        return NEURON_E_MEMORY;
    neuron_handle_init(&(*trial)->handle, NEURON_HANDLE_TRIAL);
    (*trial)->search = search;
    (*trial)->index = search->count;
    (*trial)->combination = neuron_search_choose(search);
    search->trials[search->count++] = *trial;
    return NEURON_OK;
}

/* ---- Running ---- */

static int run_fold(neuron_search_t *search)
{
    neuron_trial_t *trial;
    RETURN_IF_ERROR(neuron_search_next(&trial, search));
    neuron_trial_forget_figures(trial);
    uint64_t before = neuron_message_count();
    double score = NAN, begin = neuron_clock_seconds();
    neuron_float_host *host = neuron_float_pause();
    int result = search->function(&score, trial, search->user_data);
    neuron_float_resume(host);
    if (result == NEURON_STOP)
        return result;
    if (result != NEURON_OK)
        return neuron_fail_call(result, before,
                                "the search's function returned %d in trial %" PRId64, result,
                                trial->index);
    neuron_trial_note(trial, score, neuron_clock_seconds() - begin);
    return neuron_search_write_log(search);
}

static int run_trials(neuron_search_t *search, int64_t trials)
{
    int status = neuron_search_open_log(search);
    if (status == NEURON_OK) /* what could not be written the last time */
        status = neuron_search_write_log(search);
    while (status == 0 && neuron_search_trial_count(search) < trials)
        status = run_fold(search);
    return status;
}

/* Also when the function has left it instead of returning. */
static void end_run(void *owner, void *object)
{
    (void)owner;
    neuron_search_t *search = object;
    search->running = false;
    /* Nothing was done, so that it may still run otherwise. */
    if (search->count == 0 && !search->log_open)
        search->kind = NEURON_SEARCH_NONE;
}

static int run(neuron_search_t *search, neuron_search_kind kind, int64_t trials, uint64_t seed)
{
    if (search->running)
        return neuron_fail(NEURON_E_STATE, "search: is running already");
    if (search->factor_count == 0)
        return neuron_fail(NEURON_E_ARGUMENT, "search: has no factors");
    if (search->kind != NEURON_SEARCH_NONE && (search->kind != kind || search->seed != seed))
        return neuron_fail(NEURON_E_STATE,
                           "search: has run as a %s search with seed %" PRIu64
                           ", not a %s search with seed %" PRIu64,
                           neuron_search_kind_name(search->kind), search->seed,
                           neuron_search_kind_name(kind), seed);
    search->kind = kind;
    search->seed = seed;
    search->running = true;
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, search, search);
    neuron_hold_add(&hold, end_run, NULL, search);
    return run_trials(search, trials);
}

int neuron_search_run_grid(neuron_search_t *search)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(search);
    neuron_hold_end_left();
    if (search->combinations > INT32_MAX)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "search: the grid has %" PRId64 " trials; there can be 2,147,483,647",
                           search->combinations);
    /* Later runs have it from the first: the search's function may set the context's. */
    uint64_t seed = search->kind == NEURON_SEARCH_NONE ? search->context->seed : search->seed;
    return run(search, NEURON_SEARCH_GRID, search->combinations, seed);
}

int neuron_search_run_random(neuron_search_t *search, int64_t trials, uint64_t seed)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(search);
    neuron_hold_end_left();
    RETURN_IF_ERROR(neuron_check_range(trials, 1, INT32_MAX, "trials", "search"));
    return run(search, NEURON_SEARCH_RANDOM, trials, seed);
}
