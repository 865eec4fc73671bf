/* Probabilities that are made again of their logarithms: see neuron_vector_scaling(). All is
 * computed in double, and logarithms are taken again rather than kept. */
#include "layers/calibration/scaling.h"

#include "layers/calibration/shares.h"
#include "layers/pieces.h"

#include <float.h>
#include <math.h>

const neuron_word neuron_scaling_words[] = {
    {NEURON_SCALING_SOFTMAX, "softmax"},
    {NEURON_SCALING_SIGMOID, "sigmoid"},
    {0, ""},
};

int neuron_scaling_infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_layer_infer_channels(spec, node));
    if (spec->output.extent[spec->output.rank - 1] == 1)
        neuron_options_put(&spec->options, NEURON_NODE_ACTIVATION, NEURON_SCALING_SIGMOID);
    return NEURON_OK;
}

/* What a probability counts as if it is 0, and if it is 1 and its complement is asked for. */
static const double least = (double)FLT_MIN, most = 1 - 0x1p-24;

static double bounded(float probability, double upper)
{
    double p = (double)probability;
    return p < least ? least : p > upper ? upper : p; /* a NaN stays one */
}

double neuron_scaling_logarithm(float probability)
{
    return log(bounded(probability, INFINITY));
}

double neuron_scaling_log_odds(float probability)
{
    double p = bounded(probability, most);
    return log(p / (1 - p));
}

/* How a layer scales. */
typedef struct scaling {
    int64_t channels;
    bool sigmoid, normalize;
    const float *scale, *bias; /* of each channel; NULL for the other one: */
    double all;                /* the scale of all, without a bias */
} scaling;

static scaling scaling_of(const neuron_run *run)
{
    const neuron_spec *spec = run->spec;
    bool alike = spec->layer == &neuron_layer_temperature_scaling;
    return (scaling){
        .channels = spec->output.extent[spec->output.rank - 1],
        .sigmoid = neuron_spec_option(spec, NEURON_NODE_ACTIVATION) == NEURON_SCALING_SIGMOID,
        .normalize = !alike && neuron_spec_option(spec, NEURON_NODE_NORMALIZE) != 0,
        .scale = alike ? NULL : run->values[0],
        .bias = alike ? NULL : run->values[1],
        .all = alike ? 1 / (double)run->values[0][0] : 1,
    };
}

static double scale_of(const scaling *s, int64_t k)
{
    return s->scale ? (double)s->scale[k] : s->all;
}

static double score_of(const scaling *s, const float *x, int64_t k)
{
    double of = s->sigmoid ? neuron_scaling_log_odds(x[k]) : neuron_scaling_logarithm(x[k]);
    return scale_of(s, k) * of + (s->bias ? (double)s->bias[k] : 0);
}

static void softmax_row(const scaling *s, const float *x, float *y)
{
    double largest = score_of(s, x, 0), sum = 0;
    for (int64_t k = 1; k < s->channels; k++)
        largest = fmax(largest, score_of(s, x, k));
    for (int64_t k = 0; k < s->channels; k++)
        sum += exp(score_of(s, x, k) - largest);
    for (int64_t k = 0; k < s->channels; k++)
        y[k] = (float)(exp(score_of(s, x, k) - largest) / sum);
}

static double sigmoid_of(const scaling *s, const float *x, int64_t k)
{
    return 1 / (1 + exp(-score_of(s, x, k)));
}

static void sigmoid_row(const scaling *s, const float *x, float *y)
{
    for (int64_t k = 0; k < s->channels; k++)
        y[k] = (float)sigmoid_of(s, x, k);
    if (s->normalize)
        neuron_make_shares(y, s->channels);
}

static void forward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    const scaling s = scaling_of(run);
    for (int64_t at = first * s.channels; at < (first + count) * s.channels; at += s.channels)
        (s.sigmoid ? sigmoid_row : softmax_row)(&s, run->inputs[0] + at, run->output + at);
}

/* The slope of a score by its probability; 0 where that counts as another one. */
static double slope_of(const scaling *s, const float *x, int64_t k)
{
    double p = (double)x[k], rest = s->sigmoid ? 1 - p : 1;
    if (p < least || (s->sigmoid && p > most))
        return 0;
    return scale_of(s, k) / (p * rest);
}

static void softmax_row_back(const scaling *s, const float *x, const float *y, const float *dy,
                             float *dx)
{
    double pull = neuron_shares_pull(dy, y, s->channels);
    for (int64_t k = 0; k < s->channels; k++)
        dx[k] = (float)((double)y[k] * ((double)dy[k] - pull) * slope_of(s, x, k));
}

static void sigmoid_row_back(const scaling *s, const float *x, const float *y, const float *dy,
                             float *dx)
{
    double sum = 1, pull = 0;
    if (s->normalize) {
        sum = 0;
        for (int64_t k = 0; k < s->channels; k++)
            sum += sigmoid_of(s, x, k);
        pull = neuron_shares_pull(dy, y, s->channels);
    }
    for (int64_t k = 0; k < s->channels; k++) {
        double made = sigmoid_of(s, x, k), by = sum > 0 ? ((double)dy[k] - pull) / sum : 0;
        dx[k] = (float)(by * made * (1 - made) * slope_of(s, x, k));
    }
}

static void backward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    const scaling s = scaling_of(run);
    for (int64_t at = first * s.channels; at < (first + count) * s.channels; at += s.channels)
        (s.sigmoid ? sigmoid_row_back : softmax_row_back)(&s, run->inputs[0] + at, run->output + at,
                                                          run->output_gradient + at,
                                                          run->input_gradients[0] + at);
}

static int64_t channels_of(const neuron_run *run)
{
    return run->spec->output.extent[run->spec->output.rank - 1];
}

int neuron_scaling_forward(const neuron_run *run)
{
    neuron_run_rows(run, channels_of(run), forward_rows);
    return NEURON_OK;
}

int neuron_scaling_backward(const neuron_run *run)
{
    neuron_run_rows(run, channels_of(run), backward_rows);
    return NEURON_OK;
}
