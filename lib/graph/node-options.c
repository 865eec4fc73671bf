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

static int commit(neuron_node_t *node, const neuron_options *changed, bool initializer)
{
    const neuron_options *before = &node->spec.options;
    if (node->consumers > 0)
        for (int32_t i = 0; i < before->table->count; i++)
            if (changed->values[i] != before->values[i])
                return neuron_fail(NEURON_E_STATE,
                                   "%s: %s must be set before another layer uses the node",
                                   node->name, before->table->rows[i].name);
    RETURN_IF_ERROR(take_options(node, changed));
    if (initializer) /* the later call counts */
        node->choices[0].initializer = 0;
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

static int latch(neuron_node_t *node, int status)
{
    if (status < 0)
        neuron_graph_latch(node->graph, status);
    return status;
}

int neuron_node_set(neuron_node_t *node, const char *options)
{
    FLOAT_SCOPE;
    RETURN_IF_ERROR(neuron_node_check_changeable(node, __func__));
    return latch(node, set_text(node, options));
}

int neuron_node_set_number(neuron_node_t *node, const char *option, double value)
{
    FLOAT_SCOPE;
    RETURN_IF_ERROR(neuron_node_check_changeable(node, __func__));
    return latch(node, set_number(node, option, value));
}

int neuron_node_get_number(const neuron_node_t *node, const char *option, double *value)
{
    char who[WHO_TEXT];
    CHECK_ARGUMENT(node);
    CHECK_ARGUMENT(value);
    return neuron_options_get_number(&node->spec.options, option, value, who_is(node, who));
}

int neuron_node_get_text(const neuron_node_t *node, const char *option, char *text, size_t capacity,
                         size_t *needed)
{
    char who[WHO_TEXT];
    FLOAT_SCOPE;
    CHECK_ARGUMENT(node);
    return neuron_options_get_text(&node->spec.options, option, text, capacity, needed,
                                   who_is(node, who));
}
