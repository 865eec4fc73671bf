/* Models as Keras describes them: a list of layers, or a graph of calls of layers. */
#include "keras/import/reader.h"

#include <stdio.h>
#include <string.h>

static int wrong(const neuron_keras_reader *reader, const char *what)
{
    return neuron_fail(NEURON_E_FORMAT, "%s: the description of the model %s", reader->source,
                       what);
}

/* ---- Inputs ---- */

neuron_node_t *neuron_keras_add_input(neuron_keras_reader *reader, const char *name,
                                      const json_t *shape)
{
    int64_t extents[NEURON_RANK_MAX];
    size_t rank = json_array_size(shape);
    bool fits = json_is_array(shape) && rank >= 1 && rank <= NEURON_RANK_MAX;
    char text[NEURON_JSON_TEXT];
    for (size_t i = 1; fits && i < rank; i++) {
        const json_t *extent = json_array_get(shape, i);
        extents[i - 1] = json_integer_value(extent);
        fits = json_is_integer(extent) && extents[i - 1] >= 1 && extents[i - 1] <= INT32_MAX;
    }
    if (!fits) {
        neuron_set_message("%s: layer \"%.100s\" (InputLayer): shape is %.127s; all extents but "
                           "the batch must be known",
                           reader->source, name, neuron_json_text(shape, text));
        neuron_keras_stop(reader, NEURON_E_UNSUPPORTED);
        return NULL;
    }
    neuron_node_t *node = neuron_input(reader->graph, extents, (int32_t)rank - 1);
    if (reader->graph->status < 0) {
        neuron_set_message("%s: layer \"%.100s\" (InputLayer): %s", reader->source, name,
                           reader->graph->message);
        neuron_keras_stop(reader, reader->graph->status == NEURON_E_MEMORY ? NEURON_E_MEMORY
                                                                           : NEURON_E_FORMAT);
    }
    return node;
}

/* The shape that a layer says its input has; NULL if it does not. */
static const json_t *shape_of(const neuron_keras_layer *layer)
{
    const json_t *config = json_object_get(layer->json, "config");
    const json_t *shape = json_object_get(config, "batch_shape");
    return shape ? shape : json_object_get(config, "batch_input_shape");
}

static void name_input(neuron_keras_reader *reader, neuron_node_t *node, const char *name)
{
    int status = node ? neuron_node_set_name(node, name) : NEURON_OK;
    if (status < 0)
        neuron_keras_stop(reader, status == NEURON_E_MEMORY ? status : NEURON_E_FORMAT);
}

static void make_input(neuron_keras_reader *reader, neuron_keras_layer *layer)
{
    if (reader->status != NEURON_OK || layer->made > 0)
        return;
    neuron_node_t *node = neuron_keras_add_input(reader, layer->name, shape_of(layer));
    name_input(reader, node, layer->node);
    layer->outputs[layer->made++] = node;
}

static bool is_input(const neuron_keras_layer *layer)
{
    return strcmp(layer->class_name, "InputLayer") == 0;
}

/* ---- Layers ---- */

static int read_layer(neuron_keras_layer *layer, neuron_keras_reader *reader, const json_t *json,
                      json_t *counts, bool functional)
{
    const json_t *config = json_object_get(json, "config");
    const json_t *calls = json_object_get(json, "inbound_nodes");
    layer->json = json;
    layer->class_name = json_string_value(json_object_get(json, "class_name"));
    layer->name = json_string_value(json_object_get(config, "name"));
    if (!layer->class_name || !layer->name || layer->name[0] == '\0')
        return wrong(reader, "has a layer without class or name");
    if (json_object_get(reader->indices, layer->name))
        return neuron_fail(NEURON_E_FORMAT, "%s: there are two layers \"%.100s\"", reader->source,
                           layer->name);
    layer->call_count = functional && !is_input(layer) ? json_array_size(calls) : 1;
    layer->outputs =
        neuron_allocate_zero(reader->context, layer->call_count + 1, sizeof(neuron_node_t *));
    if (!layer->outputs)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(neuron_keras_next_group(layer->group, counts, layer->class_name));
    char clean[4 * NEURON_NODE_NAME_MAX];
    snprintf(clean, sizeof clean, "%s", layer->name);
    for (char *c = clean; *c; c++)
        if (*c == '.' || (unsigned char)*c < ' ' || *c == 0x7f)
            *c = '_';
    neuron_keras_name(layer->node, reader, clean, "");
    return neuron_json_set(reader->indices, layer->name,
                           json_integer((json_int_t)(layer - reader->layers)));
}

static int read_layers(neuron_keras_reader *reader, const json_t *list, bool functional)
{
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count == 0)
        return wrong(reader, "has no list of layers");
    if (count > NEURON_NODES_MAX)
        return wrong(reader, "has too many layers");
    reader->layers = neuron_allocate_zero(reader->context, count, sizeof *reader->layers);
    json_t *counts = json_object();
    int status = !reader->layers ? NEURON_E_MEMORY : counts ? NEURON_OK : neuron_json_no_memory();
    for (size_t i = 0; status == NEURON_OK && i < count; i++) {
        reader->layer_count = i + 1;
        status =
            read_layer(&reader->layers[i], reader, json_array_get(list, i), counts, functional);
    }
    json_decref(counts);
    return status == NEURON_OK ? reader->status : status;
}

static neuron_keras_layer *find_layer(const neuron_keras_reader *reader, const json_t *name)
{
    const json_t *index =
        json_is_string(name) ? json_object_get(reader->indices, json_string_value(name)) : NULL;
    return index ? &reader->layers[json_integer_value(index)] : NULL;
}

/* ---- Sequential models ---- */

static int read_sequence(neuron_node_t **output, neuron_keras_reader *reader)
{
    neuron_keras_layer *first = &reader->layers[0];
    neuron_node_t *node = NULL;
    size_t begin = 0;
    if (is_input(first)) {
        make_input(reader, first);
        node = first->outputs[0];
        begin = 1;
    } else {
        const json_t *shape = shape_of(first);
        char name[NEURON_NODE_NAME_MAX + 1];
        node = neuron_keras_add_input(reader, first->name, shape ? shape : reader->input_shape);
        neuron_keras_name(name, reader, "input", "");
        name_input(reader, node, name);
    }
    for (size_t i = begin; reader->status == NEURON_OK && i < reader->layer_count; i++) {
        neuron_keras_apply(reader, &reader->layers[i], &node, 1);
        node = reader->layers[i].outputs[0];
    }
    *output = node;
    return reader->status;
}

/* ---- Functional models ---- */

/* Where a call has its inputs: all tensors that a part of it names. */
typedef struct tensors {
    neuron_node_t **nodes;
    size_t count, capacity;
    bool waits; /* for a layer that is not there yet */
} tensors;

static int add_tensor(tensors *to, neuron_keras_reader *reader, const json_t *reference)
{
    const neuron_keras_layer *layer = find_layer(reader, json_array_get(reference, 0));
    const json_t *call = json_array_get(reference, 1), *tensor = json_array_get(reference, 2);
    if (!layer || !json_is_integer(call) || json_integer_value(call) < 0 ||
        (size_t)json_integer_value(call) >= layer->call_count || json_integer_value(tensor) != 0)
        return wrong(reader, "has a call of a layer with something that no layer puts out");
    if ((size_t)json_integer_value(call) >= layer->made) {
        to->waits = true;
        return NEURON_OK;
    }
    if (to->count == to->capacity) {
        size_t larger = 2 * to->capacity + 4;
        neuron_node_t **grown = neuron_allocate(reader->context, larger, sizeof *grown);
        if (!grown)
            return NEURON_E_MEMORY;
        if (to->count > 0)
            memcpy(grown, to->nodes, to->count * sizeof *grown);
        neuron_release(reader->context, to->nodes);
        to->nodes = grown;
        to->capacity = larger;
    }
    to->nodes[to->count++] = layer->outputs[json_integer_value(call)];
    return NEURON_OK;
}

static bool is_reference(const json_t *json)
{
    return json_is_string(json_array_get(json, 0)) && json_is_integer(json_array_get(json, 1));
}

/* What a layer is called with: of Keras 3 an object of arguments, in which tensors are objects; of
 * Keras 2 lists of references. References stand in lists or under names, as the outputs do. */
static int find_tensors(tensors *to, neuron_keras_reader *reader, const json_t *json, int depth)
{
    const json_t *history = json_object_get(json_object_get(json, "config"), "keras_history");
    enum { DEPTH_MAX = 16 };
    if (history)
        return add_tensor(to, reader, history);
    if (is_reference(json))
        return add_tensor(to, reader, json);
    if (depth > DEPTH_MAX)
        return wrong(reader, "is too deep");
    for (size_t i = 0; i < json_array_size(json); i++)
        RETURN_IF_ERROR(find_tensors(to, reader, json_array_get(json, i), depth + 1));
    if (json_is_object(json)) {
        void *place = json_object_iter((json_t *)(uintptr_t)json);
        for (; place; place = json_object_iter_next((json_t *)(uintptr_t)json, place))
            RETURN_IF_ERROR(find_tensors(to, reader, json_object_iter_value(place), depth + 1));
    }
    return NEURON_OK;
}

/* A number or a text among the arguments would be something that is not understood. */
static int check_call(const neuron_keras_reader *reader, const neuron_keras_layer *layer,
                      const json_t *call)
{
    json_t *named = json_object_get(call, "kwargs");
    void *place = json_object_iter(named);
    for (; place; place = json_object_iter_next(named, place)) {
        const json_t *value = json_object_iter_value(place);
        char text[NEURON_JSON_TEXT];
        if (!json_is_null(value) && !json_is_false(value))
            return neuron_fail(NEURON_E_UNSUPPORTED,
                               "%s: layer \"%.100s\" (%.60s): it is called with %.60s = %.100s, "
                               "which is not known here",
                               reader->source, layer->name, layer->class_name,
                               json_object_iter_key(place), neuron_json_text(value, text));
    }
    return NEURON_OK;
}

/* Makes the next call of a layer, if all that it needs is there. */
static int make_call(bool *made, tensors *inputs, neuron_keras_reader *reader,
                     neuron_keras_layer *layer)
{
    const json_t *call = json_array_get(json_object_get(layer->json, "inbound_nodes"), layer->made);
    const json_t *arguments = json_object_get(call, "args");
    *made = false;
    inputs->count = 0;
    inputs->waits = false;
    RETURN_IF_ERROR(check_call(reader, layer, call));
    RETURN_IF_ERROR(find_tensors(inputs, reader, arguments ? arguments : call, 0));
    if (inputs->waits)
        return NEURON_OK;
    if (inputs->count == 0)
        return wrong(reader, "has a call of a layer with nothing");
    neuron_keras_apply(reader, layer, inputs->nodes, inputs->count);
    *made = true;
    return reader->status;
}

static int make_calls(neuron_keras_reader *reader)
{
    tensors inputs = {NULL, 0, 0, false};
    bool any = true;
    int status = NEURON_OK;
    size_t left = 1;
    while (status == NEURON_OK && any && left > 0) {
        any = false;
        left = 0;
        for (size_t i = 0; status == NEURON_OK && i < reader->layer_count; i++) {
            neuron_keras_layer *layer = &reader->layers[i];
            bool made = true;
            while (status == NEURON_OK && made && layer->made < layer->call_count) {
                status = make_call(&made, &inputs, reader, layer);
                any |= made;
            }
            left += layer->call_count - layer->made;
        }
    }
    neuron_release(reader->context, inputs.nodes);
    if (status == NEURON_OK && left > 0)
        return wrong(reader, "goes round in a circle");
    return status;
}

/* Inputs get the order that the model has them in, not that of its layers. */
static int make_inputs(neuron_keras_reader *reader, const json_t *list, int depth)
{
    enum { DEPTH_MAX = 4 };
    if (is_reference(list)) {
        neuron_keras_layer *layer = find_layer(reader, json_array_get(list, 0));
        if (!layer || !is_input(layer))
            return wrong(reader, "has an input that is no InputLayer");
        make_input(reader, layer);
        return reader->status;
    }
    for (size_t i = 0; depth < DEPTH_MAX && i < json_array_size(list); i++)
        RETURN_IF_ERROR(make_inputs(reader, json_array_get(list, i), depth + 1));
    if (depth < DEPTH_MAX && json_is_object(list)) {
        void *place = json_object_iter((json_t *)(uintptr_t)list);
        for (; place; place = json_object_iter_next((json_t *)(uintptr_t)list, place))
            RETURN_IF_ERROR(make_inputs(reader, json_object_iter_value(place), depth + 1));
    }
    return NEURON_OK;
}

static int read_functional(neuron_node_t ***outputs, size_t *count, neuron_keras_reader *reader,
                           const json_t *config)
{
    tensors found = {NULL, 0, 0, false};
    RETURN_IF_ERROR(make_inputs(reader, json_object_get(config, "input_layers"), 0));
    for (size_t i = 0; i < reader->layer_count; i++)
        if (is_input(&reader->layers[i]) && reader->layers[i].made == 0)
            return wrong(reader, "has an InputLayer that is none of its inputs");
    RETURN_IF_ERROR(make_calls(reader));
    int status = find_tensors(&found, reader, json_object_get(config, "output_layers"), 0);
    if (status == NEURON_OK && found.count == 0)
        status = wrong(reader, "has no outputs");
    if (status < 0)
        neuron_release(reader->context, found.nodes);
    *outputs = status < 0 ? NULL : found.nodes;
    *count = found.count;
    return status;
}

/* ---- Both ---- */

static int read_model(neuron_node_t ***outputs, size_t *count, neuron_keras_reader *reader,
                      const json_t *model)
{
    const char *name = json_string_value(json_object_get(model, "class_name"));
    const json_t *config = json_object_get(model, "config");
    const json_t *list = json_is_array(config) ? config : json_object_get(config, "layers");
    bool sequence = name && strcmp(name, "Sequential") == 0;
    if (!name || (!sequence && strcmp(name, "Functional") != 0 && strcmp(name, "Model") != 0))
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: the model is of class %.100s; Sequential and Functional are read",
                           reader->source, name ? name : "none");
    RETURN_IF_ERROR(read_layers(reader, list, !sequence));
    if (!sequence)
        return read_functional(outputs, count, reader, config);
    reader->input_shape = json_object_get(config, "build_input_shape");
    *outputs = neuron_allocate_zero(reader->context, 1, sizeof **outputs);
    if (!*outputs)
        return NEURON_E_MEMORY;
    *count = 1;
    return read_sequence(*outputs, reader);
}

void neuron_keras_read_model(neuron_node_t ***outputs, size_t *count, neuron_keras_reader *reader,
                             const json_t *model)
{
    *outputs = NULL;
    *count = 0;
    int status = read_model(outputs, count, reader, model);
    if (status < 0)
        neuron_keras_stop(reader, status);
}
