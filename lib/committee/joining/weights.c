/* Weights for the members of a committee, learnt from what they put out for examples that they were
 * not trained on. */
#include "committee/joining/weights.h"

#include <libneuron/committee.h>

#include "base/checked.h"
#include "base/float-mode.h"
#include "committee/joining/blend.h"

#include <string.h>

enum { METHOD = 1, GOAL, ROUNDS };

enum { ACCURACY, GREEDY, CONVEX };

static const neuron_word methods[] = {
    {ACCURACY, "accuracy"},
    {GREEDY, "greedy"},
    {CONVEX, "convex"},
    {0, ""},
};

static const neuron_option rows[] = {
    NEURON_CHOICE(METHOD, "method", methods, ACCURACY, "how the weights are learnt"),
    NEURON_CHOICE(GOAL, "goal", neuron_blend_goals, NEURON_BLEND_AUTO,
                  "what the weights make best"),
    NEURON_INTEGER(ROUNDS, "rounds", 1, 100000, 100, "members that greedy selection adds"),
};

const neuron_option_table neuron_committee_weights_options = NEURON_OPTION_TABLE(rows);

/* What the caller asks for. */
typedef struct request {
    int32_t method;
    neuron_blend_goal goal;
    int64_t rounds;
} request;

static int read_options(request *asked, const char *options)
{
    neuron_options given;
    neuron_options_reset(&given, &neuron_committee_weights_options);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, "committee_weights"));
    *asked = (request){(int32_t)neuron_options_value(&given, METHOD),
                       (neuron_blend_goal)neuron_options_value(&given, GOAL),
                       (int64_t)neuron_options_value(&given, ROUNDS)};
    if (asked->method == CONVEX && asked->goal == NEURON_BLEND_ACCURACY)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee_weights: goal is accuracy; with method=convex it must be "
                           "log_loss, mean_squared_error or auto");
    return NEURON_OK;
}

/* The class that one member takes an example for. */
static int32_t class_taken(const neuron_member_outputs *outputs, int64_t example, int64_t member)
{
    const float *x = neuron_member_outputs_at(outputs, example) + member * outputs->size;
    int32_t largest = 0;
    if (outputs->targets.class_count > 1 && outputs->size == 1)
        return x[0] > NEURON_DATASET_THRESHOLD;
    for (int32_t k = 1; k < outputs->size; k++)
        largest = x[k] > x[largest] ? k : largest;
    return largest;
}

static void weigh_by_accuracy(double *weights, const neuron_member_outputs *outputs)
{
    double sum = 0;
    for (int64_t m = 0; m < outputs->members; m++) {
        weights[m] = 0;
        for (int64_t i = 0; i < outputs->dataset->count; i++)
            weights[m] += class_taken(outputs, i, m) == outputs->targets.labels[i];
        sum += weights[m];
    }
    for (int64_t m = 0; m < outputs->members; m++)
        weights[m] = sum > 0 ? weights[m] / sum : 1 / (double)outputs->members;
}

static int learn(double *weights, const neuron_member_outputs *outputs, const request *asked)
{
    neuron_blend_goal goal = neuron_blend_goal_of(asked->goal, outputs);
    if (asked->method == ACCURACY) {
        weigh_by_accuracy(weights, outputs);
        return NEURON_OK;
    }
    RETURN_IF_ERROR(neuron_blend_check(goal, outputs));
    return asked->method == CONVEX ? neuron_blend_convex(weights, outputs, goal)
                                   : neuron_blend_greedy(weights, outputs, goal, asked->rounds);
}

/* Hands over what was learnt, if it was. */
static int give(double *weights, const neuron_member_outputs *outputs, const request *asked)
{
    size_t count = neuron_size(outputs->members);
    double *made = neuron_allocate(outputs->context, count, sizeof *made);
    int status = made ? learn(made, outputs, asked) : NEURON_E_MEMORY;
    if (status == NEURON_OK)
        memcpy(weights, made, count * sizeof *made);
    neuron_release(outputs->context, made);
    return status;
}

static int weigh(double *weights, const neuron_member_source *source, const char *options)
{
    request asked;
    RETURN_IF_ERROR(neuron_member_source_check(source));
    RETURN_IF_ERROR(read_options(&asked, options));
    NEURON_HOLD(hold);
    neuron_member_outputs *outputs;
    RETURN_IF_ERROR(neuron_member_outputs_read(&outputs, &hold, source));
    return give(weights, outputs, &asked);
}

int neuron_committee_weights(double *weights, neuron_graph_t *const *members, int64_t count,
                             const neuron_dataset_t *validation, const char *options)
{
    FLOAT_SCOPE;
    const neuron_member_source source = NEURON_MEMBERS_OF(validation);
    CHECK_ARGUMENT(weights);
    neuron_hold_end_left();
    return weigh(weights, &source, options);
}

int neuron_committee_weights_from_outputs(double *weights, neuron_context_t *context,
                                          neuron_tensor_t *const *outputs, int64_t count,
                                          const neuron_tensor_t *targets, const char *options)
{
    FLOAT_SCOPE;
    const neuron_member_source source = NEURON_OUTPUTS_GIVEN;
    CHECK_ARGUMENT(weights);
    neuron_hold_end_left();
    return weigh(weights, &source, options);
}
