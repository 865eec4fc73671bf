/* Weights for the members of a committee, learnt from what they put out for examples that they were
 * not trained on. */
#include "committee/joining/weights.h"

#include <libneuron-committee/joining.h>

#include "base/checked.h"
#include "base/float-mode.h"
#include "committee/joining/blend.h"

#include <string.h>

enum { METHOD = 1, GOAL, ROUNDS };

static const neuron_word methods[] = {
    {NEURON_WEIGHTS_AUTO, "auto"},
    {NEURON_WEIGHTS_ACCURACY, "accuracy"},
    {NEURON_WEIGHTS_INVERSE_ERROR, "inverse_error"},
    {NEURON_WEIGHTS_GREEDY, "greedy"},
    {NEURON_WEIGHTS_CONVEX, "convex"},
    {0, ""},
};

static const neuron_option rows[] = {
    NEURON_CHOICE(METHOD, "method", methods, NEURON_WEIGHTS_AUTO, "how the weights are learnt"),
    NEURON_GOAL_ROW(GOAL),
    NEURON_ROUNDS_ROW(ROUNDS),
};

const neuron_option_table neuron_committee_weights_options = NEURON_OPTION_TABLE(rows);

int neuron_weights_check_request(const neuron_weights_request *asked, const char *who)
{
    if (asked->method == NEURON_WEIGHTS_CONVEX && asked->goal == NEURON_BLEND_ACCURACY)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: goal is accuracy; with convex weights it must be log_loss, "
                           "mean_squared_error or auto",
                           who);
    return NEURON_OK;
}

static int read_options(neuron_weights_request *asked, const char *options)
{
    static const char who[] = "committee_weights";
    neuron_options given;
    neuron_options_reset(&given, &neuron_committee_weights_options);
    RETURN_IF_ERROR(neuron_options_parse(&given, options, who));
    *asked = (neuron_weights_request){(neuron_weights_method)neuron_options_value(&given, METHOD),
                                      (neuron_blend_goal)neuron_options_value(&given, GOAL),
                                      (int64_t)neuron_options_value(&given, ROUNDS)};
    return neuron_weights_check_request(asked, who);
}

/* ---- Members by themselves ---- */

/* How much of what is right or wrong the member has right. */
static int accuracy_of(double *accuracy, const neuron_member_outputs *outputs, int64_t member)
{
    int64_t size = outputs->size, units = neuron_member_outputs_units(outputs), right = 0;
    double *values = neuron_allocate(outputs->context, neuron_size(size), sizeof *values);
    if (!values)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < outputs->dataset->count; i++) {
        const float *x = neuron_member_outputs_at(outputs, i) + member * size;
        for (int64_t k = 0; k < size; k++)
            values[k] = (double)x[k];
        for (int64_t unit = 0; unit < units; unit++)
            right += neuron_member_outputs_right(outputs, i, unit, values);
    }
    neuron_release(outputs->context, values);
    *accuracy = (double)right / (double)(outputs->dataset->count * units);
    return NEURON_OK;
}

static double error_of(const neuron_member_outputs *outputs, int64_t member)
{
    int64_t size = outputs->size;
    double sum = 0, all = 0;
    for (int64_t i = 0; i < outputs->dataset->count; i++) {
        const float *x = neuron_member_outputs_at(outputs, i) + member * size;
        double weight = outputs->targets.weights[i];
        for (int64_t k = 0; k < size; k++) {
            double error = (double)x[k] - (double)outputs->targets.targets[i * size + k];
            sum += weight * error * error;
        }
        all += weight * (double)size;
    }
    return all > 0 ? sum / all : 0;
}

neuron_weights_method neuron_weights_method_of(neuron_weights_method method,
                                               const neuron_evaluation_plan *plan)
{
    if (method != NEURON_WEIGHTS_AUTO)
        return method;
    return plan->kind == NEURON_EVALUATION_REGRESSION ? NEURON_WEIGHTS_INVERSE_ERROR
                                                      : NEURON_WEIGHTS_ACCURACY;
}

int neuron_weights_judge(double *merit, const neuron_member_outputs *outputs, int64_t member,
                         neuron_weights_method method)
{
    if (method != NEURON_WEIGHTS_INVERSE_ERROR)
        return accuracy_of(merit, outputs, member);
    RETURN_IF_ERROR(neuron_member_outputs_check(outputs, false));
    *merit = error_of(outputs, member);
    return NEURON_OK;
}

/* By the least error, which is 1 then: so that one of 0 takes all. */
static void invert(double *errors, int64_t members)
{
    double least = INFINITY;
    for (int64_t m = 0; m < members; m++)
        least = fmin(least, errors[m]);
    for (int64_t m = 0; m < members; m++)
        errors[m] = errors[m] > least ? least / errors[m] : 1;
}

void neuron_weights_of_merits(double *weights, int64_t members, neuron_weights_method method)
{
    double sum = 0;
    if (method == NEURON_WEIGHTS_INVERSE_ERROR)
        invert(weights, members);
    for (int64_t m = 0; m < members; m++)
        sum += weights[m];
    for (int64_t m = 0; m < members; m++)
        weights[m] = sum > 0 ? weights[m] / sum : 1 / (double)members;
}

/* ---- Weights ---- */

int neuron_weights_check_plan(const neuron_weights_request *asked,
                              const neuron_evaluation_plan *plan)
{
    if (asked->method == NEURON_WEIGHTS_ACCURACY && plan->kind == NEURON_EVALUATION_REGRESSION)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "committee: method is accuracy, and the targets are those of a "
                           "regression, which has none; it must be auto, inverse_error, greedy or "
                           "convex");
    if (asked->method != NEURON_WEIGHTS_GREEDY && asked->method != NEURON_WEIGHTS_CONVEX)
        return NEURON_OK;
    return neuron_blend_check_plan(asked->goal, plan);
}

int neuron_weights_learn(double *weights, const neuron_member_outputs *outputs,
                         const neuron_weights_request *asked)
{
    neuron_blend_goal goal = neuron_blend_goal_of(asked->goal, outputs);
    neuron_weights_method method = neuron_weights_method_of(asked->method, &outputs->plan);
    RETURN_IF_ERROR(neuron_weights_check_plan(asked, &outputs->plan));
    if (method == NEURON_WEIGHTS_GREEDY || method == NEURON_WEIGHTS_CONVEX) {
        RETURN_IF_ERROR(neuron_blend_check(goal, outputs));
        return method == NEURON_WEIGHTS_CONVEX
                   ? neuron_blend_convex(weights, outputs, goal)
                   : neuron_blend_greedy(weights, outputs, goal, asked->rounds);
    }
    for (int64_t m = 0; m < outputs->members; m++)
        RETURN_IF_ERROR(neuron_weights_judge(&weights[m], outputs, m, method));
    neuron_weights_of_merits(weights, outputs->members, method);
    return NEURON_OK;
}

/* Hands over what was learnt, if it was. */
static int give(double *weights, const neuron_member_outputs *outputs,
                const neuron_weights_request *asked)
{
    size_t count = neuron_size(outputs->members);
    double *made = neuron_allocate(outputs->context, count, sizeof *made);
    int status = made ? neuron_weights_learn(made, outputs, asked) : NEURON_E_MEMORY;
    if (status == NEURON_OK)
        memcpy(weights, made, count * sizeof *made);
    neuron_release(outputs->context, made);
    return status;
}

static int weigh(double *weights, const neuron_member_source *source, const char *options)
{
    neuron_weights_request asked;
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
