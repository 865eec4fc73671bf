/* The mean of inputs: see neuron_average(). Computed in join.c. */
#include "layers/joins/join.h"

const neuron_layer neuron_layer_average = {
    .name = "average",
    .flags = NEURON_LAYER_MANY_INPUTS,
    .infer = neuron_join_infer,
    .forward = neuron_join_forward,
    .backward = neuron_join_backward,
    .refuse = neuron_post_refuse,
};
