/* What follows a layer in the same pass, as the list that drivers and kernels go by. */
#ifndef LAYERS_POST_H
#define LAYERS_POST_H

#include "kernels/post-ops.h"
#include "layers/layer.h"

static inline void neuron_post_append(neuron_post_ops *ops, neuron_post_op op)
{
    ops->list[ops->count++] = op;
}

/* Forward, but for pooling and statistics. */
static inline neuron_post_ops neuron_run_post(const neuron_run *run)
{
    neuron_post_ops ops = {.count = 0};
    if (run->rectify)
        neuron_post_append(&ops, (neuron_post_op){.kind = NEURON_POST_RELU});
    if (run->scale)
        neuron_post_append(&ops, (neuron_post_op){.kind = NEURON_POST_SCALE_SHIFT,
                                                  .scale = run->scale,
                                                  .shift = run->shift});
    if (run->rectify_last)
        neuron_post_append(&ops, (neuron_post_op){.kind = NEURON_POST_RELU});
    return ops;
}

/* Backward, for an input gradient that begins `first` floats behind that of the first input. */
static inline neuron_post_ops neuron_run_post_back(const neuron_run *run, int64_t first)
{
    neuron_post_ops ops = {.count = 0};
    if (run->gate)
        neuron_post_append(
            &ops, (neuron_post_op){.kind = NEURON_POST_RELU, .seen = run->inputs[0] + first});
    return ops;
}

#endif
