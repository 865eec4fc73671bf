/* The callbacks of a trainer: adding, preparing and calling them, and what their snapshots mean
 * when a training ends. A kind says by the functions of its row what it wants to be called for. */
#include "train/callback-list.h"

#include "base/float-mode.h"
#include "train/trainer.h"
#include "train/training.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

int neuron_trainer_add_callback(neuron_trainer_t *trainer, neuron_callback_t *callback)
{
    CHECK_ARGUMENT(trainer);
    CHECK_ARGUMENT(callback);
    neuron_hold_end_left();
    if (trainer->run.running)
        return neuron_fail(NEURON_E_STATE, "trainer: gets callbacks before a run, not during it");
    size_t count = (size_t)trainer->callbacks.count;
    neuron_callback_entry *list = neuron_allocate(trainer->context, count + 1, sizeof *list);
    if (!list)
        return NEURON_E_MEMORY;
    if (count > 0)
        memcpy(list, trainer->callbacks.entries, count * sizeof *list);
    list[count] = (neuron_callback_entry){.callback = neuron_callback_ref(callback)};
    neuron_release(trainer->context, trainer->callbacks.entries);
    trainer->callbacks.entries = list;
    trainer->callbacks.count++;
    return NEURON_OK;
}

void neuron_callbacks_release(neuron_trainer_t *trainer)
{
    for (int32_t i = 0; i < trainer->callbacks.count; i++) {
        neuron_snapshot_release(&trainer->callbacks.entries[i].snapshot, trainer->context);
        neuron_callback_unref(trainer->callbacks.entries[i].callback);
    }
    neuron_release(trainer->context, trainer->callbacks.entries);
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

static int call_hook(neuron_trainer_t *trainer, const neuron_trainer_hook *hook, const char *what)
{
    uint64_t before = neuron_message_count();
    neuron_float_host *host = neuron_float_pause();
    int status = hook->function ? hook->function(trainer, hook->user_data) : 0;
    neuron_float_resume(host);
    if (status < 0)
        neuron_set_call_message(before, "the %s callback returned %d", what, status);
    return status;
}

/* The caller's come last: a file that they save must not be half-way through the event. */
static void call_list(neuron_trainer_t *trainer, int32_t event, bool of_caller, outcome *first)
{
    for (int32_t i = 0; i < trainer->callbacks.count; i++) {
        neuron_callback_entry *entry = &trainer->callbacks.entries[i];
        const neuron_callback_row *kind = entry->callback->kind;
        if (kind->on_event && kind->of_caller == of_caller)
            note(first, kind->on_event(trainer, entry, event), of_caller);
    }
}

int neuron_callbacks_call(neuron_trainer_t *trainer, int32_t event, int status)
{
    outcome first = {.status = 0};
    note(&first, status, trainer->run.stopped);
    call_list(trainer, event, false, &first);
    call_list(trainer, event, true, &first);
    if (event == NEURON_EVENT_STEP_END)
        note(&first, call_hook(trainer, &trainer->callbacks.on_step, "step"), true);
    if (event == NEURON_EVENT_EPOCH_END)
        note(&first, call_hook(trainer, &trainer->callbacks.on_epoch, "epoch"), true);
    trainer->run.stopped = first.of_caller;
    if (first.status < 0)
        neuron_set_message("%s", first.message);
    return first.status;
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
    if (any)
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
    list->swapped_version = atomic_load(&trainer->graph->version);
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
    for (int32_t i = list->count - 1; i >= 0; i--) {
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
    return trainer ? trainer->progress.stop_reason : "";
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
