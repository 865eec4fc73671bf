/* Adam (Kingma and Ba, 2015; arXiv 1412.6980), in the form of Keras. */
#include "optimize/flush.h"
#include "optimize/optimizer.h"

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
static double step_rate(const neuron_optimizer_t *adam, uint64_t step, double beta_1, double beta_2)
{
    double rate = neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_LEARNING_RATE);
    return rate * sqrt(1 - pow(beta_2, (double)step)) / (1 - pow(beta_1, (double)step));
}

static void update_run(const neuron_update *update)
{
    const neuron_optimizer_t *adam = update->optimizer;
    const double beta_1 = neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_BETA_1);
    const double beta_2 = neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_BETA_2);
    const float epsilon = (float)neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_EPSILON);
    const float rate = (float)step_rate(adam, update->step, beta_1, beta_2);
    const float keep_1 = (float)beta_1, take_1 = (float)(1 - beta_1);
    const float keep_2 = (float)beta_2, take_2 = (float)(1 - beta_2);
    const float *restrict gradients = update->gradients;
    float *restrict values = update->values;
    float *restrict means = update->slots[0];
    float *restrict squares = update->slots[1];
    for (int64_t i = 0; i < update->count; i++) {
        float gradient = gradients[i];
        float mean = neuron_flush(keep_1 * means[i] + take_1 * gradient);
        float square = neuron_flush(keep_2 * squares[i] + take_2 * gradient * gradient);
        means[i] = mean;
        squares[i] = square;
        values[i] -= rate * mean / (sqrtf(square) + epsilon);
    }
}

const neuron_rule neuron_rule_adam = {
    .key = NEURON_OPTIMIZER_ADAM,
    .name = "adam",
    .slot_count = 2,
    .option_count = sizeof options / sizeof options[0],
    .options = options,
    .update = update_run,
};
