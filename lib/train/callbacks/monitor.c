/* Callbacks that look at a figure of each epoch. */
#include "train/callbacks/callback.h"

#include "train/training.h"

#include <math.h>
#include <string.h>

static int32_t monitored(const neuron_callback_t *callback)
{
    return (int32_t)neuron_callback_option(callback, NEURON_CALLBACK_MONITOR);
}

const char *neuron_monitor_name(const neuron_callback_t *callback)
{
    switch (monitored(callback)) {
    case NEURON_METRIC_VALIDATION_LOSS:
        return "validation loss";
    case NEURON_METRIC_VALIDATION_ACCURACY:
        return "validation accuracy";
    default:
        return neuron_word_name(neuron_monitor_words, monitored(callback));
    }
}

static int32_t output_of(const neuron_callback_t *callback)
{
    return (int32_t)neuron_callback_option(callback, NEURON_CALLBACK_OUTPUT);
}

int neuron_monitor_check(const neuron_callback_t *callback, const neuron_trainer_t *trainer)
{
    int32_t metric = monitored(callback);
    bool needed = metric != NEURON_METRIC_LOSS && metric != NEURON_METRIC_ACCURACY;
    const char *name = neuron_word_name(neuron_monitor_words, metric);
    if (!neuron_history_has(neuron_trainer_history(trainer), (neuron_metric)metric))
        return neuron_fail(NEURON_E_STATE,
                           "%s: goes by %s, which the trainer does not compute; set its option "
                           "\"metrics=%s\"",
                           callback->kind->name, name, strchr(name, '_') + 1);
    if (needed && !neuron_training_has_validation(trainer))
        return neuron_fail(NEURON_E_STATE,
                           "%s: goes by the %s, but the trainer has no validation set",
                           callback->kind->name, neuron_monitor_name(callback));
    return neuron_check_range(output_of(callback), -1,
                              neuron_history_output_count(neuron_trainer_history(trainer)) - 1,
                              "output", callback->kind->name);
}

double neuron_monitor_value(const neuron_callback_t *callback, const neuron_trainer_t *trainer)
{
    return neuron_history_figure(neuron_trainer_history(trainer),
                                 neuron_training_progress(trainer)->epoch - 1, output_of(callback),
                                 (neuron_metric)monitored(callback));
}

static bool smaller_is_better(const neuron_callback_t *callback)
{
    double mode = neuron_callback_option(callback, NEURON_CALLBACK_MODE);
    if (mode != NEURON_MODE_AUTO)
        return mode == NEURON_MODE_SMALLEST;
    return neuron_metric_falls((neuron_metric)monitored(callback));
}

bool neuron_monitor_better(const neuron_callback_t *callback, double value, neuron_record than,
                           double delta)
{
    if (!isfinite(value))
        return false;
    if (!than.exists)
        return true;
    return smaller_is_better(callback) ? value < than.value - delta : value > than.value + delta;
}
