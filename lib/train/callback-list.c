/* The callbacks of a trainer: adding, preparing and calling them, and what their snapshots mean
 * when a training ends. A kind says by the functions of its row what it wants to be called for. */
#include "train/callback-list.h"

#include "base/float-mode.h"
#include "train/parallel/ranks.h"
#include "train/trainer.h"
#include "train/training.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_function(const neuron_callback_t *callback)
{
    return callback->kind == &neuron_callback_function;
}

/* A copy of a list of `count` elements with room for one more. */
static void *grow(neuron_context_t *context, const void *list, int64_t count, size_t size)
{
    void *grown = neuron_allocate(context, neuron_size(count) + 1, size);
    if (grown && count > 0)
        memcpy(grown, list, neuron_size(count) * size);
    return grown;
}

static int add_function(neuron_trainer_t *trainer, neuron_callback_t *callback)
{
    neuron_callback_list *list = &trainer->callbacks;
    neuron_callback_t **grown =
        grow(trainer->context, list->functions, list->function_count, sizeof(neuron_callback_t *));
    if (!grown)
        return NEURON_E_MEMORY;
    grown[list->function_count++] = neuron_callback_ref(callback);
    neuron_release(trainer->context, list->functions);
    list->functions = grown;
    return NEURON_OK;
}

static int add_entry(neuron_trainer_t *trainer, neuron_callback_t *callback)
{
    neuron_callback_list *list = &trainer->callbacks;
    neuron_callback_entry *grown =
        grow(trainer->context, list->entries, list->count, sizeof *grown);
    if (!grown)
        return NEURON_E_MEMORY;
    grown[list->count++] = (neuron_callback_entry){.callback = neuron_callback_ref(callback)};
    neuron_release(trainer->context, list->entries);
    list->entries = grown;
    return NEURON_OK;
}

int neuron_trainer_add_callback(neuron_trainer_t *trainer, neuron_callback_t *callback)
{
    CHECK_ARGUMENT(trainer);
    CHECK_ARGUMENT(callback);
    neuron_hold_end_left();
    if (trainer->run.running)
        return neuron_fail(NEURON_E_STATE, "trainer: gets callbacks before a run, not during it");
    return is_function(callback) ? add_function(trainer, callback) : add_entry(trainer, callback);
}

int neuron_trainer_add_function(neuron_trainer_t *trainer, int32_t events,
                                neuron_callback_function_t function, void *user_data,
                                neuron_destroy_function_t destroy)
{
    CHECK_ARGUMENT(trainer);
    neuron_callback_t *callback;
    RETURN_IF_ERROR(neuron_callback_make_function(&callback, trainer->context, events, function,
                                                  user_data, __func__));
    int status = neuron_trainer_add_callback(trainer, callback);
    if (status == NEURON_OK) /* after a failure the caller still has the user data */
        callback->destroy = destroy;
    neuron_callback_unref(callback);
    return status;
}

static void release_entry(neuron_trainer_t *trainer, neuron_callback_entry *entry)
{
    neuron_snapshot_release(&entry->snapshot, trainer->context);
    neuron_callback_unref(entry->callback);
}

static void remove_function(neuron_trainer_t *trainer, int64_t index)
{
    neuron_callback_list *list = &trainer->callbacks;
    neuron_callback_t *callback = list->functions[index];
    int64_t behind = --list->function_count - index;
    memmove(list->functions + index, list->functions + index + 1,
            neuron_size(behind) * sizeof(neuron_callback_t *));
    neuron_callback_unref(callback);
}

/* Snapshots that were swapped in hold what another had before it: with one of them all are lost. */
static void remove_entry(neuron_trainer_t *trainer, int64_t index)
{
    neuron_callback_list *list = &trainer->callbacks;
    neuron_callback_entry entry = list->entries[index];
    int64_t behind = --list->count - index;
    memmove(list->entries + index, list->entries + index + 1,
            neuron_size(behind) * sizeof *list->entries);
    for (int32_t i = 0; entry.snapshot.swapped && i < list->count; i++)
        if (list->entries[i].snapshot.swapped)
            list->entries[i].snapshot.swapped = list->entries[i].snapshot.exists = false;
    release_entry(trainer, &entry);
}

int neuron_trainer_remove_callback(neuron_trainer_t *trainer, const neuron_callback_t *callback)
{
    CHECK_ARGUMENT(trainer);
    CHECK_ARGUMENT(callback);
    neuron_hold_end_left();
    if (trainer->run.running)
        return neuron_fail(NEURON_E_STATE, "trainer: loses callbacks between runs, not in one");
    const neuron_callback_list *list = &trainer->callbacks;
    bool function = is_function(callback);
    int64_t index = (function ? list->function_count : list->count) - 1;
    while (index >= 0 &&
           (function ? list->functions[index] : list->entries[index].callback) != callback)
        index--;
    if (index < 0)
        return neuron_fail(NEURON_E_ARGUMENT, "trainer: has no such callback (%s)",
                           callback->kind->name);
    if (function)
        remove_function(trainer, index);
    else
        remove_entry(trainer, index);
    return NEURON_OK;
}

void neuron_callbacks_release(neuron_trainer_t *trainer)
{
    neuron_callback_list *list = &trainer->callbacks;
    for (int32_t i = 0; i < list->count; i++)
        release_entry(trainer, &list->entries[i]);
    for (int32_t i = 0; i < list->function_count; i++)
        neuron_callback_unref(list->functions[i]);
    neuron_release(trainer->context, list->entries);
    neuron_release(trainer->context, list->functions);
}

size_t neuron_callback_slot_values(const neuron_trainer_t *trainer,
                                   const neuron_callback_entry *entry)
{
    return entry->callback->kind->keeps_slots ? neuron_training_slot_values(trainer) : 0;
}

static int prepare_entry(neuron_trainer_t *trainer, neuron_callback_entry *entry)
{
    const neuron_callback_row *kind = entry->callback->kind;
    if (kind->check)
        RETURN_IF_ERROR(kind->check(entry->callback, trainer));
    if (kind->keeps_values && kind->keeps_values(entry->callback))
        return neuron_snapshot_allocate(&entry->snapshot, trainer->graph,
                                        neuron_callback_slot_values(trainer, entry));
    return NEURON_OK;
}

int neuron_callbacks_prepare(neuron_trainer_t *trainer)
{
    for (int32_t i = 0; i < trainer->callbacks.count; i++)
        RETURN_IF_ERROR(prepare_entry(trainer, &trainer->callbacks.entries[i]));
    return NEURON_OK;
}

/* ---- Calling ---- */

/* The first status that is not 0; later ones may write messages of their own. */
typedef struct outcome {
    int status;
    bool of_caller;
    char message[NEURON_MESSAGE_SIZE];
} outcome;

static void note(outcome *first, int status, bool of_caller)
{
    if (first->status != 0 || status == 0)
        return;
    first->status = status;
    first->of_caller = of_caller;
    snprintf(first->message, sizeof first->message, "%s", neuron_error_last());
}

static void call_entries(neuron_trainer_t *trainer, int32_t event, outcome *first)
{
    for (int32_t i = 0; i < trainer->callbacks.count; i++) {
        neuron_callback_entry *entry = &trainer->callbacks.entries[i];
        int status = entry->callback->kind->on_event
                         ? entry->callback->kind->on_event(trainer, entry, event)
                         : NEURON_OK;
        note(first, status, status > 0);
    }
}

/* They come last: a file that they save must not be half-way through the event. */
static void call_functions(neuron_trainer_t *trainer, int32_t event, outcome *first)
{
    for (int32_t i = 0; i < trainer->callbacks.function_count; i++) {
        const neuron_callback_t *callback = trainer->callbacks.functions[i];
        if (callback->events & event)
            note(first, neuron_callback_call(trainer, callback, event), true);
    }
}

int neuron_callbacks_call(neuron_trainer_t *trainer, int32_t event, int status)
{
    outcome first = {.status = 0};
    note(&first, status, trainer->run.stopped);
    call_entries(trainer, event, &first);
    if (neuron_trainer_calls_functions(trainer))
        call_functions(trainer, event, &first);
    trainer->run.stopped = first.of_caller;
    if (first.status < 0)
        neuron_set_message("%s", first.message);
    return neuron_trainer_meets_at(trainer, event) ? neuron_trainer_agree(trainer, first.status)
                                                   : first.status;
}

bool neuron_callbacks_have_work(const neuron_trainer_t *trainer)
{
    for (int32_t i = 0; i < trainer->callbacks.count; i++) {
        const neuron_callback_entry *entry = &trainer->callbacks.entries[i];
        if (entry->callback->kind->has_work && entry->callback->kind->has_work(entry))
            return true;
    }
    return false;
}

bool neuron_callbacks_accept_bad_number(neuron_trainer_t *trainer)
{
    bool accepted = false;
    for (int32_t i = 0; i < trainer->callbacks.count; i++) {
        neuron_callback_entry *entry = &trainer->callbacks.entries[i];
        if (entry->callback->kind->on_bad_number)
            accepted = entry->callback->kind->on_bad_number(trainer, entry) || accepted;
    }
    return accepted;
}

void neuron_callbacks_set_rate(neuron_trainer_t *trainer)
{
    double factor = 1;
    bool any = false;
    for (int32_t i = 0; i < trainer->callbacks.count; i++) {
        const neuron_callback_t *callback = trainer->callbacks.entries[i].callback;
        if (!callback->kind->factor)
            continue;
        /* Each by itself: 0 times what is infinite would be no number. */
        factor = fmin(factor * fmin(callback->kind->factor(callback, trainer), FLT_MAX), FLT_MAX);
        any = true;
    }
    /* Those of schedules that were removed are gone. */
    if (any || (trainer->rate.scheduled && trainer->rate.factor != 1))
        neuron_rate_set_factor(&trainer->rate, trainer->optimizer, factor);
    neuron_rate_begin_step(&trainer->rate);
}

/* ---- Ending ---- */

static bool is_swapped(const neuron_callback_list *list)
{
    for (int32_t i = 0; i < list->count; i++)
        if (list->entries[i].snapshot.swapped)
            return true;
    return false;
}

void neuron_callbacks_note_swapped(neuron_trainer_t *trainer)
{
    trainer->callbacks.swapped_version = atomic_load(&trainer->graph->version);
}

neuron_callback_entry *neuron_callbacks_swapped(const neuron_trainer_t *trainer)
{
    const neuron_callback_list *list = &trainer->callbacks;
    for (int64_t i = list->count - 1; i >= 0; i--)
        if (list->entries[i].snapshot.swapped)
            return &list->entries[i];
    return NULL;
}

void neuron_callbacks_swap_in(neuron_trainer_t *trainer)
{
    neuron_callback_list *list = &trainer->callbacks;
    if (is_swapped(list))
        return;
    for (int32_t i = 0; i < list->count; i++) {
        neuron_callback_entry *entry = &list->entries[i];
        const neuron_callback_row *kind = entry->callback->kind;
        if (!entry->snapshot.exists || !kind->restores || !kind->restores(entry))
            continue;
        neuron_snapshot_swap(&entry->snapshot, trainer->graph);
        entry->snapshot.swapped = true;
    }
    neuron_callbacks_note_swapped(trainer);
}

bool neuron_callback_lost_snapshot(const neuron_trainer_t *trainer,
                                   const neuron_callback_entry *entry)
{
    return entry->snapshot.swapped &&
           atomic_load(&trainer->graph->version) != trainer->callbacks.swapped_version;
}

/* From the last to the first, as they were swapped in one after the other. */
void neuron_callbacks_swap_out(neuron_trainer_t *trainer)
{
    neuron_callback_list *list = &trainer->callbacks;
    bool changed = atomic_load(&trainer->graph->version) != list->swapped_version;
    for (int64_t i = list->count - 1; i >= 0; i--) {
        neuron_snapshot *snapshot = &list->entries[i].snapshot;
        if (!snapshot->swapped)
            continue;
        if (changed)
            snapshot->exists = false;
        else
            neuron_snapshot_swap(snapshot, trainer->graph);
        snapshot->swapped = false;
    }
}

const char *neuron_trainer_stop_reason(const neuron_trainer_t *trainer)
{
    return NEURON_IS(trainer) ? trainer->progress.stop_reason : "";
}

int neuron_trainer_clear_stop(neuron_trainer_t *trainer)
{
    CHECK_ARGUMENT(trainer);
    neuron_hold_end_left();
    if (trainer->run.running)
        return neuron_fail(NEURON_E_STATE, "trainer: is running");
    if (!trainer->progress.stop_reason[0])
        return NEURON_OK;
    trainer->progress.stop_reason[0] = '\0';
    for (int32_t i = 0; i < trainer->callbacks.count; i++) {
        neuron_callback_entry *entry = &trainer->callbacks.entries[i];
        if (entry->callback->kind->resume)
            entry->callback->kind->resume(entry);
    }
    return NEURON_OK;
}
