/* A rate that rises from nothing in equal parts. */
#include "train/callbacks/callback.h"

#include <math.h>

static const neuron_option options[] = {
    NEURON_CALLBACK_OPTION_LENGTH(5),
    NEURON_CALLBACK_OPTIONS_TIME,
};

static double factor(const neuron_callback_t *callback, const neuron_trainer_t *trainer)
{
    double length = neuron_callback_option(callback, NEURON_CALLBACK_LENGTH);
    return fmin(1, (neuron_schedule_time(callback, trainer) + 1) / length);
}

const neuron_callback_row neuron_callback_warm_up = {
    .name = "warm_up",
    .options = NEURON_OPTION_TABLE(options),
    .factor = factor,
};
