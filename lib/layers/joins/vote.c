/* Weighted voting: see neuron_vote(). Each input votes for its largest class, or gives points by
 * rank; the output is the share of each class. Where votes tie, the sum of the inputs' values
 * decides, so that a committee of two is as sound as one of three. */
#include "layers/joins/join.h"
#include "layers/pieces.h"

#include <math.h>

static int infer(neuron_spec *spec, const char *node)
{
    RETURN_IF_ERROR(neuron_join_infer(spec, node));
    if (spec->output.rank < 1)
        return neuron_fail(NEURON_E_SHAPE, "%s: needs inputs of rank 1 or more", node);
    return NEURON_OK;
}

static const neuron_word ballots[] = {
    {NEURON_BALLOT_PLURALITY, "plurality"},
    {NEURON_BALLOT_BORDA, "borda"},
    {0, ""},
};

static const neuron_option options[] = {
    NEURON_CHOICE(NEURON_NODE_BALLOT, "ballot", ballots, NEURON_BALLOT_PLURALITY,
                  "what an input gives to classes"),
};

static bool is_borda(const neuron_run *run)
{
    return neuron_spec_option(run->spec, NEURON_NODE_BALLOT) == NEURON_BALLOT_BORDA;
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

/* A class's share of the points that an input gives: one for each other class that is smaller, and
 * half of one for each that is equal. */
static double borda_share(const float *x, int64_t classes, int64_t k)
{
    double points = 0;
    for (int64_t j = 0; j < classes; j++)
        points += j == k ? 0 : x[k] > x[j] ? 1 : x[k] == x[j] ? 0.5 : 0;
    return points / ((double)classes * (double)(classes - 1) / 2);
}

/* Weight given to a class: all of each input that votes for it, or shares by rank. */
static double tally(const neuron_run *run, int64_t row, int64_t classes, int64_t k)
{
    double sum = 0;
    bool borda = is_borda(run);
    for (int32_t i = 0; i < run->spec->input_count; i++) {
        const float *x = run->inputs[i] + row * classes;
        int64_t largest = choice(x, classes);
        if (borda && largest >= 0)
            sum += vote_weight(run, i) * borda_share(x, classes, k);
        else if (largest == k)
            sum += vote_weight(run, i);
    }
    return sum;
}

/* Weights such as 0.1 + 0.2 and 0.3 tie as a person expects: the rounding of their sums is no
 * majority. */
static bool is_tie(double a, double b)
{
    double rounding = 0x1p-48;
    return fabs(a - b) <= rounding * (a + b);
}

/* The one of the classes in the lead that its inputs' values speak for. */
static int64_t winner_of(const neuron_run *run, int64_t row, int64_t classes, double lead)
{
    const float *y = run->output + row * classes;
    int64_t winner = -1;
    for (int64_t k = 0; k < classes; k++) {
        if (y[k] == 0.0f || !is_tie(tally(run, row, classes, k), lead))
            continue;
        if (winner < 0 || support(run, row, classes, k) > support(run, row, classes, winner))
            winner = k;
    }
    return winner;
}

static void vote_row(const neuron_run *run, int64_t row, int64_t classes)
{
    float *y = run->output + row * classes;
    double all = 0, lead = 0;
    for (int32_t i = 0; i < run->spec->input_count; i++)
        if (choice(run->inputs[i] + row * classes, classes) >= 0)
            all += vote_weight(run, i);
    for (int64_t k = 0; k < classes; k++)
        y[k] = all > 0 ? 0.0f : NAN;
    if (!(all > 0))
        return;
    /* With one vote each only classes that are chosen have any. */
    int64_t candidates = is_borda(run) ? classes : run->spec->input_count;
    for (int64_t i = 0; i < candidates; i++) {
        int64_t k = is_borda(run) ? i : choice(run->inputs[i] + row * classes, classes);
        if (k < 0)
            continue;
        double votes = tally(run, row, classes, k);
        y[k] = (float)(votes / all);
        lead = fmax(lead, votes);
    }
    /* A lead may be lost when it is rounded to float. */
    int64_t winner = winner_of(run, row, classes, lead);
    float others = 0;
    for (int64_t k = 0; k < classes; k++)
        others = k != winner ? fmaxf(others, y[k]) : others;
    if (winner >= 0 && y[winner] <= others)
        y[winner] = nextafterf(others, 2);
}

/* One output says which of two classes it is, as when it is evaluated. */
static const float class_1_above = 0.5f;

static float vote_for_one(const neuron_run *run, int64_t row)
{
    double yes = 0, no = 0, balance = 0;
    for (int32_t i = 0; i < run->spec->input_count; i++) {
        float x = run->inputs[i][row];
        if (isnan(x))
            continue;
        *(x > class_1_above ? &yes : &no) += vote_weight(run, i);
        balance += vote_weight(run, i) * ((double)x - (double)class_1_above);
    }
    if (!(yes + no > 0))
        return NAN;
    bool is_class_1 = is_tie(yes, no) ? balance > 0 : yes > no;
    float share = is_tie(yes, no) ? class_1_above : (float)(yes / (yes + no));
    /* Rounded to float, it still says which class it is. */
    if (is_class_1)
        return fmaxf(share, nextafterf(class_1_above, 1));
    return fminf(share, class_1_above);
}

static void forward_rows(const neuron_run *run, int64_t first, int64_t count)
{
    const neuron_shape *shape = &run->spec->output;
    int64_t classes = shape->extent[shape->rank - 1];
    for (int64_t row = first; row < first + count; row++)
        if (classes == 1)
            run->output[row] = vote_for_one(run, row);
        else
            vote_row(run, row, classes);
}

static int forward(const neuron_run *run)
{
    const neuron_shape *shape = &run->spec->output;
    int64_t classes = shape->extent[shape->rank - 1];
    neuron_run_rows(run, classes, forward_rows);
    return NEURON_OK;
}

const neuron_layer neuron_layer_vote = {
    .name = "vote",
    .flags = NEURON_LAYER_MANY_INPUTS | NEURON_LAYER_WEIGHTS_ALLOWED | NEURON_LAYER_NO_GRADIENT,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .forward = forward,
};
