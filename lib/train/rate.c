/* What callbacks make of the learning rate. */
#include "train/callback.h"

#include <float.h>
#include <math.h>

static double rate_of_optimizer(const neuron_trainer_t *trainer)
{
    return neuron_optimizer_option_value(trainer->optimizer, NEURON_OPTIMIZER_LEARNING_RATE);
}

bool neuron_trainer_rate_was_set(const neuron_trainer_t *trainer)
{
    return trainer->optimizer->rate_changes != trainer->progress.rates.changes;
}

double neuron_trainer_rate(const neuron_trainer_t *trainer)
{
    const neuron_rates *rates = &trainer->progress.rates;
    return rates->known && !neuron_trainer_rate_was_set(trainer) ? rates->effective
                                                                 : rate_of_optimizer(trainer);
}

/* The base that makes the rate what it is. */
static void rebase(neuron_rates *rates)
{
    rates->base =
        rates->factor > 0 ? fmin(rates->effective / rates->factor, FLT_MAX) : rates->effective;
}

/* Takes a rate that was set by other hands for what the factors made of a base. */
static void follow(neuron_trainer_t *trainer)
{
    neuron_rates *rates = &trainer->progress.rates;
    const double present = neuron_trainer_rate(trainer);
    const bool set = rates->known && neuron_trainer_rate_was_set(trainer);
    if (!rates->known)
        *rates = (neuron_rates){.known = true, .base = present, .factor = 1, .effective = present};
    rates->changes = trainer->optimizer->rate_changes;
    if (!set)
        return;
    rates->effective = present;
    rates->by_hand = true;
    rebase(rates);
}

static void apply(neuron_trainer_t *trainer)
{
    neuron_rates *rates = &trainer->progress.rates;
    rates->effective = fmin(rates->base * rates->factor, FLT_MAX);
}

double neuron_rate_base(neuron_trainer_t *trainer)
{
    follow(trainer);
    return trainer->progress.rates.base;
}

void neuron_rate_set_base(neuron_trainer_t *trainer, double base)
{
    follow(trainer);
    trainer->progress.rates.base = base;
    apply(trainer);
}

void neuron_callbacks_set_rate(neuron_trainer_t *trainer)
{
    double factor = 1;
    bool any = false;
    for (int32_t i = 0; i < trainer->callback_count; i++) {
        const neuron_callback_t *callback = trainer->callbacks[i].callback;
        if (!callback->kind->factor)
            continue;
        /* Each by itself: 0 times what is infinite would be no number. */
        factor = fmin(factor * fmin(callback->kind->factor(callback, trainer), FLT_MAX), FLT_MAX);
        any = true;
    }
    neuron_rates *rates = &trainer->progress.rates;
    if (any) {
        follow(trainer);
        const bool changed = factor != rates->factor;
        rates->factor = factor;
        if (rates->by_hand)
            rebase(rates);
        else if (changed)
            apply(trainer);
    }
    rates->by_hand = false; /* from the next step on it is a rate as any other */
}

double neuron_schedule_time(const neuron_callback_t *callback, const neuron_trainer_t *trainer)
{
    double now = neuron_callback_option(callback, NEURON_CALLBACK_PER_STEP) > 0
                     ? (double)trainer->progress.updates
                     : (double)trainer->progress.epoch;
    return fmax(0, now - neuron_callback_option(callback, NEURON_CALLBACK_START));
}

double neuron_schedule_lengths(const neuron_callback_t *callback, const neuron_trainer_t *trainer)
{
    return neuron_schedule_time(callback, trainer) /
           neuron_callback_option(callback, NEURON_CALLBACK_LENGTH);
}
