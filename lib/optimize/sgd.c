/* Gradient descent with momentum. */
#include "optimize/optimizer.h"

#include "kernels/kernels.h"

#include <float.h>

static const neuron_optimizer_option options[] = {
    {NEURON_OPTIMIZER_LEARNING_RATE, "learning rate", 0, FLT_MAX, 0.01},
    {NEURON_OPTIMIZER_MOMENTUM, "momentum", 0, 1, 0},
};

static void update_run(const neuron_update *update)
{
    const neuron_optimizer_t *sgd = update->optimizer;
    const float momentum = (float)neuron_optimizer_option_value(sgd, NEURON_OPTIMIZER_MOMENTUM);
    const neuron_momentum_work work = {update->rate, momentum};
    update->kernels->momentum(&work, update->values, update->gradients, update->slots[0],
                              update->count);
}

const neuron_rule neuron_rule_sgd = {
    .key = NEURON_OPTIMIZER_SGD,
    .name = "sgd",
    .slot_count = 1,
    .option_count = sizeof options / sizeof options[0],
    .options = options,
    .update = update_run,
};
