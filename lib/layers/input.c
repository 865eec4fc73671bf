/* Where the examples come in: see neuron_input(). It has nothing to compute. */
#include "layers/layer.h"

/* The builder sets the shape: it is the one thing that no input tells. */
static int infer(neuron_spec *spec, const char *node)
{
    (void)spec;
    (void)node;
    return NEURON_OK;
}

const neuron_layer neuron_layer_input = {.name = "input", .infer = infer};
