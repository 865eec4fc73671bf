/* Layers that are used again: nodes that work with the arrays of another node, its owner. What is
 * chosen for arrays is kept alike in all that share them. In a finished graph the owner is the
 * first of them. */
#include "graph/graph.h"

#include "base/checked.h"
#include "base/float-mode.h"

#include <inttypes.h>
#include <string.h>

static void copy_choices(neuron_node_t *to, const neuron_node_t *from)
{
    memcpy(to->choices, from->choices, sizeof to->choices);
    to->frozen = from->frozen;
}

void neuron_node_spread_choices(const neuron_node_t *node)
{
    const neuron_graph_t *graph = node->graph;
    for (int32_t i = 0; node->shared && i < graph->node_total; i++)
        if (neuron_node_shares(graph->nodes[i], node))
            copy_choices(graph->nodes[i], node);
}

/* Whether what `layer` has for its inputs works on these, too: with arrays of the same shapes. */
static int check_arrays(const neuron_node_t *node, const neuron_node_t *owner)
{
    char text[2][NEURON_SHAPE_TEXT];
    for (int32_t i = 0; i < owner->spec.array_count; i++) {
        const neuron_array *theirs = &owner->spec.arrays[i], *ours = &node->spec.arrays[i];
        if (i >= node->spec.array_count || !neuron_shape_equal(&theirs->shape, &ours->shape))
            return neuron_fail(NEURON_E_SHAPE,
                               "%s: %s would be %s here; that of %s, which it is to share, is %s",
                               node->name, theirs->name, neuron_shape_text(&ours->shape, text[0]),
                               owner->name, neuron_shape_text(&theirs->shape, text[1]));
    }
    return NEURON_OK;
}

/* What a custom layer puts out follows from its inputs; its arrays are those of the owner. */
static int take_custom(neuron_node_t *node, const neuron_node_t *owner)
{
    char text[2][NEURON_SHAPE_TEXT];
    neuron_spec *spec = &node->spec;
    const neuron_spec *theirs = &owner->spec;
    if (spec->input_count != theirs->input_count)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %" PRId64 " inputs are given; %s has %" PRId64,
                           node->name, spec->input_count, owner->name, theirs->input_count);
    for (int32_t i = 0; i < spec->input_count; i++)
        if (!neuron_shape_equal(&spec->inputs[i], &theirs->inputs[i]))
            return neuron_fail(NEURON_E_SHAPE, "%s: input %" PRId32 " is %s; that of %s is %s",
                               node->name, i, neuron_shape_text(&spec->inputs[i], text[0]),
                               owner->name, neuron_shape_text(&theirs->inputs[i], text[1]));
    spec->output = theirs->output;
    spec->array_count = theirs->array_count;
    memcpy(spec->arrays, theirs->arrays, sizeof spec->arrays);
    return NEURON_OK;
}

/* Makes a new node share the arrays of the owner. */
static int share(neuron_node_t *node, neuron_node_t *owner)
{
    bool custom = node->spec.layer->flags & NEURON_LAYER_CUSTOM;
    RETURN_IF_ERROR(neuron_node_check_fits(node));
    RETURN_IF_ERROR(custom ? take_custom(node, owner) : check_arrays(node, owner));
    if (owner->spec.array_count == 0 && !custom) /* whose arrays may be still to come */
        return NEURON_OK;
    node->owner = owner;
    node->shared = owner->shared = true;
    copy_choices(node, owner);
    return NEURON_OK;
}

static int check_layer(const neuron_graph_t *graph, const neuron_node_t *layer, int64_t count)
{
    CHECK_HANDLE(layer, "shared_layer");
    if (layer->graph != graph)
        return neuron_fail(NEURON_E_ARGUMENT, "shared_layer: %s belongs to another graph",
                           layer->name);
    if (neuron_node_is_input(layer))
        return neuron_fail(NEURON_E_ARGUMENT,
                           "shared_layer: %s is an input, which does nothing that can be shared",
                           layer->name);
    if (layer->spec.weights && count != layer->spec.input_count)
        return neuron_fail(NEURON_E_ARGUMENT,
                           "shared_layer: count is %" PRId64 "; %s has weights for %" PRId64
                           " inputs",
                           count, layer->name, layer->spec.input_count);
    return neuron_node_check_fits(layer);
}

neuron_node_t *neuron_graph_add_shared(neuron_graph_t *graph, neuron_node_t *layer,
                                       const char *name, neuron_node_t *const *inputs,
                                       int64_t count)
{
    if (!neuron_graph_takes_more(graph, "shared_layer"))
        return NULL;
    int status = check_layer(graph, layer, count);
    neuron_node_t *node = NULL;
    if (status == NEURON_OK) {
        neuron_node_t *owner = neuron_node_owner(layer);
        node = neuron_graph_add(graph, layer->spec.layer, name, inputs, count, &layer->spec.options,
                                layer->spec.weights);
        if (node)
            status = share(node, owner);
    }
    if (status == NEURON_OK)
        return node;
    neuron_graph_latch(graph, status);
    return NULL;
}

neuron_node_t *neuron_shared_layer(neuron_graph_t *graph, neuron_node_t *layer,
                                   neuron_node_t *const *inputs, int64_t count)
{
    FLOAT_SCOPE;
    return neuron_graph_add_shared(graph, layer, NULL, inputs, count);
}

const neuron_node_t *neuron_node_shared_with(const neuron_node_t *node)
{
    return NEURON_IS(node) ? node->owner : NULL;
}

/* ---- A part of a graph ---- */

/* Adds a node again if it depends on what has a copy. `inputs` has room for those of a node. */
static int repeat(neuron_graph_t *graph, neuron_node_t **copies, neuron_node_t **inputs,
                  neuron_node_t *node)
{
    bool depends = false;
    for (int32_t i = 0; i < node->spec.input_count; i++) {
        neuron_node_t *copy = copies[node->inputs[i]->index];
        inputs[i] = copy ? copy : node->inputs[i];
        depends = depends || copy;
    }
    if (!depends)
        return NEURON_OK;
    copies[node->index] =
        neuron_graph_add_shared(graph, node, NULL, inputs, node->spec.input_count);
    return graph->status;
}

static void mark_needed(const neuron_graph_t *graph, const neuron_node_t *to, bool *needed)
{
    needed[to->index] = true;
    for (int64_t i = to->index; i >= 0; i--)
        for (int32_t j = 0; needed[i] && j < graph->nodes[i]->spec.input_count; j++)
            needed[graph->nodes[i]->inputs[j]->index] = true;
}

static int repeat_part(neuron_node_t **output, neuron_graph_t *graph, neuron_node_t *input,
                       const neuron_node_t *from, const neuron_node_t *to)
{
    neuron_context_t *context = graph->context;
    size_t total = (size_t)to->index + 1;
    NEURON_HOLD(hold);
    neuron_node_t **copies = neuron_allocate_zero(context, total, sizeof *copies);
    neuron_hold_add(&hold, neuron_release_hold, context, copies);
    neuron_node_t **inputs =
        neuron_allocate(context, neuron_graph_most_inputs(graph), sizeof *inputs);
    neuron_hold_add(&hold, neuron_release_hold, context, inputs);
    bool *needed = neuron_allocate_zero(context, total, sizeof *needed);
    neuron_hold_add(&hold, neuron_release_hold, context, needed);
    if (!copies || !inputs || !needed)
        return NEURON_E_MEMORY;
    mark_needed(graph, to, needed);
    if (from->index >= to->index || !needed[from->index])
        return neuron_fail(NEURON_E_ARGUMENT, "shared_part: %s does not depend on %s", to->name,
                           from->name);
    copies[from->index] = input;
    for (int64_t i = from->index + 1; i <= to->index; i++)
        if (needed[i])
            RETURN_IF_ERROR(repeat(graph, copies, inputs, graph->nodes[i]));
    *output = copies[to->index];
    return NEURON_OK;
}

static int check_part(const neuron_graph_t *graph, const neuron_node_t *input,
                      const neuron_node_t *from, const neuron_node_t *to)
{
    const neuron_node_t *const given[] = {input, from, to};
    static const char *const names[] = {"input", "from", "to"};
    for (int i = 0; i < 3; i++) {
        RETURN_IF_ERROR(neuron_handle_check(given[i], NEURON_HANDLE_NODE, names[i], "shared_part"));
        if (given[i]->graph != graph)
            return neuron_fail(NEURON_E_ARGUMENT, "shared_part: %s (%s) belongs to another graph",
                               names[i], given[i]->name);
    }
    return NEURON_OK;
}

neuron_node_t *neuron_shared_part(neuron_graph_t *graph, neuron_node_t *input, neuron_node_t *from,
                                  neuron_node_t *to)
{
    FLOAT_SCOPE;
    if (!neuron_graph_takes_more(graph, "shared_part"))
        return NULL;
    neuron_node_t *output = NULL;
    int status = check_part(graph, input, from, to);
    if (status == NEURON_OK)
        status = repeat_part(&output, graph, input, from, to);
    if (status == NEURON_OK)
        return output;
    neuron_graph_latch(graph, status);
    return NULL;
}

/* ---- Finishing ---- */

/* Gives the arrays of a node to one that shares them. */
static void pass_on(const neuron_graph_t *graph, neuron_node_t *old, neuron_node_t *owner)
{
    for (int32_t i = 0; i < graph->node_total; i++)
        if (graph->nodes[i]->owner == old)
            graph->nodes[i]->owner = owner;
    owner->owner = NULL;
    old->owner = owner;
    owner->imported = old->imported;
    old->imported = NULL;
}

void neuron_graph_settle_owners(neuron_graph_t *graph)
{
    for (int32_t i = 0; i < graph->node_count; i++) {
        neuron_node_t *owner = graph->nodes[i]->owner;
        if (owner && owner->index > i)
            pass_on(graph, owner, graph->nodes[i]);
    }
}
