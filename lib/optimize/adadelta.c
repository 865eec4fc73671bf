/* Adadelta (Zeiler, 2012; arXiv 1212.5701), in the form of Keras: with a learning rate. */
#include "optimize/optimizer.h"

#include "kernels/kernels.h"

static const neuron_option options[] = {
    NEURON_OPTION_RATE(0.001),
    NEURON_OPTION_RHO(0.95),
    NEURON_OPTION_EPSILON,
    NEURON_OPTIONS_CLIPPING,
};

static bool update_run(const neuron_update *update)
{
    const neuron_optimizer_t *adadelta = update->optimizer;
    double rho = neuron_optimizer_option_value(adadelta, NEURON_OPTIMIZER_RHO);
    const neuron_rule_work work = {
        .rate = update->rate,
        .epsilon = neuron_optimizer_float(adadelta, NEURON_OPTIMIZER_EPSILON),
        .keep_second = (float)rho,
        .take_second = (float)(1 - rho),
    };
    return update->kernels->update->adadelta(&work, update->values, update->gradients,
                                             update->slots[0], update->slots[1], update->count);
}

const neuron_rule neuron_rule_adadelta = {
    .name = "adadelta",
    .slot_count = 2,
    .options = NEURON_OPTION_TABLE(options),
    .update = update_run,
};
