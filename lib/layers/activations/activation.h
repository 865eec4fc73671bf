/* What the layers have in common that treat each value for itself: what such a layer is as a
 * post-operation says all there is to know of it; see kernels/post-ops.h. */
#ifndef LAYERS_ACTIVATIONS_ACTIVATION_H
#define LAYERS_ACTIVATIONS_ACTIVATION_H

#include "kernels/post-ops.h"
#include "layers/layer.h"

int neuron_activation_forward(const neuron_run *run);
int neuron_activation_backward(const neuron_run *run);

/* All that a row needs beside name, flags and options; `op` says which activation it is. */
#define NEURON_ACTIVATION_CALLS(op)                                                                \
    .post_op = op, .infer = neuron_layer_infer_same, .forward = neuron_activation_forward,         \
    .backward = neuron_activation_backward

#endif
