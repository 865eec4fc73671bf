/* The history in a file that grows by a line an epoch. */
#include "train/callbacks/callback.h"

#include "base/float-mode.h"
#include "train/training.h"

int neuron_callback_create_csv_log(neuron_callback_t **callback, neuron_context_t *context,
                                   const char *path)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(callback);
    *callback = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    return neuron_callback_make_with_path(callback, context, &neuron_callback_csv_log, path);
}

enum { UNWRITTEN }; /* 1 if the last epoch could not be written */

static const char *const state_names[] = {"unwritten"};

static int note(neuron_callback_entry *entry, int status)
{
    entry->state[UNWRITTEN] = status < 0;
    return status;
}

static int on_event(neuron_trainer_t *trainer, neuron_callback_entry *entry, int32_t event)
{
    const neuron_history_t *history = neuron_trainer_history(trainer);
    const char *path = entry->callback->path;
    if (!neuron_training_writes(trainer))
        return NEURON_OK;
    /* A file that a crash left has epochs that are not in the training file, or lacks some. */
    if (event == NEURON_EVENT_RUN_BEGIN)
        return note(entry, neuron_history_save_csv(history, path));
    if (event == NEURON_EVENT_EPOCH_END)
        return note(entry, neuron_history_append_csv(
                               history, neuron_training_progress(trainer)->epoch - 1, path));
    return NEURON_OK;
}

static bool has_work(const neuron_callback_entry *entry)
{
    return entry->state[UNWRITTEN] > 0;
}

const neuron_callback_row neuron_callback_csv_log = {
    .name = "csv_log",
    .state_count = sizeof state_names / sizeof state_names[0],
    .state_names = state_names,
    .on_event = on_event,
    .has_work = has_work,
};
