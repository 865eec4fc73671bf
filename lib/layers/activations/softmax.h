/* What softmax and its logarithm have in common: the axis along which values belong together. */
#ifndef LAYERS_ACTIVATIONS_SOFTMAX_H
#define LAYERS_ACTIVATIONS_SOFTMAX_H

#include "layers/layer.h"

#define NEURON_OPTION_SOFTMAX_AXIS                                                                 \
    NEURON_INTEGER(NEURON_NODE_AXIS, "axis", -1, NEURON_RANK_MAX - 1, -1, "axis, -1 for the last")
int neuron_softmax_infer(neuron_spec *spec, const char *node);

/* The values that belong together: `width` of them, `step` apart. */
typedef struct neuron_softmax_rows {
    int64_t width, step;
} neuron_softmax_rows;

neuron_softmax_rows neuron_softmax_rows_of(const neuron_run *run);

/* Values that belong to all neighbours of one. */
static inline int64_t neuron_softmax_block(const neuron_softmax_rows *rows)
{
    return rows->width * rows->step;
}

/* Whether it goes along the last axis, where classes are. */
static inline bool neuron_softmax_is_of_classes(const neuron_spec *spec)
{
    return neuron_spec_option(spec, NEURON_NODE_AXIS) == spec->output.rank - 1;
}

#endif
