/* The callbacks of a trainer: its list, and when each is called. */
#include "train/callback.h"

#include "base/float-mode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int neuron_trainer_add_callback(neuron_trainer_t *trainer, neuron_callback_t *callback)
{
    CHECK_ARGUMENT(trainer);
    CHECK_ARGUMENT(callback);
    neuron_hold_settle();
    if (trainer->running)
        return neuron_fail(NEURON_E_STATE, "trainer: gets callbacks before a run, not during it");
    const size_t count = (size_t)trainer->callback_count;
    neuron_callback_entry *list = neuron_allocate(trainer->context, count + 1, sizeof *list);
    if (!list)
        return NEURON_E_MEMORY;
    if (count > 0)
        memcpy(list, trainer->callbacks, count * sizeof *list);
    list[count] = (neuron_callback_entry){.callback = neuron_callback_ref(callback)};
    neuron_release(trainer->context, trainer->callbacks);
    trainer->callbacks = list;
    trainer->callback_count++;
    return NEURON_OK;
}

void neuron_callbacks_drop(neuron_trainer_t *trainer)
{
    for (int32_t i = 0; i < trainer->callback_count; i++) {
        neuron_release(trainer->context, trainer->callbacks[i].values);
        neuron_release(trainer->context, trainer->callbacks[i].slots);
        neuron_callback_unref(trainer->callbacks[i].callback);
    }
    neuron_release(trainer->context, trainer->callbacks);
}

static int prepare_entry(neuron_trainer_t *trainer, neuron_callback_entry *entry)
{
    const neuron_callback_kind *kind = entry->callback->kind;
    if (kind->check)
        RETURN_IF_ERROR(kind->check(entry->callback, trainer));
    if (kind->keeps_values && kind->keeps_values(entry->callback))
        return neuron_callback_make_values(trainer, entry);
    return NEURON_OK;
}

int neuron_callbacks_prepare(neuron_trainer_t *trainer)
{
    for (int32_t i = 0; i < trainer->callback_count; i++)
        RETURN_IF_ERROR(prepare_entry(trainer, &trainer->callbacks[i]));
    return NEURON_OK;
}

/* ---- Calling ---- */

/* The first answer that is not 0; later ones may write messages of their own. */
typedef struct outcome {
    int answer;
    bool of_caller;
    char message[NEURON_MESSAGE_SIZE];
} outcome;

static void note(outcome *first, int answer, bool of_caller)
{
    if (first->answer != 0 || answer == 0)
        return;
    first->answer = answer;
    first->of_caller = of_caller;
    snprintf(first->message, sizeof first->message, "%s", neuron_error_last());
}

static int call_plain(neuron_trainer_t *trainer, neuron_trainer_callback_t callback,
                      void *user_data, const char *what)
{
    const uint64_t before = neuron_message_count();
    neuron_float_host *host = neuron_float_pause();
    int answer = callback ? callback(trainer, user_data) : 0;
    neuron_float_resume(host);
    if (answer < 0)
        neuron_set_call_message(before, "the %s callback returned %d", what, answer);
    return answer;
}

/* The caller's come last: a file that they save must not be half-way through the event. */
static void call_list(neuron_trainer_t *trainer, int32_t event, bool of_caller, outcome *first)
{
    for (int32_t i = 0; i < trainer->callback_count; i++) {
        neuron_callback_entry *entry = &trainer->callbacks[i];
        const neuron_callback_kind *kind = entry->callback->kind;
        if (kind->on_event && kind->of_caller == of_caller)
            note(first, kind->on_event(trainer, entry, event), of_caller);
    }
}

int neuron_callbacks_call(neuron_trainer_t *trainer, int32_t event, int status)
{
    outcome first = {.answer = 0};
    note(&first, status, trainer->stopped);
    call_list(trainer, event, false, &first);
    call_list(trainer, event, true, &first);
    if (event == NEURON_EVENT_STEP_END)
        note(&first, call_plain(trainer, trainer->step_callback, trainer->step_data, "step"), true);
    if (event == NEURON_EVENT_EPOCH_END)
        note(&first, call_plain(trainer, trainer->epoch_callback, trainer->epoch_data, "epoch"),
             true);
    trainer->stopped = first.of_caller;
    if (first.answer < 0)
        neuron_set_message("%s", first.message);
    return first.answer;
}

bool neuron_callbacks_have_work(const neuron_trainer_t *trainer)
{
    for (int32_t i = 0; i < trainer->callback_count; i++) {
        const neuron_callback_entry *entry = &trainer->callbacks[i];
        if (entry->callback->kind->has_work && entry->callback->kind->has_work(entry))
            return true;
    }
    return false;
}

bool neuron_callbacks_take_bad_loss(neuron_trainer_t *trainer)
{
    bool taken = false;
    for (int32_t i = 0; i < trainer->callback_count; i++) {
        neuron_callback_entry *entry = &trainer->callbacks[i];
        if (entry->callback->kind->on_bad_loss)
            taken = entry->callback->kind->on_bad_loss(trainer, entry) || taken;
    }
    return taken;
}

/* ---- Ending ---- */

void neuron_trainer_stop(neuron_trainer_t *trainer, const char *format, ...)
{
    char *reason = trainer->progress.stop_reason;
    if (reason[0])
        return;
    va_list arguments;
    va_start(arguments, format);
    neuron_format_line(reason, NEURON_STOP_REASON_SIZE, format, arguments);
    va_end(arguments);
    neuron_log(trainer->context, NEURON_LOG_INFO, "%s", reason);
}

const char *neuron_trainer_stop_reason(const neuron_trainer_t *trainer)
{
    return trainer ? trainer->progress.stop_reason : "";
}

int neuron_trainer_clear_stop(neuron_trainer_t *trainer)
{
    CHECK_ARGUMENT(trainer);
    neuron_hold_settle();
    if (trainer->running)
        return neuron_fail(NEURON_E_STATE, "trainer: is running");
    if (!trainer->progress.stop_reason[0])
        return NEURON_OK;
    trainer->progress.stop_reason[0] = '\0';
    for (int32_t i = 0; i < trainer->callback_count; i++) {
        neuron_callback_entry *entry = &trainer->callbacks[i];
        if (entry->callback->kind->resume)
            entry->callback->kind->resume(entry);
    }
    return NEURON_OK;
}
