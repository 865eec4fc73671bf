/* What lies in some places of an axis: see neuron_slice(). */
#include "layers/pieces.h"

#include "base/checked.h"

#include <inttypes.h>
#include <string.h>

static const neuron_option options[] = {
    NEURON_INTEGER(NEURON_NODE_AXIS, "axis", -1, NEURON_RANK_MAX - 1, -1, "axis, -1 for the last"),
    NEURON_INTEGER(NEURON_NODE_BEGIN, "begin", -0x1p40, 0x1p40, 0,
                   "the first place, from the end if below 0"),
    NEURON_INTEGER(NEURON_NODE_COUNT, "count", -1, 0x1p40, -1, "places, -1 for all that follow"),
};

static int64_t option(const neuron_spec *spec, int32_t key)
{
    return (int64_t)neuron_spec_option(spec, key);
}

static int infer(neuron_spec *spec, const char *node)
{
    char text[NEURON_SHAPE_TEXT];
    neuron_shape shape = spec->inputs[0];
    int64_t axis = option(spec, NEURON_NODE_AXIS), begin = option(spec, NEURON_NODE_BEGIN);
    int64_t count = option(spec, NEURON_NODE_COUNT);
    axis = axis < 0 ? shape.rank - 1 : axis;
    if (axis < 0 || axis >= shape.rank)
        return neuron_fail(NEURON_E_SHAPE, "%s: the input is %s and has no axis %" PRId64, node,
                           neuron_shape_text(&shape, text), axis);
    int64_t extent = shape.extent[axis];
    begin = begin < 0 ? extent + begin : begin;
    count = count < 0 ? extent - begin : count;
    if (begin < 0 || begin >= extent || count < 1 || count > extent - begin)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: begin %" PRId64 " and count %" PRId64
                           " are not within axis %" PRId64 " of %s",
                           node, option(spec, NEURON_NODE_BEGIN), option(spec, NEURON_NODE_COUNT),
                           axis, neuron_shape_text(&shape, text));
    /* What is read back and saved counts from 0. */
    neuron_options_put(&spec->options, NEURON_NODE_AXIS, (double)axis);
    neuron_options_put(&spec->options, NEURON_NODE_BEGIN, (double)begin);
    neuron_options_put(&spec->options, NEURON_NODE_COUNT, (double)count);
    shape.extent[axis] = count;
    spec->output = shape;
    return NEURON_OK;
}

/* Floats of the input and of the output that lie together from the axis on, and how many of those
 * before the slice. */
typedef struct runs {
    int64_t input, output, before;
} runs;

static runs runs_of(const neuron_spec *spec)
{
    int64_t axis = option(spec, NEURON_NODE_AXIS), behind = 1;
    for (int64_t a = axis + 1; a < spec->output.rank; a++)
        behind *= spec->output.extent[a];
    return (runs){spec->inputs[0].extent[axis] * behind, spec->output.extent[axis] * behind,
                  option(spec, NEURON_NODE_BEGIN) * behind};
}

static void forward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    const runs r = runs_of(run->spec);
    run->kernels->element->copy_rows(run->inputs[0] + first * r.input + r.before, r.input, count,
                                     r.output, run->output + first * r.output, r.output);
}

static void backward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    const runs r = runs_of(run->spec);
    float *to = run->input_gradients[0] + first * r.input;
    memset(to, 0, (size_t)(count * r.input) * sizeof *to);
    run->kernels->element->copy_rows(run->output_gradient + first * r.output, r.output, count,
                                     r.output, to + r.before, r.input);
}

static int forward(const neuron_run *run)
{
    neuron_run_rows(run, runs_of(run->spec).output, forward_rows);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    neuron_run_rows(run, runs_of(run->spec).output, backward_rows);
    return NEURON_OK;
}

const neuron_layer neuron_layer_slice = {
    .name = "slice",
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
