/* What a training is told about itself before it begins: nothing is wrong with it, but those who
 * build it so are often surprised. */
#include "train/advice.h"

#include <inttypes.h>
#include <math.h>

/* Layers whose outputs are any numbers. */
static bool is_linear(const neuron_layer *layer)
{
    return layer == &neuron_layer_dense || layer == &neuron_layer_conv2d ||
           layer == &neuron_layer_batch_norm;
}

/* Cross-entropy divides what is no softmax by its sum, which any numbers have, too. */
static void look_at_output(const neuron_trainer_t *trainer, int32_t output)
{
    const neuron_node_t *node = trainer->graph->outputs[output];
    const neuron_loss_row *kind = trainer->losses[output].loss->kind;
    if (kind->absorbs == NEURON_ABSORBS_NOTHING || !is_linear(node->spec.layer))
        return;
    bool classes = kind->absorbs == NEURON_ABSORBS_SOFTMAX;
    neuron_log(trainer->context, NEURON_LOG_WARNING, "training",
               "trainer: %s takes probabilities, but %s puts out any numbers: is a %s missing "
               "behind it?",
               kind->name, node->name, classes ? "softmax" : "sigmoid");
}

/* What is left of the first value of a moving average, when it is called settled. */
static const double settled = 0.05;

/* After n steps m^n of a moving average is what it began with. */
static void look_at_averages(const neuron_trainer_t *trainer, int64_t steps)
{
    const neuron_graph_t *graph = trainer->graph;
    for (int32_t i = 0; i < graph->node_count; i++) {
        const neuron_node_t *node = graph->nodes[i];
        if (node->spec.layer != &neuron_layer_batch_norm || node->frozen)
            continue;
        double momentum = neuron_spec_option(&node->spec, NEURON_NODE_MOMENTUM);
        if (momentum >= 1 || pow(momentum, (double)steps) <= settled)
            continue;
        neuron_log(trainer->context, NEURON_LOG_WARNING, "training",
                   "trainer: %s has momentum %g, with which its averages settle after %.0f steps; "
                   "this training has %" PRId64 ", so predictions and validation lag behind: try "
                   "momentum=0.9",
                   node->name, momentum, ceil(log(settled) / log(momentum)), steps);
        return; /* the others are told by the first */
    }
}

void neuron_trainer_advise(const neuron_trainer_t *trainer, int64_t steps)
{
    for (int32_t i = 0; i < trainer->graph->output_count; i++)
        look_at_output(trainer, i);
    if (steps > 0)
        look_at_averages(trainer, steps);
}
