/* Standardised channels back to what they stand for: see neuron_unstandardize(). */
#include "layers/standardize.h"

const neuron_layer neuron_layer_unstandardize = {.name = "unstandardize", NEURON_STANDARDIZE_CALLS};
