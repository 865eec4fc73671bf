/* What the first rank of a search notes of folds: which are tried where, which are left. The thread
 * of the run and that which serves both come here. What the search's function may look at, the
 * results, is changed by the thread of the run alone, between two folds. */
#include "search/ranks.h"

#include "base/checked.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* With the mutex, which a thread that is cancelled would keep. */
static int lock(neuron_search_ranks *ranks)
{
    int cancelling;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
    pthread_mutex_lock(&ranks->mutex);
    return cancelling;
}

static void unlock(neuron_search_ranks *ranks, int cancelling)
{
    pthread_mutex_unlock(&ranks->mutex);
    pthread_setcancelstate(cancelling, NULL);
}

/* The first that fails, or stops, ends the run. */
static void end_with(neuron_search_ranks *ranks, int32_t rank, int status, const char *message)
{
    if (status == NEURON_OK || ranks->status != NEURON_OK)
        return;
    ranks->status = status;
    neuron_set_message("rank %" PRId32 ": %s", rank, message);
    snprintf(ranks->message, sizeof ranks->message, "%s", neuron_error_last());
}

static neuron_fold_result *fold_of(const neuron_search_t *search, int64_t number)
{
    return &search->trials[number / search->folds]->folds[number % search->folds];
}

/* ---- Beginning ---- */

static int prepare(neuron_search_t *search, int64_t trials)
{
    neuron_trial_t *last;
    RETURN_IF_ERROR(neuron_search_open_log(search));
    RETURN_IF_ERROR(neuron_search_write_log(search)); /* what could not be the last time */
    return neuron_search_reach(&last, search, trials - 1);
}

void neuron_search_begin_hand_out(neuron_search_t *search, int64_t trials, int status)
{
    neuron_search_ranks *ranks = search->ranks;
    ranks->status = NEURON_OK;
    ranks->numbers = ranks->left = ranks->next = ranks->returned_count = 0;
    for (int32_t i = 0; i < ranks->communicator->size; i++)
        ranks->peers[i] = (neuron_search_peer){.held = -1, .ended = ranks->communicator->gone[i]};
    end_with(ranks, 0, status, neuron_error_last());
    neuron_search_collect(search); /* what there was no memory for the last time */
    if (ranks->status == NEURON_OK)
        end_with(ranks, 0, prepare(search, trials), neuron_error_last());
    if (ranks->status != NEURON_OK)
        return;
    ranks->numbers = trials * search->folds;
    for (int64_t i = 0; i < ranks->numbers; i++)
        ranks->left += !fold_of(search, i)->done;
    ranks->name_count = search->figure_count;
    for (int64_t i = 0; i < search->figure_count; i++)
        memcpy(ranks->names[i], search->figures[i], strlen(search->figures[i]) + 1);
}

/* ---- Handing out, and in ---- */

static bool find_next(const neuron_search_t *search, neuron_search_ranks *ranks, int64_t *number)
{
    if (ranks->returned_count > 0) {
        *number = ranks->returned[--ranks->returned_count];
        return true;
    }
    while (ranks->next < ranks->numbers && fold_of(search, ranks->next)->done)
        ranks->next++;
    *number = ranks->next;
    return ranks->next < ranks->numbers;
}

bool neuron_search_hand_out(neuron_search_t *search, int32_t rank, int64_t *number)
{
    neuron_search_ranks *ranks = search->ranks;
    int cancelling = lock(ranks);
    bool found = ranks->status == NEURON_OK && find_next(search, ranks, number);
    if (found) {
        ranks->next += *number == ranks->next;
        ranks->peers[rank].held = *number;
        ranks->peers[rank].since = neuron_clock_seconds();
    }
    unlock(ranks, cancelling);
    return found;
}

/* The names of figures that all trials have, those of results that wait to be taken over too: a
 * line with one too many would spoil the file. */
static int admit_names(neuron_search_ranks *ranks, const neuron_fold_report *report)
{
    for (int64_t i = 0; i < report->figure_count; i++) {
        const char *name = report->figures[i].name;
        int64_t place = 0;
        while (place < ranks->name_count && strcmp(ranks->names[place], name) != 0)
            place++;
        if (place == NEURON_FIGURES_MAX)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "search: has %d figures already; %s would be one more",
                               NEURON_FIGURES_MAX, name);
        if (place == ranks->name_count)
            memcpy(ranks->names[ranks->name_count++], name, strlen(name) + 1);
    }
    return NEURON_OK;
}

static int keep_result(const neuron_search_t *search, const neuron_fold_report *report)
{
    neuron_search_result *result = neuron_allocate(search->context, 1, sizeof *result);
    if (!result)
        return NEURON_E_MEMORY;
    result->report = *report;
    result->next = search->ranks->results;
    search->ranks->results = result;
    return NEURON_OK;
}

/* What a rank has done: it is in the file before anybody goes on. */
static int accept(neuron_search_t *search, int32_t rank, neuron_fold_report *report)
{
    neuron_search_ranks *ranks = search->ranks;
    RETURN_IF_ERROR(admit_names(ranks, report));
    if (rank != 0)
        RETURN_IF_ERROR(keep_result(search, report));
    ranks->left--;
    RETURN_IF_ERROR(neuron_search_log_fold(search, report));
    if (rank != 0)
        ranks->results->report.logged = true;
    else
        fold_of(search, report->number)->logged = true;
    return NEURON_OK;
}

void neuron_search_hand_in(neuron_search_t *search, int32_t rank, neuron_fold_report *report,
                           int status, const char *message)
{
    neuron_search_ranks *ranks = search->ranks;
    int cancelling = lock(ranks);
    int64_t held = ranks->peers[rank].held;
    ranks->peers[rank].held = -1;
    end_with(ranks, rank, status, message);
    if (report && report->number == held && held >= 0) {
        int accepted = accept(search, rank, report);
        end_with(ranks, accepted == NEURON_E_ARGUMENT ? rank : 0, accepted, neuron_error_last());
    } else if (held >= 0) {
        ranks->returned[ranks->returned_count++] = held;
    }
    unlock(ranks, cancelling);
}

void neuron_search_collect(neuron_search_t *search)
{
    neuron_search_ranks *ranks = search->ranks;
    int cancelling = lock(ranks);
    neuron_search_result *first = ranks->results;
    ranks->results = NULL;
    unlock(ranks, cancelling);
    while (first && neuron_search_take(search, &first->report) == NEURON_OK) {
        neuron_search_result *next = first->next;
        neuron_release(search->context, first);
        first = next;
    }
    if (!first)
        return;
    cancelling = lock(ranks);
    end_with(ranks, 0, NEURON_E_MEMORY, neuron_error_last());
    neuron_search_result **end = &ranks->results;
    while (*end)
        end = &(*end)->next;
    *end = first;
    unlock(ranks, cancelling);
}

/* ---- Ranks ---- */

bool neuron_search_is_over(neuron_search_t *search)
{
    neuron_search_ranks *ranks = search->ranks;
    int cancelling = lock(ranks);
    bool over = ranks->left == 0 || ranks->status != NEURON_OK;
    for (int32_t i = 1; i < ranks->communicator->size && over; i++)
        over = ranks->peers[i].ended || (ranks->peers[i].known && ranks->peers[i].held < 0);
    unlock(ranks, cancelling);
    return over;
}

/* A rank has asked, or is gone. */
static void meet(neuron_search_ranks *ranks, int32_t rank, bool gone)
{
    int cancelling = lock(ranks);
    ranks->peers[rank].known = true;
    ranks->peers[rank].ended = gone;
    unlock(ranks, cancelling);
}

static void lose(neuron_search_t *search, int32_t rank)
{
    int64_t held = search->ranks->peers[rank].held;
    neuron_search_hand_in(search, rank, NULL, NEURON_OK, "");
    meet(search->ranks, rank, true);
    if (held >= 0)
        neuron_log(search->context, NEURON_LOG_WARNING, "search",
                   "search: rank %" PRId32 " is gone; trial %" PRId64 ", fold %" PRId64
                   " is handed out again",
                   rank, held / search->folds, held % search->folds);
    else
        neuron_log(search->context, NEURON_LOG_WARNING, "search",
                   "search: rank %" PRId32 " is gone", rank);
}

static bool is_ready(const neuron_communicator_t *communicator, int32_t rank)
{
    if (!communicator->ready)
        return true;
    neuron_float_host *host = neuron_float_pause();
    int ready = communicator->ready(rank, communicator->user_data);
    neuron_float_resume(host);
    return ready != 0;
}

/* Receives what a rank says; false if it is gone. */
static bool hear(neuron_search_t *search, int32_t rank, neuron_search_request *request)
{
    if (!neuron_communicator_exchange(search->ranks->communicator, rank, NULL, 0, request,
                                      sizeof *request)) {
        lose(search, rank);
        return false;
    }
    return true;
}

static bool say(neuron_search_t *search, int32_t rank, const void *bytes, size_t size)
{
    if (!neuron_communicator_exchange(search->ranks->communicator, rank, bytes, size, NULL, 0)) {
        lose(search, rank);
        return false;
    }
    return true;
}

void neuron_search_serve_one(neuron_search_t *search, int32_t rank)
{
    neuron_search_request request;
    neuron_search_reply reply = {.order = NEURON_SEARCH_WAIT};
    if (!hear(search, rank, &request))
        return;
    if (request.status == NEURON_OK)
        request.status = neuron_search_compare(search, &request);
    meet(search->ranks, rank, false);
    neuron_search_hand_in(search, rank, request.has_report ? &request.report : NULL,
                          (int)request.status, request.message);
    if (neuron_search_hand_out(search, rank, &reply.number))
        reply.order = NEURON_SEARCH_TRY;
    say(search, rank, &reply, sizeof reply);
}

/* Whether it has tried its fold for longer than it may: it counts as gone. */
static bool is_late(const neuron_search_t *search, const neuron_search_peer *peer)
{
    return search->patience > 0 && peer->held >= 0 &&
           neuron_clock_seconds() - peer->since > (double)search->patience;
}

bool neuron_search_serve(neuron_search_t *search)
{
    neuron_search_ranks *ranks = search->ranks;
    bool any = false;
    for (int32_t i = 1; i < ranks->communicator->size; i++) {
        if (ranks->peers[i].ended)
            continue;
        if (is_ready(ranks->communicator, i)) {
            neuron_search_serve_one(search, i);
            any = true;
        } else if (is_late(search, &ranks->peers[i])) {
            ranks->communicator->gone[i] = true;
            lose(search, i);
        }
    }
    return any;
}

/* ---- Results ---- */

/* Gives a rank all folds that are done. */
static bool give_folds(neuron_search_t *search, int32_t rank, int64_t left)
{
    neuron_search_records records = {.count = 0};
    for (int64_t i = 0; left > 0; i++) {
        const neuron_trial_t *trial = search->trials[i / search->folds];
        int64_t fold = i % search->folds;
        if (!trial->folds[fold].done)
            continue;
        neuron_search_record *record = &records.list[records.count++];
        *record =
            (neuron_search_record){i, trial->folds[fold].score, trial->folds[fold].seconds, {0}};
        for (int64_t k = 0; k < search->figure_count; k++)
            record->figures[k] = neuron_trial_fold_figure_at(trial, fold, k);
        left--;
        if (records.count < NEURON_SEARCH_RECORDS && left > 0)
            continue;
        if (!say(search, rank, &records, sizeof records))
            return false;
        records.count = 0;
    }
    return true;
}

static void give_one(neuron_search_t *search, int32_t rank, const neuron_search_reply *reply)
{
    neuron_search_request request;
    neuron_search_names names = {.count = search->figure_count};
    for (int64_t i = 0; i < search->figure_count; i++)
        memcpy(names.list[i], search->figures[i], strlen(search->figures[i]) + 1);
    if (hear(search, rank, &request) && say(search, rank, reply, sizeof *reply) &&
        say(search, rank, &names, sizeof names) && give_folds(search, rank, reply->number))
        meet(search->ranks, rank, true);
}

void neuron_search_give_results(neuron_search_t *search)
{
    neuron_search_ranks *ranks = search->ranks;
    neuron_search_reply reply = {.order = NEURON_SEARCH_END, .status = ranks->status};
    memcpy(reply.message, ranks->message, sizeof reply.message);
    for (int64_t i = 0; i < search->count; i++)
        reply.number += search->trials[i]->done;
    /* Each asks by itself, soon: one after the other. */
    for (int32_t i = 1; i < ranks->communicator->size; i++)
        if (!ranks->peers[i].ended)
            give_one(search, i, &reply);
}
