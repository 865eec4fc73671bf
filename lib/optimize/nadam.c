/* Nadam (Dozat, 2016), in the form of Keras: with its schedule of the momentum. */
#include "optimize/optimizer.h"

#include "kernels/kernels.h"

#include <math.h>

static const neuron_option options[] = {
    NEURON_OPTION_RATE(0.001),
    NEURON_OPTIONS_BETAS,
    NEURON_OPTION_EPSILON,
    NEURON_OPTIONS_CLIPPING,
};

enum { GRADIENT_RATE, ROOT_SCALE };

/* The share of beta_1 that is the momentum of a step. */
static double momentum_share(uint64_t step)
{
    return 1 - 0.5 * pow(0.96, (double)step);
}

/* The product of the momenta up to a step. It follows from the step alone, so that a training which
 * is continued needs nothing else; after LAST steps the share is 1 in double. */
static double momentum_product(double beta_1, uint64_t step)
{
    enum { LAST = 920 };
    double product = pow(beta_1, (double)step);
    for (uint64_t i = 1; i <= step && i <= LAST; i++)
        product *= momentum_share(i);
    return product;
}

static void begin_step(neuron_update *update)
{
    const neuron_optimizer_t *nadam = update->optimizer;
    uint64_t step = update->step;
    double rate = update->learning_rate;
    double beta_1 = neuron_optimizer_option_value(nadam, NEURON_OPTIMIZER_BETA_1);
    double beta_2 = neuron_optimizer_option_value(nadam, NEURON_OPTIMIZER_BETA_2);
    double momentum = beta_1 * momentum_share(step);
    double next_momentum = beta_1 * momentum_share(step + 1);
    double product = momentum_product(beta_1, step);
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
