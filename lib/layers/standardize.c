/* Channels by a mean and a standard deviation that are not trained: see neuron_standardize(). When
 * predicting it is done in the pass of the layer before it. */
#include "base/bump.h"
#include "layers/pieces.h"
#include "layers/standardize.h"

enum { MEAN, DEVIATION, ARRAYS = NEURON_STANDARDIZE_ARRAYS };

int neuron_standardize_infer(neuron_spec *spec, const char *node)
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

/* Whether it goes the way back, from standardised values to those that they stand for. */
static bool inverts(const neuron_spec *spec)
{
    return spec->layer == &neuron_layer_unstandardize;
}

/* What values are multiplied by. */
static float scale_of(const neuron_spec *spec, float deviation)
{
    float by = deviation == 0 ? 1 : deviation;
    return inverts(spec) ? by : 1 / by;
}

/* The scale, and zeros. */
int neuron_standardize_plan(const neuron_plan_request *request, neuron_needs *needs)
{
    neuron_reserve(&needs->scratch, channels_of(request->spec), 2 * sizeof(float));
    return NEURON_OK;
}

static void set_scale(const neuron_run *run)
{
    int64_t channels = channels_of(run->spec);
    float *scale = run->scratch;
    for (int64_t c = 0; c < channels; c++) {
        scale[c] = scale_of(run->spec, run->values[DEVIATION][c]);
        scale[channels + c] = 0;
    }
}

/* (x - mean) * scale + shift, where NULL stands for zeros. */
static void normalize(const neuron_run *run, const float *from, const float *mean,
                      const float *shift, int64_t rows, float *to)
{
    int64_t channels = channels_of(run->spec);
    const float *scale = run->scratch, *zeros = scale + channels;
    const neuron_normalization by = {
        .mean = mean ? mean : zeros, .scale = scale, .shift = shift ? shift : zeros};
    run->kernels->norm->normalize(from, rows, channels, &by, to);
}

static void forward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    int64_t channels = channels_of(run->spec);
    const float *mean = run->values[MEAN];
    bool back = inverts(run->spec);
    normalize(run, run->inputs[0] + first * channels, back ? NULL : mean, back ? mean : NULL, count,
              run->output + first * channels);
    neuron_post_finish(run, 0, first * channels, count * channels);
}

static void backward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    int64_t channels = channels_of(run->spec);
    normalize(run, run->output_gradient + first * channels, NULL, NULL, count,
              run->input_gradients[0] + first * channels);
}

int neuron_standardize_forward(const neuron_run *run)
{
    set_scale(run);
    neuron_run_rows(run, channels_of(run->spec), forward_rows);
    return NEURON_OK;
}

int neuron_standardize_backward(const neuron_run *run)
{
    set_scale(run);
    neuron_run_rows(run, channels_of(run->spec), backward_rows);
    return NEURON_OK;
}

neuron_post_op neuron_standardize_post_op(const neuron_spec *spec)
{
    (void)spec;
    return (neuron_post_op){.kind = NEURON_POST_SCALE_SHIFT};
}

void neuron_standardize_set_post_arrays(const neuron_spec *spec, const float *const *values,
                                        float *const *arrays)
{
    for (int64_t c = 0; c < channels_of(spec); c++) {
        arrays[0][c] = scale_of(spec, values[DEVIATION][c]);
        arrays[1][c] = inverts(spec) ? values[MEAN][c] : -values[MEAN][c] * arrays[0][c];
    }
}

const neuron_layer neuron_layer_standardize = {.name = "standardize", NEURON_STANDARDIZE_CALLS};
