/* Random subspaces (Ho, 1998): a member sees a part of its inputs. In its graph a layer before all
 * others makes the rest 0, if they are finite: it divides them by infinity. */
#include "committee/committee-trainer.h"

#include "base/checked.h"
#include "base/random.h"

#include <libneuron/layers.h>

#include <math.h>

/* The divisors of a member's inputs: 1 for those that it sees. */
static int choose(float *divisors, const neuron_committee_member *member, int64_t count)
{
    const neuron_committee_trainer_t *committee = member->committee;
    double fraction = neuron_committee_value(committee, NEURON_COMMITTEE_FEATURE_FRACTION);
    int64_t seen = (int64_t)((double)count * fraction + 0.5);
    int64_t *order = neuron_allocate(committee->context, neuron_size(count), sizeof *order);
    if (!order)
        return NEURON_E_MEMORY;
    for (int64_t i = 0; i < count; i++)
        order[i] = i;
    neuron_random_reader reader = neuron_random_read(
        neuron_committee_member_seed(committee, member->index), NEURON_RANDOM_MEMBER_FEATURES, 0);
    neuron_random_shuffle(&reader, order, count);
    for (int64_t i = 0; i < count; i++)
        divisors[order[i]] = i < seen || i == 0 ? 1 : INFINITY;
    neuron_release(committee->context, order);
    return NEURON_OK;
}

static int set_divisors(neuron_graph_t *graph, const neuron_committee_member *member, int64_t count)
{
    neuron_context_t *context = graph->context;
    float *divisors = neuron_allocate(context, neuron_size(count), sizeof *divisors);
    int status = divisors ? choose(divisors, member, count) : NEURON_E_MEMORY;
    if (status == NEURON_OK)
        status =
            neuron_graph_write_array(graph, neuron_graph_find_array(graph, "features.deviation"),
                                     divisors, neuron_size(count));
    neuron_release(context, divisors);
    return status;
}

static int build(neuron_graph_t *graph, const neuron_committee_member *member)
{
    const neuron_graph_t *source = member->graph;
    const neuron_shape *shape = &source->inputs[0]->spec.output;
    neuron_node_t *x = neuron_input(graph, shape->extent, shape->rank);
    RETURN_IF_ERROR(graph->status);
    RETURN_IF_ERROR(neuron_node_set_name(x, source->inputs[0]->name));
    if (shape->rank > 1)
        x = neuron_flatten(graph, x);
    x = neuron_standardize(graph, x);
    RETURN_IF_ERROR(graph->status);
    RETURN_IF_ERROR(neuron_node_set_name(x, "features"));
    if (shape->rank > 1)
        x = neuron_reshape(graph, x, shape->extent, shape->rank);
    x = neuron_graph_import(graph, x, source, NULL, NULL);
    RETURN_IF_ERROR(graph->status);
    RETURN_IF_ERROR(neuron_graph_set_name(graph, source->name));
    RETURN_IF_ERROR(neuron_graph_finish(graph, x));
    return set_divisors(graph, member, neuron_shape_count(shape));
}

int neuron_committee_choose_features(neuron_committee_member *member)
{
    const neuron_graph_t *source = member->graph;
    if (neuron_committee_value(member->committee, NEURON_COMMITTEE_FEATURE_FRACTION) >= 1)
        return NEURON_OK;
    if (source->input_count != 1 || source->output_count != 1)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "feature_fraction is for graphs with one input and one output");
    neuron_graph_t *made;
    RETURN_IF_ERROR(neuron_graph_create(&made, source->context));
    made->seed = source->seed;
    int status = build(made, member);
    return neuron_committee_change_graph(member, made, status);
}
