/* A run: making the members, and training those that are not done, one after the other or side by
 * side. Side by side, each member is a task of the context's pool, in which all loops of its
 * training are the thread's own; what comes of them are the same bytes. */
#include "committee/committee-trainer.h"

#include "base/checked.h"
#include "base/clock.h"
#include "base/float-mode.h"
#include "committee/boost.h"
#include "committee/classes.h"
#include "committee/combine.h"
#include "graph/committee.h"

#include <stdio.h>
#include <string.h>

/* Steps of more multiplications than this keep all threads busy: side by side they would take more
 * memory, and hardly less time. */
static const double small_step = 2e9;

/* ---- Epochs ---- */

/* Notes how a member's part of the run ended: the first that is not 0, with the message that this
 * thread has. */
static void note(neuron_committee_member *member, int status)
{
    if (member->status != 0 || status == 0)
        return;
    member->status = status;
    if (status < 0)
        snprintf(member->message, sizeof member->message, "%s", neuron_error_last());
    atomic_store(&member->committee->ending, true);
}

static int tell(neuron_committee_member *member)
{
    neuron_committee_trainer_t *committee = member->committee;
    if (!committee->on_epoch.function)
        return NEURON_OK;
    pthread_mutex_lock(&committee->mutex);
    uint64_t before = neuron_message_count();
    neuron_float_host *host = neuron_float_pause();
    int result =
        committee->on_epoch.function(committee, member->index, committee->on_epoch.user_data);
    neuron_float_resume(host);
    pthread_mutex_unlock(&committee->mutex);
    if (result == NEURON_OK || result == NEURON_STOP)
        return result;
    return neuron_fail_call(result, before, "its epoch function returned %d", result);
}

/* Keeps what an epoch has left. What fails is tried again by the next run. */
static int keep(neuron_committee_member *member)
{
    member->unsaved = true;
    if (member == &member->committee->source)
        RETURN_IF_ERROR(neuron_committee_take_snapshot(member->committee));
    RETURN_IF_ERROR(neuron_committee_save_member(member));
    member->unsaved = false;
    return NEURON_OK;
}

/* The last of a trainer's callbacks: what it saves is whole. */
static int after_epoch(neuron_trainer_t *trainer, int32_t event, void *user_data)
{
    (void)event;
    FLOAT_SCOPE;
    neuron_committee_member *member = user_data;
    int status = keep(member);
    atomic_store(&member->epochs_done, trainer->progress.epoch);
    if (status == NEURON_OK)
        status = tell(member);
    note(member, status);
    if (atomic_load(&member->committee->ending))
        return NEURON_STOP;
    member->gave_way = member->in_turns && !trainer->progress.stop_reason[0] &&
                       trainer->progress.epoch < trainer->settings.epochs;
    return member->gave_way ? NEURON_STOP : NEURON_OK;
}

int neuron_committee_attach(neuron_committee_member *member)
{
    RETURN_IF_ERROR(neuron_trainer_add_function(member->trainer, NEURON_EVENT_EPOCH_END,
                                                after_epoch, member, NULL));
    RETURN_IF_ERROR(neuron_committee_load_member(member));
    if (member == &member->committee->source)
        RETURN_IF_ERROR(neuron_committee_load_snapshots(member->committee));
    atomic_store(&member->epochs_done, member->trainer->progress.epoch);
    return NEURON_OK;
}

/* ---- Members ---- */

static void train(neuron_committee_member *member)
{
    if (atomic_load(&member->committee->ending))
        return;
    int status = member->unsaved ? keep(member) : NEURON_OK;
    member->gave_way = false;
    if (status == NEURON_OK)
        status = neuron_trainer_run(NULL, member->trainer);
    if (status == NEURON_STOP && member->gave_way)
        return;
    if (status == NEURON_OK) {
        neuron_trainer_drop_step(member->trainer); /* the memory of a training */
        atomic_store(&member->done, true);
    }
    note(member, status);
}

/* Members that are trained at the same time. */
typedef struct crew {
    neuron_committee_member **members;
    int64_t count;
    bool *taken; /* by a thread, of those that take turns */
} crew;

static void train_task(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    train(((const crew *)work)->members[task]);
}

static bool may_be_side_by_side(const neuron_committee_trainer_t *trainer, const crew *all)
{
    int64_t wanted = neuron_committee_count(trainer, NEURON_COMMITTEE_SIDE_BY_SIDE);
    if (wanted == NEURON_COMMITTEE_SIDE_BY_SIDE_NO || all->count < 2 ||
        neuron_pool_threads(trainer->context->pool) < 2)
        return false;
    for (int64_t i = 0; i < all->count; i++) {
        if (neuron_committee_calls_host(all->members[i]))
            return false;
        if (wanted == NEURON_COMMITTEE_SIDE_BY_SIDE_AUTO &&
            neuron_committee_step_work(all->members[i]) >= small_step)
            return false;
    }
    return true;
}

void neuron_committee_set_side_by_side(neuron_committee_trainer_t *trainer, int64_t members)
{
    pthread_mutex_lock(&trainer->facts);
    trainer->side_by_side = members;
    pthread_mutex_unlock(&trainer->facts);
}

/* Threads that make batches ahead would be one too many. */
static int set_workers(const crew *all, int64_t first, int64_t end, double workers)
{
    for (int64_t i = first; i < end; i++)
        if (!all->members[i]->own_workers &&
            neuron_committee_value(all->members[i]->committee, NEURON_COMMITTEE_WORKERS) < 0)
            RETURN_IF_ERROR(
                neuron_trainer_set_number(all->members[i]->trainer, "workers", workers));
    return NEURON_OK;
}

/* The member of fewest epochs that no thread has; NULL if there is none. */
static neuron_committee_member *take(crew *turns)
{
    neuron_committee_member *found = NULL;
    int64_t place = 0;
    for (int64_t i = 0; i < turns->count; i++) {
        neuron_committee_member *member = turns->members[i];
        if (turns->taken[i] || member->status != NEURON_OK || atomic_load(&member->done) ||
            (found && atomic_load(&member->epochs_done) >= atomic_load(&found->epochs_done)))
            continue;
        found = member;
        place = i;
    }
    if (found)
        turns->taken[place] = true;
    return found;
}

static void give_back(const crew *turns, const neuron_committee_member *member)
{
    for (int64_t i = 0; i < turns->count; i++)
        if (turns->members[i] == member)
            turns->taken[i] = false;
}

/* More members than threads, and not a multiple of them: an epoch of each in turn, so that none is
 * left over for a thread alone. */
static void take_turns(void *work, int64_t task, int32_t worker)
{
    (void)task;
    (void)worker;
    crew *turns = work;
    neuron_committee_member *member = NULL;
    pthread_mutex_t *mutex = &turns->members[0]->committee->turns;
    for (;;) {
        pthread_mutex_lock(mutex);
        if (member)
            give_back(turns, member);
        member = take(turns);
        pthread_mutex_unlock(mutex);
        if (!member || atomic_load(&member->committee->ending))
            return;
        train(member);
    }
}

static int train_in_turns(neuron_context_t *context, crew turns)
{
    NEURON_HOLD(hold);
    turns.taken = neuron_allocate_zero(context, neuron_size(turns.count), sizeof *turns.taken);
    if (!turns.taken)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, neuron_release_hold, context, turns.taken);
    for (int64_t i = 0; i < turns.count; i++)
        turns.members[i]->in_turns = true;
    neuron_pool_run(context->pool, neuron_pool_threads(context->pool), take_turns, &turns);
    for (int64_t i = 0; i < turns.count; i++)
        turns.members[i]->in_turns = false;
    return NEURON_OK;
}

/* Those that are left over, and as many as there are threads, take turns; the others before them
 * are trained to their end, so that there is no more memory of trainings than it takes. */
static int train_side_by_side(const neuron_committee_trainer_t *trainer, crew *all)
{
    neuron_context_t *context = trainer->context;
    int64_t threads = neuron_pool_threads(context->pool), rest = all->count % threads;
    int64_t whole = all->count;
    if (all->count > threads && rest > 0)
        whole -= threads + rest;
    neuron_pool_run(context->pool, whole, train_task, all);
    if (whole == all->count)
        return NEURON_OK;
    return train_in_turns(context,
                          (crew){.members = all->members + whole, .count = all->count - whole});
}

static int train_all(neuron_committee_trainer_t *trainer, crew *all)
{
    bool together = may_be_side_by_side(trainer, all);
    int64_t threads = neuron_pool_threads(trainer->context->pool);
    RETURN_IF_ERROR(set_workers(all, 0, all->count, together ? 0 : -1));
    neuron_committee_set_side_by_side(trainer,
                                      together ? neuron_min_count(all->count, threads) : 1);
    if (together)
        return train_side_by_side(trainer, all);
    for (int64_t i = 0; i < all->count; i++)
        train(all->members[i]);
    return NEURON_OK;
}

/* The failure of the first member that has one; else NEURON_STOP if one was stopped. */
static int result_of(const neuron_committee_trainer_t *trainer)
{
    int result = NEURON_OK;
    for (int64_t i = 0; i < trainer->count; i++) {
        const neuron_committee_member *member = &trainer->members[i];
        if (member->status < 0)
            return neuron_fail(member->status, "committee: member %" PRId64 ": %s", member->index,
                               member->message);
        if (member->status > 0)
            result = member->status;
    }
    return result;
}

static int train_members(neuron_committee_trainer_t *trainer)
{
    neuron_context_t *context = trainer->context;
    crew all = {.members = neuron_allocate(context, neuron_size(trainer->count),
                                           sizeof(neuron_committee_member *))};
    if (!all.members)
        return NEURON_E_MEMORY;
    NEURON_HOLD(hold);
    neuron_hold_add(&hold, neuron_release_hold, context, all.members);
    atomic_store(&trainer->ending, false);
    for (int64_t i = 0; i < trainer->count; i++) {
        trainer->members[i].status = NEURON_OK;
        if (!atomic_load(&trainer->members[i].done))
            all.members[all.count++] = &trainer->members[i];
    }
    RETURN_IF_ERROR(train_all(trainer, &all));
    return result_of(trainer);
}

/* ---- The committee ---- */

/* Fills `weights`, by how much each member counts. */
static int join(neuron_graph_t **committee, double *weights,
                const neuron_committee_trainer_t *trainer)
{
    if (!neuron_committee_is_boosted(trainer))
        return neuron_committee_combine(committee, weights, trainer);
    memcpy(weights, trainer->boost.steps, neuron_size(trainer->boost.used) * sizeof *weights);
    return neuron_committee_boost_join(committee, trainer);
}

static int join_members(neuron_graph_t **committee, neuron_committee_trainer_t *trainer)
{
    neuron_context_t *context = trainer->context;
    NEURON_HOLD(hold);
    double *weights = neuron_allocate_zero(context, neuron_size(trainer->count), sizeof *weights);
    if (!weights)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, neuron_release_hold, context, weights);
    RETURN_IF_ERROR(join(committee, weights, trainer));
    neuron_hold_forget(&hold);
    neuron_release(context, trainer->weights);
    trainer->weights = weights;
    return NEURON_OK;
}

/* ---- Runs ---- */

static int check_boosted(const neuron_committee_trainer_t *trainer)
{
    if (neuron_options_given(&trainer->options, NEURON_COMMITTEE_COMBINE))
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee: combine is given; members of %s are joined by how they were "
                           "boosted",
                           neuron_committee_method_name(trainer));
    if (neuron_committee_fits_gradients(trainer) && trainer->loss)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee: a loss is set; gradient boosting fits its members by "
                           "mean_squared_error");
    return NEURON_OK;
}

static int check_snapshots(const neuron_committee_trainer_t *trainer, int64_t members)
{
    if (!trainer->build.function)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee: snapshots are of one training, whose graph a builder "
                           "makes");
    return neuron_check_range(neuron_committee_count(trainer, NEURON_COMMITTEE_EPOCHS), 1,
                              INT32_MAX / members, "epochs", "committee");
}

static int check_folds(const neuron_committee_trainer_t *trainer, int64_t members)
{
    int64_t folds = neuron_committee_folds(trainer);
    if (folds < 2 || members % folds != 0)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee: %" PRId64 " members for %" PRId64
                           " folds; there must be 2 folds or more, and as many members, or a "
                           "multiple",
                           members, folds);
    if (folds > trainer->train->count)
        return neuron_fail(NEURON_E_DATA, "committee: %" PRId64 " folds of %" PRId64 " examples",
                           folds, trainer->train->count);
    return NEURON_OK;
}

static int check(const neuron_committee_trainer_t *trainer)
{
    int64_t members = neuron_committee_trainer_member_count(trainer);
    if (members == 0)
        return neuron_fail(NEURON_E_ARGUMENT, "committee: has neither a builder nor members");
    if (!trainer->build.function &&
        neuron_committee_value(trainer, NEURON_COMMITTEE_FEATURE_FRACTION) < 1)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee: feature_fraction is for graphs of a builder, not for those "
                           "that were added");
    if (neuron_committee_method_of(trainer) == NEURON_COMMITTEE_METHOD_FOLDS)
        RETURN_IF_ERROR(check_folds(trainer, members));
    RETURN_IF_ERROR(neuron_committee_check_classes(trainer));
    if (neuron_committee_is_boosted(trainer))
        return check_boosted(trainer);
    RETURN_IF_ERROR(neuron_committee_check_combination(trainer));
    return neuron_committee_takes_snapshots(trainer) ? check_snapshots(trainer, members)
                                                     : NEURON_OK;
}

static void set_members(neuron_committee_trainer_t *trainer, neuron_committee_member *members,
                        int64_t count)
{
    pthread_mutex_lock(&trainer->facts);
    trainer->members = members;
    trainer->count = count;
    pthread_mutex_unlock(&trainer->facts);
}

/* Room for what a builder makes. */
static int create_members(neuron_committee_trainer_t *trainer)
{
    int64_t count = neuron_committee_trainer_member_count(trainer);
    if (trainer->members)
        return NEURON_OK;
    neuron_committee_member *made =
        neuron_allocate_zero(trainer->context, neuron_size(count), sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    trainer->source.committee = trainer;
    for (int64_t i = 0; i < count; i++) {
        made[i].committee = trainer;
        made[i].index = i;
    }
    set_members(trainer, made, count);
    return NEURON_OK;
}

static int begin(neuron_committee_trainer_t *trainer)
{
    if (trainer->begun)
        return NEURON_OK;
    RETURN_IF_ERROR(check(trainer));
    trainer->seed = trainer->context->seed;
    RETURN_IF_ERROR(create_members(trainer));
    int status = neuron_committee_open_folder(trainer);
    trainer->begun = status == NEURON_OK;
    if (status < 0 && trainer->build.function) { /* all can be set anew */
        neuron_release(trainer->context, trainer->members);
        set_members(trainer, NULL, 0);
    }
    return status;
}

static int train_source(neuron_committee_trainer_t *trainer)
{
    neuron_committee_member *source = &trainer->source;
    RETURN_IF_ERROR(neuron_committee_make_member(source));
    RETURN_IF_ERROR(neuron_committee_check_combined(trainer, source->graph));
    atomic_store(&trainer->ending, false);
    neuron_committee_set_side_by_side(trainer, 1);
    source->status = NEURON_OK;
    if (!atomic_load(&source->done))
        train(source);
    if (source->status < 0)
        return neuron_fail(source->status, "committee: %s", source->message);
    return source->status == NEURON_OK ? neuron_committee_check_snapshots(trainer) : source->status;
}

/* Whether members, from one on, can be joined with those before: found out before they are trained.
 * Trainings give them the names of classes that the dataset has. */
static int check_alike(const neuron_committee_trainer_t *trainer, int64_t first, int64_t end)
{
    bool names = !neuron_dataset_target_at(trainer->train, 0)->class_names;
    neuron_graph_t **graphs =
        neuron_allocate(trainer->context, neuron_size(end), sizeof(neuron_graph_t *));
    if (!graphs)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < end; i++)
        graphs[i] = trainer->members[i].graph;
    int status = NEURON_OK;
    for (int64_t i = first; i < end && status == NEURON_OK; i++)
        status = neuron_committee_check_member(graphs, i, names);
    neuron_release(trainer->context, graphs);
    return status;
}

/* One after the other, as each learns from what those before it have left. */
static int train_boosted(neuron_committee_trainer_t *trainer)
{
    neuron_committee_boost *boost = &trainer->boost;
    atomic_store(&trainer->ending, false);
    neuron_committee_set_side_by_side(trainer, 1);
    while (!boost->over && boost->stage < trainer->count) {
        neuron_committee_member *member = &trainer->members[boost->stage];
        RETURN_IF_ERROR(neuron_committee_make_member(member));
        RETURN_IF_ERROR(check_alike(trainer, boost->stage, boost->stage + 1));
        member->status = NEURON_OK;
        if (!atomic_load(&member->done))
            train(member);
        if (member->status != NEURON_OK)
            return result_of(trainer);
        RETURN_IF_ERROR(neuron_committee_boost_advance(trainer));
    }
    return NEURON_OK;
}

static int run(neuron_committee_trainer_t *trainer)
{
    RETURN_IF_ERROR(begin(trainer));
    if (neuron_committee_is_boosted(trainer))
        return train_boosted(trainer);
    if (neuron_committee_takes_snapshots(trainer))
        return train_source(trainer);
    for (int64_t i = 0; i < trainer->count; i++)
        RETURN_IF_ERROR(neuron_committee_make_member(&trainer->members[i]));
    RETURN_IF_ERROR(check_alike(trainer, 0, trainer->count));
    RETURN_IF_ERROR(neuron_committee_check_combined(trainer, trainer->members[0].graph));
    return train_members(trainer);
}

/* Also when a function of the caller's has left it instead of returning. */
static void end_run(void *owner, void *object)
{
    (void)owner;
    neuron_committee_trainer_t *trainer = object;
    if (trainer->has_host_seed)
        trainer->context->seed = trainer->host_seed;
    trainer->has_host_seed = false;
    pthread_mutex_lock(&trainer->facts);
    trainer->seconds += neuron_clock_seconds() - trainer->run_at;
    trainer->running = false;
    pthread_mutex_unlock(&trainer->facts);
}

int neuron_committee_trainer_run(neuron_graph_t **committee, neuron_committee_trainer_t *trainer)
{
    FLOAT_SCOPE;
    if (committee)
        *committee = NULL;
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    if (trainer->running)
        return neuron_fail(NEURON_E_STATE, "committee: is running already");
    pthread_mutex_lock(&trainer->facts);
    trainer->running = true;
    trainer->run_at = neuron_clock_seconds();
    pthread_mutex_unlock(&trainer->facts);
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, committee_trainer, trainer);
    neuron_hold_add(&hold, end_run, NULL, trainer);
    int status = run(trainer);
    return status == NEURON_OK && committee ? join_members(committee, trainer) : status;
}
