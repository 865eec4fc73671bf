/* Gradient descent with momentum, also Nesterov's. */
#include "optimize/optimizer.h"

#include "kernels/kernels.h"

static const neuron_option options[] = {
    NEURON_OPTION_RATE(0.01),
    NEURON_OPTION_MOMENTUM,
    NEURON_FLAG(NEURON_OPTIMIZER_NESTEROV, "nesterov", 0, "yes for momentum looking ahead"),
    NEURON_OPTIONS_CLIPPING,
};

static bool update_run(const neuron_update *update)
{
    const neuron_optimizer_t *sgd = update->optimizer;
    const neuron_momentum_work work = {
        .rate = update->rate,
        .momentum = neuron_optimizer_float(sgd, NEURON_OPTIMIZER_MOMENTUM),
        .nesterov = neuron_optimizer_option_value(sgd, NEURON_OPTIMIZER_NESTEROV) > 0,
    };
    return update->kernels->update->momentum(&work, update->values, update->gradients,
                                             update->slots[0], update->count);
}

const neuron_rule neuron_rule_sgd = {
    .name = "sgd",
    .slot_count = 1,
    .options = NEURON_OPTION_TABLE(options),
    .update = update_run,
};
