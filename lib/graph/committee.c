/* A committee is a graph: its members are imported side by side and joined by the rule's layer. */
#include <libneuron/committee.h>

#include "graph/meaning.h"
#include "graph/metadata.h"

#include "base/float-mode.h"

#include <inttypes.h>
#include <string.h>

typedef struct committee_rule {
    const neuron_layer *layer; /* that joins the members' outputs */
    int32_t key;
    bool weighted;
    char name[16];
} committee_rule;

static const committee_rule rules[] = {
    {&neuron_layer_average, NEURON_COMMITTEE_MEAN, false, "mean"},
    {&neuron_layer_weighted_average, NEURON_COMMITTEE_WEIGHTED_MEAN, true, "weighted_mean"},
    {&neuron_layer_vote, NEURON_COMMITTEE_MAJORITY_VOTE, false, "majority_vote"},
    {&neuron_layer_vote, NEURON_COMMITTEE_WEIGHTED_VOTE, true, "weighted_vote"},
};

static const committee_rule *find_rule(int32_t key)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].key == key)
            return &rules[i];
    return NULL;
}

static int refuse_rule(int32_t key)
{
    neuron_words_text words = {0};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        neuron_words_add(&words, rules[i].name, rules[i].key);
    return neuron_refuse_value(key, "rule", words.text, "committee");
}

static int check_member(const neuron_graph_t *first, const neuron_graph_t *member, int32_t index)
{
    char text[2][NEURON_SHAPE_TEXT];
    RETURN_IF_ERROR(neuron_graph_check_finished(member, "committee"));
    const neuron_shape *input = &member->input->spec.output;
    const neuron_shape *output = &member->output->spec.output;
    if (!neuron_shape_equal(input, &first->input->spec.output))
        return neuron_fail(NEURON_E_SHAPE,
                           "committee: member %" PRId32 " (%s) takes %s, member 0 (%s) takes %s",
                           index, member->name, neuron_shape_text(input, text[0]), first->name,
                           neuron_shape_text(&first->input->spec.output, text[1]));
    if (!neuron_shape_equal(output, &first->output->spec.output))
        return neuron_fail(NEURON_E_SHAPE,
                           "committee: member %" PRId32
                           " (%s) puts out %s, member 0 (%s) puts out %s",
                           index, member->name, neuron_shape_text(output, text[0]), first->name,
                           neuron_shape_text(&first->output->spec.output, text[1]));
    return NEURON_OK;
}

/* Members vote for the same classes. */
static int check_names(neuron_graph_t *const *members, int32_t index)
{
    const neuron_tensor_t *names = members[index]->output->meaning.class_names;
    for (int32_t i = 0; i < index; i++) {
        const neuron_tensor_t *others = members[i]->output->meaning.class_names;
        int32_t k = neuron_class_names_differ(others, names);
        if (k >= 0)
            return neuron_fail(NEURON_E_DATA,
                               "committee: class %" PRId32 " is \"%s\" in member %" PRId32
                               " (%s) and \"%s\" in member %" PRId32 " (%s)",
                               k, neuron_class_names_at(others, k), i, members[i]->name,
                               neuron_class_names_at(names, k), index, members[index]->name);
    }
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

/* What all members know alike; importing has taken it of the first that knows something. */
static void join_meaning(neuron_graph_t *graph, neuron_graph_t *const *members, int32_t count)
{
    const char *key = NEURON_METADATA_PREPARATION;
    bool scales = true, prepares = true;
    for (int32_t i = 0; i < count; i++) {
        scales = scales && neuron_node_same_scale(members[0]->input, members[i]->input);
        prepares = prepares && same_text(neuron_graph_kept_text(members[0], key),
                                         neuron_graph_kept_text(members[i], key));
        if (!graph->output->meaning.class_names)
            neuron_node_keep_names(graph->output, members[i]->output->meaning.class_names);
    }
    if (!scales)
        neuron_node_forget_scale(graph->input);
    if (!prepares)
        neuron_graph_keep_text(graph, key, NULL);
    if (!scales || !prepares)
        neuron_log(graph->context, NEURON_LOG_WARNING,
                   "committee: members differ in how their inputs are %s, which it does not keep",
                   scales ? "prepared" : "scaled");
}

/* Builds the committee in an empty graph. */
static int join(neuron_graph_t *graph, neuron_graph_t *const *members, int32_t count,
                const committee_rule *by, const double *weights)
{
    const neuron_shape *shape = &members[0]->input->spec.output;
    neuron_node_t **outputs = neuron_allocate(graph->context, neuron_size(count), sizeof *outputs);
    if (!outputs)
        return NEURON_E_MEMORY;
    neuron_node_t *input = neuron_input(graph, shape->extent, shape->rank);
    for (int32_t i = 0; i < count; i++)
        outputs[i] = neuron_import(graph, input, members[i], NULL);
    neuron_node_t *output = neuron_graph_add(graph, by->layer, NULL, outputs, count, NULL, weights);
    neuron_release(graph->context, outputs);
    RETURN_IF_ERROR(neuron_graph_set_name(graph, "committee"));
    RETURN_IF_ERROR(neuron_graph_finish(graph, output));
    join_meaning(graph, members, count);
    return NEURON_OK;
}

int neuron_committee_create(neuron_graph_t **committee, neuron_context_t *context,
                            neuron_graph_t *const *members, int32_t count, int32_t rule,
                            const double *weights)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(committee);
    *committee = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(members);
    CHECK_RANGE(count, 1, INT64_MAX);
    const committee_rule *by = find_rule(rule);
    if (!by)
        return refuse_rule(rule);
    RETURN_IF_ERROR(check_weights(by->weighted, weights));
    for (int32_t i = 0; i < count; i++) {
        RETURN_IF_ERROR(check_member(members[0], members[i], i));
        RETURN_IF_ERROR(check_names(members, i));
    }
    neuron_graph_t *made;
    RETURN_IF_ERROR(neuron_graph_create(&made, context));
    int status = join(made, members, count, by, weights);
    if (status < 0) {
        neuron_graph_unref(made);
        return status;
    }
    *committee = made;
    return NEURON_OK;
}
