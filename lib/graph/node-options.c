/* The options of nodes: numbers that their layers know by a key. */
#include "graph/graph.h"

#include "base/float-mode.h"

#include <inttypes.h>

/* A node may have any name, so that the message also tells its layer. */
static int look_up_option(const neuron_node_t *node, int32_t key, int32_t *index)
{
    const neuron_layer *layer = node->spec.layer;
    char text[NEURON_OPTIONS_TEXT];
    *index = neuron_options_find(&layer->options, key);
    if (*index < 0)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: a %s layer has no option %" PRId32 "%s",
                           node->name, layer->name, key,
                           neuron_options_text(&layer->options, text));
    return NEURON_OK;
}

static int set_option(neuron_node_t *node, int32_t key, double value, bool whole)
{
    int32_t index;
    RETURN_IF_ERROR(look_up_option(node, key, &index));
    const neuron_option *option = &node->spec.layer->options.rows[index];
    RETURN_IF_ERROR(neuron_option_check_kind(option, whole, node->name));
    RETURN_IF_ERROR(neuron_option_check(option, value, node->name));
    if (node->consumers > 0)
        return neuron_fail(NEURON_E_STATE, "%s: %s must be set before another layer uses the node",
                           node->name, option->name);
    neuron_spec before = node->spec;
    bool misfit = node->misfit;
    node->spec.options[index] = value;
    int status = neuron_node_infer(node);
    if (status == NEURON_OK && node->misfit && !misfit)
        status = neuron_node_check_fits(node);
    if (status < 0) {
        node->spec = before;
        node->misfit = misfit;
        return status;
    }
    if (key == NEURON_NODE_INITIALIZER) /* the later call counts */
        node->choices[0].initializer = 0;
    return NEURON_OK;
}

static int set_and_latch(neuron_node_t *node, int32_t key, double value, bool whole,
                         const char *who)
{
    RETURN_IF_ERROR(neuron_node_check_changeable(node, who));
    int status = set_option(node, key, value, whole);
    if (status < 0)
        neuron_graph_latch(node->graph, status);
    return status;
}

int neuron_node_set_int(neuron_node_t *node, int32_t option, int64_t value)
{
    FLOAT_SCOPE;
    return set_and_latch(node, option, (double)value, true, __func__);
}

int neuron_node_set_float(neuron_node_t *node, int32_t option, double value)
{
    FLOAT_SCOPE;
    return set_and_latch(node, option, value, false, __func__);
}

int neuron_node_get_int(const neuron_node_t *node, int32_t option, int64_t *value)
{
    CHECK_ARGUMENT(node);
    CHECK_ARGUMENT(value);
    int32_t index;
    RETURN_IF_ERROR(look_up_option(node, option, &index));
    const neuron_option_table *table = &node->spec.layer->options;
    return neuron_options_get_int(table, node->spec.options, option, value, node->name);
}

int neuron_node_get_float(const neuron_node_t *node, int32_t option, double *value)
{
    CHECK_ARGUMENT(node);
    CHECK_ARGUMENT(value);
    int32_t index;
    RETURN_IF_ERROR(look_up_option(node, option, &index));
    const neuron_option_table *table = &node->spec.layer->options;
    return neuron_options_get_float(table, node->spec.options, option, value, node->name);
}

int neuron_node_bounds(const neuron_node_t *node, int32_t option, double *minimum, double *maximum)
{
    CHECK_ARGUMENT(node);
    CHECK_ARGUMENT(minimum);
    CHECK_ARGUMENT(maximum);
    int32_t index;
    RETURN_IF_ERROR(look_up_option(node, option, &index));
    const neuron_option_table *table = &node->spec.layer->options;
    return neuron_options_bounds(table, option, minimum, maximum, node->name);
}
