/* Puts a layer of the caller's own into a graph: finds its kind, asks its function for the output's
 * shape, and latches its failure as any other builder's. The layer itself is in layers/custom.c. */
#include "graph/custom.h"

#include "graph/initializer.h"

#include <inttypes.h>
#include <string.h>

int neuron_custom_need(const neuron_custom_kind **kind, const neuron_graph_t *graph,
                       const char *name, const char *who)
{
    *kind = neuron_custom_find(graph->context, name);
    if (!*kind)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: no layer \"%.63s\" is registered with the context; call "
                           "neuron_custom_layer_register() first",
                           who, name);
    return NEURON_OK;
}

/* The shape function was left: a node without its shape is of no use. */
static void latch_left(void *owner, void *graph)
{
    (void)owner;
    neuron_set_message("custom: its shape function was left without returning");
    neuron_graph_latch(graph, NEURON_E_CALLBACK);
}

int neuron_custom_set_output(neuron_node_t *node, const int64_t *shape, int32_t rank, int *result)
{
    const neuron_custom_kind *kind = neuron_custom_kind_of(node->spec.layer);
    neuron_shape made, said;
    char text[2][NEURON_SHAPE_TEXT];
    NEURON_HOLD(left);
    neuron_hold_add(&left, latch_left, NULL, node->graph);
    int status = neuron_custom_infer(kind, &node->spec, node->name, &made, result);
    neuron_hold_forget(&left);
    RETURN_IF_ERROR(status);
    said = made;
    if (shape)
        RETURN_IF_ERROR(neuron_shape_set(&said, shape, rank, 1, node->name));
    /* The batch is a dimension too. */
    RETURN_IF_ERROR(neuron_check_range(said.rank, 0, NEURON_RANK_MAX - 1, "rank", node->name));
    if (kind->shape && !neuron_shape_equal(&said, &made))
        return neuron_fail(NEURON_E_SHAPE, "%s: its shape is %s, but %s makes %s", node->name,
                           neuron_shape_text(&said, text[0]), kind->name,
                           neuron_shape_text(&made, text[1]));
    node->spec.output = said;
    return NEURON_OK;
}

neuron_node_t *neuron_custom_layer(neuron_graph_t *graph, const char *name,
                                   neuron_node_t *const *inputs, int64_t count,
                                   const int64_t *output_shape, int32_t rank)
{
    if (!neuron_graph_takes_more(graph, "custom"))
        return NULL;
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, graph, graph);
    const neuron_custom_kind *kind = NULL;
    int status = name ? neuron_custom_need(&kind, graph, name, "custom")
                      : neuron_refuse_null("name", "custom");
    neuron_node_t *node = NULL;
    if (status == NEURON_OK) {
        node = neuron_graph_add(graph, &kind->layer, NULL, inputs, count, NULL, NULL);
        int result;
        status = node ? neuron_custom_set_output(node, output_shape, rank, &result) : NEURON_OK;
    }
    if (status == NEURON_OK)
        return node;
    if (!graph->finished)
        neuron_graph_latch(graph, status);
    return NULL;
}

static int check_array_name(const neuron_node_t *node, const char *name)
{
    RETURN_IF_ERROR(neuron_name_check(name, NEURON_CUSTOM_ARRAY_NAME_MAX, "./", node->name));
    for (int32_t i = 0; i < node->spec.array_count; i++)
        if (strcmp(node->spec.arrays[i].name, name) == 0)
            return neuron_fail(NEURON_E_ARGUMENT, "%s: has an array %s already", node->name, name);
    return NEURON_OK;
}

int neuron_custom_take_array(neuron_node_t *node, const neuron_array *array)
{
    neuron_spec *spec = &node->spec;
    if (!neuron_layer_is_custom(spec->layer))
        return neuron_fail(NEURON_E_ARGUMENT, "%s: a %s layer has its own arrays", node->name,
                           spec->layer->name);
    if (node->consumers > 0 || node->shared)
        return neuron_fail(NEURON_E_STATE, "%s: arrays must be added before another layer %s",
                           node->name, node->shared ? "shares them" : "uses the node");
    if (spec->array_count == NEURON_ARRAYS_MAX)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: has %d arrays, which is the most", node->name,
                           NEURON_ARRAYS_MAX);
    RETURN_IF_ERROR(check_array_name(node, array->name));
    RETURN_IF_ERROR(neuron_initializer_check(array->initializer, array->parameter, node->name));
    neuron_array made = *array;
    RETURN_IF_ERROR(
        neuron_shape_set(&made.shape, array->shape.extent, array->shape.rank, 1, node->name));
    made.name = neuron_copy_text(node->graph->context, array->name);
    if (!made.name)
        return NEURON_E_MEMORY;
    node->array_names[spec->array_count] = (char *)(uintptr_t)made.name;
    spec->arrays[spec->array_count++] = made;
    return NEURON_OK;
}

static int add_array(neuron_node_t *node, const char *name, const int64_t *shape, int32_t rank,
                     const char *initializer, double parameter, int32_t trainable)
{
    if (!name || (!shape && rank != 0))
        return neuron_refuse_null(name ? "shape" : "name", node->name);
    RETURN_IF_ERROR(neuron_check_range(trainable, 0, 1, "trainable", node->name));
    neuron_array array = {.name = name, .trainable = trainable == 1, .parameter = parameter};
    RETURN_IF_ERROR(neuron_initializer_find(&array.initializer, initializer, node->name));
    RETURN_IF_ERROR(neuron_shape_set(&array.shape, shape, rank, 1, node->name));
    return neuron_custom_take_array(node, &array);
}

int neuron_custom_layer_add_array(neuron_node_t *node, const char *name, const int64_t *shape,
                                  int32_t rank, const char *initializer, double parameter,
                                  int32_t trainable)
{
    RETURN_IF_ERROR(neuron_node_check_changeable(node, __func__));
    int status = add_array(node, name, shape, rank, initializer, parameter, trainable);
    if (status < 0)
        neuron_graph_latch(node->graph, status);
    return status;
}
