/* The history in a file that grows by a line an epoch. */
#include "train/callback.h"

int neuron_callback_create_csv_log(neuron_callback_t **callback, neuron_context_t *context,
                                   const char *path)
{
    CHECK_ARGUMENT(callback);
    *callback = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    return neuron_callback_make_with_path(callback, context, &neuron_callback_csv_log, path);
}

static int on_event(neuron_trainer_t *trainer, neuron_callback_entry *entry, int32_t event)
{
    const char *path = entry->callback->path;
    /* A file that a crash left has epochs that are not in the training file, or lacks some. */
    if (event == NEURON_EVENT_RUN_BEGIN)
        return neuron_history_save_csv(trainer->history, path);
    if (event == NEURON_EVENT_EPOCH_END)
        return neuron_history_append_csv(trainer->history, trainer->progress.epoch - 1, path);
    return NEURON_OK;
}

const neuron_callback_kind neuron_callback_csv_log = {
    .name = "csv_log",
    .on_event = on_event,
};
