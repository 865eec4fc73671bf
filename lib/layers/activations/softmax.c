/* Softmax over an axis: see neuron_softmax(). At the end of a network that is trained by
 * cross-entropy the loss computes it. */
#include "layers/activations/softmax.h"

#include "base/compiler/attributes.h"
#include "kernels/kernels.h"
#include "layers/pieces.h"

#include <inttypes.h>

static const neuron_option options[] = {
    NEURON_OPTION_SOFTMAX_AXIS,
};

NEURON_COLD int neuron_softmax_infer(neuron_spec *spec, const char *node)
{
    char text[NEURON_SHAPE_TEXT];
    const neuron_shape *input = &spec->inputs[0];
    if (input->rank < 1)
        return neuron_fail(NEURON_E_SHAPE, "%s: needs an input of rank 1 or more", node);
    int32_t axis = (int32_t)neuron_spec_option(spec, NEURON_NODE_AXIS);
    if (axis >= input->rank)
        return neuron_fail(NEURON_E_SHAPE, "%s: the input is %s and has no axis %" PRId32, node,
                           neuron_shape_text(input, text), axis);
    if (axis < 0)
        /* What is read back and saved counts from 0. */
        neuron_options_put(&spec->options, NEURON_NODE_AXIS, input->rank - 1);
    spec->output = *input;
    return NEURON_OK;
}

neuron_softmax_rows neuron_softmax_rows_of(const neuron_run *run)
{
    const neuron_shape *shape = &run->spec->output;
    int32_t axis = (int32_t)neuron_spec_option(run->spec, NEURON_NODE_AXIS);
    neuron_softmax_rows rows = {.width = shape->extent[axis], .step = 1};
    for (int32_t a = axis + 1; a < shape->rank; a++)
        rows.step *= shape->extent[a];
    return rows;
}

static void forward_blocks(const neuron_run *run, int64_t first, int64_t count)
{
    neuron_softmax_rows rows = neuron_softmax_rows_of(run);
    int64_t begin = first * neuron_softmax_block(&rows);
    run->kernels->element->softmax(run->inputs[0] + begin, count, rows.width, rows.step,
                                   run->output + begin);
}

static void backward_blocks(const neuron_run *run, int64_t first, int64_t count)
{
    neuron_softmax_rows rows = neuron_softmax_rows_of(run);
    int64_t begin = first * neuron_softmax_block(&rows);
    run->kernels->element->softmax_back(run->output + begin, run->output_gradient + begin, count,
                                        rows.width, rows.step, run->input_gradients[0] + begin);
}

static int forward(const neuron_run *run)
{
    neuron_softmax_rows rows = neuron_softmax_rows_of(run);
    neuron_run_rows(run, neuron_softmax_block(&rows), forward_blocks);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    neuron_softmax_rows rows = neuron_softmax_rows_of(run);
    neuron_run_rows(run, neuron_softmax_block(&rows), backward_blocks);
    return NEURON_OK;
}

static neuron_output_kind output_kind(const neuron_spec *spec)
{
    return neuron_softmax_is_of_classes(spec) ? NEURON_OUTPUT_SOFTMAX : NEURON_OUTPUT_OTHER;
}

const neuron_layer neuron_layer_softmax = {
    .name = "softmax",
    .flags = NEURON_LAYER_IN_PLACE | NEURON_LAYER_READS_OUTPUT,
    .options = NEURON_OPTION_TABLE(options),
    .infer = neuron_softmax_infer,
    .forward = forward,
    .backward = backward,
    .output_kind = output_kind,
};
