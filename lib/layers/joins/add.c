/* The sum of inputs: see neuron_add(). Of inputs of one shape it is computed in join.c, of others
 * in broadcast.c. */
#include "layers/joins/broadcast.h"
#include "layers/joins/join.h"

static void sum(const neuron_run *run, const float *values, const float *others, int64_t count,
                float *output)
{
    run->kernels->element->sum(values, others, count, output);
}

static int forward(const neuron_run *run)
{
    if (!neuron_broadcasts(run->spec))
        return neuron_join_forward(run);
    neuron_broadcast_forward(run, sum);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    if (!neuron_broadcasts(run->spec))
        return neuron_join_backward(run);
    neuron_broadcast_backward(run, NULL);
    return NEURON_OK;
}

const neuron_layer neuron_layer_add = {
    .name = "add",
    .flags = NEURON_LAYER_MANY_INPUTS | NEURON_LAYER_SUMS,
    .infer = neuron_broadcast_infer,
    .forward = forward,
    .backward = backward,
    .refuse = neuron_post_refuse,
};
