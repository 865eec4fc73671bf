/* A rate that falls in steps. */
#include "train/callbacks/callback.h"

#include <math.h>

static const neuron_option options[] = {
    NEURON_CALLBACK_OPTION_FACTOR(0.1),
    NEURON_CALLBACK_OPTION_LENGTH(10),
    NEURON_CALLBACK_OPTIONS_TIME,
};

static double factor(const neuron_callback_t *callback, const neuron_trainer_t *trainer)
{
    return pow(neuron_callback_option(callback, NEURON_CALLBACK_FACTOR),
               floor(neuron_schedule_lengths(callback, trainer)));
}

const neuron_callback_row neuron_callback_step_schedule = {
    .name = "step_schedule",
    .options = NEURON_OPTION_TABLE(options),
    .factor = factor,
};
