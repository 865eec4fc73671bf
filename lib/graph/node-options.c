/* The options of nodes: numbers that their layers know by a key. */
#include "graph/graph.h"

#include "base/float-mode.h"

#include <inttypes.h>

/* A node may have any name, so that the message also tells its layer. */
static int check_option(const neuron_node_t *node, int32_t key)
{
    const neuron_layer *layer = node->spec.layer;
    char text[NEURON_OPTIONS_TEXT];
    if (!neuron_options_find(&layer->options, key))
        return neuron_fail(NEURON_E_ARGUMENT, "%s: a %s layer has no option %" PRId32 "%s",
                           node->name, layer->name, key,
                           neuron_options_text(&layer->options, text));
    return NEURON_OK;
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

/* Sets an integer, or a real number if that is NULL. */
static int set_option(neuron_node_t *node, int32_t key, const int64_t *integer, double real)
{
    neuron_options options = node->spec.options;
    RETURN_IF_ERROR(check_option(node, key));
    RETURN_IF_ERROR(integer ? neuron_options_set_int(&options, key, *integer, node->name)
                            : neuron_options_set_float(&options, key, real, node->name));
    if (node->consumers > 0)
        return neuron_fail(NEURON_E_STATE, "%s: %s must be set before another layer uses the node",
                           node->name, neuron_options_find(options.table, key)->name);
    RETURN_IF_ERROR(take_options(node, &options));
    if (key == NEURON_NODE_INITIALIZER) /* the later call counts */
        node->choices[0].initializer = 0;
    return NEURON_OK;
}

static int set_and_latch(neuron_node_t *node, int32_t key, const int64_t *integer, double real,
                         const char *who)
{
    RETURN_IF_ERROR(neuron_node_check_changeable(node, who));
    int status = set_option(node, key, integer, real);
    if (status < 0)
        neuron_graph_latch(node->graph, status);
    return status;
}

int neuron_node_set_int(neuron_node_t *node, int32_t option, int64_t value)
{
    FLOAT_SCOPE;
    return set_and_latch(node, option, &value, 0, __func__);
}

int neuron_node_set_float(neuron_node_t *node, int32_t option, double value)
{
    FLOAT_SCOPE;
    return set_and_latch(node, option, NULL, value, __func__);
}

int neuron_node_get_int(const neuron_node_t *node, int32_t option, int64_t *value)
{
    CHECK_ARGUMENT(node);
    CHECK_ARGUMENT(value);
    RETURN_IF_ERROR(check_option(node, option));
    return neuron_options_get_int(&node->spec.options, option, value, node->name);
}

int neuron_node_get_float(const neuron_node_t *node, int32_t option, double *value)
{
    CHECK_ARGUMENT(node);
    CHECK_ARGUMENT(value);
    RETURN_IF_ERROR(check_option(node, option));
    return neuron_options_get_float(&node->spec.options, option, value, node->name);
}

int neuron_node_bounds(const neuron_node_t *node, int32_t option, double *minimum, double *maximum)
{
    CHECK_ARGUMENT(node);
    CHECK_ARGUMENT(minimum);
    CHECK_ARGUMENT(maximum);
    RETURN_IF_ERROR(check_option(node, option));
    return neuron_options_bounds(&node->spec.options, option, minimum, maximum, node->name);
}
