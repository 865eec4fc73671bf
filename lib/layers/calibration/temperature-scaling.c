/* Sharper or softer probabilities by one number: see neuron_temperature_scaling(). */
#include "layers/calibration/scaling.h"

static const neuron_option options[] = {NEURON_OPTION_SCALING};

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_scaling_infer(spec, node));
    spec->arrays[0] = (neuron_array){.name = "temperature",
                                     .shape = {.rank = 1, .extent = {1}},
                                     .initializer = NEURON_INITIALIZER_ONES};
    spec->array_count = 1;
    return NEURON_OK;
}

const neuron_layer neuron_layer_temperature_scaling = {
    .name = "temperature_scaling",
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    NEURON_SCALING_CALLS,
};
