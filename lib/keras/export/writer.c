/* Layers and their calls, and the model as a whole. */
#include "keras/export/writer.h"

#include <libneuron/custom.h>

#include <stdio.h>
#include <string.h>

void neuron_keras_fail(neuron_keras_writer *writer, int status)
{
    if (writer->status == NEURON_OK)
        writer->status = status;
}

void neuron_keras_has_none(neuron_keras_writer *writer, const neuron_node_t *node, const char *why)
{
    if (writer->status != NEURON_OK)
        return;
    const char *kind = neuron_node_custom_kind(node);
    neuron_set_message("%s: Keras has no layer for %s%s%s", node->name,
                       kind ? kind : node->spec.layer->name, why[0] ? " " : "", why);
    neuron_keras_fail(writer, NEURON_E_UNSUPPORTED);
}

/* ---- Layers ---- */

/* A name that no layer has. */
static void choose_name(neuron_keras_writer *writer, char *name, const char *wanted)
{
    neuron_keras_join_name(name, wanted, "", 1);
    for (int i = 2; json_object_get(writer->names, name); i++)
        neuron_keras_join_name(name, wanted, "", i);
    neuron_keras_set(writer, writer->names, name, json_true());
}

neuron_keras_made *neuron_keras_new_layer(neuron_keras_writer *writer, const char *name,
                                          const char *class_name)
{
    if (writer->status != NEURON_OK)
        return NULL;
    neuron_keras_made *layer = &writer->layers[writer->layer_count++];
    layer->class_name = class_name;
    layer->config = json_object();
    layer->calls = json_array();
    if (!layer->config || !layer->calls)
        neuron_keras_fail(writer, neuron_json_no_memory());
    choose_name(writer, layer->name, name);
    neuron_keras_set(writer, layer->config, "name", json_string(layer->name));
    return writer->status == NEURON_OK ? layer : NULL;
}

/* ---- Calls ---- */

static json_t *reference(neuron_keras_writer *writer, neuron_keras_value value,
                         const neuron_shape *shape)
{
    const char *name = writer->layers[value.layer].name;
    if (writer->format == NEURON_KERAS_FORMAT_H5)
        return json_pack("[s, I, i, {}]", name, (json_int_t)value.call, 0);
    json_t *extents = json_pack("[n]");
    for (int32_t axis = 0; extents && axis < shape->rank; axis++)
        if (neuron_json_append(extents, json_integer(shape->extent[axis])) < 0)
            neuron_keras_fail(writer, NEURON_E_MEMORY);
    return json_pack("{s:s, s:{s:o, s:s, s:[s, I, i]}}", "class_name", "__keras_tensor__", "config",
                     "shape", extents, "dtype", "float32", "keras_history", name,
                     (json_int_t)value.call, 0);
}

static bool joins(const char *class_name)
{
    static const char *const names[] = {"Add", "Average", "Concatenate", "Multiply"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], class_name) == 0)
            return true;
    return false;
}

/* Keeps what a call has as inputs. */
static size_t keep_call(neuron_keras_writer *writer, const neuron_keras_made *layer,
                        const neuron_keras_value *inputs, size_t count)
{
    neuron_keras_called *call = &writer->called[writer->called_count];
    call->layer = (size_t)(layer - writer->layers);
    call->inputs = neuron_allocate_zero(writer->context, count, sizeof *call->inputs);
    if (!call->inputs) {
        neuron_keras_fail(writer, NEURON_E_MEMORY);
        return 0;
    }
    call->input_count = count;
    for (size_t i = 0; i < count; i++)
        call->inputs[i] = inputs[i].called;
    return writer->called_count++;
}

size_t neuron_keras_add_call(neuron_keras_writer *writer, neuron_keras_made *layer,
                             const neuron_keras_value *inputs, const neuron_shape *shapes,
                             size_t count)
{
    if (count == 0)
        return keep_call(writer, layer, inputs, 0);
    json_t *list = json_array(), *call;
    if (!list)
        neuron_keras_fail(writer, neuron_json_no_memory());
    for (size_t i = 0; writer->status == NEURON_OK && i < count; i++)
        if (neuron_json_append(list, reference(writer, inputs[i], &shapes[i])) < 0)
            neuron_keras_fail(writer, NEURON_E_MEMORY);
    if (writer->status != NEURON_OK) {
        json_decref(list);
        return 0;
    }
    if (writer->format == NEURON_KERAS_FORMAT_H5)
        call = list;
    else if (joins(layer->class_name))
        call = json_pack("{s:[o], s:{}}", "args", list, "kwargs");
    else
        call = json_pack("{s:o, s:{}}", "args", list, "kwargs");
    if (neuron_json_append(layer->calls, call) < 0)
        neuron_keras_fail(writer, NEURON_E_MEMORY);
    return keep_call(writer, layer, inputs, count);
}

/* ---- Nodes ---- */

static int64_t option(const neuron_node_t *node, const char *name)
{
    double value;
    for (int64_t i = 0; i < node->spec.options.table->count; i++)
        if (strcmp(node->spec.options.table->rows[i].name, name) == 0 &&
            neuron_node_get_number(&value, node, name) == NEURON_OK)
            return (int64_t)value;
    return 0;
}

/* Rows of zeros in front of a convolution are a layer of their own in Keras. */
static neuron_keras_value pad(neuron_keras_writer *writer, const neuron_node_t *node,
                              neuron_keras_value input)
{
    const int64_t sides[] = {option(node, "padding_top"), option(node, "padding_bottom"),
                             option(node, "padding_left"), option(node, "padding_right")};
    const int64_t ends[] = {option(node, "padding_before"), option(node, "padding_behind")};
    bool image = sides[0] || sides[1] || sides[2] || sides[3], sequence = ends[0] || ends[1];
    char name[NEURON_NODE_NAME_MAX + 1];
    if (!image && !sequence)
        return input;
    if (!neuron_keras_has_arrays(node) && !node->owner) {
        neuron_keras_has_none(writer, node, "with padding in numbers");
        return input;
    }
    neuron_keras_join_name(name, node->name, "_padding", 1);
    for (char *c = name; *c; c++)
        if (*c == '/')
            *c = '_';
    neuron_keras_made *layer =
        neuron_keras_new_layer(writer, name, image ? "ZeroPadding2D" : "ZeroPadding1D");
    if (!layer)
        return input;
    neuron_keras_set(writer, layer->config, "padding",
                     image ? json_pack("[[I, I], [I, I]]", sides[0], sides[1], sides[2], sides[3])
                           : json_pack("[I, I]", ends[0], ends[1]));
    size_t called = neuron_keras_add_call(writer, layer, &input, &node->spec.inputs[0], 1);
    return (neuron_keras_value){writer->layer_count - 1, 0, called};
}

/* Part of an image along its rows or columns, which Keras calls by what is cut off. */
static neuron_keras_made *new_slice(neuron_keras_writer *writer, const char *name,
                                    const neuron_node_t *node)
{
    int64_t axis = option(node, "axis"), begin = option(node, "begin");
    const neuron_shape *from = &node->spec.inputs[0], *to = &node->spec.output;
    axis += axis < 0 ? from->rank : 0;
    if (from->rank != 3 || axis > 1) {
        neuron_keras_has_none(writer, node, "of anything but rows and columns of an image");
        return NULL;
    }
    begin += begin < 0 ? from->extent[axis] : 0;
    int64_t end = from->extent[axis] - begin - to->extent[axis];
    neuron_keras_made *layer = neuron_keras_new_layer(writer, name, "Cropping2D");
    if (layer)
        neuron_keras_set(writer, layer->config, "cropping",
                         axis == 0 ? json_pack("[[I, I], [i, i]]", begin, end, 0, 0)
                                   : json_pack("[[i, i], [I, I]]", 0, 0, begin, end));
    return layer;
}

static neuron_keras_made *new_layer(neuron_keras_writer *writer, const neuron_node_t *node)
{
    char name[NEURON_NODE_NAME_MAX + 1];
    const char *class_name = neuron_keras_class_of(node);
    neuron_keras_layer_name(name, node);
    if (strcmp(node->spec.layer->name, "slice") == 0)
        return new_slice(writer, name, node);
    if (!class_name) {
        neuron_keras_has_none(writer, node, "");
        return NULL;
    }
    neuron_keras_made *layer = neuron_keras_new_layer(writer, name, class_name);
    if (!layer)
        return NULL;
    layer->node = node;
    neuron_keras_describe(writer, layer->config, node);
    return writer->status == NEURON_OK ? layer : NULL;
}

/* What an activation is called as an argument; NULL for one that needs more than a name. */
static const char *argument_of(const neuron_node_t *node)
{
    static const char *const names[] = {"exponential", "relu", "selu",     "sigmoid",
                                        "silu",        "tanh", "softplus", "softsign"};
    const char *layer = node->spec.layer->name;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], layer) == 0)
            return layer;
    int64_t axis = option(node, "axis");
    if (strcmp(layer, "softmax") == 0 && (axis == -1 || axis == node->spec.output.rank - 1))
        return layer;
    return strcmp(layer, "hard_swish") == 0 ? "hard_silu" : NULL;
}

/* Whether a node is the activation that reading has made of an argument of the one before it: then
 * it becomes one again. */
static bool was_argument(const neuron_graph_t *graph, const neuron_node_t *node)
{
    static const char suffix[] = "_activation";
    if (node->spec.input_count != 1 || !argument_of(node))
        return false;
    const neuron_node_t *before = node->inputs[0];
    size_t length = strlen(before->name);
    for (int64_t i = 0; i < graph->output_count; i++)
        if (graph->outputs[i] == before)
            return false;
    return before->consumers == 1 && !before->shared && neuron_keras_has_arrays(before) &&
           strcmp(before->spec.arrays[0].name, "kernel") == 0 &&
           strncmp(node->name, before->name, length) == 0 &&
           strcmp(node->name + length, suffix) == 0;
}

static void add_node(neuron_keras_writer *writer, const neuron_node_t *node)
{
    size_t count = (size_t)node->spec.input_count, made = writer->layer_count;
    neuron_keras_value *inputs = neuron_allocate_zero(writer->context, count, sizeof *inputs);
    neuron_keras_made *layer = NULL;
    if (was_argument(writer->graph, node)) {
        writer->values[node->index] = writer->values[node->inputs[0]->index];
        layer = &writer->layers[writer->values[node->index].layer];
        neuron_keras_set(writer, layer->config, "activation", json_string(argument_of(node)));
        neuron_release(writer->context, inputs);
        return;
    }
    if (!inputs) {
        neuron_keras_fail(writer, NEURON_E_MEMORY);
        return;
    }
    for (size_t i = 0; i < count; i++)
        inputs[i] = writer->values[node->inputs[i]->index];
    if (count == 1)
        inputs[0] = pad(writer, node, inputs[0]);
    if (writer->status == NEURON_OK && node->owner) {
        made = writer->values[node->owner->index].layer;
        layer = &writer->layers[made];
    } else if (writer->status == NEURON_OK) {
        made = writer->layer_count;
        layer = new_layer(writer, node);
    }
    if (layer) {
        size_t call = json_array_size(layer->calls);
        writer->values[node->index] = (neuron_keras_value){
            made, call, neuron_keras_add_call(writer, layer, inputs, node->spec.inputs, count)};
    }
    neuron_release(writer->context, inputs);
}

void neuron_keras_add_nodes(neuron_keras_writer *writer)
{
    const neuron_graph_t *graph = writer->graph;
    size_t count = (size_t)graph->node_count;
    /* Each node may have a layer for its padding beside. */
    writer->layers = neuron_allocate_zero(writer->context, 2 * count, sizeof *writer->layers);
    writer->values = neuron_allocate_zero(writer->context, count, sizeof *writer->values);
    writer->called = neuron_allocate_zero(writer->context, 2 * count, sizeof *writer->called);
    writer->order = neuron_allocate_zero(writer->context, 2 * count, sizeof *writer->order);
    writer->names = json_object();
    writer->counts = json_object();
    if (!writer->layers || !writer->values || !writer->called || !writer->order)
        neuron_keras_fail(writer, NEURON_E_MEMORY);
    else if (!writer->names || !writer->counts)
        neuron_keras_fail(writer, neuron_json_no_memory());
    for (size_t i = 0; writer->status == NEURON_OK && i < count; i++)
        add_node(writer, graph->nodes[i]);
    if (writer->status == NEURON_OK)
        neuron_keras_sort(writer);
}

void neuron_keras_end_writer(neuron_keras_writer *writer)
{
    for (size_t i = 0; i < writer->layer_count; i++) {
        json_decref(writer->layers[i].config);
        json_decref(writer->layers[i].calls);
    }
    for (size_t i = 0; i < writer->called_count; i++)
        neuron_release(writer->context, writer->called[i].inputs);
    neuron_release(writer->context, writer->called);
    neuron_release(writer->context, writer->order);
    neuron_release(writer->context, writer->layers);
    neuron_release(writer->context, writer->values);
    json_decref(writer->names);
    json_decref(writer->counts);
}

/* ---- The model ---- */

static json_t *describe_layer(const neuron_keras_writer *writer, const neuron_keras_made *layer)
{
    if (writer->format == NEURON_KERAS_FORMAT_H5)
        return json_pack("{s:s, s:O, s:s, s:O}", "class_name", layer->class_name, "config",
                         layer->config, "name", layer->name, "inbound_nodes", layer->calls);
    return json_pack("{s:s, s:s, s:O, s:n, s:s, s:O}", "module", "keras.layers", "class_name",
                     layer->class_name, "config", layer->config, "registered_name", "name",
                     layer->name, "inbound_nodes", layer->calls);
}

/* [["image", 0, 0], ...] */
static json_t *describe_ends(neuron_keras_writer *writer, neuron_node_t *const *nodes,
                             int64_t count)
{
    json_t *list = json_array();
    if (!list)
        neuron_keras_fail(writer, neuron_json_no_memory());
    for (int64_t i = 0; writer->status == NEURON_OK && i < count; i++) {
        neuron_keras_value value = writer->values[nodes[i]->index];
        if (neuron_json_append(list, json_pack("[s, I, i]", writer->layers[value.layer].name,
                                               (json_int_t)value.call, 0)) < 0)
            neuron_keras_fail(writer, NEURON_E_MEMORY);
    }
    return list;
}

json_t *neuron_keras_describe_model(neuron_keras_writer *writer)
{
    const neuron_graph_t *graph = writer->graph;
    json_t *config = json_object(), *layers = json_array();
    if (!config || !layers)
        neuron_keras_fail(writer, neuron_json_no_memory());
    for (size_t i = 0; writer->status == NEURON_OK && i < writer->layer_count; i++)
        if (neuron_json_append(layers, describe_layer(writer, &writer->layers[writer->order[i]])) <
            0)
            neuron_keras_fail(writer, NEURON_E_MEMORY);
    char name[NEURON_GRAPH_NAME_MAX + 1];
    snprintf(name, sizeof name, "%s", graph->name);
    for (char *c = name; *c; c++)
        if (*c == '/')
            *c = '_';
    neuron_keras_set(writer, config, "name", json_string(name));
    neuron_keras_set(writer, config, "trainable", json_true());
    neuron_keras_set(writer, config, "layers", layers);
    neuron_keras_set(writer, config, "input_layers",
                     describe_ends(writer, graph->inputs, graph->input_count));
    neuron_keras_set(writer, config, "output_layers",
                     describe_ends(writer, graph->outputs, graph->output_count));
    json_t *model = writer->format == NEURON_KERAS_FORMAT_H5
                        ? json_pack("{s:s, s:o}", "class_name", "Functional", "config", config)
                        : json_pack("{s:s, s:s, s:o, s:s}", "module", "keras.src.models.functional",
                                    "class_name", "Functional", "config", config, "registered_name",
                                    "Functional");
    if (!model)
        neuron_keras_fail(writer, neuron_json_no_memory());
    if (writer->status == NEURON_OK)
        return model;
    json_decref(model);
    return NULL;
}
