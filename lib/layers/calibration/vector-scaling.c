/* Probabilities by a scale and a bias for each class: see neuron_vector_scaling(). */
#include "layers/calibration/scaling.h"

static const neuron_option options[] = {
    NEURON_OPTION_SCALING,
    NEURON_FLAG(NEURON_NODE_NORMALIZE, "normalize", 0, "yes to divide by the sum of a sigmoid's"),
};

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_scaling_infer(spec, node));
    spec->arrays[0] =
        (neuron_array){.name = "scale",
                       .shape = {.rank = 1, .extent = {spec->output.extent[spec->output.rank - 1]}},
                       .initializer = NEURON_INITIALIZER_ONES};
    spec->arrays[1] = spec->arrays[0];
    spec->arrays[1].name = "bias";
    spec->arrays[1].initializer = NEURON_INITIALIZER_ZEROS;
    spec->array_count = 2;
    return NEURON_OK;
}

const neuron_layer neuron_layer_vector_scaling = {
    .name = "vector_scaling",
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    NEURON_SCALING_CALLS,
};
