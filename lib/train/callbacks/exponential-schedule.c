/* A rate that falls by the same share each time. */
#include "train/callback.h"

#include <float.h>
#include <math.h>

static const neuron_option options[] = {
    {NEURON_CALLBACK_FACTOR, "factor", false, DBL_MIN, FLT_MAX, 0.96, NULL},
    {NEURON_CALLBACK_LENGTH, "length", true, 1, INT32_MAX, 1, NULL},
    NEURON_CALLBACK_OPTION_START,
    NEURON_CALLBACK_OPTION_PER_STEP,
};

static double factor(const neuron_callback_t *callback, const neuron_trainer_t *trainer)
{
    double length = neuron_callback_option(callback, NEURON_CALLBACK_LENGTH);
    return pow(neuron_callback_option(callback, NEURON_CALLBACK_FACTOR),
               neuron_schedule_time(callback, trainer) / length);
}

const neuron_callback_kind neuron_callback_exponential_schedule = {
    .key = NEURON_CALLBACK_EXPONENTIAL_SCHEDULE,
    .name = "exponential_schedule",
    .options = NEURON_OPTION_TABLE(options),
    .factor = factor,
};
