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

/* `*dataset` becomes its part for the input that the node reads, if it has several. */
static int check(const neuron_node_t *node, const neuron_dataset_t **dataset)
{
    char text[2][NEURON_SHAPE_TEXT];
    RETURN_IF_ERROR(neuron_graph_check_finished(node->graph, node->name));
    if (node->spec.layer != &neuron_layer_standardize)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: has nothing to adapt; that is for nodes of neuron_standardize()",
                           node->name);
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

int neuron_node_adapt(neuron_node_t *node, const neuron_dataset_t *dataset)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(node);
    CHECK_ARGUMENT(dataset);
    RETURN_IF_ERROR(check(node, &dataset));
    neuron_graph_t *graph = node->graph;
    const neuron_graph_array *arrays = graph->arrays + node->first_array;
    float *measured =
        neuron_allocate(graph->context, 2 * (size_t)arrays[0].count, sizeof *measured);
    if (!measured)
        return NEURON_E_MEMORY;
    NEURON_HOLD(hold);
    neuron_hold_add(&hold, neuron_release_hold, graph->context, measured);
    RETURN_IF_ERROR(neuron_dataset_measure(dataset, arrays[0].count, measured,
                                           measured + arrays[0].count, node->name));
    for (int i = 0; i < 2; i++)
        memcpy(graph->values + arrays[i].offset, measured + i * arrays[0].count,
               (size_t)arrays[0].count * sizeof *measured);
    neuron_graph_touch(graph);
    return NEURON_OK;
}
