/* Searches: what is varied, over which values, and how trials are judged. run.c runs them, log.c
 * keeps a line of each, so that a search that was stopped goes on. */
#include "search/search.h"

#include "base/checked.h"
#include "base/files/file.h"
#include "base/float-mode.h"
#include "base/text/number.h"
#include "search/ranks.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { GOAL = 1, FOLDS, SERVE, PATIENCE };
typedef enum search_serving { SERVE_THREAD, SERVE_ONLY } search_serving;
typedef enum search_goal { SMALLEST, LARGEST } search_goal;

static const neuron_word goals[] = {{SMALLEST, "smallest"}, {LARGEST, "largest"}, {0, ""}};

static const neuron_word servings[] = {{SERVE_THREAD, "thread"}, {SERVE_ONLY, "only"}, {0, ""}};

static const neuron_option rows[] = {
    NEURON_CHOICE(GOAL, "goal", goals, LARGEST, "which scores are better"),
    NEURON_INTEGER(FOLDS, "folds", 1, NEURON_FOLDS_MAX, 1, "how many times each trial is tried"),
    NEURON_CHOICE(SERVE, "serve", servings, SERVE_THREAD, "how rank 0 answers other ranks"),
    NEURON_INTEGER(PATIENCE, "patience", 0, INT32_MAX, 0, "seconds a rank has for a fold"),
};

const neuron_option_table neuron_search_options = NEURON_OPTION_TABLE(rows);

static const int64_t combinations_max = (int64_t)1 << 62;

int neuron_search_create(neuron_search_t **search, neuron_context_t *context,
                         neuron_search_function_t function, void *user_data,
                         neuron_destroy_function_t destroy, const char *options)
{
    CHECK_ARGUMENT(search);
    *search = NULL;
    CHECK_ARGUMENT(context);
    CHECK_FUNCTION(function);
    neuron_options settings;
    neuron_options_reset(&settings, &neuron_search_options);
    RETURN_IF_ERROR(neuron_options_parse(&settings, options, "search"));
    neuron_search_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(context);
    made->function = function;
    made->user_data = user_data;
    made->destroy = destroy;
    made->combinations = 1;
    made->smallest = neuron_options_value(&settings, GOAL) == SMALLEST;
    made->folds = (int64_t)neuron_options_value(&settings, FOLDS);
    made->serves = neuron_options_value(&settings, SERVE) == SERVE_THREAD;
    made->patience = (int64_t)neuron_options_value(&settings, PATIENCE);
    *search = made;
    return NEURON_OK;
}

neuron_search_t *neuron_search_ref(neuron_search_t *search)
{
    if (!NEURON_IS(search))
        return NULL;
    neuron_handle_own(&search->handle);
    return search;
}

void neuron_search_drop_trials(neuron_search_t *search)
{
    for (int64_t i = 0; i < search->count; i++) {
        neuron_release(search->context, search->trials[i]->figures);
        neuron_release(search->context, search->trials[i]);
    }
    for (int64_t i = 0; i < search->figure_count; i++)
        neuron_release(search->context, search->figures[i]);
    search->count = search->figure_count = search->done = search->first_open = 0;
    search->tried = NULL;
}

static void drop_factor(neuron_context_t *context, neuron_factor *factor)
{
    for (int32_t i = 0; factor->labels && i < factor->count; i++)
        neuron_release(context, factor->labels[i]);
    neuron_release(context, factor->labels);
    neuron_release(context, factor->levels);
    neuron_release(context, factor->name);
}

void neuron_search_unref(neuron_search_t *search)
{
    if (!NEURON_IS(search) || !neuron_hold_last_owner(&search->handle.references))
        return;
    neuron_context_t *context = search->context;
    if (search->destroy)
        neuron_destroy_user_data(search->destroy, search->user_data);
    neuron_search_leave_ranks(search);
    neuron_search_drop_trials(search);
    neuron_release(context, search->trials);
    neuron_release(context, search->places);
    for (int32_t i = 0; i < search->factor_count; i++)
        drop_factor(context, &search->factors[i]);
    neuron_release(context, search->factors);
    neuron_release(context, search->log_path);
    neuron_release(context, search);
    neuron_context_unref(context);
}

NEURON_HOLD_DEFINE(search)

int neuron_search_check_not_begun(const neuron_search_t *search, const char *what)
{
    if (search->running || search->kind != NEURON_SEARCH_NONE)
        return neuron_fail(NEURON_E_STATE, "search: gets %s before its first run", what);
    return NEURON_OK;
}

/* ---- Factors ---- */

static int check_factor(const neuron_search_t *search, const char *name, int64_t count)
{
    int64_t product;
    RETURN_IF_ERROR(neuron_search_check_not_begun(search, "factors"));
    RETURN_IF_ERROR(neuron_name_check(name, NEURON_FACTOR_NAME_MAX, "", "search"));
    for (int32_t i = 0; i < search->factor_count; i++)
        if (strcmp(search->factors[i].name, name) == 0)
            return neuron_fail(NEURON_E_ARGUMENT, "search: has a factor %s already", name);
    if (count < 1)
        return neuron_refuse_value(count, "count", "1 or more", "search");
    if (!neuron_multiply_count(search->combinations, count, &product) ||
        product >= combinations_max)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "search: with factor %s there are 2^62 combinations or more", name);
    return NEURON_OK;
}

static int check_levels(const char *name, const double *levels, int64_t count)
{
    char text[NEURON_NUMBER_TEXT];
    for (int32_t i = 0; i < count; i++) {
        if (!isfinite(levels[i]))
            return neuron_fail(NEURON_E_ARGUMENT,
                               "search: levels[%" PRId32 "] of factor %s is %s; it must be finite",
                               i, name, neuron_number_short(levels[i], text));
        for (int32_t j = 0; j < i; j++)
            if (levels[i] == levels[j])
                return neuron_fail(NEURON_E_ARGUMENT, "search: factor %s has the level %s twice",
                                   name, neuron_number_short(levels[i], text));
    }
    return NEURON_OK;
}

static int check_labels(const char *name, const char *const *labels, int64_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (!labels[i])
            return neuron_fail(NEURON_E_ARGUMENT,
                               "search: labels[%" PRId32 "] of factor %s is NULL", i, name);
        RETURN_IF_ERROR(neuron_name_check(labels[i], NEURON_FACTOR_NAME_MAX, "", "search"));
        for (int32_t j = 0; j < i; j++)
            if (strcmp(labels[i], labels[j]) == 0)
                return neuron_fail(NEURON_E_ARGUMENT, "search: factor %s has the level %s twice",
                                   name, labels[i]);
    }
    return NEURON_OK;
}

/* Takes over a factor, which it drops on failure. */
static int add_factor(neuron_search_t *search, neuron_factor *factor)
{
    size_t count = (size_t)search->factor_count;
    neuron_factor *list = neuron_allocate(search->context, count + 1, sizeof *list);
    if (!list) {
        drop_factor(search->context, factor);
        return NEURON_E_MEMORY;
    }
    if (count > 0)
        memcpy(list, search->factors, count * sizeof *list);
    list[count] = *factor;
    neuron_release(search->context, search->factors);
    search->factors = list;
    search->factor_count++;
    search->combinations *= factor->count;
    return NEURON_OK;
}

int neuron_search_add_factor(neuron_search_t *search, const char *name, const double *levels,
                             int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(search);
    CHECK_ARGUMENT(name);
    CHECK_ARGUMENT(levels);
    neuron_hold_end_left();
    RETURN_IF_ERROR(check_factor(search, name, count));
    RETURN_IF_ERROR(check_levels(name, levels, count));
    neuron_factor factor = {.count = count};
    factor.name = neuron_copy_text(search->context, name);
    factor.levels = neuron_allocate(search->context, neuron_size(count), sizeof *levels);
    if (!factor.name || !factor.levels) {
        drop_factor(search->context, &factor);
        return NEURON_E_MEMORY;
    }
    memcpy(factor.levels, levels, (size_t)count * sizeof *levels);
    return add_factor(search, &factor);
}

int neuron_search_add_choice(neuron_search_t *search, const char *name, const char *const *labels,
                             int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(search);
    CHECK_ARGUMENT(name);
    CHECK_ARGUMENT(labels);
    neuron_hold_end_left();
    RETURN_IF_ERROR(check_factor(search, name, count));
    RETURN_IF_ERROR(check_labels(name, labels, count));
    neuron_factor factor = {.count = count};
    factor.name = neuron_copy_text(search->context, name);
    factor.labels =
        neuron_allocate_zero(search->context, neuron_size(count), sizeof *factor.labels);
    bool complete = factor.name && factor.labels;
    for (int32_t i = 0; i < count && complete; i++) {
        factor.labels[i] = neuron_copy_text(search->context, labels[i]);
        complete = factor.labels[i] != NULL;
    }
    if (!complete) {
        drop_factor(search->context, &factor);
        return NEURON_E_MEMORY;
    }
    return add_factor(search, &factor);
}

/* ---- Settings ---- */

int neuron_search_set_log(neuron_search_t *search, const char *path)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(search);
    neuron_hold_end_left();
    RETURN_IF_ERROR(neuron_search_check_not_begun(search, "its log"));
    char *copy = NULL;
    if (path)
        RETURN_IF_ERROR(neuron_file_path(&copy, search->context, path, "search"));
    neuron_release(search->context, search->log_path);
    search->log_path = copy;
    return NEURON_OK;
}

const char *neuron_search_goal_name(const neuron_search_t *search)
{
    return goals[search->smallest ? 0 : 1].name;
}

const char *neuron_search_kind_name(neuron_search_kind kind)
{
    return kind == NEURON_SEARCH_GRID ? "grid" : "random";
}
