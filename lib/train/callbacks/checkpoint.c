/* The graph of the best epoch in a file. */
#include "train/callbacks/callback.h"

#include "base/float-mode.h"
#include "train/training.h"

#include <inttypes.h>

static const neuron_option options[] = {
    NEURON_CALLBACK_OPTION_MONITOR,
    NEURON_CALLBACK_OPTION_OUTPUT,
    NEURON_CALLBACK_OPTION_MODE,
};

enum { HAS_BEST, BEST, UNSAVED }; /* the last: 1 if the best epoch could not be written */

static const char *const state_names[] = {"has_best", "best", "unsaved"};

int neuron_callback_create_checkpoint(neuron_callback_t **callback, neuron_context_t *context,
                                      const char *path, const char *text)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(callback);
    *callback = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    neuron_callback_t *made;
    RETURN_IF_ERROR(
        neuron_callback_make_with_path(&made, context, &neuron_callback_checkpoint, path));
    int status = neuron_callback_set(made, text);
    if (status < 0) {
        neuron_callback_unref(made);
        return status;
    }
    *callback = made;
    return NEURON_OK;
}

static int save(const neuron_trainer_t *trainer, neuron_callback_entry *entry)
{
    const char *path = entry->callback->path;
    if (!neuron_training_writes(trainer))
        return NEURON_OK;
    entry->state[UNSAVED] = 1;
    RETURN_IF_ERROR(neuron_graph_save(neuron_trainer_graph(trainer), path));
    entry->state[UNSAVED] = 0;
    neuron_log(neuron_trainer_graph(trainer)->context, NEURON_LOG_INFO, "training",
               "epoch %" PRId64 ": saved %s", neuron_training_progress(trainer)->epoch, path);
    return NEURON_OK;
}

static int on_event(neuron_trainer_t *trainer, neuron_callback_entry *entry, int32_t event)
{
    double *state = entry->state;
    if (event == NEURON_EVENT_RUN_BEGIN && state[UNSAVED] > 0)
        return save(trainer, entry);
    if (event != NEURON_EVENT_EPOCH_END)
        return NEURON_OK;
    double value = neuron_monitor_value(entry->callback, trainer);
    neuron_record best = {state[HAS_BEST] > 0, state[BEST]};
    if (!neuron_monitor_better(entry->callback, value, best, 0))
        return NEURON_OK;
    state[HAS_BEST] = 1;
    state[BEST] = value;
    return save(trainer, entry);
}

static bool has_work(const neuron_callback_entry *entry)
{
    return entry->state[UNSAVED] > 0;
}

const neuron_callback_row neuron_callback_checkpoint = {
    .name = "checkpoint",
    .options = NEURON_OPTION_TABLE(options),
    .state_count = sizeof state_names / sizeof state_names[0],
    .state_names = state_names,
    .check = neuron_monitor_check,
    .on_event = on_event,
    .has_work = has_work,
};
