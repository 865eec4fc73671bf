/* Reads what a file says of a custom layer: its kind, shape and arrays. */
#include "graph/custom.h"
#include "graph/initializer.h"
#include "model/structure-reader.h"

#include <inttypes.h>
#include <string.h>

static const char kind_key[] = "kind", shape_key[] = "shape", arrays_key[] = "arrays";

typedef neuron_structure_reader reader;

int neuron_structure_find_kind(const neuron_layer **layer, const reader *r, const json_t *json)
{
    const neuron_custom_kind *kind;
    const char *name = json_string_value(json_object_get(json, kind_key));
    if (!name)
        return neuron_fail(NEURON_E_FORMAT, NODE "a custom layer has no kind", NODE_ARGUMENTS(r));
    if (neuron_custom_need(&kind, r->graph, name, "custom") < 0)
        return neuron_fail(NEURON_E_UNSUPPORTED, "%s: node %" PRId32 ": %s", r->source, r->node,
                           neuron_error_last());
    *layer = &kind->layer;
    return NEURON_OK;
}

static int read_output(const reader *r, neuron_node_t *node, const json_t *list)
{
    int64_t extents[NEURON_RANK_MAX];
    int32_t rank;
    RETURN_IF_ERROR(neuron_structure_read_shape(extents, &rank, list, r));
    int result;
    int status = neuron_custom_set_output(node, extents, rank, &result);
    if (result != 0) /* the file may be right */
        return neuron_fail(status, NODE "%s", NODE_ARGUMENTS(r), neuron_error_last());
    return status < 0 ? neuron_structure_fail_as_graph(r, status) : NEURON_OK;
}

static int read_array(const reader *r, neuron_node_t *node, const json_t *json)
{
    int64_t extents[NEURON_RANK_MAX];
    int32_t rank, trainable;
    neuron_array array = {.name = json_string_value(json_object_get(json, "name"))};
    const char *initializer = json_string_value(json_object_get(json, "initializer"));
    const json_t *parameter = json_object_get(json, "parameter");
    if (!array.name || !initializer || !json_is_number(parameter) ||
        neuron_structure_read_place(&trainable, json_object_get(json, "trainable"), 2) < 0)
        return neuron_fail(NEURON_E_FORMAT,
                           NODE "an array is not a name, a shape, an initializer with its "
                                "parameter, and trainable 0 or 1",
                           NODE_ARGUMENTS(r));
    RETURN_IF_ERROR(neuron_structure_read_shape(extents, &rank, json_object_get(json, "shape"), r));
    array.trainable = trainable == 1;
    array.parameter = json_number_value(parameter);
    int status = neuron_initializer_find(&array.initializer, initializer, node->name);
    if (status == NEURON_OK)
        status = neuron_shape_set(&array.shape, extents, rank, 1, node->name);
    if (status == NEURON_OK)
        status = neuron_custom_take_array(node, &array);
    return status < 0 ? neuron_structure_fail_as_graph(r, status) : NEURON_OK;
}

int neuron_structure_read_custom(const reader *r, neuron_node_t *node, const json_t *json)
{
    const json_t *arrays = json_object_get(json, arrays_key);
    if (!json_is_array(arrays))
        return neuron_fail(NEURON_E_FORMAT, NODE "a custom layer has no list of arrays",
                           NODE_ARGUMENTS(r));
    RETURN_IF_ERROR(read_output(r, node, json_object_get(json, shape_key)));
    for (size_t i = 0; i < json_array_size(arrays); i++)
        RETURN_IF_ERROR(read_array(r, node, json_array_get(arrays, i)));
    return NEURON_OK;
}

bool neuron_structure_is_custom_part(const char *key)
{
    return strcmp(key, kind_key) == 0 || strcmp(key, shape_key) == 0 ||
           strcmp(key, arrays_key) == 0;
}
