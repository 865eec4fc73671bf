/* Reads what is set on a node beside the options of its layer. */
#include "model/structure-reader.h"

#include <inttypes.h>
#include <string.h>

static const char initializers_key[] = "initializers", regularizers_key[] = "regularizers",
                  trainable_key[] = "trainable";

/* Sets what the list says of one array. */
typedef int (*set_array)(const neuron_structure_reader *r, neuron_node_t *node, const char *array,
                         const json_t *list);

static int set_initializer(const neuron_structure_reader *r, neuron_node_t *node, const char *array,
                           const json_t *list)
{
    const char *name = json_string_value(json_array_get(list, 0));
    const json_t *parameter = json_array_get(list, 1);
    if (json_array_size(list) != 2 || !name || !json_is_number(parameter))
        return neuron_fail(NEURON_E_FORMAT, NODE "an initializer is not a name and a number",
                           NODE_ARGUMENTS(r));
    int status = neuron_node_set_initializer(node, array, name, json_number_value(parameter));
    return status < 0 ? neuron_structure_fail_as_graph(r, status) : NEURON_OK;
}

static int set_regularizer(const neuron_structure_reader *r, neuron_node_t *node, const char *array,
                           const json_t *list)
{
    const json_t *l1 = json_array_get(list, 0), *l2 = json_array_get(list, 1);
    if (json_array_size(list) != 2 || !json_is_number(l1) || !json_is_number(l2))
        return neuron_fail(NEURON_E_FORMAT, NODE "a regularizer is not two numbers",
                           NODE_ARGUMENTS(r));
    int status =
        neuron_node_set_regularizer(node, array, json_number_value(l1), json_number_value(l2));
    return status < 0 ? neuron_structure_fail_as_graph(r, status) : NEURON_OK;
}

/* Reads an object with one list for each array it names; NULL for none. */
static int read_arrays(const neuron_structure_reader *r, neuron_node_t *node, json_t *object,
                       const char *what, set_array set)
{
    if (object && !json_is_object(object))
        return neuron_fail(NEURON_E_FORMAT, NODE "%s are not given by array", NODE_ARGUMENTS(r),
                           what);
    for (void *place = json_object_iter(object); place;
         place = json_object_iter_next(object, place))
        RETURN_IF_ERROR(set(r, node, json_object_iter_key(place), json_object_iter_value(place)));
    return NEURON_OK;
}

int neuron_structure_read_parts(const neuron_structure_reader *r, neuron_node_t *node,
                                const json_t *json)
{
    int32_t trainable = 1;
    const json_t *mark = json_object_get(json, trainable_key);
    if (mark && neuron_structure_read_place(&trainable, mark, 2) < 0)
        return neuron_fail(NEURON_E_FORMAT, NODE "trainable is not 0 or 1", NODE_ARGUMENTS(r));
    RETURN_IF_ERROR(neuron_node_set_trainable(node, trainable));
    RETURN_IF_ERROR(read_arrays(r, node, json_object_get(json, initializers_key), initializers_key,
                                set_initializer));
    return read_arrays(r, node, json_object_get(json, regularizers_key), regularizers_key,
                       set_regularizer);
}

bool neuron_structure_is_part(const neuron_layer *layer, const char *key)
{
    static const char *const keys[] = {initializers_key, regularizers_key, trainable_key};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return layer->flags & NEURON_LAYER_CUSTOM && neuron_structure_is_custom_part(key);
}
