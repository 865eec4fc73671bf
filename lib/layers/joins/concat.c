/* Inputs one behind the other along an axis: see neuron_concat(). With the input of a network and a
 * hidden layer of it this is the skip-concatenation. */
#include "kernels/kernels.h"
#include "layers/pieces.h"

#include <inttypes.h>

static const neuron_option options[] = {
    NEURON_INTEGER(NEURON_NODE_AXIS, "axis", -1, NEURON_RANK_MAX - 1, -1, "axis, -1 for the last"),
};

static int32_t join_axis(const neuron_spec *spec)
{
    int32_t axis = (int32_t)neuron_spec_option(spec, NEURON_NODE_AXIS);
    return axis < 0 ? spec->inputs[0].rank - 1 : axis;
}

static int infer(neuron_spec *spec, const char *node)
{
    char text[2][NEURON_SHAPE_TEXT];
    const neuron_shape *first = &spec->inputs[0];
    int32_t axis = join_axis(spec);
    if (axis < 0 || axis >= first->rank)
        return neuron_fail(NEURON_E_SHAPE, "%s: input 0 is %s and has no axis %" PRId32, node,
                           neuron_shape_text(first, text[0]), axis);
    /* What is read back and saved counts from 0. */
    neuron_options_put(&spec->options, NEURON_NODE_AXIS, axis);
    neuron_shape output = *first;
    for (int32_t i = 1; i < spec->input_count; i++) {
        const neuron_shape *input = &spec->inputs[i];
        if (input->rank != first->rank)
            return neuron_fail(NEURON_E_SHAPE,
                               "%s: input %" PRId32 " is %s, input 0 is %s; their "
                               "ranks differ",
                               node, i, neuron_shape_text(input, text[0]),
                               neuron_shape_text(first, text[1]));
        for (int32_t a = 0; a < first->rank; a++)
            if (a != axis && input->extent[a] != first->extent[a])
                return neuron_fail(NEURON_E_SHAPE,
                                   "%s: input %" PRId32 " is %s, input 0 is %s; "
                                   "they differ on axis %" PRId32,
                                   node, i, neuron_shape_text(input, text[0]),
                                   neuron_shape_text(first, text[1]), a);
        output.extent[axis] += input->extent[axis];
    }
    return neuron_shape_set(&spec->output, output.extent, output.rank, 1, node);
}

/* How many floats of a shape lie together from the axis of joining on. */
static int64_t run_length(const neuron_shape *shape, int32_t axis)
{
    int64_t length = 1;
    for (int32_t a = axis; a < shape->rank; a++)
        length *= shape->extent[a];
    return length;
}

static void forward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    const neuron_spec *spec = run->spec;
    int32_t axis = join_axis(spec);
    int64_t width = run_length(&spec->output, axis), place = 0;
    for (int32_t i = 0; i < spec->input_count; i++) {
        int64_t length = run_length(&spec->inputs[i], axis);
        run->kernels->element->copy_rows(run->inputs[i] + first * length, length, count, length,
                                         run->output + first * width + place, width);
        place += length;
    }
}

static void backward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    const neuron_spec *spec = run->spec;
    int32_t axis = join_axis(spec);
    int64_t width = run_length(&spec->output, axis), place = 0;
    for (int32_t i = 0; i < spec->input_count; i++) {
        int64_t length = run_length(&spec->inputs[i], axis);
        if (run->input_gradients[i])
            run->kernels->element->copy_rows(run->output_gradient + first * width + place, width,
                                             count, length,
                                             run->input_gradients[i] + first * length, length);
        place += length;
    }
}

static int forward(const neuron_run *run)
{
    int64_t width = run_length(&run->spec->output, join_axis(run->spec));
    neuron_run_rows(run, width, forward_rows);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    int64_t width = run_length(&run->spec->output, join_axis(run->spec));
    neuron_run_rows(run, width, backward_rows);
    return NEURON_OK;
}

const neuron_layer neuron_layer_concat = {
    .name = "concat",
    .flags = NEURON_LAYER_MANY_INPUTS,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
