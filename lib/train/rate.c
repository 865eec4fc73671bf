/* The learning rate of a training: see rate.h for how base, factors and a rate set by hand go
 * together. Factors come from schedules, in callbacks/. */
#include "train/rate.h"

#include <float.h>
#include <math.h>

static double rate_of(const neuron_optimizer_t *optimizer)
{
    return neuron_optimizer_option_value(optimizer, NEURON_OPTIMIZER_LEARNING_RATE);
}

bool neuron_rate_was_set(const neuron_rate *rate, const neuron_optimizer_t *optimizer)
{
    return optimizer->rate_changes != rate->changes;
}

double neuron_rate_current(const neuron_rate *rate, const neuron_optimizer_t *optimizer)
{
    return rate->scheduled && !neuron_rate_was_set(rate, optimizer) ? rate->effective
                                                                    : rate_of(optimizer);
}

/* The base that makes the rate what it is. */
static void rebase(neuron_rate *rate)
{
    rate->base = rate->factor > 0 ? fmin(rate->effective / rate->factor, FLT_MAX) : rate->effective;
}

/* Treats a rate that was set by other hands as what the factor made of a base. */
static void follow(neuron_rate *rate, const neuron_optimizer_t *optimizer)
{
    double present = neuron_rate_current(rate, optimizer);
    bool set = rate->scheduled && neuron_rate_was_set(rate, optimizer);
    if (!rate->scheduled)
        *rate =
            (neuron_rate){.scheduled = true, .base = present, .factor = 1, .effective = present};
    rate->changes = optimizer->rate_changes;
    if (!set)
        return;
    rate->effective = present;
    rate->set_by_hand = true;
    rebase(rate);
}

static void apply(neuron_rate *rate)
{
    rate->effective = fmin(rate->base * rate->factor, FLT_MAX);
}

double neuron_rate_base(neuron_rate *rate, const neuron_optimizer_t *optimizer)
{
    follow(rate, optimizer);
    return rate->base;
}

void neuron_rate_set_base(neuron_rate *rate, const neuron_optimizer_t *optimizer, double base)
{
    follow(rate, optimizer);
    rate->base = base;
    apply(rate);
}

void neuron_rate_set_factor(neuron_rate *rate, const neuron_optimizer_t *optimizer, double factor)
{
    follow(rate, optimizer);
    bool changed = factor != rate->factor;
    rate->factor = factor;
    if (rate->set_by_hand)
        rebase(rate);
    else if (changed)
        apply(rate);
}

void neuron_rate_begin_step(neuron_rate *rate)
{
    rate->set_by_hand = false;
}
