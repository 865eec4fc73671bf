/* Early stopping, with the rules of Keras. */
#include "train/callbacks/callback.h"

#include "base/text/number.h"
#include "train/training.h"

#include <float.h>
#include <math.h>

static const neuron_option options[] = {
    NEURON_CALLBACK_OPTION_MONITOR,
    NEURON_CALLBACK_OPTION_OUTPUT,
    NEURON_CALLBACK_OPTION_MODE,
    NEURON_INTEGER(NEURON_CALLBACK_PATIENCE, "patience", 0, INT32_MAX, 0,
                   "epochs without a better figure"),
    NEURON_REAL(NEURON_CALLBACK_MIN_DELTA, "min_delta", 0, FLT_MAX, 0,
                "by how much a figure is better"),
    NEURON_REAL(NEURON_CALLBACK_BASELINE, "baseline", -FLT_MAX, FLT_MAX, NAN,
                "figures count only if better"),
    NEURON_CALLBACK_OPTION_START,
    NEURON_FLAG(NEURON_CALLBACK_RESTORE_BEST, "restore_best", 0,
                "yes to end with the best parameters"),
};

enum { WAIT, BEST_EPOCH, BEST }; /* the epoch from 1; 0 for none */

static const char *const state_names[] = {"wait", "best_epoch", "best"};

static bool keeps_values(const neuron_callback_t *callback)
{
    return neuron_callback_option(callback, NEURON_CALLBACK_RESTORE_BEST) > 0;
}

static bool restores(const neuron_callback_entry *entry)
{
    return keeps_values(entry->callback);
}

static void resume(neuron_callback_entry *entry)
{
    entry->state[WAIT] = 0;
}

static neuron_record record(const neuron_callback_entry *entry)
{
    return (neuron_record){entry->state[BEST_EPOCH] > 0, entry->state[BEST]};
}

static neuron_record baseline(const neuron_callback_t *callback)
{
    double value = neuron_callback_option(callback, NEURON_CALLBACK_BASELINE);
    return (neuron_record){!isnan(value), value};
}

static void stop(neuron_trainer_t *trainer, const neuron_callback_entry *entry)
{
    const neuron_callback_t *callback = entry->callback;
    const char *name = callback->kind->name, *figure = neuron_monitor_name(callback);
    const neuron_record floor = baseline(callback);
    double delta = neuron_callback_option(callback, NEURON_CALLBACK_MIN_DELTA);
    char number[NEURON_NUMBER_TEXT];
    double waited = entry->state[WAIT];
    const char *plural = waited == 1 ? "" : "s";
    if (!record(entry).exists)
        neuron_training_stop(trainer, "%s: no %s that is a finite number for %.0f epoch%s", name,
                             figure, waited, plural);
    else if (floor.exists && !neuron_monitor_better(callback, entry->state[BEST], floor, delta))
        neuron_training_stop(trainer, "%s: no better %s than the baseline of %s for %.0f epoch%s",
                             name, figure, neuron_number_short(floor.value, number), waited,
                             plural);
    else
        neuron_training_stop(trainer, "%s: no better %s than %s of epoch %.0f for %.0f epoch%s",
                             name, figure, neuron_number_short(entry->state[BEST], number),
                             entry->state[BEST_EPOCH], waited, plural);
}

static int on_event(neuron_trainer_t *trainer, neuron_callback_entry *entry, int32_t event)
{
    const neuron_callback_t *callback = entry->callback;
    double epoch = (double)neuron_training_progress(trainer)->epoch;
    if (event != NEURON_EVENT_EPOCH_END ||
        epoch <= neuron_callback_option(callback, NEURON_CALLBACK_START))
        return NEURON_OK;
    double value = neuron_monitor_value(callback, trainer);
    double delta = neuron_callback_option(callback, NEURON_CALLBACK_MIN_DELTA);
    bool better = neuron_monitor_better(callback, value, record(entry), delta);
    /* Without a better one the first epoch is the best. */
    if (entry->snapshot.values && (better || !entry->snapshot.exists))
        neuron_training_save(trainer, &entry->snapshot);
    entry->state[WAIT]++;
    if (better) {
        entry->state[BEST] = value;
        entry->state[BEST_EPOCH] = epoch;
        if (neuron_monitor_better(callback, value, baseline(callback), delta))
            entry->state[WAIT] = 0;
        return NEURON_OK;
    }
    if (epoch > 1 &&
        entry->state[WAIT] >= neuron_callback_option(callback, NEURON_CALLBACK_PATIENCE))
        stop(trainer, entry);
    return NEURON_OK;
}

const neuron_callback_row neuron_callback_early_stopping = {
    .name = "early_stopping",
    .options = NEURON_OPTION_TABLE(options),
    .state_count = sizeof state_names / sizeof state_names[0],
    .state_names = state_names,
    .keeps_values = keeps_values,
    .check = neuron_monitor_check,
    .on_event = on_event,
    .restores = restores,
    .resume = resume,
};
