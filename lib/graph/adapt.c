/* Parameters that are taken from a dataset before a training: see neuron_node_adapt(). */
#include "base/float-mode.h"
#include "data/dataset.h"
#include "graph/graph.h"

#include <inttypes.h>

/* Which of the graph's inputs a node has the values of, under any shape; -1 for none. */
static int64_t input_of(const neuron_node_t *node)
{
    const neuron_graph_t *graph = node->graph;
    while (node->spec.layer->flags & NEURON_LAYER_VIEW)
        node = node->inputs[0];
    int64_t i = graph->input_count - 1;
    while (i >= 0 && graph->inputs[i] != node)
        i--;
    return i;
}

/* Which of the graph's outputs has the values of a node, under any shape; -1 for none. */
static int64_t output_of(const neuron_node_t *node)
{
    const neuron_graph_t *graph = node->graph;
    for (int64_t i = 0; i < graph->output_count; i++) {
        const neuron_node_t *output = graph->outputs[i];
        while (output != node && output->spec.layer->flags & NEURON_LAYER_VIEW)
            output = output->inputs[0];
        if (output == node)
            return i;
    }
    return -1;
}

/* `*dataset` becomes its part for the input that the node reads, if it has several. */
static int find_input(const neuron_node_t *node, const neuron_dataset_t **dataset)
{
    char text[2][NEURON_SHAPE_TEXT];
    int64_t place = input_of(node->inputs[0]), inputs = neuron_dataset_inputs(*dataset);
    if (place < 0)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: reads %s; only what reads the graph's input can be adapted",
                           node->name, node->inputs[0]->name);
    if (inputs > 1 && inputs != node->graph->input_count)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: the dataset has %" PRId64 " inputs, %s has %" PRId64, node->name,
                           inputs, node->graph->name, node->graph->input_count);
    if (inputs > 1)
        *dataset = neuron_dataset_input_at(*dataset, place);
    const neuron_shape *input = &node->inputs[0]->spec.output;
    if (neuron_shape_count(&(*dataset)->shape) != neuron_shape_count(input))
        return neuron_fail(NEURON_E_SHAPE, "%s: examples are %s, the input is %s", node->name,
                           neuron_shape_text(&(*dataset)->shape, text[0]),
                           neuron_shape_text(input, text[1]));
    return NEURON_OK;
}

/* `*dataset` becomes its part for the output that has the node's values, if it has several. */
static int find_output(const neuron_node_t *node, const neuron_dataset_t **dataset)
{
    int64_t place = output_of(node), targets = neuron_dataset_targets(*dataset);
    if (place < 0)
        return neuron_fail(
            NEURON_E_ARGUMENT,
            "%s: is no output; only what the graph puts out can be adapted to targets", node->name);
    if (targets > 1 && targets != node->graph->output_count)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: the dataset has %" PRId64 " targets, %s has %" PRId64 " outputs",
                           node->name, targets, node->graph->name, node->graph->output_count);
    if (targets > 1)
        *dataset = neuron_dataset_target_at(*dataset, place);
    if (!(*dataset)->any_targets)
        return neuron_fail(NEURON_E_DATA, "%s: the dataset has classes; targets must be numbers",
                           node->name);
    int64_t count = neuron_shape_count(&node->spec.output);
    if ((*dataset)->outputs != count)
        return neuron_fail(NEURON_E_SHAPE,
                           "%s: an example has %" PRId64 " targets, the output %" PRId64,
                           node->name, (*dataset)->outputs, count);
    return NEURON_OK;
}

static int measure(const neuron_node_t *node, const neuron_dataset_t *dataset, int64_t channels,
                   float *mean, float *deviation)
{
    if (node->spec.layer == &neuron_layer_standardize) {
        RETURN_IF_ERROR(find_input(node, &dataset));
        return neuron_dataset_measure(dataset, channels, mean, deviation, node->name);
    }
    RETURN_IF_ERROR(find_output(node, &dataset));
    return neuron_dataset_measure_targets(dataset, channels, mean, deviation, node->name);
}

int neuron_node_adapt(neuron_node_t *node, const neuron_dataset_t *dataset)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(node);
    CHECK_ARGUMENT(dataset);
    RETURN_IF_ERROR(neuron_graph_check_finished(node->graph, node->name));
    if (node->spec.layer != &neuron_layer_standardize &&
        node->spec.layer != &neuron_layer_unstandardize)
        return neuron_fail(
            NEURON_E_ARGUMENT,
            "%s: has nothing to adapt; that is for nodes of neuron_standardize() and "
            "neuron_unstandardize()",
            node->name);
    neuron_graph_t *graph = node->graph;
    const neuron_graph_array *arrays = graph->arrays + node->first_array;
    int64_t channels = arrays[0].count;
    float *measured = neuron_allocate(graph->context, 2 * (size_t)channels, sizeof *measured);
    if (!measured)
        return NEURON_E_MEMORY;
    NEURON_HOLD(hold);
    neuron_hold_add(&hold, neuron_release_hold, graph->context, measured);
    RETURN_IF_ERROR(measure(node, dataset, channels, measured, measured + channels));
    for (int i = 0; i < 2; i++)
        memcpy(graph->values + arrays[i].offset, measured + i * channels,
               (size_t)channels * sizeof *measured);
    neuron_graph_touch(graph);
    return NEURON_OK;
}
