/* The same values with their axes in another order: see neuron_permute(). */
#include "layers/layer.h"

#include <inttypes.h>

#define AXIS(axis)                                                                                 \
    NEURON_INTEGER(NEURON_NODE_AXIS_##axis, "axis_" #axis, 0, NEURON_RANK_MAX - 2, axis,           \
                   "axis of the input")

static const neuron_option options[] = {AXIS(0), AXIS(1), AXIS(2), AXIS(3),
                                        AXIS(4), AXIS(5), AXIS(6)};

enum { AXES = sizeof options / sizeof *options };

_Static_assert(AXES == NEURON_RANK_MAX - 1, "an option for each axis but the batch");

static int32_t axis_of(const neuron_spec *spec, int32_t axis)
{
    return (int32_t)neuron_spec_option(spec, NEURON_NODE_AXIS_0 + axis);
}

static int infer(neuron_spec *spec, const char *node)
{
    char text[NEURON_SHAPE_TEXT];
    const neuron_shape *input = &spec->inputs[0];
    uint32_t seen = 0;
    spec->output = *input;
    for (int32_t axis = 0; axis < AXES; axis++) {
        int32_t from = axis_of(spec, axis);
        seen |= UINT32_C(1) << from;
        if (axis < input->rank ? from >= input->rank : from != axis)
            return neuron_fail(NEURON_E_SHAPE, "%s: the input is %s; axis_%" PRId32 " is %" PRId32,
                               node, neuron_shape_text(input, text), axis, from);
        if (axis < input->rank)
            spec->output.extent[axis] = input->extent[from];
    }
    if (seen != (UINT32_C(1) << AXES) - 1)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: an axis of the input is missing", node);
    return NEURON_OK;
}

/* Copies an example: values of the output are at hand one after the other, those of the input are
 * looked up. Backward they are put where they came from. */
static void copy_example(const neuron_run *run, const float *from, float *to, bool back)
{
    const neuron_shape *shape = &run->spec->output;
    int32_t last = shape->rank - 1;
    int64_t steps[AXES], places[AXES] = {0}, count = neuron_shape_count(shape);
    for (int32_t axis = 0; axis <= last; axis++) {
        steps[axis] = 1;
        for (int32_t a = axis_of(run->spec, axis) + 1; a <= last; a++)
            steps[axis] *= run->spec->inputs[0].extent[a];
    }
    for (int64_t n = 0, at = 0; n < count; n += shape->extent[last]) {
        for (int64_t i = 0; i < shape->extent[last]; i++)
            if (back)
                to[at + i * steps[last]] = from[n + i];
            else
                to[n + i] = from[at + i * steps[last]];
        int32_t axis = last - 1;
        for (; axis >= 0 && ++places[axis] == shape->extent[axis]; axis--) {
            places[axis] = 0;
            at -= (shape->extent[axis] - 1) * steps[axis];
        }
        at += axis >= 0 ? steps[axis] : 0;
    }
}

static void forward_example(void *work, int64_t example, int32_t worker)
{
    (void)worker;
    const neuron_run *run = work;
    int64_t first = example * neuron_shape_count(&run->spec->output);
    copy_example(run, run->inputs[0] + first, run->output + first, false);
}

static void backward_example(void *work, int64_t example, int32_t worker)
{
    (void)worker;
    const neuron_run *run = work;
    int64_t first = example * neuron_shape_count(&run->spec->output);
    copy_example(run, run->output_gradient + first, run->input_gradients[0] + first, true);
}

static int forward(const neuron_run *run)
{
    neuron_pool_run(run->pool, run->batch, forward_example, (void *)(uintptr_t)run);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    neuron_pool_run(run->pool, run->batch, backward_example, (void *)(uintptr_t)run);
    return NEURON_OK;
}

const neuron_layer neuron_layer_permute = {
    .name = "permute",
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
