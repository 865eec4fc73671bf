/* A rate that falls along half a wave of the cosine, once or again and again. */
#include "train/callbacks/callback.h"

#include "train/training.h"

#include <math.h>

static const neuron_option options[] = {
    NEURON_REAL(NEURON_CALLBACK_ALPHA, "alpha", 0, 1, 0, "share of the rate at the end"),
    NEURON_INTEGER(NEURON_CALLBACK_LENGTH, "length", 0, INT32_MAX, 0, "epochs or steps"),
    NEURON_CALLBACK_OPTIONS_TIME,
    NEURON_FLAG(NEURON_CALLBACK_RESTART, "restart", 0, "yes to begin anew after each length"),
};

static const double pi = 3.14159265358979323846;

/* Steps or epochs from the start to the end of the training. */
static double rest(const neuron_callback_t *callback, const neuron_trainer_t *trainer)
{
    double all = (double)neuron_training_epochs(trainer);
    if (neuron_callback_option(callback, NEURON_CALLBACK_PER_STEP) > 0)
        all *= (double)neuron_training_steps(trainer);
    return fmax(1, all - neuron_callback_option(callback, NEURON_CALLBACK_START));
}

static double factor(const neuron_callback_t *callback, const neuron_trainer_t *trainer)
{
    double alpha = neuron_callback_option(callback, NEURON_CALLBACK_ALPHA);
    double length = neuron_callback_option(callback, NEURON_CALLBACK_LENGTH);
    if (length <= 0)
        length = rest(callback, trainer);
    double time = neuron_schedule_time(callback, trainer);
    bool restarts = neuron_callback_option(callback, NEURON_CALLBACK_RESTART) > 0;
    double part = (restarts ? fmod(time, length) : time) / length;
    return part >= 1 ? alpha : alpha + (1 - alpha) * (1 + cos(pi * part)) / 2;
}

const neuron_callback_row neuron_callback_cosine_schedule = {
    .name = "cosine_schedule",
    .options = NEURON_OPTION_TABLE(options),
    .factor = factor,
};
