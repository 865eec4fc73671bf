/* A committee is a graph: its members are imported side by side and joined by the rule's layer, or
 * by a graph of the caller's. */
#include <libneuron/committee.h>
#include <libneuron/layers.h>

#include "base/checked.h"
#include "base/float-mode.h"
#include "graph/committee.h"
#include "graph/import.h"
#include "graph/meaning.h"
#include "graph/metadata.h"
#include "layers/joins/join.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct committee_rule {
    const neuron_layer *layer; /* that joins the members' outputs */
    bool weighted;
    const char *options; /* of the layer; NULL for none */
} committee_rule;

enum { MEAN, WEIGHTED_MEAN, MAJORITY_VOTE, WEIGHTED_VOTE, BORDA, WEIGHTED_BORDA };

static const committee_rule rules[] = {
    [MEAN] = {&neuron_layer_average, false, NULL},
    [WEIGHTED_MEAN] = {&neuron_layer_weighted_average, true, NULL},
    [MAJORITY_VOTE] = {&neuron_layer_vote, false, NULL},
    [WEIGHTED_VOTE] = {&neuron_layer_vote, true, NULL},
    [BORDA] = {&neuron_layer_vote, false, "ballot=borda"},
    [WEIGHTED_BORDA] = {&neuron_layer_vote, true, "ballot=borda"},
};

const neuron_word neuron_committee_rules[] = {
    {MEAN, "mean"},
    {WEIGHTED_MEAN, "weighted_mean"},
    {MAJORITY_VOTE, "majority_vote"},
    {WEIGHTED_VOTE, "weighted_vote"},
    {BORDA, "borda"},
    {WEIGHTED_BORDA, "weighted_borda"},
    {0, ""},
};

bool neuron_committee_rule_has_weights(int32_t rule)
{
    return rules[rule].weighted;
}

/* The words of neuron_uncertainty_words, by one more each. */
static const neuron_word measure_words[] = {
    {0, "none"},
    {1, "entropy"},
    {2, "expected_entropy"},
    {3, "mutual_information"},
    {4, "variation_ratio"},
    {5, "disagreement"},
    {6, "margin"},
    {7, "confidence"},
    {1 + NEURON_UNCERTAINTY_ANSWERS, "answers"},
    {0, ""},
};

enum { RULE = 1, UNCERTAINTY, ABSTAIN };

static const neuron_option rows[] = {
    NEURON_CHOICE(RULE, "rule", neuron_committee_rules, MEAN,
                  "how the members' outputs are joined"),
    NEURON_WORDS(UNCERTAINTY, "uncertainty", measure_words, "what more outputs tell"),
    NEURON_REAL(ABSTAIN, "abstain_below", 0, 1, NAN,
                "the least confidence with which the output answers is 1"),
};

const neuron_option_table neuron_committee_options = NEURON_OPTION_TABLE(rows);

/* The inputs of a graph, or its outputs without those that tell of others. */
typedef struct node_list {
    neuron_node_t *const *nodes;
    int64_t count;
} node_list;

static node_list inputs_of(const neuron_graph_t *graph)
{
    return (node_list){graph->inputs, graph->input_count};
}

static node_list outputs_of(const neuron_graph_t *graph)
{
    return (node_list){graph->outputs, neuron_graph_target_count(graph)};
}

/* The place in a list of what goes with a node of the first member: where there are several, the
 * one of the same name; -1 if there is none. */
static int32_t find_alike(node_list list, const neuron_node_t *node)
{
    if (list.count == 1)
        return 0;
    for (int32_t i = 0; i < list.count; i++)
        if (strcmp(list.nodes[i]->name, node->name) == 0)
            return i;
    return -1;
}

/* A member that is compared with the first. */
typedef struct comparison {
    const neuron_graph_t *first, *member;
    int64_t index;
} comparison;

static int check_list(const comparison *c, node_list of_first, node_list of_member,
                      const char *does, const char *what)
{
    char text[2][NEURON_SHAPE_TEXT];
    if (of_member.count != of_first.count)
        return neuron_fail(
            NEURON_E_SHAPE,
            "committee: member %" PRId64 " (%s) has %" PRId64 " %ss, member 0 (%s) has %" PRId64,
            c->index, c->member->name, of_member.count, what, c->first->name, of_first.count);
    for (int32_t i = 0; i < of_first.count; i++) {
        const neuron_node_t *theirs = of_first.nodes[i];
        int32_t place = find_alike(of_member, theirs);
        if (place < 0)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "committee: member %" PRId64 " (%s) has no %s called %s", c->index,
                               c->member->name, what, theirs->name);
        const neuron_shape *ours = &of_member.nodes[place]->spec.output;
        if (!neuron_shape_equal(ours, &theirs->spec.output))
            return neuron_fail(
                NEURON_E_SHAPE, "committee: member %" PRId64 " (%s) %s %s, member 0 (%s) %s %s",
                c->index, c->member->name, does, neuron_shape_text(ours, text[0]), c->first->name,
                does, neuron_shape_text(&theirs->spec.output, text[1]));
    }
    return NEURON_OK;
}

static int check_member(const neuron_graph_t *first, const neuron_graph_t *member, int64_t index)
{
    RETURN_IF_ERROR(neuron_graph_check_finished(member, "committee"));
    const comparison c = {first, member, index};
    RETURN_IF_ERROR(check_list(&c, inputs_of(first), inputs_of(member), "takes", "input"));
    return check_list(&c, outputs_of(first), outputs_of(member), "puts out", "output");
}

static const neuron_tensor_t *names_of(const neuron_node_t *output)
{
    return output->meaning.class_names;
}

/* What goes with an output of the first member. */
static neuron_node_t *output_like(const neuron_graph_t *member, const neuron_node_t *output)
{
    return member->outputs[find_alike(outputs_of(member), output)];
}

static int compare_names(neuron_graph_t *const *members, int64_t i, const neuron_tensor_t *others,
                         int64_t index, const neuron_tensor_t *names, const char *who)
{
    int64_t k = neuron_class_names_differ(others, names);
    if (k < 0)
        return NEURON_OK;
    return neuron_fail(NEURON_E_DATA,
                       "%s: class %" PRId64 " is \"%s\" in member %" PRId64
                       " (%s) and \"%s\" in member %" PRId64 " (%s)",
                       who, k, neuron_class_names_at(others, k), i, members[i]->name,
                       neuron_class_names_at(names, k), index, members[index]->name);
}

/* Members vote for the same classes: those of a member at one output, against those before it. */
static int check_names(neuron_graph_t *const *members, int64_t index, const neuron_node_t *output)
{
    const neuron_tensor_t *names = names_of(output_like(members[index], output));
    for (int64_t i = 0; i < index; i++)
        RETURN_IF_ERROR(compare_names(members, i, names_of(output_like(members[i], output)), index,
                                      names, "committee"));
    return NEURON_OK;
}

int neuron_committee_check_names(neuron_graph_t *const *members, int64_t index, const char *who)
{
    const neuron_tensor_t *names = names_of(members[index]->outputs[0]);
    for (int64_t i = 0; i < index; i++)
        RETURN_IF_ERROR(
            compare_names(members, i, names_of(members[i]->outputs[0]), index, names, who));
    return NEURON_OK;
}

static int check_weights(bool weighted, const double *weights)
{
    if (weighted && !weights)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee: weights is NULL; a weighted rule must have weights");
    if (!weighted && weights)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee: weights are given; they must be NULL for this rule");
    return NEURON_OK;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What a committee is made of. */
typedef struct committee_plan {
    neuron_graph_t *const *members;
    int64_t count;
    const committee_rule *rule;
    const double *weights;
    int32_t measures[NEURON_UNCERTAINTY_MEASURES]; /* of uncertainty, for each output */
    int64_t measure_count;
    double least;                   /* confidence with which there is an answer */
    const neuron_graph_t *combiner; /* in place of a rule; NULL for one */
    neuron_node_t **imported; /* [member, output]: in the order of the first member's outputs */
    neuron_node_t **places;   /* room for the inputs or outputs of one member, */
    neuron_node_t **joined;   /* and for what is joined and what comes of it */
} committee_plan;

/* Whether all members scale what goes with an input of the first in one way. */
static bool scale_alike(const committee_plan *plan, const neuron_node_t *input)
{
    bool alike = true;
    for (int32_t i = 0; i < plan->count; i++) {
        const node_list inputs = inputs_of(plan->members[i]);
        alike = alike && neuron_node_same_scale(input, inputs.nodes[find_alike(inputs, input)]);
    }
    return alike;
}

static void join_names(const committee_plan *plan, neuron_node_t *joined,
                       const neuron_node_t *output)
{
    for (int32_t i = 0; i < plan->count && !joined->meaning.class_names; i++)
        neuron_node_keep_names(joined, output_like(plan->members[i], output)->meaning.class_names);
}

/* What all members know alike; importing has taken it of the first that knows something. */
static void join_meaning(neuron_graph_t *graph, const committee_plan *plan)
{
    const neuron_graph_t *first = plan->members[0];
    const char *key = NEURON_METADATA_PREPARATION;
    bool scales = true, prepares = true;
    for (int32_t i = 0; i < outputs_of(first).count; i++)
        join_names(plan, graph->outputs[i], first->outputs[i]);
    for (int32_t i = 0; i < first->input_count; i++) {
        if (scale_alike(plan, first->inputs[i]))
            continue;
        scales = false;
        neuron_node_forget_scale(graph->inputs[i]);
    }
    for (int32_t i = 0; i < plan->count; i++)
        prepares = prepares && same_text(neuron_graph_kept_text(first, key),
                                         neuron_graph_kept_text(plan->members[i], key));
    if (!prepares)
        neuron_graph_keep_text(graph, key, NULL);
    if (!scales || !prepares)
        neuron_log(graph->context, NEURON_LOG_WARNING, "graph",
                   "committee: members differ in how their inputs are %s, which it does not keep",
                   scales ? "prepared" : "scaled");
}

/* Imports a member and puts its outputs where those of the first are. */
static int import_member(neuron_graph_t *graph, const committee_plan *plan, int64_t index)
{
    const neuron_graph_t *first = plan->members[0], *member = plan->members[index];
    neuron_node_t **into = plan->imported + index * outputs_of(first).count;
    for (int32_t i = 0; i < first->input_count; i++)
        plan->places[find_alike(inputs_of(member), first->inputs[i])] = graph->inputs[i];
    RETURN_IF_ERROR(neuron_graph_import_many(plan->joined, member->output_count, graph,
                                             plan->places, member->input_count, member, NULL,
                                             plan->combiner ? "trainable=no, dropout=no" : NULL));
    for (int32_t i = 0; i < outputs_of(first).count; i++)
        into[i] = plan->joined[find_alike(outputs_of(member), first->outputs[i])];
    return NEURON_OK;
}

/* Adds what tells how sure the members are of an output, which are in `joined`, behind all outputs:
 * it is called by what it measures, and of several outputs by the output's name too. */
static int add_measures(neuron_graph_t *graph, const committee_plan *plan, int64_t output)
{
    const node_list outputs = outputs_of(plan->members[0]);
    neuron_node_t **made = plan->places + outputs.count + output * plan->measure_count;
    for (int64_t i = 0; i < plan->measure_count; i++) {
        char name[NEURON_NODE_NAME_MAX + 24];
        const char *measure = neuron_word_name(neuron_uncertainty_words, plan->measures[i]);
        snprintf(name, sizeof name, "%s%s%s", outputs.count > 1 ? outputs.nodes[output]->name : "",
                 outputs.count > 1 ? "_" : "", measure);
        neuron_options options;
        neuron_options_make(&options, &neuron_layer_uncertainty.options,
                            (const neuron_setting[]){{NEURON_NODE_MEASURE, plan->measures[i]},
                                                     {NEURON_NODE_THRESHOLD, plan->least},
                                                     {0, 0}});
        made[i] = neuron_graph_add(graph, &neuron_layer_uncertainty, name, plan->joined,
                                   plan->count, &options, plan->weights);
        RETURN_IF_ERROR(graph->status);
    }
    return NEURON_OK;
}

/* Joins what the members have for each output, under the name of the first member's where there are
 * several. */
static int join_outputs(neuron_graph_t *graph, const committee_plan *plan)
{
    const neuron_graph_t *first = plan->members[0];
    int64_t outputs = outputs_of(first).count;
    for (int32_t i = 0; i < outputs; i++) {
        for (int32_t k = 0; k < plan->count; k++)
            plan->joined[k] = plan->imported[k * outputs + i];
        plan->places[i] =
            neuron_graph_add(graph, plan->rule->layer, outputs > 1 ? first->outputs[i]->name : NULL,
                             plan->joined, plan->count, NULL, plan->weights);
        RETURN_IF_ERROR(graph->status);
        if (plan->rule->options)
            RETURN_IF_ERROR(neuron_node_set(plan->places[i], plan->rule->options));
        RETURN_IF_ERROR(add_measures(graph, plan, i));
    }
    return neuron_graph_finish_many(graph, plan->places, outputs * (1 + plan->measure_count));
}

/* Joins what the members have for their only output by a graph, which takes it side by side. */
static int combine(neuron_graph_t *graph, const committee_plan *plan)
{
    neuron_node_t **joined = plan->joined;
    for (int32_t i = 0; i < plan->count; i++) {
        joined[i] = plan->imported[i];
        if (joined[i]->spec.output.rank != 1)
            joined[i] = neuron_flatten(graph, joined[i]);
    }
    neuron_node_t *side_by_side =
        plan->count > 1 ? neuron_concat(graph, joined, plan->count, NULL) : joined[0];
    return neuron_graph_finish(
        graph, neuron_graph_import(graph, side_by_side, plan->combiner, "combiner", NULL));
}

/* Builds the committee in an empty graph. */
static int build(neuron_graph_t *graph, const committee_plan *plan)
{
    const neuron_graph_t *first = plan->members[0];
    for (int32_t i = 0; i < first->input_count; i++)
        if (!neuron_graph_copy_input(graph, first->inputs[i]))
            return graph->status;
    for (int32_t i = 0; i < plan->count; i++)
        RETURN_IF_ERROR(import_member(graph, plan, i));
    RETURN_IF_ERROR(neuron_graph_set_name(graph, "committee"));
    RETURN_IF_ERROR(plan->combiner ? combine(graph, plan) : join_outputs(graph, plan));
    join_meaning(graph, plan);
    return NEURON_OK;
}

static int join(neuron_graph_t *graph, committee_plan *plan)
{
    const neuron_graph_t *first = plan->members[0];
    neuron_context_t *context = graph->context;
    int64_t most = 0; /* outputs of a member */
    size_t members = neuron_size(plan->count), outputs = neuron_size(outputs_of(first).count);
    size_t ends =
        neuron_size(first->input_count) + outputs * (1 + neuron_size(plan->measure_count));
    plan->imported =
        neuron_allocate(context, members, neuron_size_of(outputs_of(first).count, sizeof(void *)));
    plan->places = neuron_allocate(context, ends, sizeof *plan->places);
    for (int64_t i = 0; i < plan->count; i++)
        most = plan->members[i]->output_count > most ? plan->members[i]->output_count : most;
    plan->joined = neuron_allocate(context, members + neuron_size(most), sizeof *plan->joined);
    int status =
        plan->imported && plan->places && plan->joined ? build(graph, plan) : NEURON_E_MEMORY;
    neuron_release(context, plan->imported);
    neuron_release(context, plan->places);
    neuron_release(context, plan->joined);
    return status;
}

int neuron_committee_check_member(neuron_graph_t *const *members, int64_t index, bool names)
{
    RETURN_IF_ERROR(check_member(members[0], members[index], index));
    for (int32_t k = 0; names && k < outputs_of(members[0]).count; k++)
        RETURN_IF_ERROR(check_names(members, index, members[0]->outputs[k]));
    return NEURON_OK;
}

static int check_members(neuron_graph_t *const *members, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        RETURN_IF_ERROR(neuron_committee_check_member(members, i, true));
    return NEURON_OK;
}

/* Whether a graph can take what members like the first put out. */
static int check_combiner(const neuron_graph_t *first, int64_t count,
                          const neuron_graph_t *combiner)
{
    char text[NEURON_SHAPE_TEXT];
    if (outputs_of(first).count != 1)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee: member 0 (%s) has %" PRId64
                           " outputs; members that a graph combines have one",
                           first->name, (int64_t)outputs_of(first).count);
    if (combiner->input_count != 1 || combiner->output_count != 1)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "committee: the combiner (%s) has %" PRId64 " inputs and %" PRId64
                           " outputs; it must have one of each",
                           combiner->name, (int64_t)combiner->input_count,
                           (int64_t)combiner->output_count);
    const neuron_shape *taken = &combiner->inputs[0]->spec.output;
    int64_t each = neuron_shape_count(&first->outputs[0]->spec.output);
    if (taken->rank != 1 || taken->extent[0] / each != count || taken->extent[0] % each != 0)
        return neuron_fail(NEURON_E_SHAPE,
                           "committee: the combiner (%s) takes %s; %" PRId64
                           " members put out %" PRId64 " numbers each",
                           combiner->name, neuron_shape_text(taken, text), count, each);
    return NEURON_OK;
}

/* What is to be told. */
static void choose_measures(committee_plan *plan, const neuron_options *settings)
{
    double least = neuron_options_value(settings, ABSTAIN);
    uint32_t given = (uint32_t)neuron_options_value(settings, UNCERTAINTY);
    given |= isnan(least) ? 0 : 1U << NEURON_UNCERTAINTY_ANSWERS;
    plan->least = isnan(least) ? 0.5 : least;
    for (int32_t i = 0; i < NEURON_UNCERTAINTY_MEASURES; i++)
        if (given >> i & 1)
            plan->measures[plan->measure_count++] = i;
}

static int create(neuron_graph_t **committee, neuron_context_t *context, committee_plan plan)
{
    neuron_graph_t *made;
    RETURN_IF_ERROR(neuron_graph_create(&made, context));
    int status = join(made, &plan);
    if (status < 0) {
        neuron_graph_unref(made);
        return status;
    }
    *committee = made;
    return NEURON_OK;
}

int neuron_committee_create(neuron_graph_t **committee, neuron_context_t *context,
                            neuron_graph_t *const *members, int64_t count, const double *weights,
                            const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(committee);
    *committee = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(members);
    CHECK_LIST(count);
    neuron_options settings;
    neuron_options_reset(&settings, &neuron_committee_options);
    RETURN_IF_ERROR(neuron_options_parse(&settings, options, "committee"));
    const committee_rule *by = &rules[(int32_t)neuron_options_value(&settings, RULE)];
    RETURN_IF_ERROR(check_weights(by->weighted, weights));
    RETURN_IF_ERROR(check_members(members, count));
    committee_plan plan = {.members = members, .count = count, .rule = by, .weights = weights};
    choose_measures(&plan, &settings);
    return create(committee, context, plan);
}

int neuron_committee_join(neuron_graph_t **committee, neuron_context_t *context,
                          neuron_graph_t *const *members, int64_t count, neuron_graph_t *combiner)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(committee);
    *committee = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(members);
    CHECK_LIST(count);
    CHECK_ARGUMENT(combiner);
    RETURN_IF_ERROR(neuron_graph_check_finished(combiner, "committee"));
    RETURN_IF_ERROR(check_members(members, count));
    RETURN_IF_ERROR(check_combiner(members[0], count, combiner));
    const committee_plan plan = {.members = members, .count = count, .combiner = combiner};
    return create(committee, context, plan);
}
