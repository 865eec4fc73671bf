/* The weighted mean of inputs: see neuron_weighted_average(). Computed in join.c. */
#include "layers/joins/join.h"

const neuron_layer neuron_layer_weighted_average = {
    .name = "weighted_average",
    .flags = NEURON_LAYER_MANY_INPUTS | NEURON_LAYER_WEIGHTS_NEEDED,
    .infer = neuron_join_infer,
    .forward = neuron_join_forward,
    .backward = neuron_join_backward,
    .refuse = neuron_post_refuse,
};
