/* Adamax (section 7.1 of Kingma and Ba, 2015; arXiv 1412.6980), in the form of Keras. */
#include "optimize/optimizer.h"

#include "kernels/kernels.h"

#include <math.h>

static const neuron_option options[] = {
    NEURON_OPTION_RATE(0.001),
    NEURON_OPTIONS_BETAS,
    NEURON_OPTION_EPSILON,
    NEURON_OPTIONS_CLIPPING,
};

/* The mean starts at 0 and is too small in the first steps. */
static void begin_step(neuron_update *update)
{
    const neuron_optimizer_t *adamax = update->optimizer;
    double beta_1 = neuron_optimizer_option_value(adamax, NEURON_OPTIMIZER_BETA_1);
    update->rate = (float)(update->learning_rate / (1 - pow(beta_1, (double)update->step)));
}

static bool update_run(const neuron_update *update)
{
    const neuron_optimizer_t *adamax = update->optimizer;
    double beta_1 = neuron_optimizer_option_value(adamax, NEURON_OPTIMIZER_BETA_1);
    const neuron_rule_work work = {
        .rate = update->rate,
        .epsilon = neuron_optimizer_float(adamax, NEURON_OPTIMIZER_EPSILON),
        .keep_first = (float)beta_1,
        .take_first = (float)(1 - beta_1),
        .keep_second = neuron_optimizer_float(adamax, NEURON_OPTIMIZER_BETA_2),
    };
    return update->kernels->update->adamax(&work, update->values, update->gradients,
                                           update->slots[0], update->slots[1], update->count);
}

const neuron_rule neuron_rule_adamax = {
    .name = "adamax",
    .slot_count = 2,
    .options = NEURON_OPTION_TABLE(options),
    .begin = begin_step,
    .update = update_run,
};
