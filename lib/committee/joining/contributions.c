/* What each member adds: the mean of all beside the mean of the others, or beside the mean with
 * what one member puts out dealt among the examples at random. */
#include <libneuron-committee/joining.h>

#include "base/checked.h"
#include "base/float-mode.h"
#include "base/random.h"
#include "committee/joining/blend.h"
#include "committee/joining/weights.h"

#include <math.h>
#include <string.h>

enum { MEASURE = 1, GOAL, REPEATS, SEED };

enum { LEAVE_ONE_OUT, PERMUTATION };

static const neuron_word measures[] = {
    {LEAVE_ONE_OUT, "leave_one_out"},
    {PERMUTATION, "permutation"},
    {0, ""},
};

static const neuron_option rows[] = {
    NEURON_CHOICE(MEASURE, "measure", measures, LEAVE_ONE_OUT, "of what a member adds"),
    NEURON_CHOICE(GOAL, "goal", neuron_blend_goals, NEURON_BLEND_AUTO, "what is better or worse"),
    NEURON_INTEGER(REPEATS, "repeats", 1, 10000, 5, "of permutations"),
    NEURON_INTEGER(SEED, "seed", 0, 0x1p53, 0, "of permutations"),
};

const neuron_option_table neuron_committee_contributions_options = NEURON_OPTION_TABLE(rows);

typedef struct request {
    const double *weights; /* NULL for equal ones */
    int32_t measure;
    neuron_blend_goal goal;
    int64_t repeats;
    uint64_t seed;
} request;

static int read_request(request *asked, const double *weights, int64_t count, const char *options)
{
    neuron_options given;
    bool any = !weights;
    neuron_options_reset(&given, &neuron_committee_contributions_options);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, "committee_contributions"));
    for (int64_t m = 0; weights && m < count; m++) {
        RETURN_IF_ERROR(
            neuron_check_finite(weights[m], false, "weights", "committee_contributions"));
        if (weights[m] < 0)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "committee_contributions: a weight is %g; it must be 0 or more",
                               weights[m]);
        any = any || weights[m] > 0;
    }
    if (!any)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee_contributions: all weights are 0; one must be positive");
    *asked = (request){weights, (int32_t)neuron_options_value(&given, MEASURE),
                       (neuron_blend_goal)neuron_options_value(&given, GOAL),
                       (int64_t)neuron_options_value(&given, REPEATS),
                       (uint64_t)neuron_options_value(&given, SEED)};
    return NEURON_OK;
}

typedef struct work {
    const neuron_member_outputs *outputs;
    const request *asked;
    neuron_blend_goal goal;
    double *weights, *made; /* [members] */
    int64_t *order;         /* [examples] */
} work;

/* The loss without a member. */
static int leave_out(double *loss, const work *w, int64_t member)
{
    double kept = w->weights[member];
    w->weights[member] = 0;
    int status = neuron_blend_merit(loss, w->outputs, w->goal, w->weights, -1, NULL);
    w->weights[member] = kept;
    return status;
}

static int permute(double *loss, const work *w, int64_t member)
{
    int64_t count = w->outputs->dataset->count;
    double sum = 0;
    neuron_random_reader random =
        neuron_random_read(w->asked->seed, NEURON_RANDOM_PERMUTATION, (uint32_t)member);
    for (int64_t repeat = 0; repeat < w->asked->repeats; repeat++) {
        for (int64_t i = 0; i < count; i++)
            w->order[i] = i;
        neuron_random_shuffle(&random, w->order, count);
        RETURN_IF_ERROR(
            neuron_blend_merit(loss, w->outputs, w->goal, w->weights, member, w->order));
        sum += *loss;
    }
    *loss = sum / (double)w->asked->repeats;
    return NEURON_OK;
}

static int compute(const work *w)
{
    double all, without;
    RETURN_IF_ERROR(neuron_blend_merit(&all, w->outputs, w->goal, w->weights, -1, NULL));
    for (int64_t m = 0; m < w->outputs->members; m++) {
        RETURN_IF_ERROR(w->asked->measure == PERMUTATION ? permute(&without, w, m)
                                                         : leave_out(&without, w, m));
        w->made[m] = without - all;
    }
    return NEURON_OK;
}

static int give(double *values, const neuron_member_outputs *outputs, const request *asked)
{
    neuron_context_t *context = outputs->context;
    size_t members = neuron_size(outputs->members);
    work w = {
        .outputs = outputs, .asked = asked, .goal = neuron_blend_goal_of(asked->goal, outputs)};
    RETURN_IF_ERROR(neuron_blend_check(w.goal, outputs));
    w.weights = neuron_allocate(context, members, sizeof *w.weights);
    w.made = neuron_allocate(context, members, sizeof *w.made);
    w.order = neuron_allocate(context, neuron_size(outputs->dataset->count), sizeof *w.order);
    int status = w.weights && w.made && w.order ? NEURON_OK : NEURON_E_MEMORY;
    for (int64_t m = 0; status == NEURON_OK && m < outputs->members; m++)
        w.weights[m] = asked->weights ? asked->weights[m] : 1;
    if (status == NEURON_OK)
        status = compute(&w);
    if (status == NEURON_OK)
        memcpy(values, w.made, members * sizeof *values);
    neuron_release(context, w.weights);
    neuron_release(context, w.made);
    neuron_release(context, w.order);
    return status;
}

static int contribute(double *values, const neuron_member_source *source, const double *weights,
                      const char *options)
{
    request asked;
    RETURN_IF_ERROR(neuron_member_source_check(source));
    RETURN_IF_ERROR(read_request(&asked, weights, source->count, options));
    NEURON_HOLD(hold);
    neuron_member_outputs *outputs;
    RETURN_IF_ERROR(neuron_member_outputs_read(&outputs, &hold, source));
    return give(values, outputs, &asked);
}

int neuron_committee_contributions(double *values, neuron_graph_t *const *members, int64_t count,
                                   const double *weights, const neuron_dataset_t *dataset,
                                   const char *options)
{
    FLOAT_SCOPE;
    const neuron_member_source source = NEURON_MEMBERS_OF(dataset);
    CHECK_ARGUMENT(values);
    neuron_hold_end_left();
    return contribute(values, &source, weights, options);
}

int neuron_committee_contributions_from_outputs(double *values, neuron_context_t *context,
                                                neuron_tensor_t *const *outputs, int64_t count,
                                                const double *weights,
                                                const neuron_tensor_t *targets, const char *options)
{
    FLOAT_SCOPE;
    const neuron_member_source source = NEURON_OUTPUTS_GIVEN;
    CHECK_ARGUMENT(values);
    neuron_hold_end_left();
    return contribute(values, &source, weights, options);
}
