/* Writes the structure of a graph as JSON: its nodes in order, each with layer, inputs, its
 * options by name, and what the caller chose for its arrays. */
#include "model/structure.h"

#include "graph/custom.h"
#include "graph/initializer.h"
#include "graph/graph.h"
#include "base/options/json.h"

/* Adds an empty list to an object, which owns it. */
static int add_list(json_t **list, json_t *object, const char *key)
{
    *list = json_array();
    return neuron_json_set(object, key, *list);
}

static int write_shape(json_t *json, const neuron_shape *shape)
{
    json_t *list;
    RETURN_IF_ERROR(add_list(&list, json, "shape"));
    for (int32_t axis = 0; axis < shape->rank; axis++)
        RETURN_IF_ERROR(neuron_json_append(list, json_integer(shape->extent[axis])));
    return NEURON_OK;
}

static int write_inputs(json_t *json, const neuron_node_t *node)
{
    json_t *list;
    RETURN_IF_ERROR(add_list(&list, json, "inputs"));
    for (int32_t i = 0; i < node->spec.input_count; i++)
        RETURN_IF_ERROR(neuron_json_append(list, json_integer(node->inputs[i]->index)));
    return NEURON_OK;
}

static int write_weights(json_t *json, const neuron_spec *spec)
{
    json_t *list;
    if (!spec->weights)
        return NEURON_OK;
    RETURN_IF_ERROR(add_list(&list, json, "weights"));
    for (int32_t i = 0; i < spec->input_count; i++)
        RETURN_IF_ERROR(neuron_json_append_real(list, spec->weights[i]));
    return NEURON_OK;
}

/* What was set for single arrays: {"kernel": ["normal", 0.02]}. */
static int write_initializers(json_t *json, const neuron_node_t *node)
{
    json_t *all = NULL, *list;
    for (int32_t i = 0; i < node->spec.array_count; i++) {
        const neuron_array_choice *choice = &node->choices[i];
        if (!choice->initializer)
            continue;
        if (!all)
            RETURN_IF_ERROR(neuron_json_set(json, "initializers", all = json_object()));
        RETURN_IF_ERROR(add_list(&list, all, node->spec.arrays[i].name));
        const char *name = neuron_initializer_name(choice->initializer);
        RETURN_IF_ERROR(neuron_json_append(list, json_string(name)));
        RETURN_IF_ERROR(neuron_json_append_real(list, choice->parameter));
    }
    return NEURON_OK;
}

/* The same for regularisers: {"kernel": [l1, l2]}. */
static int write_regularizers(json_t *json, const neuron_node_t *node)
{
    json_t *all = NULL, *list;
    for (int32_t i = 0; i < node->spec.array_count; i++) {
        const neuron_array_choice *choice = &node->choices[i];
        if (!neuron_choice_penalizes(choice))
            continue;
        if (!all)
            RETURN_IF_ERROR(neuron_json_set(json, "regularizers", all = json_object()));
        RETURN_IF_ERROR(add_list(&list, all, node->spec.arrays[i].name));
        RETURN_IF_ERROR(neuron_json_append_real(list, choice->l1));
        RETURN_IF_ERROR(neuron_json_append_real(list, choice->l2));
    }
    return NEURON_OK;
}

static int write_array(json_t *json, const neuron_array *array)
{
    const char *initializer = neuron_initializer_name(array->initializer);
    RETURN_IF_ERROR(neuron_json_set(json, "name", json_string(array->name)));
    RETURN_IF_ERROR(write_shape(json, &array->shape));
    RETURN_IF_ERROR(neuron_json_set(json, "initializer", json_string(initializer)));
    RETURN_IF_ERROR(neuron_json_set_real(json, "parameter", array->parameter));
    return neuron_json_set(json, "trainable", json_integer(array->trainable));
}

/* What a custom layer's callbacks are found by, and what they do not tell. */
static int write_custom(json_t *json, const neuron_spec *spec)
{
    json_t *list;
    RETURN_IF_ERROR(neuron_json_set(json, "kind", json_string(spec->layer->name)));
    RETURN_IF_ERROR(write_shape(json, &spec->output));
    RETURN_IF_ERROR(add_list(&list, json, "arrays"));
    for (int32_t i = 0; i < spec->array_count; i++) {
        json_t *array = json_object();
        RETURN_IF_ERROR(neuron_json_append(list, array));
        RETURN_IF_ERROR(write_array(array, &spec->arrays[i]));
    }
    return NEURON_OK;
}

static int write_node(json_t *json, const neuron_node_t *node)
{
    bool custom = neuron_layer_is_custom(node->spec.layer);
    RETURN_IF_ERROR(neuron_json_set(json, "layer", json_string(neuron_node_layer(node))));
    RETURN_IF_ERROR(neuron_json_set(json, "name", json_string(node->name)));
    if (neuron_node_is_input(node))
        RETURN_IF_ERROR(write_shape(json, &node->spec.output));
    else
        RETURN_IF_ERROR(write_inputs(json, node));
    if (node->owner) /* which says all else */
        return neuron_json_set(json, "shared", json_integer(node->owner->index));
    if (custom)
        RETURN_IF_ERROR(write_custom(json, &node->spec));
    RETURN_IF_ERROR(neuron_options_write(json, &node->spec.options));
    RETURN_IF_ERROR(write_weights(json, &node->spec));
    if (node->frozen && !neuron_node_is_input(node))
        RETURN_IF_ERROR(neuron_json_set(json, "trainable", json_integer(0)));
    RETURN_IF_ERROR(write_initializers(json, node));
    return write_regularizers(json, node);
}

static int write_nodes(json_t *json, const neuron_graph_t *graph)
{
    json_t *list;
    RETURN_IF_ERROR(add_list(&list, json, "nodes"));
    for (int32_t i = 0; i < graph->node_count; i++) {
        json_t *node = json_object();
        RETURN_IF_ERROR(neuron_json_append(list, node));
        RETURN_IF_ERROR(write_node(node, graph->nodes[i]));
    }
    return NEURON_OK;
}

/* The place of the output, or a list of them. */
static int write_outputs(json_t *json, const neuron_graph_t *graph)
{
    json_t *list;
    if (graph->output_count == 1)
        return neuron_json_set(json, "output", json_integer(graph->outputs[0]->index));
    RETURN_IF_ERROR(add_list(&list, json, "output"));
    for (int32_t i = 0; i < graph->output_count; i++)
        RETURN_IF_ERROR(neuron_json_append(list, json_integer(graph->outputs[i]->index)));
    return NEURON_OK;
}

static int write_graph(json_t *json, const neuron_graph_t *graph)
{
    RETURN_IF_ERROR(neuron_json_set(json, "version", json_integer(NEURON_STRUCTURE_VERSION)));
    RETURN_IF_ERROR(neuron_json_set(json, "name", json_string(graph->name)));
    RETURN_IF_ERROR(write_nodes(json, graph));
    return write_outputs(json, graph);
}

int neuron_structure_make(json_t **json, const neuron_graph_t *graph)
{
    *json = json_object();
    if (!*json)
        return neuron_json_no_memory();
    int status = write_graph(*json, graph);
    if (status < 0) {
        json_decref(*json);
        *json = NULL;
    }
    return status;
}

int neuron_structure_write(char **text, const neuron_graph_t *graph)
{
    size_t size;
    json_t *json;
    RETURN_IF_ERROR(neuron_structure_make(&json, graph));
    int status = neuron_json_write(text, &size, graph->context, json);
    json_decref(json);
    return status;
}
