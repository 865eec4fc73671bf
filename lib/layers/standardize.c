/* Channels by a mean and a standard deviation that are not trained: see neuron_standardize(). When
 * predicting it is done in the pass of the layer before it. */
#include "base/bump.h"
#include "layers/pieces.h"
#include "layers/post.h"

enum { MEAN, DEVIATION, ARRAYS };

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_layer_infer_channels(spec, node));
    const neuron_shape *input = &spec->inputs[0];
    neuron_array *mean = &spec->arrays[MEAN], *deviation = &spec->arrays[DEVIATION];
    *mean = (neuron_array){.name = "mean", .initializer = NEURON_INITIALIZER_ZEROS};
    *deviation = (neuron_array){.name = "deviation", .initializer = NEURON_INITIALIZER_ONES};
    RETURN_IF_ERROR(neuron_shape_set(&mean->shape, &input->extent[input->rank - 1], 1, 1, node));
    deviation->shape = mean->shape;
    spec->array_count = ARRAYS;
    return NEURON_OK;
}

static int64_t channels_of(const neuron_spec *spec)
{
    return spec->output.extent[spec->output.rank - 1];
}

/* What values are multiplied by. */
static float scale_of(float deviation)
{
    return deviation == 0 ? 1 : 1 / deviation;
}

/* The scale, and zeros for the way back. */
static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    neuron_reserve(&needs->scratch, channels_of(request->spec), 2 * sizeof(float));
    return NEURON_OK;
}

static void set_scale(const neuron_run *run)
{
    int64_t channels = channels_of(run->spec);
    float *scale = run->scratch;
    for (int64_t c = 0; c < channels; c++) {
        scale[c] = scale_of(run->values[DEVIATION][c]);
        scale[channels + c] = 0;
    }
}

static void normalize(const neuron_run *run, const float *from, const float *mean, int64_t rows,
                      float *to)
{
    int64_t channels = channels_of(run->spec);
    const float *scale = run->scratch;
    const neuron_normalization by = {.mean = mean, .scale = scale, .shift = scale + channels};
    run->kernels->norm->normalize(from, rows, channels, &by, to);
}

static void forward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    int64_t channels = channels_of(run->spec);
    normalize(run, run->inputs[0] + first * channels, run->values[MEAN], count,
              run->output + first * channels);
    neuron_post_finish(run, 0, first * channels, count * channels);
}

static void backward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    int64_t channels = channels_of(run->spec);
    const float *zeros = (const float *)run->scratch + channels;
    normalize(run, run->output_gradient + first * channels, zeros, count,
              run->input_gradients[0] + first * channels);
}

static int forward(const neuron_run *run)
{
    set_scale(run);
    neuron_run_rows(run, channels_of(run->spec), forward_rows);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    set_scale(run);
    neuron_run_rows(run, channels_of(run->spec), backward_rows);
    return NEURON_OK;
}

static neuron_post_op post_op(const neuron_spec *spec)
{
    (void)spec;
    return (neuron_post_op){.kind = NEURON_POST_SCALE_SHIFT};
}

static void set_post_arrays(const neuron_spec *spec, const float *const *values,
                            float *const *arrays)
{
    for (int64_t c = 0; c < channels_of(spec); c++) {
        arrays[0][c] = scale_of(values[DEVIATION][c]);
        arrays[1][c] = -values[MEAN][c] * arrays[0][c];
    }
}

const neuron_layer neuron_layer_standardize = {
    .name = "standardize",
    .infer = infer,
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .refuse = neuron_post_refuse,
    .post_op = post_op,
    .post_arrays = ARRAYS,
    .set_post_arrays = set_post_arrays,
};
