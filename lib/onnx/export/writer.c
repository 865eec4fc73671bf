/* Building ONNX models: see writer.h. */
#include "onnx/export/writer.h"

#include "base/checked.h"
#include "base/files/byte-order.h"

#include <stdio.h>
#include <string.h>

void neuron_onnx_stop(neuron_onnx_writer *writer, int status)
{
    if (writer->status == NEURON_OK)
        writer->status = status;
}

void *neuron_onnx_get(neuron_onnx_writer *writer, size_t count, size_t size)
{
    void *got = NULL;
    if (writer->status == NEURON_OK) {
        got = neuron_onnx_memory_get(&writer->memory, count, size);
        if (!got)
            neuron_onnx_stop(writer, NEURON_E_MEMORY);
    }
    return got;
}

/* The same of a list that is to have one more thing. */
static bool grow(neuron_onnx_writer *writer, void **list, size_t used, size_t *capacity,
                 size_t size)
{
    if (writer->status != NEURON_OK)
        return false;
    void *grown = neuron_onnx_memory_grow(&writer->memory, *list, used, capacity, size);
    if (!grown)
        neuron_onnx_stop(writer, NEURON_E_MEMORY);
    else
        *list = grown;
    return grown != NULL;
}

/* Adds to one of the lists of pointers that messages have. */
#define APPEND(writer, message, field, capacity, thing)                                            \
    do {                                                                                           \
        void *list_ = (message)->field;                                                            \
        if (grow(writer, &list_, (message)->n_##field, capacity, sizeof(void *))) {                \
            (message)->field = list_;                                                              \
            (message)->field[(message)->n_##field++] = thing;                                      \
        }                                                                                          \
    } while (0)

/* ---- Names ---- */

const char *neuron_onnx_part(neuron_onnx_writer *writer, const neuron_node_t *node,
                             const char *part)
{
    size_t length = strlen(node->name), more = strlen(part);
    char *text = neuron_onnx_get(writer, length + more + 2, 1);
    if (text)
        snprintf(text, length + more + 2, "%s.%s", node->name, part);
    return text;
}

const char *neuron_onnx_copy(neuron_onnx_writer *writer, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = neuron_onnx_get(writer, size, 1);
    return copy ? memcpy(copy, text, size) : NULL;
}

/* ---- Values ---- */

static bool is_output(const neuron_node_t *node)
{
    const neuron_graph_t *graph = node->graph;
    bool found = false;
    for (int64_t i = 0; i < graph->output_count; i++)
        found = found || graph->outputs[i] == node;
    return found;
}

/* The order in which who runs the model has the value of an input or output. */
neuron_onnx_order neuron_onnx_outer_order(const neuron_onnx_writer *writer,
                                          const neuron_node_t *node)
{
    return node->spec.output.rank == 3 ? writer->images : NEURON_ONNX_CHANNELS_LAST;
}

static neuron_onnx_order order_of(const neuron_node_t *node, neuron_onnx_order wanted)
{
    return node->spec.output.rank < 2 ? NEURON_ONNX_CHANNELS_LAST : wanted;
}

/* A value that is not an output has its node's name in the order in which it is there first. */
static const char *name_in(neuron_onnx_writer *writer, const neuron_node_t *node,
                           neuron_onnx_order order)
{
    static const char *const parts[] = {"channels_last", "channels_first"};
    const neuron_onnx_value *value = &writer->values[node->index];
    bool taken = is_output(node) ? order != neuron_onnx_outer_order(writer, node)
                                 : value->names[0] || value->names[1];
    return taken || neuron_onnx_is_input(node) ? neuron_onnx_part(writer, node, parts[order])
                                               : node->name;
}

/* The axes of a value in one order, told by those in the other; the batch stays in front. */
static const char *transpose(neuron_onnx_writer *writer, const neuron_node_t *node,
                             neuron_onnx_order order)
{
    neuron_onnx_value *value = &writer->values[node->index];
    int64_t axes[NEURON_RANK_MAX];
    int64_t last = node->spec.output.rank;
    for (int64_t axis = 0; axis <= last; axis++)
        axes[axis] = order == NEURON_ONNX_CHANNELS_LAST ? axis + 1 : axis - 1;
    axes[0] = 0;
    axes[order == NEURON_ONNX_CHANNELS_LAST ? last : 1] =
        order == NEURON_ONNX_CHANNELS_LAST ? 1 : last;
    const char *name = name_in(writer, node, order);
    neuron_onnx_operator *added =
        neuron_onnx_add(writer, "Transpose", neuron_onnx_part(writer, node, "transpose"),
                        (const char *[]){value->names[!order]}, 1, name);
    neuron_onnx_set_integers(writer, added, "perm", axes, (size_t)last + 1);
    return value->names[order] = name;
}

const char *neuron_onnx_value_of(neuron_onnx_writer *writer, const neuron_node_t *node,
                                 neuron_onnx_order order)
{
    order = order_of(node, order);
    const char *name = writer->values[node->index].names[order];
    return name ? name : transpose(writer, node, order);
}

const char *neuron_onnx_input(neuron_onnx_writer *writer, const neuron_node_t *node, int64_t index,
                              neuron_onnx_order order)
{
    return neuron_onnx_value_of(writer, node->inputs[index], order);
}

neuron_onnx_order neuron_onnx_input_order(const neuron_onnx_writer *writer,
                                          const neuron_node_t *node, int64_t index)
{
    const neuron_onnx_value *value = &writer->values[node->inputs[index]->index];
    return value->names[NEURON_ONNX_CHANNELS_FIRST] ? NEURON_ONNX_CHANNELS_FIRST
                                                    : NEURON_ONNX_CHANNELS_LAST;
}

const char *neuron_onnx_output(neuron_onnx_writer *writer, const neuron_node_t *node,
                               neuron_onnx_order order)
{
    order = order_of(node, order);
    return writer->values[node->index].names[order] = name_in(writer, node, order);
}

void neuron_onnx_pass(neuron_onnx_writer *writer, const neuron_node_t *node)
{
    neuron_onnx_order order = neuron_onnx_outer_order(writer, node);
    if (!is_output(node))
        writer->values[node->index] = writer->values[node->inputs[0]->index];
    else
        neuron_onnx_add_last(writer, node, "Identity",
                             (const char *[]){neuron_onnx_input(writer, node, 0, order)}, 1, order);
}

int64_t neuron_onnx_axis(const neuron_node_t *node, int64_t axis, neuron_onnx_order order)
{
    int64_t last = node->spec.output.rank - 1;
    if (axis < 0)
        axis += last + 1;
    if (order_of(node, order) == NEURON_ONNX_CHANNELS_LAST)
        return axis + 1;
    return axis == last ? 1 : axis + 2;
}

/* ---- Operators ---- */

neuron_onnx_operator *neuron_onnx_add(neuron_onnx_writer *writer, const char *type,
                                      const char *name, const char *const *inputs, size_t count,
                                      const char *output)
{
    neuron_onnx_operator *added = neuron_onnx_get(writer, 1, sizeof *added);
    char **names = neuron_onnx_get(writer, count + 1, sizeof *names);
    if (!names)
        return NULL;
    neuron__onnx__operator__init(added);
    added->op_type = neuron_onnx_lent(type);
    added->name = neuron_onnx_lent(name);
    added->input = names;
    added->n_input = count;
    for (size_t i = 0; i < count; i++)
        names[i] = neuron_onnx_lent(inputs[i]);
    added->output = names + count;
    added->n_output = 1;
    names[count] = neuron_onnx_lent(output);
    APPEND(writer, &writer->body, node, &writer->operator_capacity, added);
    return writer->status == NEURON_OK ? added : NULL;
}

neuron_onnx_operator *neuron_onnx_add_last(neuron_onnx_writer *writer, const neuron_node_t *node,
                                           const char *type, const char *const *inputs,
                                           size_t count, neuron_onnx_order order)
{
    return neuron_onnx_add(writer, type, node->name, inputs, count,
                           neuron_onnx_output(writer, node, order));
}

const char *neuron_onnx_step(neuron_onnx_writer *writer, const neuron_node_t *node,
                             const char *type, const char *part, const char *const *inputs,
                             size_t count)
{
    const char *name = neuron_onnx_part(writer, node, part);
    neuron_onnx_add(writer, type, name, inputs, count, name);
    return name;
}

/* The most attributes that an operator has. */
enum { ATTRIBUTES = 8 };

static Neuron__Onnx__Attribute *add_attribute(neuron_onnx_writer *writer,
                                              neuron_onnx_operator *added, const char *name,
                                              Neuron__Onnx__Attribute__Type type)
{
    Neuron__Onnx__Attribute *attribute =
        added ? neuron_onnx_get(writer, 1, sizeof *attribute) : NULL;
    if (attribute && !added->attribute)
        added->attribute = neuron_onnx_get(writer, ATTRIBUTES, sizeof(void *));
    if (!attribute || !added->attribute)
        return NULL;
    neuron__onnx__attribute__init(attribute);
    attribute->name = neuron_onnx_lent(name);
    attribute->has_type = 1;
    attribute->type = type;
    added->attribute[added->n_attribute++] = attribute;
    return attribute;
}

void neuron_onnx_set_integer(neuron_onnx_writer *writer, neuron_onnx_operator *added,
                             const char *name, int64_t value)
{
    Neuron__Onnx__Attribute *attribute =
        add_attribute(writer, added, name, NEURON__ONNX__ATTRIBUTE__TYPE__INT);
    if (!attribute)
        return;
    attribute->has_i = 1;
    attribute->i = value;
}

void neuron_onnx_set_integers(neuron_onnx_writer *writer, neuron_onnx_operator *added,
                              const char *name, const int64_t *values, size_t count)
{
    Neuron__Onnx__Attribute *attribute =
        add_attribute(writer, added, name, NEURON__ONNX__ATTRIBUTE__TYPE__INTS);
    int64_t *copy = attribute ? neuron_onnx_get(writer, count, sizeof *copy) : NULL;
    if (!copy)
        return;
    memcpy(copy, values, count * sizeof *copy);
    attribute->ints = copy;
    attribute->n_ints = count;
}

void neuron_onnx_set_number(neuron_onnx_writer *writer, neuron_onnx_operator *added,
                            const char *name, double value)
{
    Neuron__Onnx__Attribute *attribute =
        add_attribute(writer, added, name, NEURON__ONNX__ATTRIBUTE__TYPE__FLOAT);
    if (!attribute)
        return;
    attribute->has_f = 1;
    attribute->f = (float)value;
}

void neuron_onnx_set_word(neuron_onnx_writer *writer, neuron_onnx_operator *added, const char *name,
                          const char *word)
{
    Neuron__Onnx__Attribute *attribute =
        add_attribute(writer, added, name, NEURON__ONNX__ATTRIBUTE__TYPE__STRING);
    if (!attribute)
        return;
    attribute->has_s = 1;
    attribute->s.data = (uint8_t *)neuron_onnx_lent(word);
    attribute->s.len = strlen(word);
}

/* ---- Constants ---- */

static size_t width_of(int32_t type)
{
    switch (type) {
    case NEURON__ONNX__TENSOR__DATA_TYPE__UINT8:
    case NEURON__ONNX__TENSOR__DATA_TYPE__INT8:
        return 1;
    case NEURON__ONNX__TENSOR__DATA_TYPE__INT64:
        return 8;
    default:
        return 4;
    }
}

/* Numbers as a file has them. */
static const void *little(neuron_onnx_writer *writer, const void *numbers, size_t size,
                          size_t width)
{
    if (!NEURON_BIG_ENDIAN || width == 1)
        return numbers;
    void *copy = neuron_onnx_get(writer, size, 1);
    if (copy)
        neuron_copy_little(copy, numbers, size, width);
    return copy;
}

const char *neuron_onnx_constant(neuron_onnx_writer *writer, const char *name, int32_t type,
                                 const int64_t *extents, int32_t rank, const void *numbers)
{
    size_t size = width_of(type) * (size_t)neuron_onnx_count(extents, rank);
    Neuron__Onnx__Tensor *tensor = neuron_onnx_get(writer, 1, sizeof *tensor);
    int64_t *copy = neuron_onnx_get(writer, (size_t)rank, sizeof *copy);
    const void *data = copy ? little(writer, numbers, size, width_of(type)) : NULL;
    if (!data)
        return NULL;
    neuron__onnx__tensor__init(tensor);
    memcpy(copy, extents, (size_t)rank * sizeof *copy);
    tensor->name = neuron_onnx_lent(name);
    tensor->has_data_type = 1;
    tensor->data_type = type;
    tensor->dims = copy;
    tensor->n_dims = (size_t)rank;
    tensor->has_raw_data = 1;
    tensor->raw_data.data = (uint8_t *)(uintptr_t)data;
    tensor->raw_data.len = size;
    APPEND(writer, &writer->body, initializer, &writer->constant_capacity, tensor);
    return name;
}

const char *neuron_onnx_number(neuron_onnx_writer *writer, const char *name, double value)
{
    float *number = neuron_onnx_floats(writer, 1);
    if (!number)
        return NULL;
    *number = (float)value;
    return neuron_onnx_constant(writer, name, NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT, &(int64_t){0},
                                0, number);
}

const char *neuron_onnx_integers(neuron_onnx_writer *writer, const char *name,
                                 const int64_t *values, int32_t count)
{
    int64_t *copy = neuron_onnx_get(writer, (size_t)count, sizeof *copy);
    if (!copy)
        return NULL;
    memcpy(copy, values, (size_t)count * sizeof *copy);
    return neuron_onnx_constant(writer, name, NEURON__ONNX__TENSOR__DATA_TYPE__INT64,
                                &(int64_t){count}, 1, copy);
}

float *neuron_onnx_floats(neuron_onnx_writer *writer, int64_t count)
{
    return neuron_onnx_get(writer, neuron_size(count), sizeof(float));
}

/* ---- Parameter arrays ---- */

const neuron_graph_array *neuron_onnx_array(const neuron_onnx_writer *writer,
                                            const neuron_node_t *node, int32_t place)
{
    if (place >= node->spec.array_count)
        return NULL;
    return &writer->graph->arrays[node->first_array + place];
}

const float *neuron_onnx_array_values(const neuron_onnx_writer *writer,
                                      const neuron_graph_array *array)
{
    return writer->graph->values + array->offset;
}

bool neuron_onnx_has_array(const neuron_onnx_writer *writer, const neuron_graph_array *array)
{
    return writer->written[array - writer->graph->arrays];
}

const char *neuron_onnx_add_array_as(neuron_onnx_writer *writer, const neuron_graph_array *array,
                                     int32_t type, const int64_t *extents, int32_t rank,
                                     const void *numbers)
{
    if (neuron_onnx_has_array(writer, array))
        return array->name;
    writer->written[array - writer->graph->arrays] = true;
    return neuron_onnx_constant(writer, array->name, type, extents, rank, numbers);
}

const char *neuron_onnx_add_array(neuron_onnx_writer *writer, const neuron_node_t *node,
                                  int32_t place)
{
    const neuron_graph_array *array = neuron_onnx_array(writer, node, place);
    if (!array)
        return NULL;
    const neuron_shape *shape = &array->array->shape;
    return neuron_onnx_add_array_as(writer, array, NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT,
                                    shape->extent, shape->rank,
                                    neuron_onnx_array_values(writer, array));
}

const char *neuron_onnx_add_channels(neuron_onnx_writer *writer, const neuron_node_t *node,
                                     int32_t place, const float *numbers, neuron_onnx_order order)
{
    const neuron_graph_array *array = neuron_onnx_array(writer, node, place);
    int64_t extents[NEURON_RANK_MAX] = {array->count};
    int32_t rank = 1;
    if (order == NEURON_ONNX_CHANNELS_FIRST)
        for (; rank < node->spec.output.rank; rank++)
            extents[rank] = 1;
    return neuron_onnx_add_array_as(writer, array, NEURON__ONNX__TENSOR__DATA_TYPE__FLOAT, extents,
                                    rank,
                                    numbers ? numbers : neuron_onnx_array_values(writer, array));
}

neuron_onnx_order neuron_onnx_channels_order(const neuron_onnx_writer *writer,
                                             const neuron_node_t *node)
{
    return node->shared ? NEURON_ONNX_CHANNELS_LAST : neuron_onnx_input_order(writer, node, 0);
}

/* ---- Options of nodes ---- */

bool neuron_onnx_option_is(const neuron_node_t *node, const char *name, const char *word)
{
    char text[32];
    return neuron_node_get_text(text, sizeof text, NULL, node, name) == NEURON_OK &&
           strcmp(text, word) == 0;
}

int64_t neuron_onnx_integer_option(const neuron_node_t *node, int32_t key, int64_t otherwise)
{
    const neuron_option_table *options = node->spec.options.table;
    for (int64_t i = 0; options && i < options->count; i++)
        if (options->rows[i].key == key)
            return (int64_t)node->spec.options.values[i];
    return otherwise;
}

void neuron_onnx_add_text(neuron_onnx_writer *writer, Neuron__Onnx__Text *text)
{
    APPEND(writer, &writer->model, metadata_props, &writer->text_capacity, text);
}
