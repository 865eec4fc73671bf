/* What the caller sets on a node and its parameter arrays beside the options of its layer. */
#include "base/text/number.h"
#include "base/float-mode.h"
#include "graph/graph.h"
#include "graph/initializer.h"

#include <float.h>
#include <inttypes.h>
#include <string.h>

static int find_array(const neuron_node_t *node, const char *name, int32_t *index)
{
    if (!name)
        return neuron_refuse_null("array", node->name);
    for (int32_t i = 0; i < node->spec.array_count; i++) {
        if (strcmp(node->spec.arrays[i].name, name) == 0) {
            *index = i;
            return NEURON_OK;
        }
    }
    return neuron_fail(NEURON_E_ARGUMENT, "%s: has no array \"%.63s\"", node->name, name);
}

/* Before the graph is finished an error sticks to it. */
static int latch(neuron_node_t *node, int status)
{
    if (status < 0 && !node->graph->finished)
        neuron_graph_latch(node->graph, status);
    return status;
}

static int set_initializer(neuron_node_t *node, const char *array, const char *name,
                           double parameter)
{
    int32_t index, kind;
    RETURN_IF_ERROR(find_array(node, array, &index));
    RETURN_IF_ERROR(neuron_initializer_find(&kind, name, node->name));
    RETURN_IF_ERROR(neuron_initializer_check(kind, parameter, node->name));
    node->choices[index].initializer = kind;
    node->choices[index].parameter = parameter;
    neuron_node_spread_choices(node);
    return NEURON_OK;
}

int neuron_node_set_initializer(neuron_node_t *node, const char *array, const char *initializer,
                                double parameter)
{
    FLOAT_SCOPE;
    RETURN_IF_ERROR(neuron_node_check_changeable(node, __func__));
    return latch(node, set_initializer(node, array, initializer, parameter));
}

int neuron_node_initializer(const char **initializer, double *parameter, const neuron_node_t *node,
                            const char *array)
{
    int32_t index;
    CHECK_ARGUMENT(node);
    CHECK_ARGUMENT(initializer);
    CHECK_ARGUMENT(parameter);
    RETURN_IF_ERROR(find_array(node, array, &index));
    const neuron_array_choice *choice = &node->choices[index];
    const neuron_array *own = &node->spec.arrays[index];
    *initializer =
        neuron_initializer_name(choice->initializer ? choice->initializer : own->initializer);
    *parameter = choice->initializer ? choice->parameter : own->parameter;
    return NEURON_OK;
}

static int check_factor(const neuron_node_t *node, const char *name, double factor)
{
    char text[NEURON_NUMBER_TEXT];
    if (!(factor >= 0 && factor <= FLT_MAX)) /* written so that a NaN is refused */
        return neuron_fail(NEURON_E_ARGUMENT,
                           "%s: %s is %s; it must be 0 or more and finite as float", node->name,
                           name, neuron_number_short(factor, text));
    return NEURON_OK;
}

static int set_regularizer(neuron_node_t *node, const char *array, double l1, double l2)
{
    int32_t index;
    RETURN_IF_ERROR(find_array(node, array, &index));
    RETURN_IF_ERROR(check_factor(node, "l1", l1));
    RETURN_IF_ERROR(check_factor(node, "l2", l2));
    if (!node->spec.arrays[index].trainable)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %s is not trained, so it takes no regularizer",
                           node->name, array);
    node->choices[index].l1 = l1;
    node->choices[index].l2 = l2;
    neuron_node_spread_choices(node);
    return NEURON_OK;
}

int neuron_node_set_regularizer(neuron_node_t *node, const char *array, double l1, double l2)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(node);
    return latch(node, set_regularizer(node, array, l1, l2));
}

int neuron_node_regularizer(double *l1, double *l2, const neuron_node_t *node, const char *array)
{
    int32_t index;
    CHECK_ARGUMENT(node);
    CHECK_ARGUMENT(l1);
    CHECK_ARGUMENT(l2);
    RETURN_IF_ERROR(find_array(node, array, &index));
    *l1 = node->choices[index].l1;
    *l2 = node->choices[index].l2;
    return NEURON_OK;
}

int neuron_node_set_trainable(neuron_node_t *node, int32_t trainable)
{
    CHECK_ARGUMENT(node);
    int status = neuron_check_range(trainable, 0, 1, "trainable", node->name);
    if (status < 0)
        return latch(node, status);
    if (node->frozen == (trainable == 0))
        return NEURON_OK;
    node->frozen = trainable == 0;
    neuron_node_spread_choices(node);
    node->graph->layout_version++;
    return NEURON_OK;
}

int32_t neuron_node_trainable(const neuron_node_t *node)
{
    return NEURON_IS(node) && !node->frozen;
}
