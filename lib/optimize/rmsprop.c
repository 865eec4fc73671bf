/* RMSprop (Tieleman and Hinton, 2012), in the form of Keras 3, or of those who add epsilon to the
 * root. */
#include "optimize/optimizer.h"

#include "kernels/kernels.h"

static const neuron_option options[] = {
    NEURON_OPTION_RATE(0.001), NEURON_OPTION_RHO(0.9),        NEURON_OPTION_MOMENTUM,
    NEURON_OPTION_EPSILON,     NEURON_OPTION_EPSILON_IN_ROOT, NEURON_OPTIONS_CLIPPING,
};

static bool update_run(const neuron_update *update)
{
    const neuron_optimizer_t *rmsprop = update->optimizer;
    double rho = neuron_optimizer_option_value(rmsprop, NEURON_OPTIMIZER_RHO);
    neuron_rule_work work = {
        .rate = update->rate,
        .keep_first = neuron_optimizer_float(rmsprop, NEURON_OPTIMIZER_MOMENTUM),
        .keep_second = (float)rho,
        .take_second = (float)(1 - rho),
    };
    neuron_optimizer_place_epsilon(&work, rmsprop);
    return update->kernels->update->rmsprop(&work, update->values, update->gradients,
                                            update->slots[0], update->slots[1], update->count);
}

const neuron_rule neuron_rule_rmsprop = {
    .name = "rmsprop",
    .slot_count = 2,
    .options = NEURON_OPTION_TABLE(options),
    .update = update_run,
};
