/* Values by a scale and an offset, the same for all: see neuron_rescale(). When predicting it is
 * done in the pass of the layer before it. */
#include "layers/pieces.h"
#include "layers/post.h"

static const neuron_option options[] = {
    NEURON_REAL(NEURON_NODE_SCALE, "scale", -(double)FLT_MAX, (double)FLT_MAX, 1,
                "what values are multiplied by"),
    NEURON_REAL(NEURON_NODE_OFFSET, "offset", -(double)FLT_MAX, (double)FLT_MAX, 0,
                "what is added then"),
};

static float option(const neuron_spec *spec, int32_t key)
{
    return (float)neuron_spec_option(spec, key);
}

static void forward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    run->kernels->element->scale_floats(run->inputs[0] + first, count,
                                        option(run->spec, NEURON_NODE_SCALE),
                                        option(run->spec, NEURON_NODE_OFFSET), run->output + first);
    neuron_post_finish(run, 0, first, count);
}

static void backward_piece(const neuron_run *run, int64_t first, int64_t count)
{
    run->kernels->element->weigh(run->output_gradient + first, count,
                                 option(run->spec, NEURON_NODE_SCALE), false,
                                 run->input_gradients[0] + first);
}

static int forward(const neuron_run *run)
{
    neuron_run_pieces(run, neuron_post_width(run), forward_piece);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    neuron_run_pieces(run, 1, backward_piece);
    return NEURON_OK;
}

static neuron_post_op post_op(const neuron_spec *spec)
{
    return (neuron_post_op){.kind =
                                spec->output.rank > 0 ? NEURON_POST_SCALE_SHIFT : NEURON_POST_NONE};
}

static void set_post_arrays(const neuron_spec *spec, const float *const *values,
                            float *const *arrays)
{
    (void)values;
    for (int64_t c = 0; c < spec->output.extent[spec->output.rank - 1]; c++) {
        arrays[0][c] = option(spec, NEURON_NODE_SCALE);
        arrays[1][c] = option(spec, NEURON_NODE_OFFSET);
    }
}

const neuron_layer neuron_layer_rescale = {
    .name = "rescale",
    .options = NEURON_OPTION_TABLE(options),
    .infer = neuron_layer_infer_same,
    .forward = forward,
    .backward = backward,
    .refuse = neuron_post_refuse,
    .post_op = post_op,
    .post_arrays = 2,
    .set_post_arrays = set_post_arrays,
};
