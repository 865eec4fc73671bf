/* Adam (Kingma and Ba, 2015; arXiv 1412.6980), in the form of Keras. */
#include "optimize/optimizer.h"

#include "kernels/kernels.h"

#include <float.h>
#include <math.h>

/* The largest double below 1. */
#define BELOW_ONE (1 - DBL_EPSILON / 2)

/* Epsilon must not vanish in float: it keeps 0 / 0 away from parameters without a gradient. */
static const neuron_optimizer_option options[] = {
    {NEURON_OPTIMIZER_LEARNING_RATE, "learning rate", 0, FLT_MAX, 0.001},
    {NEURON_OPTIMIZER_BETA_1, "beta_1", 0, BELOW_ONE, 0.9},
    {NEURON_OPTIMIZER_BETA_2, "beta_2", 0, BELOW_ONE, 0.999},
    {NEURON_OPTIMIZER_EPSILON, "epsilon", FLT_MIN, FLT_MAX, 1e-7},
};

/* The learning rate of a step: both moments start at 0 and are too small in the first steps. */
static double step_rate(const neuron_update *update)
{
    const neuron_optimizer_t *adam = update->optimizer;
    const double rate = neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_LEARNING_RATE);
    const double beta_1 = neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_BETA_1);
    const double beta_2 = neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_BETA_2);
    const double step = (double)update->step;
    return rate * sqrt(1 - pow(beta_2, step)) / (1 - pow(beta_1, step));
}

static void update_run(const neuron_update *update)
{
    const neuron_optimizer_t *adam = update->optimizer;
    const double beta_1 = neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_BETA_1);
    const double beta_2 = neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_BETA_2);
    const neuron_adam_work work = {
        .rate = update->rate,
        .epsilon = (float)neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_EPSILON),
        .keep_mean = (float)beta_1,
        .take_mean = (float)(1 - beta_1),
        .keep_square = (float)beta_2,
        .take_square = (float)(1 - beta_2),
    };
    update->kernels->adam(&work, update->values, update->gradients, update->slots[0],
                          update->slots[1], update->count);
}

const neuron_rule neuron_rule_adam = {
    .key = NEURON_OPTIMIZER_ADAM,
    .name = "adam",
    .slot_count = 2,
    .option_count = sizeof options / sizeof options[0],
    .options = options,
    .rate = step_rate,
    .update = update_run,
};
