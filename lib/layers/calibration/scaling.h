/* Probabilities that are made again of their logarithms, or log-odds, by a scale and a bias: what
 * temperature and vector scaling have in common. */
#ifndef LAYERS_CALIBRATION_SCALING_H
#define LAYERS_CALIBRATION_SCALING_H

#include "base/compiler/attributes.h"
#include "layers/layer.h"

/* What makes the probabilities again: NEURON_NODE_ACTIVATION. */
enum { NEURON_SCALING_SOFTMAX, NEURON_SCALING_SIGMOID };

extern const neuron_word neuron_scaling_words[];

#define NEURON_OPTION_SCALING                                                                      \
    NEURON_CHOICE(NEURON_NODE_ACTIVATION, "activation", neuron_scaling_words,                      \
                  NEURON_SCALING_SOFTMAX, "what makes probabilities of the logarithms")

/* The output has the shape of the input. A last axis of one place has no softmax: its activation
 * becomes the sigmoid. */
int neuron_scaling_infer(neuron_spec *spec, const char *node);

/* The logarithm of a probability, or the log-odds of one that stands alone, where what has none
 * that is finite counts as the nearest float that has. */
NEURON_SHARED double neuron_scaling_logarithm(float probability);
NEURON_SHARED double neuron_scaling_log_odds(float probability);

int neuron_scaling_forward(const neuron_run *run);
int neuron_scaling_backward(const neuron_run *run);

#define NEURON_SCALING_CALLS                                                                       \
    .flags = NEURON_LAYER_READS_INPUT | NEURON_LAYER_READS_OUTPUT,                                 \
    .forward = neuron_scaling_forward, .backward = neuron_scaling_backward

#endif
