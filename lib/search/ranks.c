/* Searches over ranks: how each of them runs one. See ranks.h; what the first rank notes is in
 * hand-out.c. */
#include "search/ranks.h"

#include "base/checked.h"
#include "base/float-mode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK = 2,         /* milliseconds from one look at other ranks to the next */
    ASK = 50,         /* the most from one question to the next of who was told to wait */
    QUIET = 1000,     /* from which on a rank that should ask is waited for in an exchange */
    MILLION = 1000000 /* nanoseconds of one */
};

/* ---- The communicator ---- */

static void release(neuron_context_t *context, neuron_search_ranks *ranks)
{
    while (ranks->results) {
        neuron_search_result *next = ranks->results->next;
        neuron_release(context, ranks->results);
        ranks->results = next;
    }
    neuron_release(context, ranks->peers);
    neuron_release(context, ranks->returned);
    neuron_communicator_unref(ranks->communicator);
    pthread_mutex_destroy(&ranks->mutex);
    neuron_release(context, ranks);
}

void neuron_search_leave_ranks(neuron_search_t *search)
{
    if (search->ranks)
        release(search->context, search->ranks);
    search->ranks = NULL;
}

static int make_ranks(neuron_search_ranks **made, neuron_context_t *context,
                      neuron_communicator_t *communicator)
{
    neuron_search_ranks *ranks = neuron_allocate_zero(context, 1, sizeof *ranks);
    if (!ranks)
        return NEURON_E_MEMORY;
    size_t count = neuron_size(communicator->size);
    pthread_mutex_init(&ranks->mutex, NULL);
    ranks->communicator = neuron_communicator_ref(communicator);
    ranks->peers = neuron_allocate_zero(context, count, sizeof *ranks->peers);
    ranks->returned = neuron_allocate_zero(context, count, sizeof *ranks->returned);
    if (!ranks->peers || !ranks->returned) {
        release(context, ranks);
        return NEURON_E_MEMORY;
    }
    *made = ranks;
    return NEURON_OK;
}

int neuron_search_set_communicator(neuron_search_t *search, neuron_communicator_t *communicator)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(search);
    CHECK_OPTIONAL(communicator);
    neuron_hold_end_left();
    RETURN_IF_ERROR(neuron_search_check_not_begun(search, "its communicator"));
    neuron_search_ranks *ranks = NULL;
    if (neuron_ranks_of(communicator) > 1) {
        if (!communicator->ready)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "search: the communicator cannot tell which rank is ready; "
                               "neuron_communicator_set_ready() comes before");
        RETURN_IF_ERROR(make_ranks(&ranks, search->context, communicator));
    }
    neuron_search_leave_ranks(search);
    search->ranks = ranks;
    return NEURON_OK;
}

/* ---- What must be the same ---- */

enum { KIND, SEED, TRIALS, FOLDS, GOAL, FACTORS };
static const char *const same_names[NEURON_SEARCH_SAME] = {
    "kind", "seed", "the number of trials", "folds", "goal", "the factors and their levels"};

static uint64_t add_bytes(uint64_t sum, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3;
    return sum;
}

static uint64_t add_text(uint64_t sum, const char *text)
{
    return add_bytes(sum, text, strlen(text) + 1);
}

static uint64_t sum_factors(const neuron_search_t *search)
{
    uint64_t sum = 0xcbf29ce484222325;
    for (int64_t i = 0; i < search->factor_count; i++) {
        const neuron_factor *factor = &search->factors[i];
        sum = add_text(sum, factor->name);
        for (int64_t k = 0; k < factor->count; k++)
            sum = factor->labels ? add_text(sum, factor->labels[k])
                                 : add_bytes(sum, &factor->levels[k], sizeof *factor->levels);
    }
    return sum;
}

void neuron_search_fill_same(uint64_t same[NEURON_SEARCH_SAME], const neuron_search_t *search,
                             int64_t trials)
{
    same[KIND] = search->kind;
    same[SEED] = search->seed;
    same[TRIALS] = (uint64_t)trials;
    same[FOLDS] = (uint64_t)search->folds;
    same[GOAL] = search->smallest;
    same[FACTORS] = sum_factors(search);
}

int neuron_search_compare(const neuron_search_t *search, neuron_search_request *request)
{
    for (int i = 0; i < NEURON_SEARCH_SAME; i++) {
        uint64_t own = search->ranks->same[i], theirs = request->same[i];
        if (own == theirs)
            continue;
        if (i == SEED || i == TRIALS || i == FOLDS)
            snprintf(request->message, sizeof request->message,
                     "search: %s is %" PRIu64 " here, %" PRIu64 " on rank 0", same_names[i], theirs,
                     own);
        else
            snprintf(request->message, sizeof request->message,
                     "search: %s: not the same as on rank 0", same_names[i]);
        return NEURON_E_DATA;
    }
    return NEURON_OK;
}

/* ---- The thread that serves ---- */

static void nap(int64_t milliseconds)
{
    struct timespec time = {.tv_nsec = milliseconds * MILLION};
    nanosleep(&time, NULL);
}

static bool is_ending(neuron_search_ranks *ranks)
{
    pthread_mutex_lock(&ranks->mutex);
    bool ending = ranks->ending;
    pthread_mutex_unlock(&ranks->mutex);
    return ending;
}

static void *thread_main(void *argument)
{
    neuron_search_t *search = argument;
    FLOAT_SCOPE;
    neuron_float_take_host(&search->ranks->host);
    while (!is_ending(search->ranks))
        if (!neuron_search_serve(search))
            nap(LOOK);
    return NULL;
}

static void start_thread(neuron_search_t *search)
{
    neuron_search_ranks *ranks = search->ranks;
    if (ranks->threaded || ranks->no_thread)
        return;
    ranks->ending = false;
    ranks->process = getpid();
    neuron_float_copy_host(&ranks->host);
    ranks->threaded =
        neuron_pool_start_thread(search->context->pool, &ranks->thread, thread_main, search) == 0;
    ranks->no_thread = !ranks->threaded;
    if (ranks->no_thread)
        neuron_log(search->context, NEURON_LOG_WARNING, "threads",
                   "search: no thread could be started; rank 0 only serves others");
}

static void stop_thread(neuron_search_ranks *ranks)
{
    int cancelling;
    if (!ranks->threaded || ranks->process != getpid()) /* a child of fork() has none */
        return;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
    pthread_mutex_lock(&ranks->mutex);
    ranks->ending = true;
    pthread_mutex_unlock(&ranks->mutex);
    pthread_join(ranks->thread, NULL);
    ranks->threaded = false;
    pthread_setcancelstate(cancelling, NULL);
}

void neuron_search_end_ranks(neuron_search_t *search)
{
    if (search->ranks)
        stop_thread(search->ranks);
}

/* ---- The first rank ---- */

static int64_t count_others(const neuron_search_ranks *ranks)
{
    int64_t count = 0;
    for (int32_t i = 1; i < ranks->communicator->size; i++)
        count += !ranks->peers[i].ended;
    return count;
}

static void try_own(neuron_search_t *search, int64_t number)
{
    neuron_fold_report report;
    neuron_trial_t *trial = search->trials[number / search->folds];
    int64_t fold = number % search->folds;
    int status = neuron_search_try(search, trial, fold);
    if (status == NEURON_OK)
        neuron_trial_report(&report, trial, fold, true);
    neuron_search_hand_in(search, 0, status == NEURON_OK ? &report : NULL, status,
                          neuron_error_last());
}

/* Whether this rank tries the next fold: where somebody serves the others, or there are none. */
static bool try_some(neuron_search_t *search)
{
    neuron_search_ranks *ranks = search->ranks;
    int64_t number;
    bool alone = !ranks->threaded && count_others(ranks) == 0;
    bool served = search->serves && !ranks->no_thread;
    if ((!served && !alone) || !neuron_search_hand_out(search, 0, &number))
        return false;
    if (!alone)
        start_thread(search);
    if (!alone && !ranks->threaded) {
        neuron_search_hand_in(search, 0, NULL, NEURON_OK, "");
        return false;
    }
    try_own(search, number);
    return true;
}

/* Nobody asks, though nothing is left: waits for the first that should, whose exchange fails in
 * bounded time if it is gone. */
static void wait_for_one(neuron_search_t *search)
{
    const neuron_search_ranks *ranks = search->ranks;
    bool tried = false;
    for (int32_t i = 1; i < ranks->communicator->size; i++)
        tried = tried || ranks->peers[i].held >= 0;
    for (int32_t i = 1; i < ranks->communicator->size && !tried; i++)
        if (!ranks->peers[i].ended && !ranks->peers[i].known) {
            neuron_search_serve_one(search, i);
            return;
        }
}

static int lead(neuron_search_t *search, int64_t trials, int status)
{
    neuron_search_ranks *ranks = search->ranks;
    neuron_search_fill_same(ranks->same, search, trials);
    neuron_search_begin_hand_out(search, trials, status);
    for (int64_t quiet = 0; !neuron_search_is_over(search); neuron_search_collect(search)) {
        if (try_some(search))
            continue;
        stop_thread(ranks); /* from here on this thread serves */
        quiet = neuron_search_serve(search) ? 0 : quiet + LOOK;
        if (quiet > QUIET && (ranks->left == 0 || ranks->status != NEURON_OK))
            wait_for_one(search);
        if (quiet > 0)
            nap(LOOK);
    }
    stop_thread(ranks);
    neuron_search_collect(search);
    neuron_search_sort_figures(search);
    neuron_search_give_results(search);
    if (ranks->status < 0)
        neuron_set_message("%s", ranks->message);
    return ranks->status;
}

/* ---- Other ranks ---- */

static bool ask(const neuron_search_t *search, const neuron_search_request *request,
                neuron_search_reply *reply)
{
    neuron_communicator_t *communicator = search->ranks->communicator;
    return neuron_communicator_exchange(communicator, 0, request, sizeof *request, NULL, 0) &&
           neuron_communicator_exchange(communicator, 0, NULL, 0, reply, sizeof *reply);
}

/* The first rank is gone. */
static int fail_alone(const neuron_search_t *search)
{
    const neuron_communicator_t *communicator = search->ranks->communicator;
    return neuron_fail(communicator->status, "%s", communicator->message);
}

/* Whatever came of it, it is in the request. */
static void try_for(neuron_search_t *search, int64_t number, neuron_search_request *request)
{
    neuron_trial_t *trial;
    int64_t fold = number % search->folds;
    int status = neuron_search_reach(&trial, search, number / search->folds);
    if (status == NEURON_OK)
        status = neuron_search_try(search, trial, fold);
    request->status = status;
    request->has_report = status == NEURON_OK;
    if (status == NEURON_OK)
        neuron_trial_report(&request->report, trial, fold, true);
    else
        snprintf(request->message, sizeof request->message, "%s", neuron_error_last());
}

static int take_record(neuron_search_t *search, const neuron_search_names *names,
                       const neuron_search_record *record)
{
    neuron_fold_report report = {.number = record->number,
                                 .score = record->score,
                                 .seconds = record->seconds,
                                 .figure_count = names->count};
    for (int64_t i = 0; i < names->count; i++) {
        memcpy(report.figures[i].name, names->list[i], sizeof names->list[i]);
        report.figures[i].value = record->figures[i];
    }
    return neuron_search_take(search, &report);
}

/* In place of what this rank has: they are those of all. What there is no memory for is left out,
 * but received, so that the first rank goes on. */
static int receive_results(neuron_search_t *search, int64_t count)
{
    neuron_communicator_t *communicator = search->ranks->communicator;
    neuron_search_names names;
    neuron_search_records records;
    int status = NEURON_OK;
    if (!neuron_communicator_exchange(communicator, 0, NULL, 0, &names, sizeof names))
        return fail_alone(search);
    neuron_search_clear(search);
    for (int64_t done = 0; done < count; done += records.count) {
        if (!neuron_communicator_exchange(communicator, 0, NULL, 0, &records, sizeof records))
            return fail_alone(search);
        for (int64_t i = 0; i < records.count && status == NEURON_OK; i++)
            status = take_record(search, &names, &records.list[i]);
    }
    return status;
}

static int end(neuron_search_t *search, const neuron_search_reply *reply)
{
    int status = receive_results(search, reply->number);
    if (status == NEURON_OK && reply->status < 0)
        neuron_set_message("%s", reply->message);
    return status == NEURON_OK ? (int)reply->status : status;
}

static int follow(neuron_search_t *search, int64_t trials, int status)
{
    int64_t waits = 1;
    neuron_search_request request = {.status = status};
    if (status < 0)
        snprintf(request.message, sizeof request.message, "%s", neuron_error_last());
    for (;;) {
        neuron_search_reply reply;
        neuron_search_fill_same(request.same, search, trials);
        if (!ask(search, &request, &reply))
            return fail_alone(search);
        request = (neuron_search_request){.status = NEURON_OK};
        if (reply.order == NEURON_SEARCH_END)
            return end(search, &reply);
        if (reply.order == NEURON_SEARCH_TRY) {
            try_for(search, reply.number, &request);
            waits = 1;
        } else {
            nap(waits);
            waits = neuron_min_count(2 * waits, ASK);
        }
    }
}

int neuron_search_run_in_ranks(neuron_search_t *search, int64_t trials, int status)
{
    return search->ranks->communicator->rank == 0 ? lead(search, trials, status)
                                                  : follow(search, trials, status);
}
