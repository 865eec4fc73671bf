/* The ends of a graph: its inputs and outputs, and finishing, which makes outputs of nodes and
 * sorts out what these need. */
#include "graph/graph.h"

#include "base/checked.h"
#include "base/float-mode.h"
#include "graph/arrays.h"

#include <inttypes.h>

/* ---- Inputs and outputs ---- */

static neuron_node_t **copy_nodes(neuron_context_t *context, neuron_node_t *const *nodes,
                                  int64_t count, int64_t room)
{
    neuron_node_t **copy = neuron_allocate(context, neuron_size(room), sizeof *copy);
    for (int32_t i = 0; copy && i < count; i++)
        copy[i] = nodes[i];
    return copy;
}

int neuron_graph_add_input(neuron_graph_t *graph, neuron_node_t *node)
{
    int64_t count = graph->input_count;
    neuron_node_t **inputs = copy_nodes(graph->context, graph->inputs, count, count + 1);
    if (!inputs)
        return NEURON_E_MEMORY;
    inputs[count] = node;
    neuron_release(graph->context, graph->inputs);
    graph->inputs = inputs;
    graph->input_count++;
    return NEURON_OK;
}

static neuron_node_t *node_at(neuron_node_t *const *nodes, int64_t count, int64_t index,
                              const neuron_graph_t *graph, const char *what)
{
    if (index >= 0 && index < count)
        return nodes[index];
    neuron_set_message("%s: has no %s %" PRId64 " of %" PRId64, graph->name, what, index, count);
    return NULL;
}

int64_t neuron_graph_input_count(const neuron_graph_t *graph)
{
    return NEURON_IS(graph) ? graph->input_count : 0;
}

neuron_node_t *neuron_graph_input(const neuron_graph_t *graph, int64_t index)
{
    if (NEURON_IS(graph))
        return node_at(graph->inputs, graph->input_count, index, graph, "input");
    (void)neuron_handle_check(graph, NEURON_HANDLE_GRAPH, "graph", __func__);
    return NULL;
}

int64_t neuron_graph_output_count(const neuron_graph_t *graph)
{
    return NEURON_IS(graph) ? graph->output_count : 0;
}

neuron_node_t *neuron_graph_output(const neuron_graph_t *graph, int64_t index)
{
    if (NEURON_IS(graph))
        return node_at(graph->outputs, graph->output_count, index, graph, "output");
    (void)neuron_handle_check(graph, NEURON_HANDLE_GRAPH, "graph", __func__);
    return NULL;
}

int64_t neuron_graph_target_count(const neuron_graph_t *graph)
{
    int64_t count = graph->output_count;
    while (count > 1 && graph->outputs[count - 1]->spec.layer->flags & NEURON_LAYER_TELLS)
        count--;
    return count;
}

/* ---- Finishing ---- */

static int check_output(const neuron_graph_t *graph, neuron_node_t *const *outputs, int64_t index)
{
    const neuron_node_t *output = outputs[index];
    if (!output)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: output %" PRId64 " is NULL", graph->name, index);
    if (output->graph != graph)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: the output %s belongs to another graph",
                           graph->name, output->name);
    for (int32_t i = 0; i < index; i++)
        if (outputs[i] == output)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: outputs %" PRId32 " and %" PRId64 " are the same node, %s",
                               graph->name, i, index, output->name);
    return neuron_node_check_fits(output);
}

/* Marks the nodes that the outputs need, all inputs among them. */
static int mark_needed(const neuron_graph_t *graph, neuron_node_t *const *outputs, int64_t count,
                       bool *needed)
{
    for (int32_t i = 0; i < count; i++)
        needed[outputs[i]->index] = true;
    for (int64_t i = graph->node_total - 1; i >= 0; i--) {
        const neuron_node_t *node = graph->nodes[i];
        for (int32_t j = 0; needed[i] && j < node->spec.input_count; j++)
            needed[node->inputs[j]->index] = true;
    }
    for (int32_t i = 0; i < graph->input_count; i++)
        if (!needed[graph->inputs[i]->index])
            return neuron_fail(NEURON_E_ARGUMENT, "%s: no output depends on the input %s",
                               graph->name, graph->inputs[i]->name);
    return NEURON_OK;
}

/* Puts the nodes that are needed first, in their order, and the others behind them: those stay
 * only because the caller may hold them. */
static void sort_needed(neuron_graph_t *graph, const bool *needed, neuron_node_t **sorted)
{
    int64_t count = 0, end = graph->node_total;
    for (int32_t i = 0; i < end; i++)
        count += needed[i];
    int64_t used = 0, unused = count;
    for (int32_t i = 0; i < end; i++)
        sorted[needed[i] ? used++ : unused++] = graph->nodes[i];
    for (int32_t i = 0; i < end; i++)
        sorted[i]->index = i;
    neuron_release(graph->context, graph->nodes);
    graph->nodes = sorted;
    graph->node_capacity = end;
    graph->node_count = count;
}

static int keep_needed(neuron_graph_t *graph, neuron_node_t *const *outputs, int64_t count)
{
    size_t total = (size_t)graph->node_total;
    bool *needed = neuron_allocate_zero(graph->context, total, sizeof *needed);
    neuron_node_t **sorted = neuron_allocate(graph->context, total, sizeof *sorted);
    int status = needed && sorted ? mark_needed(graph, outputs, count, needed) : NEURON_E_MEMORY;
    if (status == NEURON_OK)
        sort_needed(graph, needed, sorted);
    else
        neuron_release(graph->context, sorted);
    neuron_release(graph->context, needed);
    return status;
}

/* Nothing of it can be seen unless all of it succeeds. */
static int finish(neuron_graph_t *graph, neuron_node_t *const *outputs, int64_t count)
{
    for (int32_t i = 0; i < count; i++)
        RETURN_IF_ERROR(check_output(graph, outputs, i));
    neuron_node_t **kept = copy_nodes(graph->context, outputs, count, count);
    if (!kept)
        return NEURON_E_MEMORY;
    int status = keep_needed(graph, outputs, count);
    if (status == NEURON_OK) {
        neuron_graph_settle_owners(graph);
        status = neuron_graph_make_arrays(graph);
    }
    if (status < 0) {
        neuron_release(graph->context, kept);
        return status;
    }
    graph->outputs = kept;
    graph->output_count = count;
    graph->finished = true;
    return NEURON_OK;
}

int neuron_graph_finish_many(neuron_graph_t *graph, neuron_node_t *const *outputs, int64_t count)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(graph);
    if (graph->finished)
        return neuron_fail(NEURON_E_STATE, "%s: is finished already", graph->name);
    if (graph->status < 0)
        return neuron_fail(graph->status, "%s", graph->message);
    CHECK_ARGUMENT(outputs);
    CHECK_RANGE(count, 1, NEURON_NODES_MAX);
    return finish(graph, outputs, count);
}

int neuron_graph_finish(neuron_graph_t *graph, neuron_node_t *output)
{
    if (NEURON_IS(graph) && !graph->finished && graph->status >= 0)
        CHECK_ARGUMENT(output);
    return neuron_graph_finish_many(graph, &output, 1);
}
