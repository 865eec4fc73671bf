/* Models as Keras describes them: a list of layers, or a graph of calls of layers. A layer may be a
 * model itself, whose layers are then put in its place at each of its calls. */
#include "keras/import/reader.h"

#include <stdio.h>
#include <string.h>

static int wrong(const neuron_keras_reader *reader, const char *what)
{
    return neuron_fail(NEURON_E_FORMAT, "%s: the description of the model %s", reader->source,
                       what);
}

/* ---- Lists of nodes ---- */

static int add_node(neuron_keras_nodes *to, neuron_context_t *context, neuron_node_t *node)
{
    if (to->count == to->capacity) {
        size_t larger = 2 * to->capacity + 1;
        neuron_node_t **grown = neuron_allocate(context, larger, sizeof(neuron_node_t *));
        if (!grown)
            return NEURON_E_MEMORY;
        if (to->count > 0)
            memcpy(grown, to->nodes, to->count * sizeof *grown);
        neuron_release(context, to->nodes);
        to->nodes = grown;
        to->capacity = larger;
    }
    to->nodes[to->count++] = node;
    return NEURON_OK;
}

/* What the next call of a layer puts out. */
static neuron_keras_nodes *next_output(const neuron_keras_layer *layer)
{
    return &layer->outputs[layer->made];
}

/* ---- Inputs ---- */

/* An input of a shape that begins with the batch. */
static neuron_node_t *new_input(neuron_keras_reader *reader, const char *name, const json_t *shape)
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

static void name_input(neuron_keras_reader *reader, neuron_node_t *node, const char *name)
{
    int status = node ? neuron_node_set_name(node, name) : NEURON_OK;
    if (status < 0)
        neuron_keras_stop(reader, status == NEURON_E_MEMORY ? status : NEURON_E_FORMAT);
}

static bool is_input(const neuron_keras_layer *layer)
{
    return strcmp(layer->class_name, "InputLayer") == 0;
}

/* The shape that a layer says its input has, or its first layer; NULL if neither does. */
static const json_t *shape_of(const neuron_keras_layer *layer)
{
    while (layer->model && layer->model->layer_count > 0) {
        const json_t *shape = json_object_get(layer->model->config, "build_input_shape");
        if (shape)
            return shape;
        layer = &layer->model->layers[0];
    }
    const json_t *config = json_object_get(layer->json, "config");
    const json_t *shape = json_object_get(config, "batch_shape");
    return shape ? shape : json_object_get(config, "batch_input_shape");
}

/* ---- Layers ---- */

typedef struct within {
    const neuron_keras_layer *layer; /* the model that layers are in; NULL for the whole one */
    int depth;
} within;

static int begin_model(neuron_keras_model *model, neuron_keras_reader *reader, const json_t *json,
                       within in);

static bool is_model(const char *class_name)
{
    static const char *const names[] = {"Sequential", "Functional", "Model"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], class_name) == 0)
            return true;
    return false;
}

/* The group of a layer of a model within the model lies in that of the model. */
static int place_layer(neuron_keras_layer *layer, const neuron_keras_reader *reader,
                       const char *group, within in)
{
    int length = in.layer
                     ? snprintf(layer->group, sizeof layer->group, "%s/%s", in.layer->group, group)
                     : snprintf(layer->group, sizeof layer->group, "%s", group);
    return length < (int)sizeof layer->group ? NEURON_OK : wrong(reader, "has names that are long");
}

/* "block/conv" is a layer in a model "block"; what names of nodes do not have becomes '_'. */
static void name_layer(neuron_keras_layer *layer, neuron_keras_reader *reader, within in)
{
    char clean[4 * NEURON_NODE_NAME_MAX];
    snprintf(clean, sizeof clean, "%s%s%s", in.layer ? in.layer->node : "", in.layer ? "/" : "",
             layer->name);
    for (char *c = clean; *c; c++)
        if (*c == '.' || (unsigned char)*c < ' ' || *c == 0x7f)
            *c = '_';
    neuron_keras_name(layer->node, reader, clean, "");
}

static int read_layer(neuron_keras_layer *layer, neuron_keras_model *model,
                      neuron_keras_reader *reader, const json_t *json, json_t *counts, within in)
{
    const json_t *config = json_object_get(json, "config");
    const json_t *calls = json_object_get(json, "inbound_nodes");
    char group[NEURON_KERAS_GROUP];
    layer->json = json;
    layer->class_name = json_string_value(json_object_get(json, "class_name"));
    layer->name = json_string_value(json_object_get(config, "name"));
    if (!layer->name) /* sequential models of the first Keras 2 have a list and no name of theirs */
        layer->name = json_string_value(json_object_get(json, "name"));
    if (!layer->class_name || !layer->name || layer->name[0] == '\0')
        return wrong(reader, "has a layer without class or name");
    if (json_object_get(model->indices, layer->name))
        return neuron_fail(NEURON_E_FORMAT, "%s: there are two layers \"%.100s\"", reader->source,
                           layer->name);
    layer->frozen =
        (in.layer && in.layer->frozen) || json_is_false(json_object_get(config, "trainable"));
    layer->call_count = model->sequence || is_input(layer) ? 1 : json_array_size(calls);
    layer->outputs =
        neuron_allocate_zero(reader->context, layer->call_count + 1, sizeof(neuron_keras_nodes));
    if (!layer->outputs)
        return NEURON_E_MEMORY;
    RETURN_IF_ERROR(neuron_keras_next_group(group, counts, layer->class_name));
    RETURN_IF_ERROR(place_layer(layer, reader, group, in));
    name_layer(layer, reader, in);
    RETURN_IF_ERROR(neuron_json_set(model->indices, layer->name,
                                    json_integer((json_int_t)(layer - model->layers))));
    if (!is_model(layer->class_name))
        return NEURON_OK;
    layer->model = neuron_allocate_zero(reader->context, 1, sizeof *layer->model);
    if (!layer->model)
        return NEURON_E_MEMORY;
    return begin_model(layer->model, reader, json, (within){layer, in.depth + 1});
}

static int read_layers(neuron_keras_model *model, neuron_keras_reader *reader, const json_t *list,
                       within in)
{
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count == 0)
        return wrong(reader, "has no list of layers");
    if (count > NEURON_NODES_MAX - reader->layer_count)
        return wrong(reader, "has too many layers");
    reader->layer_count += count;
    model->layers = neuron_allocate_zero(reader->context, count, sizeof *model->layers);
    json_t *counts = json_object();
    int status = !model->layers ? NEURON_E_MEMORY : counts ? NEURON_OK : neuron_json_no_memory();
    for (size_t i = 0; status == NEURON_OK && i < count; i++) {
        model->layer_count = i + 1;
        status = read_layer(&model->layers[i], model, reader, json_array_get(list, i), counts, in);
    }
    json_decref(counts);
    return status == NEURON_OK ? reader->status : status;
}

/* Finds all layers of a model, and of those within it. */
static int begin_model(neuron_keras_model *model, neuron_keras_reader *reader, const json_t *json,
                       within in)
{
    enum { DEPTH_MAX = 16 };
    const char *name = json_string_value(json_object_get(json, "class_name"));
    model->config = json_object_get(json, "config");
    const json_t *list =
        json_is_array(model->config) ? model->config : json_object_get(model->config, "layers");
    if (!name || !is_model(name))
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: the model is of class %.100s; Sequential and Functional are read",
                           reader->source, name ? name : "none");
    if (in.depth > DEPTH_MAX)
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: layer \"%.100s\" (%.60s): more than %d models lie in each other",
                           reader->source, in.layer->name, name, DEPTH_MAX);
    model->sequence = strcmp(name, "Sequential") == 0;
    model->indices = json_object();
    if (!model->indices)
        return neuron_json_no_memory();
    return read_layers(model, reader, list, in);
}

static void forget_outputs(neuron_keras_layer *layer, neuron_context_t *context)
{
    for (size_t i = 0; layer->outputs && i < layer->call_count; i++) {
        neuron_release(context, layer->outputs[i].nodes);
        layer->outputs[i] = (neuron_keras_nodes){NULL, 0, 0};
    }
    layer->made = 0;
}

void neuron_keras_release_model(neuron_keras_model *model, neuron_context_t *context)
{
    for (size_t i = 0; i < model->layer_count; i++) {
        neuron_keras_layer *layer = &model->layers[i];
        forget_outputs(layer, context);
        neuron_release(context, layer->outputs);
        if (layer->model)
            neuron_keras_release_model(layer->model, context);
        neuron_release(context, layer->model);
    }
    neuron_release(context, model->layers);
    json_decref(model->indices);
}

static neuron_keras_layer *find_layer(const neuron_keras_model *model, const json_t *name)
{
    const json_t *index =
        json_is_string(name) ? json_object_get(model->indices, json_string_value(name)) : NULL;
    return index ? &model->layers[json_integer_value(index)] : NULL;
}

/* ---- Calls ---- */

static int run_model(neuron_keras_nodes *outputs, neuron_keras_reader *reader,
                     neuron_keras_model *model, const neuron_keras_nodes *inputs,
                     const neuron_keras_layer *layer);

/* Calls a layer once more. Models within models may be called so often that it never ends. */
static int apply(neuron_keras_reader *reader, neuron_keras_layer *layer,
                 const neuron_keras_nodes *inputs)
{
    enum { CALLS_MAX = 4 * NEURON_NODES_MAX };
    int status;
    if (++reader->call_count > CALLS_MAX)
        return wrong(reader, "has too many calls of layers");
    if (layer->model) {
        status = run_model(next_output(layer), reader, layer->model, inputs, layer);
    } else {
        neuron_node_t *node = neuron_keras_apply(reader, layer, inputs);
        status = node ? add_node(next_output(layer), reader->context, node) : reader->status;
    }
    layer->made += status == NEURON_OK;
    return status;
}

/* ---- Sequential models ---- */

static int begin_sequence(neuron_keras_nodes *first, neuron_keras_reader *reader,
                          const neuron_keras_model *model)
{
    neuron_keras_layer *layer = &model->layers[0];
    const json_t *shape = shape_of(layer);
    char name[NEURON_NODE_NAME_MAX + 1];
    if (!shape)
        shape = json_object_get(model->config, "build_input_shape");
    neuron_node_t *node = new_input(reader, layer->name, shape);
    if (!node)
        return reader->status;
    if (is_input(layer)) {
        name_input(reader, node, layer->node);
    } else {
        neuron_keras_name(name, reader, "input", "");
        name_input(reader, node, name);
    }
    return add_node(first, reader->context, node);
}

static int run_sequence(neuron_keras_nodes *outputs, neuron_keras_reader *reader,
                        neuron_keras_model *model, const neuron_keras_nodes *inputs)
{
    neuron_keras_nodes first = {NULL, 0, 0};
    int status = NEURON_OK;
    if (!inputs) {
        status = begin_sequence(&first, reader, model);
        inputs = &first;
    }
    for (size_t i = is_input(&model->layers[0]); status == NEURON_OK && i < model->layer_count;
         i++) {
        status = apply(reader, &model->layers[i], inputs);
        inputs = &model->layers[i].outputs[0];
    }
    for (size_t i = 0; status == NEURON_OK && i < inputs->count; i++)
        status = add_node(outputs, reader->context, inputs->nodes[i]);
    neuron_release(reader->context, first.nodes);
    return status;
}

/* ---- Functional models ---- */

/* Where a call has its inputs: all tensors that a part of it names. */
typedef struct tensors {
    neuron_keras_reader *reader;
    neuron_keras_model *model;
    neuron_keras_nodes found;
    bool waits; /* for a layer that is not there yet */
} tensors;

/* What the first call of a layer is called in lists. A model has a call of its own there, from when
 * it was made, that is none in the model around it: a functional one, and in Keras 2, whose calls
 * are lists, a sequential one that has its input. */
static json_int_t first_call(const neuron_keras_layer *layer)
{
    if (!layer->model)
        return 0;
    bool old = json_is_array(json_array_get(json_object_get(layer->json, "inbound_nodes"), 0));
    return layer->model->sequence ? old && is_input(&layer->model->layers[0]) : 1;
}

static int add_tensor(tensors *to, const json_t *reference, bool in_list)
{
    const neuron_keras_layer *layer = find_layer(to->model, json_array_get(reference, 0));
    json_int_t call = json_integer_value(json_array_get(reference, 1));
    const json_t *place = json_array_get(reference, 2);
    json_int_t tensor = json_integer_value(place);
    if (layer && in_list)
        call -= first_call(layer);
    bool fits = layer && call >= 0 && (size_t)call < layer->call_count && json_is_integer(place) &&
                tensor >= 0;
    if (fits && (size_t)call >= layer->made) {
        to->waits = true;
        return NEURON_OK;
    }
    if (!fits || (size_t)tensor >= layer->outputs[call].count)
        return wrong(to->reader, "has a call of a layer with something that no layer puts out");
    return add_node(&to->found, to->reader->context, layer->outputs[call].nodes[tensor]);
}

static bool is_reference(const json_t *json)
{
    return json_is_string(json_array_get(json, 0)) && json_is_integer(json_array_get(json, 1));
}

/* What a layer is called with: of Keras 3 an object of arguments, in which tensors are objects; of
 * Keras 2 lists of references. References stand in lists or under names, as the outputs do. */
static int find_tensors(tensors *to, const json_t *json, int depth)
{
    const json_t *history = json_object_get(json_object_get(json, "config"), "keras_history");
    enum { DEPTH_MAX = 16 };
    if (history)
        return add_tensor(to, history, false);
    if (is_reference(json))
        return add_tensor(to, json, true);
    if (depth > DEPTH_MAX)
        return wrong(to->reader, "is too deep");
    for (size_t i = 0; i < json_array_size(json); i++)
        RETURN_IF_ERROR(find_tensors(to, json_array_get(json, i), depth + 1));
    if (json_is_object(json)) {
        void *place = json_object_iter((json_t *)(uintptr_t)json);
        for (; place; place = json_object_iter_next((json_t *)(uintptr_t)json, place))
            RETURN_IF_ERROR(find_tensors(to, json_object_iter_value(place), depth + 1));
    }
    return NEURON_OK;
}

/* Null, false, or a list of such: "mask": [null, null]. */
static bool says_nothing(const json_t *value, int depth)
{
    enum { DEPTH_MAX = 4 };
    if (json_is_null(value) || json_is_false(value))
        return true;
    if (!json_is_array(value) || depth > DEPTH_MAX)
        return false;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!says_nothing(json_array_get(value, i), depth + 1))
            return false;
    return true;
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
        if (!says_nothing(value, 0))
            return neuron_fail(NEURON_E_UNSUPPORTED,
                               "%s: layer \"%.100s\" (%.60s): it is called with %.60s = %.100s, "
                               "which is not known here",
                               reader->source, layer->name, layer->class_name,
                               json_object_iter_key(place), neuron_json_text(value, text));
    }
    return NEURON_OK;
}

/* Makes the next call of a layer, if all that it needs is there. */
static int make_call(bool *made, tensors *inputs, neuron_keras_layer *layer)
{
    const json_t *call = json_array_get(json_object_get(layer->json, "inbound_nodes"), layer->made);
    const json_t *arguments = json_object_get(call, "args");
    *made = false;
    inputs->found.count = 0;
    inputs->waits = false;
    RETURN_IF_ERROR(check_call(inputs->reader, layer, call));
    RETURN_IF_ERROR(find_tensors(inputs, arguments ? arguments : call, 0));
    if (inputs->waits)
        return NEURON_OK;
    if (inputs->found.count == 0)
        return wrong(inputs->reader, "has a call of a layer with nothing");
    RETURN_IF_ERROR(apply(inputs->reader, layer, &inputs->found));
    *made = true;
    return NEURON_OK;
}

static int make_calls(neuron_keras_reader *reader, neuron_keras_model *model)
{
    tensors inputs = {reader, model, {NULL, 0, 0}, false};
    bool any = true;
    int status = NEURON_OK;
    size_t left = 1;
    while (status == NEURON_OK && any && left > 0) {
        any = false;
        left = 0;
        for (size_t i = 0; status == NEURON_OK && i < model->layer_count; i++) {
            neuron_keras_layer *layer = &model->layers[i];
            bool made = true;
            while (status == NEURON_OK && made && layer->made < layer->call_count) {
                status = make_call(&made, &inputs, layer);
                any |= made;
            }
            left += layer->call_count - layer->made;
        }
    }
    neuron_release(reader->context, inputs.found.nodes);
    if (status == NEURON_OK && left > 0)
        return wrong(reader, "goes round in a circle");
    return status;
}

/* The inputs of a functional model: new ones, or those that it is called with. */
typedef struct openings {
    neuron_keras_reader *reader;
    neuron_keras_model *model;
    const neuron_keras_nodes *given; /* NULL for the whole model */
    size_t next;
} openings;

static int make_input(openings *of, neuron_keras_layer *layer)
{
    neuron_node_t *node;
    if (layer->made > 0)
        return of->given ? wrong(of->reader, "has an input twice") : NEURON_OK;
    if (of->given) {
        if (of->next == of->given->count)
            return wrong(of->reader, "has a call of a model with too few inputs");
        node = of->given->nodes[of->next++];
    } else {
        node = new_input(of->reader, layer->name, shape_of(layer));
        name_input(of->reader, node, layer->node);
    }
    RETURN_IF_ERROR(of->reader->status);
    RETURN_IF_ERROR(add_node(next_output(layer), of->reader->context, node));
    layer->made = 1;
    return NEURON_OK;
}

/* Inputs get the order that the model has them in, not that of its layers. */
static int make_inputs(openings *of, const json_t *list, int depth)
{
    enum { DEPTH_MAX = 4 };
    if (is_reference(list)) {
        neuron_keras_layer *layer = find_layer(of->model, json_array_get(list, 0));
        if (!layer || !is_input(layer))
            return wrong(of->reader, "has an input that is no InputLayer");
        return make_input(of, layer);
    }
    for (size_t i = 0; depth < DEPTH_MAX && i < json_array_size(list); i++)
        RETURN_IF_ERROR(make_inputs(of, json_array_get(list, i), depth + 1));
    if (depth < DEPTH_MAX && json_is_object(list)) {
        void *place = json_object_iter((json_t *)(uintptr_t)list);
        for (; place; place = json_object_iter_next((json_t *)(uintptr_t)list, place))
            RETURN_IF_ERROR(make_inputs(of, json_object_iter_value(place), depth + 1));
    }
    return NEURON_OK;
}

static int run_functional(neuron_keras_nodes *outputs, neuron_keras_reader *reader,
                          neuron_keras_model *model, const neuron_keras_nodes *inputs)
{
    openings of = {reader, model, inputs, 0};
    tensors ends = {reader, model, {NULL, 0, 0}, false};
    RETURN_IF_ERROR(make_inputs(&of, json_object_get(model->config, "input_layers"), 0));
    if (inputs && of.next != inputs->count)
        return wrong(reader, "has a call of a model with too many inputs");
    for (size_t i = 0; i < model->layer_count; i++)
        if (is_input(&model->layers[i]) && model->layers[i].made == 0)
            return wrong(reader, "has an InputLayer that is none of its inputs");
    RETURN_IF_ERROR(make_calls(reader, model));
    int status = find_tensors(&ends, json_object_get(model->config, "output_layers"), 0);
    *outputs = ends.found;
    return status == NEURON_OK && outputs->count == 0 ? wrong(reader, "has no outputs") : status;
}

/* ---- Both ---- */

/* Inputs under names have an order that is not that of the call. */
static int check_inputs(const neuron_keras_reader *reader, const neuron_keras_model *model,
                        const neuron_keras_nodes *inputs, const neuron_keras_layer *layer)
{
    if (model->sequence && inputs->count != 1)
        return wrong(reader, "has a call of a sequential model with several inputs");
    if (inputs->count > 1 && json_is_object(json_object_get(model->config, "input_layers")))
        return neuron_fail(NEURON_E_UNSUPPORTED,
                           "%s: layer \"%.100s\" (%.60s): its inputs have names, which is not "
                           "known here of models within models",
                           reader->source, layer->name, layer->class_name);
    return NEURON_OK;
}

/* One call of a model, which is `layer` of another; without inputs the whole model. */
static int run_model(neuron_keras_nodes *outputs, neuron_keras_reader *reader,
                     neuron_keras_model *model, const neuron_keras_nodes *inputs,
                     const neuron_keras_layer *layer)
{
    if (inputs)
        RETURN_IF_ERROR(check_inputs(reader, model, inputs, layer));
    for (size_t i = 0; i < model->layer_count; i++)
        forget_outputs(&model->layers[i], reader->context);
    return model->sequence ? run_sequence(outputs, reader, model, inputs)
                           : run_functional(outputs, reader, model, inputs);
}

int neuron_keras_read_model(neuron_keras_nodes *outputs, neuron_keras_reader *reader,
                            const json_t *model)
{
    RETURN_IF_ERROR(begin_model(&reader->model, reader, model, (within){NULL, 0}));
    int status = run_model(outputs, reader, &reader->model, NULL, NULL);
    return status == NEURON_OK ? reader->status : status;
}
