/* The options of nodes, by the names that their layers have for them. */
#include "graph/graph.h"

#include "base/float-mode.h"

#include <stdio.h>
#include <string.h>

/* What messages call a node: it may have any name, so that they tell its layer too. */
enum { WHO_TEXT = NEURON_NODE_NAME_MAX + 64 };

static const char *who_is(const neuron_node_t *node, char text[WHO_TEXT])
{
    const char *layer = node->spec.layer->name;
    if (strncmp(node->name, layer, strlen(layer)) == 0)
        return node->name;
    snprintf(text, WHO_TEXT, "%s (%s)", node->name, layer);
    return text;
}

/* The shapes and arrays that follow from new options; a failure leaves the old ones. */
static int take_options(neuron_node_t *node, const neuron_options *options)
{
    const neuron_spec before = node->spec;
    bool misfit = node->misfit;
    node->spec.options = *options;
    int status = neuron_node_infer(node);
    if (status == NEURON_OK && node->misfit && !misfit)
        status = neuron_node_check_fits(node);
    if (status < 0) {
        node->spec = before;
        node->misfit = misfit;
    }
    return status;
}

/* Whether a node puts out what it did and has the arrays that it had. */
static bool same_makeup(const neuron_spec *a, const neuron_spec *b)
{
    bool same = neuron_shape_equal(&a->output, &b->output) && a->array_count == b->array_count;
    for (int32_t i = 0; same && i < a->array_count; i++)
        same = neuron_shape_equal(&a->arrays[i].shape, &b->arrays[i].shape);
    return same;
}

/* The name of the first option that is to change; NULL if none is. */
static const char *first_changed(const neuron_options *before, const neuron_options *changed)
{
    for (int32_t i = 0; i < before->table->count; i++)
        if (changed->values[i] != before->values[i])
            return before->table->rows[i].name;
    return NULL;
}

/* Takes options of a node that others may count on: what they see of it stays. */
static int take_late(neuron_node_t *node, const neuron_options *changed, bool initializer)
{
    const neuron_spec before = node->spec;
    const char *name = first_changed(&before.options, changed);
    bool finished = node->graph->finished;
    if (finished && initializer)
        return neuron_fail(NEURON_E_STATE, "%s: the parameters have their initial values already",
                           node->name);
    if (!name)
        return NEURON_OK;
    RETURN_IF_ERROR(take_options(node, changed));
    if (!same_makeup(&before, &node->spec)) {
        node->spec = before;
        return neuron_fail(NEURON_E_STATE, "%s: %s must be set before %s", node->name, name,
                           finished ? "the graph is finished" : "another layer uses the node");
    }
    if (finished)
        node->graph->layout_version++;
    return NEURON_OK;
}

/* The same for all nodes that work with the same arrays: if one refuses, none has changed. */
static int take_shared(neuron_node_t *node, const neuron_options *changed, bool initializer)
{
    neuron_graph_t *graph = node->graph;
    const char *name = first_changed(&node->spec.options, changed);
    if (graph->finished && initializer)
        return take_late(node, changed, initializer);
    for (int32_t i = 0; name && i < graph->node_total; i++) {
        const neuron_node_t *other = graph->nodes[i];
        neuron_spec spec = other->spec;
        if (!neuron_node_shares(other, node))
            continue;
        spec.options = *changed;
        RETURN_IF_ERROR(spec.layer->infer(&spec, other->name));
        if (!same_makeup(&other->spec, &spec))
            return neuron_fail(NEURON_E_STATE, "%s: %s must be set before the layer is used again",
                               node->name, name);
    }
    for (int32_t i = 0; name && i < graph->node_total; i++)
        if (neuron_node_shares(graph->nodes[i], node))
            RETURN_IF_ERROR(take_options(graph->nodes[i], changed));
    if (name && graph->finished)
        graph->layout_version++;
    return NEURON_OK;
}

static int commit(neuron_node_t *node, const neuron_options *changed, bool initializer)
{
    bool late = node->consumers > 0 || node->graph->finished;
    if (node->shared)
        RETURN_IF_ERROR(take_shared(node, changed, initializer));
    else
        RETURN_IF_ERROR(late ? take_late(node, changed, initializer) : take_options(node, changed));
    if (initializer) { /* the later call counts */
        node->choices[0].initializer = 0;
        neuron_node_spread_choices(node);
    }
    return NEURON_OK;
}

static int set_text(neuron_node_t *node, const char *text)
{
    char who[WHO_TEXT];
    neuron_options changed = node->spec.options;
    RETURN_IF_ERROR(neuron_options_parse(&changed, text, who_is(node, who)));
    bool starts = neuron_options_find(changed.table, NEURON_NODE_INITIALIZER) &&
                  neuron_options_given(&changed, NEURON_NODE_INITIALIZER);
    return commit(node, &changed, starts);
}

static int set_number(neuron_node_t *node, const char *option, double value)
{
    char who[WHO_TEXT];
    neuron_options changed = node->spec.options;
    RETURN_IF_ERROR(neuron_options_set_number(&changed, option, value, who_is(node, who)));
    return commit(node, &changed, false);
}

/* Before the graph is finished an error sticks to it. */
static int latch(neuron_node_t *node, int status)
{
    if (status < 0 && !node->graph->finished)
        neuron_graph_latch(node->graph, status);
    return status;
}

int neuron_node_set(neuron_node_t *node, const char *options)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(node);
    return latch(node, set_text(node, options));
}

int neuron_node_set_number(neuron_node_t *node, const char *option, double value)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(node);
    return latch(node, set_number(node, option, value));
}

int neuron_node_get_number(double *value, const neuron_node_t *node, const char *option)
{
    char who[WHO_TEXT];
    CHECK_ARGUMENT(node);
    CHECK_ARGUMENT(value);
    return neuron_options_get_number(&node->spec.options, option, value, who_is(node, who));
}

int neuron_node_get_text(char *text, size_t capacity, size_t *needed, const neuron_node_t *node,
                         const char *option)
{
    char who[WHO_TEXT];
    FLOAT_SCOPE;
    CHECK_ARGUMENT(node);
    return neuron_options_get_text(&node->spec.options, option, text, capacity, needed,
                                   who_is(node, who));
}
