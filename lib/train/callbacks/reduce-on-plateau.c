/* A smaller learning rate when a figure stays where it is, with the rules of Keras. */
#include "train/callbacks/callback.h"

#include "base/text/number.h"
#include "train/training.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>

static const neuron_option options[] = {
    NEURON_CALLBACK_OPTION_MONITOR,
    NEURON_CALLBACK_OPTION_OUTPUT,
    NEURON_CALLBACK_OPTION_MODE,
    NEURON_REAL(NEURON_CALLBACK_FACTOR, "factor", DBL_MIN, NEURON_BELOW_ONE, 0.1,
                "what the rate is multiplied with"),
    NEURON_INTEGER(NEURON_CALLBACK_PATIENCE, "patience", 0, INT32_MAX, 10,
                   "epochs without a better figure"),
    NEURON_REAL(NEURON_CALLBACK_MIN_DELTA, "min_delta", 0, FLT_MAX, 1e-4,
                "by how much a figure is better"),
    NEURON_INTEGER(NEURON_CALLBACK_COOLDOWN, "cooldown", 0, INT32_MAX, 0,
                   "epochs after a change that do not count"),
    NEURON_REAL(NEURON_CALLBACK_MIN_RATE, "min_rate", 0, FLT_MAX, 0, "least learning rate"),
};

enum { WAIT, COOLDOWN, HAS_BEST, BEST };

static const char *const state_names[] = {"wait", "cooldown", "has_best", "best"};

static void reduce(neuron_trainer_t *trainer, neuron_callback_entry *entry)
{
    const neuron_callback_t *callback = entry->callback;
    double base = neuron_training_base_rate(trainer);
    double least = neuron_callback_option(callback, NEURON_CALLBACK_MIN_RATE);
    if (base <= least)
        return;
    double reduced = base * neuron_callback_option(callback, NEURON_CALLBACK_FACTOR);
    double rate = fmax(reduced, least);
    neuron_training_set_base_rate(trainer, rate);
    char text[NEURON_NUMBER_TEXT];
    neuron_log(neuron_trainer_graph(trainer)->context, NEURON_LOG_INFO, "training",
               "epoch %" PRId64 ": base learning rate %s", neuron_training_progress(trainer)->epoch,
               neuron_number_short(rate, text));
    entry->state[WAIT] = 0;
    entry->state[COOLDOWN] = neuron_callback_option(callback, NEURON_CALLBACK_COOLDOWN);
}

static int on_event(neuron_trainer_t *trainer, neuron_callback_entry *entry, int32_t event)
{
    if (event != NEURON_EVENT_EPOCH_END)
        return NEURON_OK;
    const neuron_callback_t *callback = entry->callback;
    double *state = entry->state;
    double value = neuron_monitor_value(callback, trainer);
    double delta = neuron_callback_option(callback, NEURON_CALLBACK_MIN_DELTA);
    if (state[COOLDOWN] > 0) {
        state[COOLDOWN]--;
        state[WAIT] = 0;
    }
    neuron_record best = {state[HAS_BEST] > 0, state[BEST]};
    if (neuron_monitor_better(callback, value, best, delta)) {
        state[HAS_BEST] = 1;
        state[BEST] = value;
        state[WAIT] = 0;
    } else if (state[COOLDOWN] <= 0) {
        state[WAIT]++;
        if (state[WAIT] >= neuron_callback_option(callback, NEURON_CALLBACK_PATIENCE))
            reduce(trainer, entry);
    }
    return NEURON_OK;
}

const neuron_callback_row neuron_callback_reduce_on_plateau = {
    .name = "reduce_on_plateau",
    .options = NEURON_OPTION_TABLE(options),
    .state_count = sizeof state_names / sizeof state_names[0],
    .state_names = state_names,
    .check = neuron_monitor_check,
    .on_event = on_event,
};
