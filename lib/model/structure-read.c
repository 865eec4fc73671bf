/* Builds a graph from its structure in JSON by the same builders that programs call, so that
 * whatever they refuse is refused here too. Options by name are in base/options. */
#include "model/structure.h"

#include "base/checked.h"
#include "base/options/json.h"
#include "model/structure-reader.h"
#include "layers/custom.h"

#include <libneuron/tensor.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef neuron_structure_reader reader;

static const char shared_key[] = "shared";

const char *neuron_structure_node_name(const reader *r)
{
    const char *name =
        json_string_value(json_object_get(json_array_get(r->nodes, (size_t)r->node), "name"));
    return name ? name : "";
}

int neuron_structure_fail_as_graph(const reader *r, int status)
{
    if (status == NEURON_E_MEMORY)
        return status;
    return neuron_fail(NEURON_E_FORMAT, "%s: node %" PRId32 ": %s", r->source, r->node,
                       neuron_error_last());
}

int neuron_structure_read_place(int32_t *place, const json_t *json, int64_t limit)
{
    json_int_t value = json_integer_value(json);
    if (!json_is_integer(json) || value < 0 || value >= limit)
        return NEURON_E_FORMAT;
    *place = (int32_t)value;
    return NEURON_OK;
}

int neuron_structure_read_shape(int64_t shape[NEURON_RANK_MAX], int32_t *rank, const json_t *list,
                                const reader *r)
{
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count > NEURON_RANK_MAX)
        return neuron_fail(NEURON_E_FORMAT, NODE "a shape is not a list of up to %d numbers",
                           NODE_ARGUMENTS(r), NEURON_RANK_MAX);
    *rank = (int32_t)count;
    for (size_t axis = 0; axis < count; axis++)
        shape[axis] = json_integer_value(json_array_get(list, axis));
    return NEURON_OK;
}

static int read_inputs(reader *r, const json_t *list)
{
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count == 0 || count > INT32_MAX)
        return neuron_fail(NEURON_E_FORMAT, NODE "has no list of inputs", NODE_ARGUMENTS(r));
    r->inputs = neuron_allocate(r->graph->context, count, sizeof *r->inputs);
    if (!r->inputs)
        return NEURON_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        int32_t place;
        if (neuron_structure_read_place(&place, json_array_get(list, i), r->node) < 0)
            return neuron_fail(NEURON_E_FORMAT, NODE "input %zu is not a node before it",
                               NODE_ARGUMENTS(r), i);
        r->inputs[i] = r->graph->nodes[place];
    }
    r->input_count = (int32_t)count;
    return NEURON_OK;
}

static int read_weights(reader *r, const json_t *list)
{
    size_t count = (size_t)r->input_count;
    if (!json_is_array(list) || json_array_size(list) != count)
        return neuron_fail(NEURON_E_FORMAT, NODE "weights are not %zu numbers", NODE_ARGUMENTS(r),
                           count);
    r->weights = neuron_allocate(r->graph->context, count, sizeof *r->weights);
    if (!r->weights)
        return NEURON_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const json_t *weight = json_array_get(list, i);
        if (!json_is_number(weight))
            return neuron_fail(NEURON_E_FORMAT, NODE "weight %zu is not a number",
                               NODE_ARGUMENTS(r), i);
        r->weights[i] = json_number_value(weight);
    }
    return NEURON_OK;
}

/* Reads what is said of a node beside its layer and name. */
static int read_key(reader *r, const neuron_layer *layer, neuron_options *options, const char *key,
                    const json_t *value)
{
    if (strcmp(key, "layer") == 0 || strcmp(key, "name") == 0 || strcmp(key, "inputs") == 0 ||
        neuron_structure_is_part(layer, key))
        return NEURON_OK;
    if (strcmp(key, "weights") == 0)
        return read_weights(r, value);
    const neuron_option *option = neuron_options_find_name(&layer->options, key, strlen(key));
    if (!option)
        return neuron_fail(NEURON_E_FORMAT, NODE "a %s layer has no \"%.31s\"", NODE_ARGUMENTS(r),
                           layer->name, key);
    char who[NEURON_MESSAGE_SIZE];
    snprintf(who, sizeof who, NODE_WHO, NODE_ARGUMENTS(r));
    return neuron_options_read_value(options, option, value, who);
}

static void drop_lists(reader *r)
{
    neuron_release(r->graph->context, r->inputs);
    neuron_release(r->graph->context, r->weights);
    r->inputs = NULL;
    r->weights = NULL;
    r->input_count = 0;
}

static int read_layer(reader *r, const neuron_layer *layer, const json_t *json)
{
    neuron_options options;
    neuron_options_reset(&options, &layer->options);
    RETURN_IF_ERROR(read_inputs(r, json_object_get(json, "inputs")));
    void *place = json_object_iter((json_t *)(uintptr_t)json);
    for (; place; place = json_object_iter_next((json_t *)(uintptr_t)json, place))
        RETURN_IF_ERROR(read_key(r, layer, &options, json_object_iter_key(place),
                                 json_object_iter_value(place)));
    neuron_node_t *node = neuron_graph_add(r->graph, layer, neuron_structure_node_name(r),
                                           r->inputs, r->input_count, &options, r->weights);
    drop_lists(r); /* before a function of the caller's tells a shape */
    if (!node)
        return neuron_structure_fail_as_graph(r, r->graph->status);
    if (layer->flags & NEURON_LAYER_CUSTOM)
        RETURN_IF_ERROR(neuron_structure_read_custom(r, node, json));
    return neuron_structure_read_parts(r, node, json);
}

/* A node that works with the arrays of one before it, which says all but its name and inputs. */
static int read_shared(reader *r, const char *layer_name, const json_t *json)
{
    int32_t place;
    neuron_node_t *owner = NULL;
    if (neuron_structure_read_place(&place, json_object_get(json, shared_key), r->node) == 0)
        owner = r->graph->nodes[place];
    if (!owner || owner->owner || strcmp(neuron_node_layer(owner), layer_name) != 0 ||
        (owner->spec.array_count == 0 && !(owner->spec.layer->flags & NEURON_LAYER_CUSTOM)))
        return neuron_fail(
            NEURON_E_FORMAT,
            NODE "\"shared\" is not the place of a node of layer %.63s before it that has arrays",
            NODE_ARGUMENTS(r), layer_name);
    if (json_object_size(json) != 4)
        return neuron_fail(NEURON_E_FORMAT,
                           NODE "has more than its layer, name, inputs and what it shares",
                           NODE_ARGUMENTS(r));
    RETURN_IF_ERROR(read_inputs(r, json_object_get(json, "inputs")));
    const neuron_node_t *node = neuron_graph_add_shared(
        r->graph, owner, neuron_structure_node_name(r), r->inputs, r->input_count);
    return node ? NEURON_OK : neuron_structure_fail_as_graph(r, r->graph->status);
}

static int read_input(reader *r, const json_t *json)
{
    int64_t shape[NEURON_RANK_MAX] = {0};
    int32_t rank;
    if (json_object_size(json) != 3 || !json_object_get(json, "shape"))
        return neuron_fail(NEURON_E_FORMAT, NODE "an input is not a layer, a name and a shape",
                           NODE_ARGUMENTS(r));
    RETURN_IF_ERROR(neuron_structure_read_shape(shape, &rank, json_object_get(json, "shape"), r));
    neuron_node_t *input = neuron_input(r->graph, shape, rank);
    if (!input)
        return neuron_structure_fail_as_graph(r, r->graph->status);
    int status = neuron_node_set_name(input, neuron_structure_node_name(r));
    return status < 0 ? neuron_structure_fail_as_graph(r, status) : NEURON_OK;
}

static int read_node(reader *r, const json_t *json)
{
    const char *layer_name = json_string_value(json_object_get(json, "layer"));
    if (!json_is_string(json_object_get(json, "name")) || !layer_name)
        return neuron_fail(NEURON_E_FORMAT, "%s: node %" PRId32 " has no layer or no name",
                           r->source, r->node);
    if (json_object_get(json, shared_key))
        return read_shared(r, layer_name, json);
    const neuron_layer *layer = neuron_layer_find(layer_name);
    if (strcmp(layer_name, NEURON_CUSTOM_LAYER) == 0)
        RETURN_IF_ERROR(neuron_structure_find_kind(&layer, r, json));
    if (!layer)
        return neuron_fail(NEURON_E_FORMAT, NODE "layer \"%.63s\" is not known", NODE_ARGUMENTS(r),
                           layer_name);
    return layer == &neuron_layer_input ? read_input(r, json) : read_layer(r, layer, json);
}

static int read_nodes(reader *r)
{
    int status = NEURON_OK;
    size_t count = json_array_size(r->nodes);
    for (size_t i = 0; i < count && status == NEURON_OK; i++) {
        r->node = (int32_t)i;
        status = read_node(r, json_array_get(r->nodes, i));
        drop_lists(r);
    }
    return status;
}

/* Shapes cost nothing to claim: only what the file has numbers for is worth allocating. */
static int check_arrays(const reader *r, const neuron_safetensors *file)
{
    uint64_t left = neuron_safetensors_number_count(file);
    for (int32_t i = 0; i < r->graph->node_total; i++) {
        const neuron_node_t *node = r->graph->nodes[i];
        for (int32_t j = 0; !node->owner && j < node->spec.array_count; j++) {
            const neuron_array *array = &node->spec.arrays[j];
            uint64_t count = (uint64_t)neuron_shape_count(&array->shape);
            char name[NEURON_NODE_NAME_MAX + 32];
            const neuron_safetensors_entry *entry;
            snprintf(name, sizeof name, "%s.%s", node->name, array->name);
            if (!neuron_safetensors_find(file, name)) /* says so */
                return neuron_safetensors_need(&entry, file, name, NEURON_TYPE_F32, NULL);
            if (count > left)
                return neuron_fail(NEURON_E_FORMAT,
                                   "%s: has %zu bytes of data, too few for the parameters up to "
                                   "\"%s\"",
                                   r->source, neuron_safetensors_data_size(file), name);
            left -= count;
        }
    }
    return NEURON_OK;
}

static int read_output(const reader *r, neuron_node_t **output, const json_t *json)
{
    int32_t place;
    if (neuron_structure_read_place(&place, json, r->graph->node_total) < 0)
        return neuron_fail(NEURON_E_FORMAT, "%s: \"output\" is not the place of a node", r->source);
    *output = r->graph->nodes[place];
    return NEURON_OK;
}

static int finish_many(const reader *r, const json_t *list, size_t count)
{
    neuron_context_t *context = r->graph->context;
    neuron_node_t **outputs = neuron_allocate(context, count, sizeof *outputs);
    int status = outputs ? NEURON_OK : NEURON_E_MEMORY;
    for (size_t i = 0; i < count && status == NEURON_OK; i++)
        status = read_output(r, &outputs[i], json_is_array(list) ? json_array_get(list, i) : list);
    if (status == NEURON_OK) {
        status = neuron_graph_finish_many(r->graph, outputs, (int32_t)count);
        if (status < 0 && status != NEURON_E_MEMORY)
            status = neuron_fail(NEURON_E_FORMAT, "%s: %s", r->source, neuron_error_last());
    }
    neuron_release(context, outputs);
    return status;
}

/* `output` is the place of a node, or a list of two places or more. */
static int finish(const reader *r, const json_t *output)
{
    const neuron_graph_t *graph = r->graph;
    size_t count = json_is_array(output) ? json_array_size(output) : 1;
    if (json_is_array(output) && (count < 2 || count > (size_t)graph->node_total))
        return neuron_fail(NEURON_E_FORMAT, "%s: \"output\" is a list of %zu nodes", r->source,
                           count);
    RETURN_IF_ERROR(finish_many(r, output, count));
    if (graph->node_count < graph->node_total)
        return neuron_fail(NEURON_E_FORMAT, "%s: the output does not need node \"%s\"", r->source,
                           graph->nodes[graph->node_count]->name);
    return NEURON_OK;
}

static int check_version(const json_t *json, const char *source)
{
    const json_t *version = json_object_get(json, "version");
    json_int_t number = json_integer_value(version);
    if (!json_is_integer(version) || number < 1)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: \"version\" of the graph is not a whole number "
                           "from 1",
                           source);
    if (number > NEURON_STRUCTURE_VERSION)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: graph version %" JSON_INTEGER_FORMAT
                           " is newer than this library, which reads up to %d",
                           source, number, NEURON_STRUCTURE_VERSION);
    return NEURON_OK;
}

static int read_graph(reader *r, const json_t *json, const neuron_safetensors *file)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    r->nodes = json_object_get(json, "nodes");
    if (!name || !json_is_array(r->nodes) || json_object_size(json) != 4)
        return neuron_fail(NEURON_E_FORMAT,
                           "%s: the graph is not a version, a name, nodes and an output",
                           r->source);
    int status = neuron_graph_set_name(r->graph, name);
    if (status < 0)
        return neuron_fail(NEURON_E_FORMAT, "%s: %s", r->source, neuron_error_last());
    RETURN_IF_ERROR(read_nodes(r));
    RETURN_IF_ERROR(check_arrays(r, file));
    return finish(r, json_object_get(json, "output"));
}

int neuron_structure_parse(json_t **json, neuron_context_t *context, const char *text,
                           const char *source)
{
    int status = neuron_json_parse(json, context, text, strlen(text), 0, source);
    if (status == NEURON_E_FORMAT)
        return neuron_fail(status, "%s (of the text \"libneuron.graph\")", neuron_error_last());
    RETURN_IF_ERROR(status);
    status = check_version(*json, source);
    if (status < 0) {
        json_decref(*json);
        *json = NULL;
    }
    return status;
}

static void drop_json(void *owner, void *json)
{
    (void)owner;
    json_decref(json);
}

int neuron_structure_read(neuron_graph_t **graph, neuron_context_t *context, const char *text,
                          const neuron_safetensors *file)
{
    json_t *json;
    reader r = {.source = neuron_safetensors_source(file)};
    *graph = NULL;
    RETURN_IF_ERROR(neuron_structure_parse(&json, context, text, r.source));
    NEURON_HOLD(hold);
    neuron_hold_add(&hold, drop_json, NULL, json);
    RETURN_IF_ERROR(neuron_graph_create(&r.graph, context));
    neuron_hold_add(&hold, neuron_graph_end_hold, NULL, r.graph);
    RETURN_IF_ERROR(read_graph(&r, json, file));
    *graph = neuron_graph_ref(r.graph);
    return NEURON_OK;
}
