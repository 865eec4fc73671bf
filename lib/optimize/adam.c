/* Adam (Kingma and Ba, 2015; arXiv 1412.6980), in the form of Keras. */
#include "optimize/optimizer.h"

#include "kernels/kernels.h"

#include <math.h>

static const neuron_option options[] = {
    NEURON_OPTION_RATE(0.001),
    NEURON_OPTIONS_BETAS,
    NEURON_OPTION_EPSILON,
    NEURON_OPTIONS_CLIPPING,
};

/* Both moments start at 0 and are too small in the first steps. */
void neuron_adam_begin(neuron_update *update)
{
    const neuron_optimizer_t *adam = update->optimizer;
    double beta_1 = neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_BETA_1);
    double beta_2 = neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_BETA_2);
    double step = (double)update->step;
    update->rate =
        (float)(update->learning_rate * sqrt(1 - pow(beta_2, step)) / (1 - pow(beta_1, step)));
}

bool neuron_adam_update(const neuron_update *update, float decay)
{
    const neuron_optimizer_t *adam = update->optimizer;
    double beta_1 = neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_BETA_1);
    double beta_2 = neuron_optimizer_option_value(adam, NEURON_OPTIMIZER_BETA_2);
    const neuron_adam_work work = {
        .rate = update->rate,
        .epsilon = neuron_optimizer_float(adam, NEURON_OPTIMIZER_EPSILON),
        .decay = decay,
        .keep_mean = (float)beta_1,
        .take_mean = (float)(1 - beta_1),
        .keep_square = (float)beta_2,
        .take_square = (float)(1 - beta_2),
    };
    return update->kernels->update->adam(&work, update->values, update->gradients, update->slots[0],
                                         update->slots[1], update->count);
}

static bool update_run(const neuron_update *update)
{
    return neuron_adam_update(update, 0);
}

const neuron_rule neuron_rule_adam = {
    .name = "adam",
    .slot_count = 2,
    .options = NEURON_OPTION_TABLE(options),
    .begin = neuron_adam_begin,
    .update = update_run,
};
