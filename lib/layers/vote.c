#include "layers/join.h"
#include "layers/pieces.h"

#include <math.h>

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_join_infer(spec, node));
    if (spec->output.rank < 1)
        return neuron_fail(NEURON_E_SHAPE, "%s: needs inputs of rank 1 or more", node);
    return NEURON_OK;
}

/* Where an input is largest, the first such class; -1 if something in it is not a number. */
static int64_t choice(const float *x, int64_t classes)
{
    int64_t largest = 0;
    for (int64_t k = 0; k < classes; k++) {
        if (isnan(x[k]))
            return -1;
        if (x[k] > x[largest])
            largest = k;
    }
    return largest;
}

/* Weighted sum of those inputs that vote, for one class: it decides ties. */
static double support(const neuron_run *run, int64_t row, int64_t classes, int64_t k)
{
    double sum = 0;
    for (int32_t i = 0; i < run->spec->input_count; i++) {
        const float *x = run->inputs[i] + row * classes;
        if (choice(x, classes) >= 0)
            sum += neuron_join_weight(run->spec, i) * (double)x[k];
    }
    return sum;
}

static double vote_weight(const neuron_run *run, int32_t input)
{
    return run->spec->weights ? run->spec->weights[input] : 1.0;
}

/* Weight given to a class by the inputs that vote for it. */
static double tally(const neuron_run *run, int64_t row, int64_t classes, int64_t k)
{
    double sum = 0;
    for (int32_t i = 0; i < run->spec->input_count; i++)
        if (choice(run->inputs[i] + row * classes, classes) == k)
            sum += vote_weight(run, i);
    return sum;
}

static void vote_row(const neuron_run *run, int64_t row, int64_t classes)
{
    float *y = run->output + row * classes;
    double all = 0;
    for (int32_t i = 0; i < run->spec->input_count; i++)
        if (choice(run->inputs[i] + row * classes, classes) >= 0)
            all += vote_weight(run, i);
    for (int64_t k = 0; k < classes; k++)
        y[k] = all > 0 ? 0.0f : NAN;
    float lead = 0;
    for (int32_t i = 0; i < run->spec->input_count; i++) {
        int64_t k = choice(run->inputs[i] + row * classes, classes);
        if (k < 0 || !(all > 0))
            continue;
        /* Rounded to float, so that weights such as 0.1 + 0.2 and 0.3 tie as a person expects. */
        y[k] = (float)(tally(run, row, classes, k) / all);
        lead = y[k] > lead ? y[k] : lead;
    }
    int64_t winner = -1, leaders = 0;
    for (int64_t k = 0; k < classes; k++) {
        if (y[k] != lead)
            continue;
        leaders++;
        if (winner < 0 || support(run, row, classes, k) > support(run, row, classes, winner))
            winner = k;
    }
    if (leaders > 1)
        y[winner] = nextafterf(lead, 2);
}

/* One output says which of two classes it is, as when it is evaluated. */
static const float class_1_above = 0.5f;

static float vote_for_one(const neuron_run *run, int64_t row)
{
    double all = 0, yes = 0, sum = 0;
    for (int32_t i = 0; i < run->spec->input_count; i++) {
        const float x = run->inputs[i][row];
        if (isnan(x))
            continue;
        all += vote_weight(run, i);
        yes += x > class_1_above ? vote_weight(run, i) : 0;
        sum += vote_weight(run, i) * (double)x;
    }
    if (!(all > 0))
        return NAN;
    const float share = (float)(yes / all);
    return share == 0.5f && sum / all > 0.5 ? nextafterf(share, 1) : share;
}

static void forward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    const neuron_shape *shape = &run->spec->output;
    const int64_t classes = shape->extent[shape->rank - 1];
    for (int64_t row = first; row < first + count; row++)
        if (classes == 1)
            run->output[row] = vote_for_one(run, row);
        else
            vote_row(run, row, classes);
}

static void forward(const neuron_run *run)
{
    const neuron_shape *shape = &run->spec->output;
    int64_t classes = shape->extent[shape->rank - 1];
    neuron_run_pieces(run, run->batch * neuron_run_output_size(run) / classes, classes,
                      forward_rows);
}

const neuron_layer neuron_layer_vote = {
    .name = "vote",
    .flags = NEURON_LAYER_MANY_INPUTS | NEURON_LAYER_WEIGHTS_ALLOWED | NEURON_LAYER_NO_GRADIENT,
    .infer = infer,
    .forward = forward,
};
