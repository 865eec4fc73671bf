/* A rate that falls by the same share each time. */
#include "train/callbacks/callback.h"

#include <math.h>

static const neuron_option options[] = {
    NEURON_CALLBACK_OPTION_FACTOR(0.96),
    NEURON_CALLBACK_OPTION_LENGTH(1),
    NEURON_CALLBACK_OPTIONS_TIME,
};

static double factor(const neuron_callback_t *callback, const neuron_trainer_t *trainer)
{
    return pow(neuron_callback_option(callback, NEURON_CALLBACK_FACTOR),
               neuron_schedule_lengths(callback, trainer));
}

const neuron_callback_row neuron_callback_exponential_schedule = {
    .name = "exponential_schedule",
    .options = NEURON_OPTION_TABLE(options),
    .factor = factor,
};
