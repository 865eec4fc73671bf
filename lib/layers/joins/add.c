/* The sum of inputs: see neuron_add(). Computed in join.c. */
#include "layers/joins/join.h"

const neuron_layer neuron_layer_add = {
    .name = "add",
    .flags = NEURON_LAYER_MANY_INPUTS | NEURON_LAYER_SUMS,
    .infer = neuron_join_infer,
    .forward = neuron_join_forward,
    .backward = neuron_join_backward,
    .refuse = neuron_post_refuse,
};
