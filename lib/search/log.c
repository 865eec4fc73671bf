/* Results in a file of JSON lines:
 *
 *     {"libneuron.search": 1, "kind": "random", "seed": 1, "folds": 2, "goal": "largest",
 *      "factors": [{"name": "rate", "levels": [0.01, 0.001]},
 *                  {"name": "activation", "levels": ["relu", "tanh"]}]}
 *     {"trial": 0, "fold": 0, "seed": 7, "levels": {"rate": 0.01, "activation": "tanh"},
 *      "score": 0.9, "seconds": 12.5, "figures": {"train accuracy": 0.97}}
 *
 * A score that is none is null. Figures that are none are left out. Lines come in the order in
 * which folds were done, which may be any where several ranks try them. */
#include "search/search.h"

#include "base/files/file.h"
#include "base/files/file-write.h"
#include "base/files/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char version_key[] = "libneuron.search";

enum {
    LOG_VERSION = 1,
    FOLDS_AHEAD = 65536 /* that a line may be of: there are not more tried at a time */
};

/* ---- Writing ---- */

static json_t *level_json(const neuron_factor *factor, int64_t level)
{
    return factor->levels ? json_real(factor->levels[level]) : json_string(factor->labels[level]);
}

static int put_factor(json_t *list, const neuron_factor *factor)
{
    json_t *object = json_object();
    RETURN_IF_ERROR(neuron_json_append(list, object));
    RETURN_IF_ERROR(neuron_json_set(object, "name", json_string(factor->name)));
    json_t *levels = json_array();
    RETURN_IF_ERROR(neuron_json_set(object, "levels", levels));
    for (int32_t i = 0; i < factor->count; i++)
        RETURN_IF_ERROR(neuron_json_append(levels, level_json(factor, i)));
    return NEURON_OK;
}

static int put_header(json_t *object, const neuron_search_t *search)
{
    const char *kind = neuron_search_kind_name(search->kind);
    const char *goal = neuron_search_goal_name(search);
    RETURN_IF_ERROR(neuron_json_set(object, version_key, json_integer(LOG_VERSION)));
    RETURN_IF_ERROR(neuron_json_set(object, "kind", json_string(kind)));
    /* The bits of the seed in a signed number: JSON numbers of this library are int64_t. */
    RETURN_IF_ERROR(neuron_json_set(object, "seed", json_integer((json_int_t)search->seed)));
    RETURN_IF_ERROR(neuron_json_set(object, "folds", json_integer(search->folds)));
    RETURN_IF_ERROR(neuron_json_set(object, "goal", json_string(goal)));
    json_t *list = json_array();
    RETURN_IF_ERROR(neuron_json_set(object, "factors", list));
    for (int32_t i = 0; i < search->factor_count; i++)
        RETURN_IF_ERROR(put_factor(list, &search->factors[i]));
    return NEURON_OK;
}

static int put_levels(json_t *object, const neuron_trial_t *trial)
{
    json_t *levels = json_object();
    RETURN_IF_ERROR(neuron_json_set(object, "levels", levels));
    for (int32_t i = 0; i < trial->search->factor_count; i++) {
        const neuron_factor *factor = &trial->search->factors[i];
        RETURN_IF_ERROR(neuron_json_set(levels, factor->name,
                                        level_json(factor, neuron_trial_level(trial, i))));
    }
    return NEURON_OK;
}

/* What is to be tried: the part of a line that follows from the search. */
static int put_task(json_t *object, const neuron_trial_t *trial)
{
    json_int_t seed = (json_int_t)neuron_trial_seed(trial);
    RETURN_IF_ERROR(neuron_json_set(object, "trial", json_integer(trial->index)));
    RETURN_IF_ERROR(neuron_json_set(object, "fold", json_integer(trial->fold)));
    RETURN_IF_ERROR(neuron_json_set(object, "seed", json_integer(seed)));
    return put_levels(object, trial);
}

static int put_result(json_t *object, const neuron_fold_report *result)
{
    RETURN_IF_ERROR(neuron_json_set(object, "score",
                                    isnan(result->score) ? json_null() : json_real(result->score)));
    return neuron_json_set_real(object, "seconds", result->seconds);
}

static int put_figures(json_t *object, const neuron_fold_report *report)
{
    json_t *figures = NULL;
    for (int64_t i = 0; i < report->figure_count; i++) {
        double value = report->figures[i].value;
        if (isnan(value))
            continue;
        if (!figures) {
            figures = json_object();
            RETURN_IF_ERROR(neuron_json_set(object, "figures", figures));
        }
        RETURN_IF_ERROR(neuron_json_set(figures, report->figures[i].name, json_real(value)));
    }
    return NEURON_OK;
}

/* Adds an object as a line and drops it. */
static int append_line(const neuron_search_t *search, json_t *object)
{
    char *text = NULL;
    size_t size;
    int status = neuron_json_write(&text, &size, search->context, object);
    if (status == NEURON_OK) {
        text[size] = '\n'; /* in the place of the zero */
        status = neuron_file_append(search->log_path, text, size + 1);
    }
    neuron_release(search->context, text);
    json_decref(object);
    return status;
}

static int append_header(const neuron_search_t *search)
{
    json_t *object = json_object();
    int status = object ? put_header(object, search) : neuron_json_no_memory();
    if (status == NEURON_OK)
        return append_line(search, object);
    json_decref(object);
    return status;
}

/* A trial as it was before a fold of it was tried. */
static void set_task(neuron_trial_t *task, const neuron_trial_t *trial, int64_t fold)
{
    task->handle.kind = NEURON_HANDLE_TRIAL;
    task->search = trial->search;
    task->index = trial->index;
    task->combination = trial->combination;
    task->fold = fold;
}

int neuron_search_log_fold(const neuron_search_t *search, const neuron_fold_report *report)
{
    if (!search->log_path)
        return NEURON_OK;
    neuron_trial_t task = {.done = 0};
    set_task(&task, search->trials[report->number / search->folds], report->number % search->folds);
    json_t *object = json_object();
    int status = object ? put_task(object, &task) : neuron_json_no_memory();
    if (status == NEURON_OK)
        status = put_result(object, report);
    if (status == NEURON_OK)
        status = put_figures(object, report);
    if (status == NEURON_OK)
        return append_line(search, object);
    json_decref(object);
    return status;
}

int neuron_search_write_log(neuron_search_t *search)
{
    for (int64_t i = 0; search->log_path && i < search->count * search->folds; i++) {
        const neuron_trial_t *trial = search->trials[i / search->folds];
        neuron_fold_result *result = &search->trials[i / search->folds]->folds[i % search->folds];
        neuron_fold_report report;
        if (!result->done || result->logged)
            continue;
        neuron_trial_report(&report, trial, i % search->folds, false);
        RETURN_IF_ERROR(neuron_search_log_fold(search, &report));
        result->logged = true;
    }
    return NEURON_OK;
}

/* ---- Reading ---- */

static int fail_format(const neuron_search_t *search)
{
    return neuron_fail(NEURON_E_FORMAT, "%s: is not the log of a search", search->log_path);
}

/* Compares a value of the file with what it should be. */
static int compare(const neuron_search_t *search, const char *what, const json_t *found,
                   const json_t *wanted)
{
    char who[NEURON_MESSAGE_SIZE];
    snprintf(who, sizeof who, "%s: belongs to another search", search->log_path);
    return neuron_json_compare(found, wanted, what, who);
}

static int compare_factors(const neuron_search_t *search, const json_t *found, const json_t *wanted)
{
    if (json_array_size(found) != json_array_size(wanted))
        return neuron_fail(NEURON_E_DATA,
                           "%s: belongs to another search: it has %zu factors, not %zu",
                           search->log_path, json_array_size(found), json_array_size(wanted));
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const json_t *a = json_array_get(found, i), *b = json_array_get(wanted, i);
        char what[64];
        snprintf(what, sizeof what, "factor %zu", i);
        RETURN_IF_ERROR(
            compare(search, what, json_object_get(a, "name"), json_object_get(b, "name")));
        snprintf(what, sizeof what, "list of levels of factor %zu", i);
        RETURN_IF_ERROR(
            compare(search, what, json_object_get(a, "levels"), json_object_get(b, "levels")));
    }
    return NEURON_OK;
}

static int compare_headers(const neuron_search_t *search, const json_t *found, const json_t *wanted)
{
    static const char *const keys[] = {"kind", "seed", "folds", "goal"};
    if (!json_is_integer(json_object_get(found, version_key)))
        return fail_format(search);
    RETURN_IF_ERROR(compare(search, "version", json_object_get(found, version_key),
                            json_object_get(wanted, version_key)));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        RETURN_IF_ERROR(compare(search, keys[i], json_object_get(found, keys[i]),
                                json_object_get(wanted, keys[i])));
    return compare_factors(search, json_object_get(found, "factors"),
                           json_object_get(wanted, "factors"));
}

static int read_header(const neuron_search_t *search, const json_t *line)
{
    json_t *wanted = json_object();
    int status = wanted ? put_header(wanted, search) : neuron_json_no_memory();
    if (status == NEURON_OK)
        status = compare_headers(search, line, wanted);
    json_decref(wanted);
    return status;
}

/* Whether a line that was cut short is the beginning of the first line. */
static int check_cut_header(const neuron_search_t *search, const char *text, size_t size)
{
    json_t *wanted = json_object();
    char *line = NULL;
    size_t length = 0;
    int status = wanted ? put_header(wanted, search) : neuron_json_no_memory();
    if (status == NEURON_OK)
        status = neuron_json_write(&line, &length, search->context, wanted);
    if (status == NEURON_OK && (size > length || memcmp(line, text, size) != 0))
        status = fail_format(search);
    neuron_release(search->context, line);
    json_decref(wanted);
    return status;
}

/* Whether there are figures as a line may have them: numbers by name. */
static bool are_figures(json_t *figures)
{
    const char *name;
    json_t *value;
    json_object_foreach(figures, name, value)
    {
        if (!json_is_number(value))
            return false;
    }
    return json_object_size(figures) > 0;
}

/* Takes over those of a line. */
static int read_figures(neuron_trial_t *trial, json_t *line)
{
    const char *name;
    json_t *value, *figures = json_object_get(line, "figures");
    json_object_foreach(figures, name, value)
        RETURN_IF_ERROR(neuron_trial_keep_figure(trial, name, json_number_value(value)));
    return NEURON_OK;
}

/* The trial and fold that a line names, which is not far beyond those that can be done by then. */
static int find_fold(neuron_trial_t **trial, int64_t *fold, neuron_search_t *search,
                     const json_t *line, int64_t number)
{
    const json_t *named = json_object_get(line, "trial"), *of = json_object_get(line, "fold");
    json_int_t index = json_integer_value(named);
    *fold = json_integer_value(of);
    bool is_one = json_is_integer(named) && index >= 0 && index < INT32_MAX &&
                  json_is_integer(of) && *fold >= 0 && *fold < search->folds;
    if (!is_one || index * search->folds + *fold >= number + FOLDS_AHEAD ||
        (search->kind == NEURON_SEARCH_GRID && index >= search->combinations))
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: line %" PRId64 " is not that of a fold of this search",
                           search->log_path, number);
    return neuron_search_reach(trial, search, index);
}

/* Whether a line is that of a task with some result. */
static int compare_task(bool *same, const neuron_trial_t *task, json_t *line)
{
    json_t *score = json_object_get(line, "score"), *seconds = json_object_get(line, "seconds"),
           *figures = json_object_get(line, "figures");
    *same = false;
    if ((!json_is_number(score) && !json_is_null(score)) || !json_is_number(seconds))
        return NEURON_OK;
    json_t *wanted = json_object();
    int status = wanted ? put_task(wanted, task) : neuron_json_no_memory();
    if (status == NEURON_OK)
        status = neuron_json_set(wanted, "score", json_incref(score));
    if (status == NEURON_OK)
        status = neuron_json_set(wanted, "seconds", json_incref(seconds));
    if (status == NEURON_OK && are_figures(figures))
        status = neuron_json_set(wanted, "figures", json_incref(figures));
    *same = status == NEURON_OK && json_equal(line, wanted);
    json_decref(wanted);
    return status;
}

static int read_fold(neuron_search_t *search, json_t *line, int64_t number)
{
    neuron_trial_t *trial;
    int64_t fold;
    bool same;
    RETURN_IF_ERROR(find_fold(&trial, &fold, search, line, number));
    neuron_trial_t task = {.done = 0};
    set_task(&task, trial, fold);
    RETURN_IF_ERROR(compare_task(&same, &task, line));
    if (!same)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: line %" PRId64 " is not that of trial %" PRId64 ", fold %" PRId64,
                           search->log_path, number, trial->index, fold);
    if (trial->folds[fold].done)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: line %" PRId64 " has trial %" PRId64 ", fold %" PRId64 " once more",
                           search->log_path, number, trial->index, fold);
    trial->fold = fold;
    neuron_trial_forget_figures(trial);
    RETURN_IF_ERROR(read_figures(trial, line));
    const json_t *score = json_object_get(line, "score");
    neuron_trial_note(trial, fold, json_is_null(score) ? NAN : json_number_value(score),
                      json_number_value(json_object_get(line, "seconds")));
    trial->folds[fold].logged = true;
    return NEURON_OK;
}

static int read_line(neuron_search_t *search, const char *text, size_t size, size_t first,
                     int64_t number)
{
    json_t *line;
    RETURN_IF_ERROR(neuron_json_parse(&line, search->context, text, size, first, search->log_path));
    int status = number == 1 ? read_header(search, line) : read_fold(search, line, number);
    json_decref(line);
    return status;
}

/* Reads whole lines; `used` is their size. */
static int read_lines(neuron_search_t *search, const char *text, size_t size, size_t *used,
                      int64_t *lines)
{
    const char *end;
    for (int64_t number = 1; (end = memchr(text + *used, '\n', size - *used)); number++) {
        size_t length = (size_t)(end - text) - *used;
        RETURN_IF_ERROR(read_line(search, text + *used, length, *used, number));
        *used += length + 1;
        *lines = number;
    }
    return *used == 0 ? check_cut_header(search, text, size) : NEURON_OK;
}

/* Trials that were taken over from a file that turned out to be wrong. */
static void forget(neuron_search_t *search)
{
    neuron_search_drop_trials(search);
}

static int continue_log(neuron_search_t *search, const char *text, size_t size)
{
    size_t used = 0;
    int64_t lines = 0;
    RETURN_IF_ERROR(read_lines(search, text, size, &used, &lines));
    neuron_search_sort_figures(search);
    if (used < size)
        RETURN_IF_ERROR(neuron_file_cut(search->log_path, used));
    if (lines > 1)
        neuron_log(search->context, NEURON_LOG_INFO, "search",
                   "%s: continuing after %" PRId64 " trials and %" PRId64 " folds",
                   search->log_path, search->done, lines - 1 - search->done * search->folds);
    return used == 0 ? append_header(search) : NEURON_OK;
}

int neuron_search_open_log(neuron_search_t *search)
{
    if (search->log_open || !search->log_path)
        return NEURON_OK;
    void *text = NULL;
    size_t size = 0;
    /* Opened for adding: one that cannot be is found out before anything is tried. */
    RETURN_IF_ERROR(neuron_file_append(search->log_path, "", 0));
    RETURN_IF_ERROR(neuron_file_read(search->context, search->log_path, &text, &size));
    int status = continue_log(search, text, size);
    neuron_release(search->context, text);
    if (status < 0)
        forget(search);
    else
        search->log_open = true;
    return status;
}
