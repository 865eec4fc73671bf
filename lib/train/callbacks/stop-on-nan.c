/* The end of a training whose loss is no number. */
#include "train/callbacks/callback.h"

#include "train/training.h"

#include <inttypes.h>
#include <math.h>

enum { EPOCH };

static const char *const state_names[] = {"epoch"};

static bool keeps_values(const neuron_callback_t *callback)
{
    (void)callback;
    return true;
}

static bool all_finite(const neuron_graph_t *graph)
{
    for (int64_t i = 0; i < graph->value_count; i++)
        if (!isfinite(graph->values[i]))
            return false;
    return true;
}

static int on_event(neuron_trainer_t *trainer, neuron_callback_entry *entry, int32_t event)
{
    /* Between two epochs the caller may have written others. */
    bool wanted = event == NEURON_EVENT_RUN_BEGIN
                      ? !entry->snapshot.exists || neuron_training_progress(trainer)->step == 0
                      : event == NEURON_EVENT_EPOCH_END;
    if (wanted && all_finite(neuron_trainer_graph(trainer))) {
        neuron_training_save(trainer, &entry->snapshot);
        entry->state[EPOCH] = (double)neuron_training_progress(trainer)->epoch;
    }
    return NEURON_OK;
}

static bool on_bad_number(neuron_trainer_t *trainer, neuron_callback_entry *entry)
{
    const char *name = entry->callback->kind->name;
    if (!entry->snapshot.exists) {
        neuron_training_stop(trainer, "%s: %s", name, neuron_error_last());
        return true;
    }
    neuron_training_restore(trainer, &entry->snapshot);
    neuron_training_stop(trainer, "%s: %s; the parameters are those of epoch %.0f", name,
                         neuron_error_last(), entry->state[EPOCH]);
    return true;
}

const neuron_callback_row neuron_callback_stop_on_nan = {
    .name = "stop_on_nan",
    .state_count = sizeof state_names / sizeof state_names[0],
    .state_names = state_names,
    .keeps_values = keeps_values,
    .keeps_slots = true,
    .on_event = on_event,
    .on_bad_number = on_bad_number,
};
