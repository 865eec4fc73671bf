/* The time of schedules: steps or epochs since their start, also in units of their length. */
#include "train/callbacks/callback.h"

#include "train/training.h"

#include <math.h>

double neuron_schedule_time(const neuron_callback_t *callback, const neuron_trainer_t *trainer)
{
    const neuron_run_progress *progress = neuron_training_progress(trainer);
    double now = neuron_callback_option(callback, NEURON_CALLBACK_PER_STEP) > 0
                     ? (double)progress->updates
                     : (double)progress->epoch;
    return fmax(0, now - neuron_callback_option(callback, NEURON_CALLBACK_START));
}

double neuron_schedule_lengths(const neuron_callback_t *callback, const neuron_trainer_t *trainer)
{
    return neuron_schedule_time(callback, trainer) /
           neuron_callback_option(callback, NEURON_CALLBACK_LENGTH);
}
