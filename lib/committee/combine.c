/* Joining the members of a committee trainer: by a rule, by weights that are learnt, or by what is
 * stacked on them. What is learnt is learnt from the validation set, or else from the examples that
 * were held out from members by their method: see held-out.c. */
#include "committee/combine.h"

#include "base/checked.h"
#include "committee/classes.h"
#include "committee/held-out.h"
#include "committee/joining/weights.h"

#include <libneuron/committee.h>

#include <inttypes.h>
#include <stdio.h>

enum {
    MEAN,
    WEIGHTED_MEAN,
    MAJORITY_VOTE,
    WEIGHTED_VOTE,
    BORDA,
    WEIGHTED_BORDA,
    GREEDY,
    CONVEX,
    STACKING,
    CLASS_WEIGHTS,
    RANKS
};

const neuron_word neuron_committee_combinations[] = {
    {MEAN, "mean"},
    {WEIGHTED_MEAN, "weighted_mean"},
    {MAJORITY_VOTE, "majority_vote"},
    {WEIGHTED_VOTE, "weighted_vote"},
    {BORDA, "borda"},
    {WEIGHTED_BORDA, "weighted_borda"},
    {GREEDY, "greedy"},
    {CONVEX, "convex"},
    {STACKING, "stacking"},
    {CLASS_WEIGHTS, "class_weights"},
    {RANKS, "ranks"},
    {0, ""},
};

typedef enum lesson { NOTHING, WEIGHTS, STACK } lesson;

typedef struct combination {
    const char *rule; /* of neuron_committee_create(); NULL for a stack */
    lesson learns;
    int32_t method; /* of the weights or the stack */
} combination;

static const combination combinations[] = {
    [MEAN] = {"mean", NOTHING, 0},
    [WEIGHTED_MEAN] = {"weighted_mean", WEIGHTS, NEURON_WEIGHTS_AUTO},
    [MAJORITY_VOTE] = {"majority_vote", NOTHING, 0},
    [WEIGHTED_VOTE] = {"weighted_vote", WEIGHTS, NEURON_WEIGHTS_ACCURACY},
    [BORDA] = {"borda", NOTHING, 0},
    [WEIGHTED_BORDA] = {"weighted_borda", WEIGHTS, NEURON_WEIGHTS_ACCURACY},
    [GREEDY] = {"weighted_mean", WEIGHTS, NEURON_WEIGHTS_GREEDY},
    [CONVEX] = {"weighted_mean", WEIGHTS, NEURON_WEIGHTS_CONVEX},
    [STACKING] = {NULL, STACK, NEURON_STACK_LOGISTIC},
    [CLASS_WEIGHTS] = {NULL, STACK, NEURON_STACK_CLASS_WEIGHTS},
    [RANKS] = {NULL, STACK, NEURON_STACK_RANKS},
};

static const combination *chosen(const neuron_committee_trainer_t *trainer)
{
    return &combinations[neuron_committee_count(trainer, NEURON_COMMITTEE_COMBINE)];
}

const char *neuron_committee_combination(const neuron_committee_trainer_t *trainer)
{
    return neuron_word_name(neuron_committee_combinations,
                            neuron_committee_value(trainer, NEURON_COMMITTEE_COMBINE));
}

bool neuron_committee_learns_to_combine(const neuron_committee_trainer_t *trainer)
{
    return chosen(trainer)->learns != NOTHING;
}

static neuron_weights_request weights_request(const neuron_committee_trainer_t *trainer)
{
    return (neuron_weights_request){
        (neuron_weights_method)chosen(trainer)->method,
        (neuron_blend_goal)neuron_committee_count(trainer, NEURON_COMMITTEE_GOAL),
        neuron_committee_count(trainer, NEURON_COMMITTEE_ROUNDS)};
}

static neuron_stack_request stack_request(const neuron_committee_trainer_t *trainer)
{
    return (neuron_stack_request){(neuron_stack_method)chosen(trainer)->method,
                                  neuron_committee_value(trainer, NEURON_COMMITTEE_L2),
                                  neuron_committee_count(trainer, NEURON_COMMITTEE_ITERATIONS),
                                  neuron_committee_count(trainer, NEURON_COMMITTEE_POINTS)};
}

/* ---- What can be had ---- */

static bool votes(const neuron_committee_trainer_t *trainer)
{
    switch (neuron_committee_count(trainer, NEURON_COMMITTEE_COMBINE)) {
    case MAJORITY_VOTE:
    case WEIGHTED_VOTE:
    case BORDA:
    case WEIGHTED_BORDA:
        return true;
    default:
        return false;
    }
}

/* Votes are for one class of several, at each place: they would take the largest of several labels
 * or numbers for it. A single number stands for two classes. */
static int check_votes(const neuron_committee_trainer_t *trainer, const neuron_graph_t *member)
{
    for (int64_t i = 0; i < neuron_dataset_targets(trainer->train); i++) {
        neuron_evaluation_plan plan;
        char output[32];
        snprintf(output, sizeof output, "output=%" PRId64, i);
        RETURN_IF_ERROR(neuron_evaluation_choose(&plan, member, trainer->train, NULL, output));
        bool of_labels = plan.kind == NEURON_EVALUATION_MULTI_LABEL && plan.channels > 1;
        if (of_labels || plan.kind == NEURON_EVALUATION_REGRESSION)
            return neuron_fail(NEURON_E_UNSUPPORTED,
                               "committee: combine is %s, which is for classes; the targets are "
                               "%s",
                               neuron_committee_combination(trainer),
                               of_labels ? "several labels" : "those of a regression");
    }
    return NEURON_OK;
}

/* Joined where members do not know all classes. */
static int check_classes(const neuron_committee_trainer_t *trainer)
{
    switch (neuron_committee_count(trainer, NEURON_COMMITTEE_COMBINE)) {
    case MEAN:
    case WEIGHTED_MEAN:
    case MAJORITY_VOTE:
    case WEIGHTED_VOTE:
    case STACKING:
    case CLASS_WEIGHTS:
        return NEURON_OK;
    default:
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee: combine is %s; with class_fraction it must be mean, "
                           "weighted_mean, majority_vote, weighted_vote, stacking or "
                           "class_weights",
                           neuron_committee_combination(trainer));
    }
}

int neuron_committee_check_combination(const neuron_committee_trainer_t *trainer)
{
    if (neuron_committee_has_class_subsets(trainer))
        RETURN_IF_ERROR(check_classes(trainer));
    if (!neuron_committee_learns_to_combine(trainer))
        return NEURON_OK;
    if (!trainer->validation && !neuron_committee_holds_out(trainer))
        return neuron_fail(NEURON_E_STATE,
                           "committee: combine is %s, which learns from examples that are held "
                           "out: set a validation set, or have method=bagging or folds",
                           neuron_committee_combination(trainer));
    if (chosen(trainer)->learns == STACK)
        return NEURON_OK;
    const neuron_weights_request asked = weights_request(trainer);
    return neuron_weights_check_request(&asked, "committee");
}

int neuron_committee_check_combined(const neuron_committee_trainer_t *trainer,
                                    const neuron_graph_t *member)
{
    neuron_evaluation_plan plan;
    if (votes(trainer))
        RETURN_IF_ERROR(check_votes(trainer, member));
    if (!neuron_committee_learns_to_combine(trainer))
        return NEURON_OK;
    RETURN_IF_ERROR(neuron_evaluation_choose(&plan, member, trainer->train, NULL, NULL));
    if (chosen(trainer)->learns == WEIGHTS) {
        const neuron_weights_request asked = weights_request(trainer);
        return neuron_weights_check_plan(&asked, &plan);
    }
    if (member->output_count != 1)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "committee: combine is %s, which is for graphs with one output",
                           neuron_committee_combination(trainer));
    const neuron_stack_request asked = stack_request(trainer);
    return neuron_stack_check_plan(&asked, &plan,
                                   neuron_shape_count(&member->outputs[0]->spec.output));
}

/* ---- Weights ---- */

/* What a member is judged by alone; NULL for nothing. */
static int select_judging(neuron_dataset_t **judging, const neuron_committee_trainer_t *trainer,
                          int64_t member)
{
    if (!trainer->validation)
        return neuron_committee_select(judging, trainer, member, NEURON_COMMITTEE_JUDGED);
    return neuron_committee_restrict(judging, trainer, member, trainer->validation);
}

/* Judges a member on the examples that were held out from it. */
static int judge(double *merit, const neuron_committee_trainer_t *trainer, int64_t member,
                 neuron_weights_method *method)
{
    NEURON_HOLD(hold);
    neuron_dataset_t *held_out;
    neuron_member_outputs *outputs;
    neuron_graph_t *const graphs[] = {trainer->members[member].graph};
    RETURN_IF_ERROR(select_judging(&held_out, trainer, member));
    if (!held_out)
        return neuron_fail(NEURON_E_DATA,
                           "committee: member %" PRId64 " has learnt from all examples, and none "
                           "is left to weigh it by",
                           member);
    neuron_hold_add(&hold, neuron_dataset_end_hold, NULL, held_out);
    RETURN_IF_ERROR(neuron_member_outputs_predict(&outputs, &hold, graphs, 1, held_out));
    *method = neuron_weights_method_of(*method, &outputs->plan);
    return neuron_weights_judge(merit, outputs, 0, *method);
}

/* Weights of members that are judged by themselves, each on examples of its own. */
static int learn_by_member(double *weights, const neuron_committee_trainer_t *trainer)
{
    neuron_weights_method method = weights_request(trainer).method;
    for (int64_t i = 0; i < trainer->count; i++)
        RETURN_IF_ERROR(judge(&weights[i], trainer, i, &method));
    neuron_weights_of_merits(weights, trainer->count, method);
    return NEURON_OK;
}

/* Of a set of folds all members count alike. */
static void spread(double *weights, const neuron_committee_trainer_t *trainer, int64_t sets)
{
    int64_t each = trainer->count / sets;
    for (int64_t i = trainer->count - 1; i >= 0; i--)
        weights[i] = weights[i / each] / (double)each;
}

static int learn_weights(double *weights, neuron_graph_t *const *members,
                         const neuron_committee_trainer_t *trainer)
{
    const neuron_weights_request asked = weights_request(trainer);
    NEURON_HOLD(hold);
    neuron_member_outputs *outputs;
    if (neuron_committee_has_class_subsets(trainer))
        return learn_by_member(weights, trainer);
    if (trainer->validation) {
        RETURN_IF_ERROR(neuron_member_outputs_predict(&outputs, &hold, members, trainer->count,
                                                      trainer->validation));
        return neuron_weights_learn(weights, outputs, &asked);
    }
    if (asked.method != NEURON_WEIGHTS_GREEDY && asked.method != NEURON_WEIGHTS_CONVEX)
        return learn_by_member(weights, trainer);
    RETURN_IF_ERROR(neuron_committee_read_held_out(&outputs, &hold, trainer));
    RETURN_IF_ERROR(neuron_weights_learn(weights, outputs, &asked));
    spread(weights, trainer, outputs->members);
    return NEURON_OK;
}

/* ---- Stacks ---- */

static void drop_graphs(void *context, void *graphs)
{
    for (neuron_graph_t **graph = graphs; *graph; graph++)
        neuron_graph_unref(*graph);
    neuron_release(context, graphs);
}

/* Of folds, the mean of each set of members; else the members themselves. */
static int make_sets(neuron_graph_t **sets, neuron_graph_t *const *members, int64_t count,
                     const neuron_committee_trainer_t *trainer)
{
    int64_t each = trainer->count / count;
    for (int64_t i = 0; i < count; i++) {
        if (each == 1)
            sets[i] = neuron_graph_ref(members[i]);
        else
            RETURN_IF_ERROR(neuron_committee_create(&sets[i], trainer->context, members + i * each,
                                                    each, NULL, NULL));
    }
    return NEURON_OK;
}

static int stack_held_out(neuron_graph_t **committee, neuron_graph_t *const *members,
                          const neuron_committee_trainer_t *trainer)
{
    const neuron_stack_request asked = stack_request(trainer);
    NEURON_HOLD(hold);
    neuron_member_outputs *outputs;
    RETURN_IF_ERROR(neuron_committee_read_held_out(&outputs, &hold, trainer));
    int64_t count = outputs->members;
    neuron_graph_t **sets =
        neuron_allocate_zero(trainer->context, neuron_size(count) + 1, sizeof(neuron_graph_t *));
    if (!sets)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, drop_graphs, trainer->context, sets);
    RETURN_IF_ERROR(make_sets(sets, members, count, trainer));
    return neuron_stack_learn(committee, trainer->context, sets, outputs, &asked);
}

static int stack(neuron_graph_t **committee, neuron_graph_t *const *members,
                 const neuron_committee_trainer_t *trainer)
{
    const neuron_stack_request asked = stack_request(trainer);
    NEURON_HOLD(hold);
    neuron_member_outputs *outputs;
    if (!trainer->validation)
        return stack_held_out(committee, members, trainer);
    RETURN_IF_ERROR(neuron_member_outputs_predict(&outputs, &hold, members, trainer->count,
                                                  trainer->validation));
    return neuron_stack_learn(committee, trainer->context, members, outputs, &asked);
}

/* ---- All ways ---- */

int neuron_committee_combine(neuron_graph_t **committee, double *weights,
                             const neuron_committee_trainer_t *trainer)
{
    const combination *by = chosen(trainer);
    neuron_context_t *context = trainer->context;
    char rule[64];
    NEURON_HOLD(hold);
    neuron_graph_t **members =
        neuron_allocate(context, neuron_size(trainer->count), sizeof(neuron_graph_t *));
    if (!members)
        return NEURON_E_MEMORY;
    neuron_hold_add(&hold, neuron_release_hold, context, members);
    for (int64_t i = 0; i < trainer->count; i++) {
        members[i] = trainer->members[i].graph;
        weights[i] = 1 / (double)trainer->count;
    }
    if (by->learns == STACK)
        return stack(committee, members, trainer);
    if (by->learns == WEIGHTS)
        RETURN_IF_ERROR(learn_weights(weights, members, trainer));
    snprintf(rule, sizeof rule, "rule=%s", by->rule);
    RETURN_IF_ERROR(neuron_committee_create(committee, context, members, trainer->count,
                                            by->learns == WEIGHTS ? weights : NULL, rule));
    int status = neuron_committee_scale_classes(committee, weights, trainer);
    if (status < 0) {
        neuron_graph_unref(*committee);
        *committee = NULL;
    }
    return status;
}
