/* Nadam (Dozat, 2016), in the form of Keras: with its schedule of the momentum. */
#include "optimize/optimizer.h"

#include "kernels/kernels.h"

#include <math.h>

static const neuron_option options[] = {
    NEURON_OPTION_RATE(0.001),
    NEURON_OPTIONS_BETAS,
    NEURON_OPTION_EPSILON,
    NEURON_REAL(NEURON_OPTIMIZER_MOMENTUM_DECAY, "momentum_decay", 0, FLT_MAX, 1,
                "pace of the momentum"),
    NEURON_OPTIONS_CLIPPING,
};

enum { GRADIENT_RATE, ROOT_SCALE };

/* The share of beta_1 that is the momentum of a step. */
static double momentum_share(double decay, uint64_t step)
{
    return 1 - 0.5 * pow(0.96, decay * (double)step);
}

/* The product of the momenta up to a step. It follows from the step alone, so that a training which
 * is continued needs nothing else. What is less than tiny is 0 beside 1. The shares come to 1 in
 * double, or their product to tiny, after less than 3000 steps, whatever the decay. */
static double momentum_product(double beta_1, double decay, uint64_t step)
{
    static const double tiny = 1e-17;
    double product = pow(beta_1, (double)step), share = 0;
    for (uint64_t i = 1; i <= step && product > tiny && share < 1; i++) {
        share = momentum_share(decay, i);
        product *= share;
    }
    return product;
}

static void begin_step(neuron_update *update)
{
    const neuron_optimizer_t *nadam = update->optimizer;
    uint64_t step = update->step;
    double rate = update->learning_rate;
    double beta_1 = neuron_optimizer_option_value(nadam, NEURON_OPTIMIZER_BETA_1);
    double beta_2 = neuron_optimizer_option_value(nadam, NEURON_OPTIMIZER_BETA_2);
    double decay = neuron_optimizer_option_value(nadam, NEURON_OPTIMIZER_MOMENTUM_DECAY);
    double momentum = beta_1 * momentum_share(decay, step);
    double next_momentum = beta_1 * momentum_share(decay, step + 1);
    double product = momentum_product(beta_1, decay, step);
    update->rate = (float)(rate * next_momentum / (1 - product * next_momentum));
    update->factors[GRADIENT_RATE] = (float)(rate * (1 - momentum) / (1 - product));
    update->factors[ROOT_SCALE] = (float)(1 / sqrt(1 - pow(beta_2, (double)step)));
}

static bool update_run(const neuron_update *update)
{
    const neuron_optimizer_t *nadam = update->optimizer;
    double beta_1 = neuron_optimizer_option_value(nadam, NEURON_OPTIMIZER_BETA_1);
    double beta_2 = neuron_optimizer_option_value(nadam, NEURON_OPTIMIZER_BETA_2);
    const neuron_rule_work work = {
        .rate = update->rate,
        .epsilon = neuron_optimizer_float(nadam, NEURON_OPTIMIZER_EPSILON),
        .keep_first = (float)beta_1,
        .take_first = (float)(1 - beta_1),
        .keep_second = (float)beta_2,
        .take_second = (float)(1 - beta_2),
        .gradient_rate = update->factors[GRADIENT_RATE],
        .root_scale = update->factors[ROOT_SCALE],
    };
    return update->kernels->update->nadam(&work, update->values, update->gradients,
                                          update->slots[0], update->slots[1], update->count);
}

const neuron_rule neuron_rule_nadam = {
    .name = "nadam",
    .slot_count = 2,
    .options = NEURON_OPTION_TABLE(options),
    .begin = begin_step,
    .update = update_run,
};
