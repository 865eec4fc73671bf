/* The learning rate of a training. Without schedules it is the optimizer's. A schedule multiplies a
 * base rate by a factor before each step; what other hands set at the optimizer meanwhile counts
 * for the next step as it is, and becomes the base that the factors make it of. */
#ifndef TRAIN_RATE_H
#define TRAIN_RATE_H

#include "optimize/optimizer.h"

typedef struct neuron_rate {
    bool scheduled; /* a callback has set a base or a factor; if not, the optimizer's rate counts */
    double base, factor;
    double effective; /* what came of them */
    bool set_by_hand; /* the effective one, since the last step, and is for the next as it is */
    uint64_t changes; /* of the optimizer's rate that were followed: later ones count */
} neuron_rate;

/* The rate of the last step, or of the next one if the optimizer's was set since. */
double neuron_rate_current(const neuron_rate *rate, const neuron_optimizer_t *optimizer);

/* Whether the optimizer's rate was set since callbacks looked at it. */
bool neuron_rate_was_set(const neuron_rate *rate, const neuron_optimizer_t *optimizer);

/* The base rate; setting it also sets the effective one, with the factor of the moment. */
double neuron_rate_base(neuron_rate *rate, const neuron_optimizer_t *optimizer);
void neuron_rate_set_base(neuron_rate *rate, const neuron_optimizer_t *optimizer, double base);

/* Sets the factor of the step to come. */
void neuron_rate_set_factor(neuron_rate *rate, const neuron_optimizer_t *optimizer, double factor);

/* The step to come has its rate: from then on that is a rate as any other. */
void neuron_rate_begin_step(neuron_rate *rate);

#endif
