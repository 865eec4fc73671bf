/* A table for each channel, with straight lines between its points: see
 * neuron_piecewise_linear(). */
#include "layers/calibration/shares.h"
#include "layers/pieces.h"

#include <math.h>

enum { X, Y };

static const neuron_option options[] = {
    NEURON_INTEGER(NEURON_NODE_POINTS, "points", 1, INT32_MAX, 1, "of the table of each channel"),
    NEURON_FLAG(NEURON_NODE_NORMALIZE, "normalize", 0, "yes to divide by the sum"),
};

static int64_t channels_of(const neuron_spec *spec)
{
    return spec->output.extent[spec->output.rank - 1];
}

static int64_t points_of(const neuron_spec *spec)
{
    return (int64_t)neuron_spec_option(spec, NEURON_NODE_POINTS);
}

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_layer_infer_channels(spec, node));
    const int64_t extents[] = {channels_of(spec), points_of(spec)};
    spec->arrays[X] = (neuron_array){.name = "x", .initializer = NEURON_INITIALIZER_ZEROS};
    RETURN_IF_ERROR(neuron_shape_set(&spec->arrays[X].shape, extents, 2, 1, node));
    spec->arrays[Y] = spec->arrays[X];
    spec->arrays[Y].name = "y";
    spec->array_count = 2;
    return NEURON_OK;
}

/* The line that holds for a value. */
typedef struct line {
    double from, y, slope; /* y + slope (x - from) */
} line;

/* Looks for the first point that is not below the value. */
static line line_at(const neuron_run *run, int64_t channel, float value)
{
    int64_t points = points_of(run->spec), first = 0, behind = points;
    const float *x = run->values[X] + channel * points, *y = run->values[Y] + channel * points;
    while (first < behind) {
        int64_t middle = first + (behind - first) / 2;
        if (x[middle] >= value)
            behind = middle;
        else
            first = middle + 1;
    }
    if (first == 0 || first == points)
        return (line){.y = (double)y[first == 0 ? 0 : points - 1]};
    double from = (double)x[first - 1], before = (double)y[first - 1];
    return (line){from, before, ((double)y[first] - before) / ((double)x[first] - from)};
}

static double value_at(const neuron_run *run, int64_t channel, float value)
{
    const line at = line_at(run, channel, value);
    if (at.slope == 0) /* of what may be infinite; a NaN stays one */
        return isnan(value) ? (double)value : at.y;
    return at.y + at.slope * ((double)value - at.from);
}

static void forward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    int64_t channels = channels_of(run->spec);
    bool normalizes = neuron_spec_option(run->spec, NEURON_NODE_NORMALIZE) != 0;
    for (int64_t row = first; row < first + count; row++) {
        const float *x = run->inputs[0] + row * channels;
        float *y = run->output + row * channels;
        for (int64_t k = 0; k < channels; k++)
            y[k] = (float)value_at(run, k, x[k]);
        if (normalizes)
            neuron_make_shares(y, channels);
    }
}

static void backward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    int64_t channels = channels_of(run->spec);
    bool normalizes = neuron_spec_option(run->spec, NEURON_NODE_NORMALIZE) != 0;
    for (int64_t row = first; row < first + count; row++) {
        int64_t at = row * channels;
        const float *x = run->inputs[0] + at, *dy = run->output_gradient + at;
        double sum = 0, pull = 0;
        for (int64_t k = 0; normalizes && k < channels; k++)
            sum += value_at(run, k, x[k]);
        if (normalizes)
            pull = neuron_shares_pull(dy, run->output + at, channels);
        double by = !normalizes ? 1 : sum == 0 ? 0 : 1 / sum;
        for (int64_t k = 0; k < channels; k++)
            run->input_gradients[0][at + k] =
                (float)(((double)dy[k] - pull) * by * line_at(run, k, x[k]).slope);
    }
}

static int forward(const neuron_run *run)
{
    neuron_run_rows(run, channels_of(run->spec), forward_rows);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    neuron_run_rows(run, channels_of(run->spec), backward_rows);
    return NEURON_OK;
}

const neuron_layer neuron_layer_piecewise_linear = {
    .name = "piecewise_linear",
    .flags = NEURON_LAYER_READS_INPUT | NEURON_LAYER_READS_OUTPUT,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .forward = forward,
    .backward = backward,
};
