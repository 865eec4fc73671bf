/* Weighted voting: see neuron_vote(). Each input votes for its largest class, or gives points by
 * rank; the output is the share of each class. Where votes tie, the sum of the inputs' values
 * decides, so that a committee of two is as sound as one of three. */
#include "layers/joins/join.h"

#include "base/bump.h"
#include "layers/pieces.h"
#include "layers/ranking.h"

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

static double vote_weight(const neuron_run *run, int32_t input)
{
    return run->spec->weights ? run->spec->weights[input] : 1.0;
}

/* What inputs have given to the classes of a row, and what decides ties. */
typedef struct count {
    double *votes;   /* weight given to a class: all of each input, or shares by rank */
    double *support; /* weighted sum of the values of those inputs that vote */
    double all;      /* weight of those that vote */
    neuron_ranked *ranked;
} count;

static size_t room_of(int64_t classes)
{
    return (size_t)classes * (2 * sizeof(double) + sizeof(neuron_ranked));
}

/* A class's share of the points that an input gives: one for each other class that is smaller, and
 * half of one for each that is equal. */
static void give_by_rank(const count *c, const float *x, int64_t classes, double weight)
{
    double most = (double)classes * (double)(classes - 1) / 2;
    for (int64_t k = 0; k < classes; k++)
        c->ranked[k] = (neuron_ranked){x[k], (int32_t)k};
    neuron_rank(c->ranked, classes);
    for (int64_t first = 0, next; first < classes; first = next) {
        for (next = first + 1; next < classes && c->ranked[next].value == c->ranked[first].value;)
            next++;
        double points = (double)(classes - next) + (double)(next - first - 1) / 2;
        for (int64_t i = first; i < next; i++)
            c->votes[c->ranked[i].index] += weight * (points / most);
    }
}

static void count_row(count *c, const neuron_run *run, int64_t row, int64_t classes)
{
    for (int64_t k = 0; k < classes; k++)
        c->votes[k] = c->support[k] = 0;
    c->all = 0;
    for (int32_t i = 0; i < run->spec->input_count; i++) {
        const float *x = run->inputs[i] + row * classes;
        int64_t largest = choice(x, classes);
        if (largest < 0)
            continue;
        c->all += vote_weight(run, i);
        if (is_borda(run))
            give_by_rank(c, x, classes, vote_weight(run, i));
        else
            c->votes[largest] += vote_weight(run, i);
        for (int64_t k = 0; k < classes; k++)
            c->support[k] += neuron_join_weight(run->spec, i) * (double)x[k];
    }
}

/* Weights such as 0.1 + 0.2 and 0.3 tie as a person expects: the rounding of their sums is no
 * majority. */
static bool is_tie(double a, double b)
{
    double rounding = 0x1p-48;
    return fabs(a - b) <= rounding * (a + b);
}

/* The one of the classes in the lead that its inputs' values speak for. */
static int64_t winner_of(const count *c, const float *y, int64_t classes, double lead)
{
    int64_t winner = -1;
    for (int64_t k = 0; k < classes; k++)
        if (y[k] != 0.0f && is_tie(c->votes[k], lead) &&
            (winner < 0 || c->support[k] > c->support[winner]))
            winner = k;
    return winner;
}

static void vote_row(count *c, const neuron_run *run, int64_t row, int64_t classes)
{
    float *y = run->output + row * classes;
    double lead = 0;
    count_row(c, run, row, classes);
    for (int64_t k = 0; k < classes; k++) {
        y[k] = c->all > 0 ? (float)(c->votes[k] / c->all) : NAN;
        lead = fmax(lead, c->votes[k]);
    }
    if (!(c->all > 0))
        return;
    /* A lead may be lost when it is rounded to float. */
    int64_t winner = winner_of(c, y, classes, lead);
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

static void forward_rows(const neuron_run *run, int64_t first, int64_t rows, void *own)
{
    const neuron_shape *shape = &run->spec->output;
    int64_t classes = shape->extent[shape->rank - 1];
    double *sums = own;
    count c = {.votes = sums, .support = sums + classes, .ranked = (void *)(sums + 2 * classes)};
    for (int64_t row = first; row < first + rows; row++)
        if (classes == 1)
            run->output[row] = vote_for_one(run, row);
        else
            vote_row(&c, run, row, classes);
}

static int plan(const neuron_plan_request *request, neuron_needs *needs)
{
    const neuron_shape *shape = &request->spec->output;
    neuron_reserve(&needs->scratch, request->threads, room_of(shape->extent[shape->rank - 1]));
    return NEURON_OK;
}

static int forward(const neuron_run *run)
{
    const neuron_shape *shape = &run->spec->output;
    int64_t classes = shape->extent[shape->rank - 1];
    neuron_run_rows_with(run, classes, room_of(classes), forward_rows);
    return NEURON_OK;
}

const neuron_layer neuron_layer_vote = {
    .name = "vote",
    .flags = NEURON_LAYER_MANY_INPUTS | NEURON_LAYER_WEIGHTS_ALLOWED | NEURON_LAYER_NO_GRADIENT,
    .options = NEURON_OPTION_TABLE(options),
    .infer = infer,
    .plan = plan,
    .forward = forward,
};
