/* Nodes: a layer's row with its numbers in a graph. Options are set in node-options.c. */
#include "graph/custom.h"

#include "graph/meaning.h"
#include "graph/names.h"

#include "base/checked.h"
#include "base/float-mode.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { INPUTS_MAX = 4096 }; /* as a message says, too */

void neuron_node_destroy(neuron_node_t *node)
{
    if (!node)
        return;
    neuron_context_t *context = node->graph->context;
    neuron_release(context, node->name);
    neuron_release(context, node->inputs);
    neuron_release(context, node->input_shapes);
    neuron_release(context, node->weights);
    neuron_release(context, node->imported);
    neuron_meaning_drop(&node->meaning);
    for (int32_t i = 0; i < NEURON_ARRAYS_MAX; i++)
        neuron_release(context, node->array_names[i]);
    neuron_release(context, node);
}

int64_t neuron_graph_node_count(const neuron_graph_t *graph)
{
    if (!NEURON_IS(graph))
        return 0;
    return graph->finished ? graph->node_count : graph->node_total;
}

size_t neuron_graph_most_inputs(const neuron_graph_t *graph)
{
    int64_t most = 1;
    for (int32_t i = 0; i < graph->node_total; i++)
        if (graph->nodes[i]->spec.input_count > most)
            most = graph->nodes[i]->spec.input_count;
    return neuron_size(most);
}

neuron_node_t *neuron_graph_node(const neuron_graph_t *graph, int64_t index)
{
    int64_t count = neuron_graph_node_count(graph);
    if (index >= 0 && index < count)
        return graph->nodes[index];
    if (NEURON_IS(graph))
        neuron_set_message("%s: %s has no node %" PRId64 " of %" PRId64, __func__, graph->name,
                           index, count);
    else
        (void)neuron_handle_check(graph, NEURON_HANDLE_GRAPH, "graph", __func__);
    return NULL;
}

neuron_node_t *neuron_graph_find_node(const neuron_graph_t *graph, const char *name)
{
    int64_t count = neuron_graph_node_count(graph);
    neuron_node_t *node = NEURON_IS(graph) && name ? neuron_names_find(graph, name) : NULL;
    if (node && node->index < count)
        return node;
    if (!NEURON_IS(graph))
        (void)neuron_handle_check(graph, NEURON_HANDLE_GRAPH, "graph", __func__);
    else if (!name)
        neuron_refuse_null("name", __func__);
    else
        neuron_set_message("%s: has no layer called \"%.127s\"", graph->name, name);
    return NULL;
}

/* "dense", then "dense_1" and so on, as in Keras. */
static int set_default_name(neuron_node_t *node)
{
    neuron_graph_t *graph = node->graph;
    const neuron_layer *layer = node->spec.layer;
    /* All but the odd renamed node are counted, so that a long chain need not try every number. */
    int64_t number;
    RETURN_IF_ERROR(neuron_names_count(graph, layer, &number));
    char name[NEURON_NODE_NAME_MAX + 1];
    snprintf(name, sizeof name, "%s", layer->name);
    for (; neuron_names_find(graph, name); number++)
        snprintf(name, sizeof name, "%s_%" PRId64, layer->name, number);
    node->name = neuron_copy_text(graph->context, name);
    return node->name ? NEURON_OK : NEURON_E_MEMORY;
}

static int check_name(const neuron_graph_t *graph, const neuron_node_t *node, const char *name)
{
    const char *who = node->name ? node->name : node->spec.layer->name;
    RETURN_IF_ERROR(neuron_name_check(name, NEURON_NODE_NAME_MAX, ".", who));
    const neuron_node_t *other = neuron_names_find(graph, name);
    if (other && other != node)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: another layer is called %s already", who, name);
    return NEURON_OK;
}

static int name_node(neuron_node_t *node, const char *name)
{
    if (!name)
        return set_default_name(node);
    RETURN_IF_ERROR(check_name(node->graph, node, name));
    node->name = neuron_copy_text(node->graph->context, name);
    return node->name ? NEURON_OK : NEURON_E_MEMORY;
}

/* Room for one more node. */
static int grow(neuron_graph_t *graph)
{
    if (graph->node_total >= NEURON_NODES_MAX)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: more than %d layers", graph->name,
                           NEURON_NODES_MAX);
    RETURN_IF_ERROR(neuron_names_reserve(graph));
    if (graph->node_total < graph->node_capacity)
        return NEURON_OK;
    int64_t capacity = graph->node_capacity ? 2 * graph->node_capacity : 16;
    neuron_node_t **nodes = neuron_allocate(graph->context, neuron_size(capacity), sizeof *nodes);
    if (!nodes)
        return NEURON_E_MEMORY;
    if (graph->node_total)
        memcpy(nodes, graph->nodes, (size_t)graph->node_total * sizeof *nodes);
    neuron_release(graph->context, graph->nodes);
    graph->nodes = nodes;
    graph->node_capacity = capacity;
    return NEURON_OK;
}

static int set_inputs(neuron_node_t *node, neuron_node_t *const *inputs, int64_t count)
{
    neuron_context_t *context = node->graph->context;
    node->inputs = neuron_allocate(context, neuron_size(count), sizeof *node->inputs);
    node->input_shapes = neuron_allocate(context, neuron_size(count), sizeof *node->input_shapes);
    if (!node->inputs || !node->input_shapes)
        return NEURON_E_MEMORY;
    for (int32_t i = 0; i < count; i++) {
        if (inputs[i]->graph != node->graph)
            return neuron_fail(NEURON_E_ARGUMENT,
                               "%s: input %" PRId32 " (%s) belongs to another graph", node->name, i,
                               inputs[i]->name);
        RETURN_IF_ERROR(neuron_node_check_fits(inputs[i]));
        node->inputs[i] = inputs[i];
        node->input_shapes[i] = inputs[i]->spec.output;
    }
    node->spec.inputs = node->input_shapes;
    node->spec.input_count = count;
    return NEURON_OK;
}

static int set_weights(neuron_node_t *node, const double *weights)
{
    uint32_t flags = node->spec.layer->flags;
    if (!weights && flags & NEURON_LAYER_WEIGHTS_NEEDED)
        return neuron_refuse_null("weights", node->name);
    if (!weights)
        return NEURON_OK;
    if (!(flags & (NEURON_LAYER_WEIGHTS_NEEDED | NEURON_LAYER_WEIGHTS_ALLOWED)))
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: weights are given; they must be NULL for this layer", node->name);
    size_t count = (size_t)node->spec.input_count;
    node->weights = neuron_allocate(node->graph->context, count, sizeof *weights);
    if (!node->weights)
        return NEURON_E_MEMORY;
    memcpy(node->weights, weights, count * sizeof *weights);
    node->spec.weights = node->weights;
    return NEURON_OK;
}

int neuron_node_infer(neuron_node_t *node)
{
    const neuron_layer *layer = node->spec.layer;
    bool pads = neuron_options_find(&layer->options, NEURON_NODE_PADDING);
    int status = layer->infer(&node->spec, node->name);
    node->misfit = false;
    if (status != NEURON_E_SHAPE || !pads)
        return status;
    neuron_spec padded = node->spec;
    neuron_options_put(&padded.options, NEURON_NODE_PADDING, NEURON_PADDING_SAME);
    RETURN_IF_ERROR(layer->infer(&padded, node->name));
    node->spec.array_count = padded.array_count; /* which do not depend on padding */
    memcpy(node->spec.arrays, padded.arrays, sizeof padded.arrays);
    node->misfit = true;
    return NEURON_OK;
}

int neuron_node_check_fits(const neuron_node_t *node)
{
    neuron_spec spec = node->spec;
    return node->misfit ? spec.layer->infer(&spec, node->name) : NEURON_OK;
}

/* Fills a node that has its graph and layer. */
static int set_up(neuron_node_t *node, const char *name, neuron_node_t *const *inputs,
                  int64_t input_count, const neuron_options *options, const double *weights)
{
    const neuron_layer *layer = node->spec.layer;
    RETURN_IF_ERROR(name_node(node, name));
    if (layer != &neuron_layer_input &&
        (input_count < 1 || input_count > INPUTS_MAX ||
         (input_count > 1 && !(layer->flags & NEURON_LAYER_MANY_INPUTS))))
        return neuron_fail(
            NEURON_E_ARGUMENT, "%s: count is %" PRId64 "; this layer takes %s", node->name,
            input_count, layer->flags & NEURON_LAYER_MANY_INPUTS ? "1 to 4,096 inputs" : "1 input");
    RETURN_IF_ERROR(set_inputs(node, inputs, input_count));
    RETURN_IF_ERROR(set_weights(node, weights));
    if (options)
        node->spec.options = *options;
    else
        neuron_options_reset(&node->spec.options, &layer->options);
    assert(node->spec.options.table == &layer->options);
    RETURN_IF_ERROR(neuron_options_check(&node->spec.options, node->name));
    RETURN_IF_ERROR(neuron_node_infer(node));
    return grow(node->graph);
}

neuron_node_t *neuron_graph_add(neuron_graph_t *graph, const neuron_layer *layer, const char *name,
                                neuron_node_t *const *inputs, int64_t input_count,
                                const neuron_options *options, const double *weights)
{
    FLOAT_SCOPE;
    if (!neuron_graph_takes_more(graph, layer->name))
        return NULL;
    /* More than there may be are refused by their number, below. */
    for (int32_t i = 0; i < input_count && input_count <= INPUTS_MAX; i++) {
        int status =
            !inputs || !inputs[i]
                ? neuron_fail(NEURON_E_ARGUMENT, "%s: input %" PRId32 " is NULL", layer->name, i)
                : neuron_handle_check_at(inputs[i], NEURON_HANDLE_NODE, "inputs", i, layer->name);
        if (status < 0) {
            neuron_graph_latch(graph, status);
            return NULL;
        }
    }
    neuron_node_t *node = neuron_allocate_zero(graph->context, 1, sizeof *node);
    if (!node) {
        neuron_graph_latch(graph, NEURON_E_MEMORY);
        return NULL;
    }
    neuron_handle_init(&node->handle, NEURON_HANDLE_NODE);
    node->graph = graph;
    node->spec.layer = layer;
    int status = set_up(node, name, inputs, input_count, options, weights);
    if (status < 0) {
        neuron_graph_latch(graph, status);
        neuron_node_destroy(node);
        return NULL;
    }
    for (int32_t i = 0; i < input_count; i++)
        inputs[i]->consumers++;
    node->index = graph->node_total;
    graph->nodes[graph->node_total++] = node;
    neuron_names_add(graph, node);
    return node;
}

int neuron_node_check_changeable(const neuron_node_t *node, const char *who)
{
    CHECK_HANDLE(node, who);
    if (node->graph->finished)
        return neuron_fail(NEURON_E_STATE, "%s: the graph is finished", node->name);
    return NEURON_OK;
}

static int set_name(neuron_node_t *node, const char *name)
{
    neuron_graph_t *graph = node->graph;
    RETURN_IF_ERROR(check_name(graph, node, name));
    char *copy = neuron_copy_text(graph->context, name);
    if (!copy)
        return NEURON_E_MEMORY;
    neuron_names_remove(graph, node);
    neuron_release(graph->context, node->name);
    node->name = copy;
    neuron_names_add(graph, node);
    return NEURON_OK;
}

int neuron_node_set_name(neuron_node_t *node, const char *name)
{
    RETURN_IF_ERROR(neuron_node_check_changeable(node, __func__));
    int status = name ? set_name(node, name) : neuron_refuse_null("name", node->name);
    if (status < 0)
        neuron_graph_latch(node->graph, status);
    return status;
}

const char *neuron_node_name(const neuron_node_t *node)
{
    return NEURON_IS(node) ? node->name : NULL;
}

const char *neuron_node_layer(const neuron_node_t *node)
{
    if (!NEURON_IS(node))
        return NULL;
    return neuron_layer_is_custom(node->spec.layer) ? NEURON_CUSTOM_LAYER : node->spec.layer->name;
}

const char *neuron_node_custom_kind(const neuron_node_t *node)
{
    return NEURON_IS(node) && neuron_layer_is_custom(node->spec.layer) ? node->spec.layer->name
                                                                       : NULL;
}

int64_t neuron_node_input_count(const neuron_node_t *node)
{
    return NEURON_IS(node) ? node->spec.input_count : 0;
}

neuron_node_t *neuron_node_input(const neuron_node_t *node, int64_t index)
{
    return index >= 0 && index < neuron_node_input_count(node) ? node->inputs[index] : NULL;
}

int neuron_node_shape(int64_t *shape, int32_t *rank, const neuron_node_t *node)
{
    CHECK_ARGUMENT(node);
    CHECK_ARGUMENT(shape);
    CHECK_ARGUMENT(rank);
    RETURN_IF_ERROR(neuron_node_check_fits(node));
    neuron_shape_get(&node->spec.output, shape, rank);
    return NEURON_OK;
}
