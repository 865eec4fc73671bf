/* A rate that falls in steps. */
#include "train/callback.h"

#include <float.h>
#include <math.h>

static const neuron_option options[] = {
    {NEURON_CALLBACK_FACTOR, "factor", false, DBL_MIN, FLT_MAX, 0.1, NULL},
    {NEURON_CALLBACK_LENGTH, "length", true, 1, INT32_MAX, 10, NULL},
    NEURON_CALLBACK_OPTION_START,
    NEURON_CALLBACK_OPTION_PER_STEP,
};

static double factor(const neuron_callback_t *callback, const neuron_trainer_t *trainer)
{
    double length = neuron_callback_option(callback, NEURON_CALLBACK_LENGTH);
    return pow(neuron_callback_option(callback, NEURON_CALLBACK_FACTOR),
               floor(neuron_schedule_time(callback, trainer) / length));
}

const neuron_callback_kind neuron_callback_step_schedule = {
    .key = NEURON_CALLBACK_STEP_SCHEDULE,
    .name = "step_schedule",
    .options = NEURON_OPTION_TABLE(options),
    .factor = factor,
};
