/* Adam with decoupled weight decay (Loshchilov and Hutter, 2019; arXiv 1711.05101). */
#include "optimize/optimizer.h"

static const neuron_option options[] = {
    NEURON_OPTION_RATE(0.001),
    NEURON_OPTIONS_BETAS,
    NEURON_OPTION_EPSILON,
    NEURON_REAL(NEURON_OPTIMIZER_WEIGHT_DECAY, "weight_decay", 0, FLT_MAX, 0.004,
                "share of a parameter taken away"),
    NEURON_OPTIONS_CLIPPING,
};

/* The decay goes by the learning rate itself, not by that of Adam's first steps. */
static void begin_step(neuron_update *update)
{
    const neuron_optimizer_t *adamw = update->optimizer;
    neuron_adam_begin(update);
    update->factors[0] = (float)(update->learning_rate * neuron_optimizer_option_value(
                                                             adamw, NEURON_OPTIMIZER_WEIGHT_DECAY));
}

static bool update_run(const neuron_update *update)
{
    return neuron_adam_update(update, update->factors[0]);
}

const neuron_rule neuron_rule_adamw = {
    .name = "adamw",
    .slot_count = 2,
    .options = NEURON_OPTION_TABLE(options),
    .begin = begin_step,
    .update = update_run,
};
