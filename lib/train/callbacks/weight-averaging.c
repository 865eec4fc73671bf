/* Averages of the parameters, kept as a snapshot beside the training: the mean over epochs
 * (stochastic weight averaging) or an exponential moving average. When the training is over the
 * graph gets the average, and its moving statistics are renewed: see train/renew.h. */
#include "train/callbacks/callback.h"

#include "train/training.h"

#include <math.h>
#include <string.h>

enum { MEAN, EXPONENTIAL };

static const neuron_word averages[] = {{MEAN, "mean"}, {EXPONENTIAL, "exponential"}, {0, ""}};

static const neuron_option options[] = {
    NEURON_CHOICE(NEURON_CALLBACK_AVERAGE, "average", averages, MEAN,
                  "how parameters are averaged"),
    NEURON_REAL(NEURON_CALLBACK_DECAY, "decay", 0, NEURON_BELOW_ONE, 0.999,
                "what is left of an exponential average"),
    NEURON_CALLBACK_OPTION_LENGTH(1),
    NEURON_CALLBACK_OPTIONS_TIME,
    NEURON_FLAG(NEURON_CALLBACK_RENEW_STATISTICS, "renew_statistics", 1,
                "yes to measure moving statistics anew"),
};

/* Parameters that are in the average, and whether its statistics are renewed. */
enum { COUNT, RENEWED };

static const char *const state_names[] = {"count", "renewed"};

static bool keeps_values(const neuron_callback_t *callback)
{
    (void)callback;
    return true;
}

static bool restores(const neuron_callback_entry *entry)
{
    (void)entry;
    return true;
}

/* Whether the parameters of now are to be averaged. */
static bool is_due(const neuron_callback_t *callback, const neuron_trainer_t *trainer,
                   int32_t event)
{
    bool per_step = neuron_callback_option(callback, NEURON_CALLBACK_PER_STEP) > 0;
    if (event != (per_step ? NEURON_EVENT_STEP_END : NEURON_EVENT_EPOCH_END))
        return false;
    double time = neuron_schedule_time(callback, trainer);
    return time > 0 && fmod(time, neuron_callback_option(callback, NEURON_CALLBACK_LENGTH)) == 0;
}

/* How much of the distance to the parameters the average goes. */
static double share(const neuron_callback_entry *entry)
{
    if (neuron_callback_option(entry->callback, NEURON_CALLBACK_AVERAGE) == MEAN)
        return 1 / (entry->state[COUNT] + 1);
    return 1 - neuron_callback_option(entry->callback, NEURON_CALLBACK_DECAY);
}

static int on_event(neuron_trainer_t *trainer, neuron_callback_entry *entry, int32_t event)
{
    if (!entry->snapshot.values || !is_due(entry->callback, trainer, event))
        return NEURON_OK;
    if (entry->state[COUNT] == 0 || !entry->snapshot.exists) {
        entry->state[COUNT] = 0;
        neuron_training_save(trainer, &entry->snapshot);
    } else {
        neuron_training_average(trainer, &entry->snapshot, share(entry));
    }
    entry->state[COUNT]++;
    entry->state[RENEWED] = 0;
    return NEURON_OK;
}

static bool renews(const neuron_callback_entry *entry)
{
    return entry->snapshot.exists && entry->state[RENEWED] == 0 &&
           neuron_callback_option(entry->callback, NEURON_CALLBACK_RENEW_STATISTICS) > 0;
}

static void on_renewed(neuron_callback_entry *entry)
{
    entry->state[RENEWED] = 1;
}

const neuron_callback_row neuron_callback_weight_averaging = {
    .name = "weight_averaging",
    .options = NEURON_OPTION_TABLE(options),
    .state_count = sizeof state_names / sizeof state_names[0],
    .state_names = state_names,
    .keeps_values = keeps_values,
    .on_event = on_event,
    .restores = restores,
    .has_work = renews,
    .renews = renews,
    .on_renewed = on_renewed,
};
