/* Adagrad (Duchi, Hazan and Singer, 2011), in the form of Keras 3, or of those who
 * add epsilon to the root. */
#include "optimize/optimizer.h"

#include "kernels/kernels.h"

static const neuron_option options[] = {
    NEURON_OPTION_RATE(0.001),
    NEURON_REAL(NEURON_OPTIMIZER_INITIAL_ACCUMULATOR, "initial_accumulator", 0, FLT_MAX, 0.1,
                "squares at the start"),
    NEURON_OPTION_EPSILON,
    NEURON_OPTION_EPSILON_IN_ROOT,
    NEURON_OPTIONS_CLIPPING,
};

static double initial_sum(const neuron_optimizer_t *adagrad)
{
    return neuron_optimizer_option_value(adagrad, NEURON_OPTIMIZER_INITIAL_ACCUMULATOR);
}

static bool update_run(const neuron_update *update)
{
    neuron_rule_work work = {.rate = update->rate};
    neuron_optimizer_place_epsilon(&work, update->optimizer);
    return update->kernels->update->adagrad(&work, update->values, update->gradients,
                                            update->slots[0], NULL, update->count);
}

const neuron_rule neuron_rule_adagrad = {
    .name = "adagrad",
    .slot_count = 1,
    .options = NEURON_OPTION_TABLE(options),
    .initial = initial_sum,
    .update = update_run,
};
