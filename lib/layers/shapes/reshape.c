/* The same values under another shape: see neuron_reshape(). A view, which takes no time. */
#include "layers/layer.h"

#include <inttypes.h>

/* As many as a shape may have beside the batch. An extent of 0 is that of no axis. */
#define EXTENT(axis)                                                                               \
    NEURON_INTEGER(NEURON_NODE_EXTENT_##axis, "extent_" #axis, -1, 0x1p40, 0, "0 for no axis")

static const neuron_option options[] = {
    EXTENT(0), EXTENT(1), EXTENT(2), EXTENT(3), EXTENT(4), EXTENT(5), EXTENT(6),
};

static const int32_t extent_keys[] = {
    NEURON_NODE_EXTENT_0, NEURON_NODE_EXTENT_1, NEURON_NODE_EXTENT_2, NEURON_NODE_EXTENT_3,
    NEURON_NODE_EXTENT_4, NEURON_NODE_EXTENT_5, NEURON_NODE_EXTENT_6,
};

enum { AXES = sizeof extent_keys / sizeof *extent_keys };

_Static_assert(AXES == NEURON_RANK_MAX - 1, "an option for each axis but the batch");

static int read_shape(const neuron_spec *spec, neuron_shape *shape, const char *node)
{
    *shape = (neuron_shape){0};
    for (int32_t axis = 0; axis < AXES; axis++) {
        int64_t extent = (int64_t)neuron_spec_option(spec, extent_keys[axis]);
        if (extent == 0)
            continue;
        if (axis > shape->rank)
            return neuron_fail(NEURON_E_SHAPE, "%s: extent %" PRId32 " is 0", node, shape->rank);
        shape->extent[shape->rank++] = extent;
    }
    if (shape->rank == 0)
        return neuron_fail(NEURON_E_SHAPE, "%s: needs a shape of rank 1 or more", node);
    return NEURON_OK;
}

/* Puts what the other extents leave in place of -1; 1 if that does not come out. */
static int fill_in(neuron_shape *shape, int64_t count, const char *node)
{
    int32_t open = -1;
    for (int32_t axis = 0; axis < shape->rank; axis++) {
        if (shape->extent[axis] > 0)
            continue;
        if (open >= 0)
            return neuron_fail(NEURON_E_SHAPE, "%s: extents %" PRId32 " and %" PRId32 " are -1",
                               node, open, axis);
        open = axis;
    }
    if (open < 0)
        return NEURON_OK;
    shape->extent[open] = 1;
    RETURN_IF_ERROR(neuron_shape_set(shape, shape->extent, shape->rank, 1, node));
    int64_t others = neuron_shape_count(shape);
    if (count % others == 0)
        shape->extent[open] = count / others;
    return NEURON_OK;
}

static int infer(neuron_spec *spec, const char *node)
{
    char text[2][NEURON_SHAPE_TEXT];
    neuron_shape shape;
    int64_t count = neuron_shape_count(&spec->inputs[0]);
    RETURN_IF_ERROR(read_shape(spec, &shape, node));
    RETURN_IF_ERROR(fill_in(&shape, count, node));
    RETURN_IF_ERROR(neuron_shape_set(&shape, shape.extent, shape.rank, 1, node));
    if (neuron_shape_count(&shape) != count)
        return neuron_fail(
            NEURON_E_SHAPE, "%s: the input is %s, which has not as many elements as %s", node,
            neuron_shape_text(&spec->inputs[0], text[0]), neuron_shape_text(&shape, text[1]));
    for (int32_t axis = 0; axis < shape.rank; axis++)
        neuron_options_put(&spec->options, extent_keys[axis],
                           (double)shape.extent[axis]); /* what is saved has no -1 */
    spec->output = shape;
    return NEURON_OK;
}

const neuron_layer neuron_layer_reshape = {
    .name = "reshape",
    .flags = NEURON_LAYER_VIEW,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
};
