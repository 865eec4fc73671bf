/* What the layers have in common that treat each value for itself. */
#ifndef LAYERS_ACTIVATIONS_ACTIVATION_H
#define LAYERS_ACTIVATIONS_ACTIVATION_H

#include "layers/layer.h"

/* A function of one value; a layer with one has NEURON_ACTIVATION_CALLS() in its row. */
struct neuron_activation {
    /* y = f(x) */
    void (*values)(const neuron_spec *spec, const float *x, int64_t count, float *y);

    /* dx = dy f'. `seen` is x with NEURON_LAYER_READS_INPUT, else y. `dx` may be `dy`. */
    void (*gradients)(const neuron_spec *spec, const float *seen, const float *dy, int64_t count,
                      float *dx);
};

void neuron_activation_forward(const neuron_run *run);
void neuron_activation_backward(const neuron_run *run);

#define NEURON_ACTIVATION_CALLS(values, gradients)                                                 \
    .activation = &(const neuron_activation){values, gradients}, .infer = neuron_layer_infer_same, \
    .forward = neuron_activation_forward, .backward = neuron_activation_backward

/* 1 / (1 + exp(-x)), exact far from 0 on either side. */
float neuron_logistic(float x);

#endif
