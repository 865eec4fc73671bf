/* How sure several inputs are together, or one alone: see neuron_uncertainty(). All is computed in
 * double; one probability for an example is that of the second of two classes. */
#include "layers/joins/join.h"

#include "base/bump.h"
#include "layers/pieces.h"

#include <float.h>
#include <math.h>

enum {
    ENTROPY,
    EXPECTED_ENTROPY,
    MUTUAL_INFORMATION,
    VARIATION_RATIO,
    DISAGREEMENT,
    MARGIN,
    CONFIDENCE,
    ANSWERS = NEURON_UNCERTAINTY_ANSWERS
};

const neuron_word neuron_uncertainty_words[] = {
    {ENTROPY, "entropy"},
    {EXPECTED_ENTROPY, "expected_entropy"},
    {MUTUAL_INFORMATION, "mutual_information"},
    {VARIATION_RATIO, "variation_ratio"},
    {DISAGREEMENT, "disagreement"},
    {MARGIN, "margin"},
    {CONFIDENCE, "confidence"},
    {ANSWERS, "answers"},
    {0, ""},
};

static const neuron_option options[] = {
    NEURON_CHOICE(NEURON_NODE_MEASURE, "measure", neuron_uncertainty_words, ENTROPY,
                  "what is told"),
    NEURON_REAL(NEURON_NODE_THRESHOLD, "threshold", 0, 1, 0.5,
                "the least confidence with which there is an answer"),
};

/* The output has a place in place of the classes. */
static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_join_infer(spec, node));
    if (spec->output.rank < 1)
        return neuron_fail(NEURON_E_SHAPE, "%s: needs inputs of rank 1 or more", node);
    spec->output.extent[spec->output.rank - 1] = 1;
    return NEURON_OK;
}

static int32_t measure_of(const neuron_spec *spec)
{
    return (int32_t)neuron_spec_option(spec, NEURON_NODE_MEASURE);
}

static int64_t values_of(const neuron_spec *spec)
{
    return spec->inputs[0].extent[spec->inputs[0].rank - 1];
}

/* What is told of one row. A single value stands for two classes. */
typedef struct row {
    const neuron_run *run;
    int64_t at, values, classes;
    double total;   /* of the weights */
    double *shares; /* of the votes for each class; NULL where no votes are counted */
} row;

static double probability(const row *r, int32_t input, int64_t k)
{
    const float *x = r->run->inputs[input] + r->at * r->values;
    if (r->values > 1)
        return (double)x[k];
    return k == 1 ? (double)x[0] : 1 - (double)x[0];
}

static double weight(const row *r, int32_t input)
{
    const double *weights = r->run->spec->weights;
    return (weights ? weights[input] : 1) / r->total;
}

static double mean(const row *r, int64_t k)
{
    double sum = 0;
    for (int32_t i = 0; i < r->run->spec->input_count; i++)
        sum += weight(r, i) * probability(r, i, k);
    return sum;
}

/* What has no logarithm counts as the least float that has. */
static double bounded(double p)
{
    return p < (double)FLT_MIN ? (double)FLT_MIN : p; /* a NaN stays one */
}

static double surprise(double p)
{
    return -p * log(bounded(p));
}

static double entropy(const row *r)
{
    double sum = 0;
    for (int64_t k = 0; k < r->classes; k++)
        sum += surprise(mean(r, k));
    return sum;
}

static double expected_entropy(const row *r)
{
    double all = 0;
    for (int32_t i = 0; i < r->run->spec->input_count; i++) {
        double sum = 0;
        for (int64_t k = 0; k < r->classes; k++)
            sum += surprise(probability(r, i, k));
        all += weight(r, i) * sum;
    }
    return all;
}

/* Where the mean is largest, and where it is second; both the first of equals. */
static void find_two(const row *r, int64_t places[2])
{
    double found[2] = {-INFINITY, -INFINITY};
    places[0] = places[1] = 0;
    for (int64_t k = 0; k < r->classes; k++) {
        double p = mean(r, k);
        int place = p > found[0] ? 0 : p > found[1] ? 1 : 2;
        if (place == 0) {
            found[1] = found[0];
            places[1] = places[0];
        }
        if (place < 2) {
            found[place] = p;
            places[place] = k;
        }
    }
}

static double largest_mean(const row *r)
{
    double largest = mean(r, 0);
    for (int64_t k = 1; k < r->classes; k++)
        largest = fmax(largest, mean(r, k));
    return largest;
}

static double margin(const row *r)
{
    int64_t places[2];
    find_two(r, places);
    return mean(r, places[0]) - mean(r, places[1]);
}

static void count_votes(const row *r)
{
    for (int64_t k = 0; k < r->classes; k++)
        r->shares[k] = 0;
    for (int32_t i = 0; i < r->run->spec->input_count; i++) {
        int64_t choice = 0;
        for (int64_t k = 1; k < r->classes; k++)
            if (probability(r, i, k) > probability(r, i, choice))
                choice = k;
        r->shares[choice] += weight(r, i);
    }
}

/* Of sums of weights, what is no more than their rounding is nothing. */
static double rounded(double share)
{
    return share < 0x1p-40 ? 0 : share;
}

static double variation_ratio(const row *r)
{
    double most = 0;
    count_votes(r);
    for (int64_t k = 0; k < r->classes; k++)
        most = fmax(most, r->shares[k]);
    return rounded(1 - most);
}

/* The weight of pairs that disagree over that of all pairs. */
static double disagreement(const row *r)
{
    double alike = 0, own = 0;
    count_votes(r);
    for (int64_t k = 0; k < r->classes; k++)
        alike += r->shares[k] * r->shares[k];
    for (int32_t i = 0; i < r->run->spec->input_count; i++)
        own += weight(r, i) * weight(r, i);
    return rounded(1 - own) == 0 ? 0 : rounded((1 - alike) / (1 - own));
}

static bool has_nan(const row *r)
{
    double sum = 0;
    for (int32_t i = 0; i < r->run->spec->input_count; i++)
        for (int64_t k = 0; k < r->classes; k++)
            sum += probability(r, i, k);
    return isnan(sum);
}

static double measure(const row *r)
{
    if (has_nan(r))
        return NAN;
    switch (measure_of(r->run->spec)) {
    case ENTROPY:
        return entropy(r);
    case EXPECTED_ENTROPY:
        return expected_entropy(r);
    case MUTUAL_INFORMATION:
        return fmax(entropy(r) - expected_entropy(r), 0);
    case VARIATION_RATIO:
        return variation_ratio(r);
    case DISAGREEMENT:
        return disagreement(r);
    case MARGIN:
        return margin(r);
    case CONFIDENCE:
        return largest_mean(r);
    default:
        return (float)largest_mean(r) >=
               (float)neuron_spec_option(r->run->spec, NEURON_NODE_THRESHOLD);
    }
}

static bool counts_votes(const neuron_spec *spec)
{
    int32_t told = measure_of(spec);
    return told == VARIATION_RATIO || told == DISAGREEMENT;
}

static row row_of(const neuron_run *run, int64_t at)
{
    int64_t values = values_of(run->spec), classes = values > 1 ? values : 2;
    double *shares = counts_votes(run->spec) ? run->scratch : NULL;
    double total = 0;
    for (int32_t i = 0; i < run->spec->input_count; i++)
        total += run->spec->weights ? run->spec->weights[i] : 1;
    return (row){run, at, values, classes, total, shares ? shares + at * classes : NULL};
}

static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    const neuron_spec *spec = request->spec;
    int64_t values = values_of(spec), rows = neuron_shape_count(&spec->inputs[0]) / values;
    if (counts_votes(spec))
        neuron_reserve(&needs->scratch, request->batch * rows * (values > 1 ? values : 2),
                       sizeof(double));
    return NEURON_OK;
}

static void forward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    for (int64_t at = first; at < first + count; at++) {
        const row r = row_of(run, at);
        run->output[at] = (float)measure(&r);
    }
}

/* ---- The way back ---- */

/* The slope by the probability of a class of an input, but for the input's weight. */
static double slope(const row *r, const int64_t places[2], int32_t input, int64_t k)
{
    switch (measure_of(r->run->spec)) {
    case ENTROPY:
        return -log(bounded(mean(r, k))) - 1;
    case EXPECTED_ENTROPY:
        return -log(bounded(probability(r, input, k))) - 1;
    case MUTUAL_INFORMATION:
        return log(bounded(probability(r, input, k))) - log(bounded(mean(r, k)));
    case MARGIN:
        return (k == places[0]) - (k == places[1]);
    case CONFIDENCE:
        return k == places[0];
    default: /* steps, which are level but for where they rise */
        return 0;
    }
}

static void backward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    for (int64_t at = first; at < first + count; at++) {
        const row r = row_of(run, at);
        int64_t places[2];
        find_two(&r, places);
        for (int32_t i = 0; i < run->spec->input_count; i++) {
            if (!run->input_gradients[i])
                continue;
            float *to = run->input_gradients[i] + at * r.values;
            double by = (double)run->output_gradient[at] * weight(&r, i);
            for (int64_t k = 0; r.values > 1 && k < r.values; k++)
                to[k] = (float)(by * slope(&r, places, i, k));
            if (r.values == 1)
                to[0] = (float)(by * (slope(&r, places, i, 1) - slope(&r, places, i, 0)));
        }
    }
}

static int forward(const neuron_run *run)
{
    neuron_run_rows(run, 1, forward_rows);
    return NEURON_OK;
}

static int backward(const neuron_run *run)
{
    neuron_run_rows(run, 1, backward_rows);
    return NEURON_OK;
}

const neuron_layer neuron_layer_uncertainty = {
    .name = "uncertainty",
    .flags = NEURON_LAYER_MANY_INPUTS | NEURON_LAYER_WEIGHTS_ALLOWED | NEURON_LAYER_READS_INPUT |
             NEURON_LAYER_TELLS,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
