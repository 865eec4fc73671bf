/* Small models, made field by field: what the tests of imports begin with. */
#ifndef ONNX_BUILD_H
#define ONNX_BUILD_H

#include "onnx-fixture.h"

#include <stdarg.h>

#define TYPE(name) NEURON__ONNX__TENSOR__DATA_TYPE__##name

typedef Neuron__Onnx__Tensor tensor_t;

/* All that was allocated for models; freed by free_built(). */
enum { BUILT_MAX = 20000 };
static void *built[BUILT_MAX];
static int built_count;

static inline void *keep(size_t size)
{
    ck_assert_int_lt(built_count, BUILT_MAX);
    return built[built_count++] = calloc(1, size + 1);
}

static inline void free_built(void)
{
    while (built_count > 0)
        free(built[--built_count]);
}

static inline char *keep_text(const char *text)
{
    return strcpy(keep(strlen(text)), text);
}

/* Adds a pointer to a list of protobuf. */
#define APPEND(message, field, value)                                                              \
    do {                                                                                           \
        void *list_ = keep(((message)->n_##field + 1) * sizeof(void *));                           \
        if ((message)->n_##field > 0)                                                              \
            memcpy(list_, (message)->field, (message)->n_##field * sizeof(void *));                \
        (message)->field = list_;                                                                  \
        (message)->field[(message)->n_##field++] = (value);                                        \
    } while (0)

#define NEW(name, type, init)                                                                      \
    type *name = keep(sizeof *(name));                                                             \
    init(name)

/* An empty model for a set of operators. */
static inline model_t *new_model(int64_t version)
{
    NEW(model, model_t, neuron__onnx__model__init);
    NEW(graph, Neuron__Onnx__Graph, neuron__onnx__graph__init);
    NEW(set, Neuron__Onnx__OperatorSet, neuron__onnx__operator_set__init);
    set->has_version = 1;
    set->version = version;
    APPEND(model, opset_import, set);
    model->has_ir_version = 1;
    model->ir_version = 8;
    graph->name = keep_text("built");
    model->graph = graph;
    return model;
}

/* An input or output with extents, 0 for any; its first is the batch. */
static inline Neuron__Onnx__Value *value_of(const char *name, int32_t type, int rank,
                                            const int64_t *extents)
{
    NEW(value, Neuron__Onnx__Value, neuron__onnx__value__init);
    NEW(of, Neuron__Onnx__Type, neuron__onnx__type__init);
    NEW(tensor, Neuron__Onnx__Type__OfTensor, neuron__onnx__type__of_tensor__init);
    NEW(shape, Neuron__Onnx__Shape, neuron__onnx__shape__init);
    for (int i = 0; i < rank; i++) {
        NEW(extent, Neuron__Onnx__Shape__Extent, neuron__onnx__shape__extent__init);
        if (extents[i] > 0) {
            extent->value_case = NEURON__ONNX__SHAPE__EXTENT__VALUE_DIM_VALUE;
            extent->dim_value = extents[i];
        } else {
            extent->value_case = NEURON__ONNX__SHAPE__EXTENT__VALUE_DIM_PARAM;
            extent->dim_param = keep_text("N");
        }
        APPEND(shape, dim, extent);
    }
    tensor->has_elem_type = 1;
    tensor->elem_type = type;
    tensor->shape = shape;
    of->value_case = NEURON__ONNX__TYPE__VALUE_TENSOR_TYPE;
    of->tensor_type = tensor;
    value->name = keep_text(name);
    value->type = of;
    return value;
}

#define EXTENTS(...)                                                                               \
    (int)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[])             \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static inline void add_input(model_t *model, const char *name, int rank, const int64_t *extents)
{
    APPEND(model->graph, input, value_of(name, TYPE(FLOAT), rank, extents));
}

static inline void add_output(model_t *model, const char *name)
{
    NEW(value, Neuron__Onnx__Value, neuron__onnx__value__init);
    value->name = keep_text(name);
    APPEND(model->graph, output, value);
}

/* A tensor with room for its numbers as raw data. */
static inline tensor_t *new_tensor(const char *name, int32_t type, size_t size, int rank,
                                   const int64_t *extents)
{
    NEW(tensor, tensor_t, neuron__onnx__tensor__init);
    size_t count = 1;
    tensor->name = keep_text(name);
    tensor->has_data_type = 1;
    tensor->data_type = type;
    tensor->n_dims = (size_t)rank;
    tensor->dims = keep((size_t)rank * sizeof *tensor->dims);
    for (int i = 0; i < rank; i++) {
        tensor->dims[i] = extents[i];
        count *= (size_t)extents[i];
    }
    tensor->has_raw_data = 1;
    tensor->raw_data.len = count * size;
    tensor->raw_data.data = keep(count * size);
    return tensor;
}

/* Numbers between -1 and 1 without an order. */
static inline float some_number(size_t i)
{
    return (float)((i * 7919 + 3) % 201) / 100 - 1;
}

static inline float *floats_in(const tensor_t *tensor)
{
    return (float *)(void *)tensor->raw_data.data;
}

static inline tensor_t *add_floats(model_t *model, const char *name, int rank,
                                   const int64_t *extents)
{
    tensor_t *tensor = new_tensor(name, TYPE(FLOAT), sizeof(float), rank, extents);
    for (size_t i = 0; i < tensor->raw_data.len / sizeof(float); i++)
        floats_in(tensor)[i] = some_number(i);
    APPEND(model->graph, initializer, tensor);
    return tensor;
}

static inline tensor_t *add_number(model_t *model, const char *name, float value)
{
    tensor_t *tensor = new_tensor(name, TYPE(FLOAT), sizeof value, 0, NULL);
    memcpy(tensor->raw_data.data, &value, sizeof value);
    APPEND(model->graph, initializer, tensor);
    return tensor;
}

static inline tensor_t *add_integers(model_t *model, const char *name, int count,
                                     const int64_t *values)
{
    int64_t extent = count;
    tensor_t *tensor = new_tensor(name, TYPE(INT64), sizeof *values, 1, &extent);
    memcpy(tensor->raw_data.data, values, (size_t)count * sizeof *values);
    APPEND(model->graph, initializer, tensor);
    return tensor;
}

/* An operator; names are told with blanks between, "-" for one that is left out. */
static inline operator_t *add_operator(model_t *model, const char *type, const char *inputs,
                                       const char *outputs)
{
    NEW(made, operator_t, neuron__onnx__operator__init);
    made->op_type = keep_text(type);
    char *names = keep_text(inputs), *rest;
    for (char *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        APPEND(made, input, strcmp(name, "-") == 0 ? keep_text("") : name);
    names = keep_text(outputs);
    for (char *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        APPEND(made, output, name);
    APPEND(model->graph, node, made);
    return made;
}

static inline Neuron__Onnx__Attribute *add_attribute(operator_t *to, const char *name)
{
    NEW(made, Neuron__Onnx__Attribute, neuron__onnx__attribute__init);
    made->name = keep_text(name);
    APPEND(to, attribute, made);
    return made;
}

static inline operator_t *set_int(operator_t *to, const char *name, int64_t value)
{
    Neuron__Onnx__Attribute *made = add_attribute(to, name);
    made->has_i = 1;
    made->i = value;
    return to;
}

static inline operator_t *set_float(operator_t *to, const char *name, float value)
{
    Neuron__Onnx__Attribute *made = add_attribute(to, name);
    made->has_f = 1;
    made->f = value;
    return to;
}

static inline operator_t *set_floats(operator_t *to, const char *name, size_t count,
                                     const float *values)
{
    Neuron__Onnx__Attribute *made = add_attribute(to, name);
    made->n_floats = count;
    made->floats = keep(count * sizeof *values);
    memcpy(made->floats, values, count * sizeof *values);
    return to;
}

static inline operator_t *set_word(operator_t *to, const char *name, const char *word)
{
    Neuron__Onnx__Attribute *made = add_attribute(to, name);
    made->has_s = 1;
    made->s = (ProtobufCBinaryData){.len = strlen(word), .data = (uint8_t *)keep_text(word)};
    return to;
}

static inline operator_t *set_ints(operator_t *to, const char *name, int count,
                                   const int64_t *values)
{
    Neuron__Onnx__Attribute *made = add_attribute(to, name);
    made->n_ints = (size_t)count;
    made->ints = keep((size_t)count * sizeof *values);
    memcpy(made->ints, values, (size_t)count * sizeof *values);
    return to;
}

static inline uint8_t *pack(const model_t *model, size_t *size)
{
    *size = neuron__onnx__model__get_packed_size(model);
    uint8_t *bytes = keep(*size);
    neuron__onnx__model__pack(model, bytes);
    return bytes;
}

/* Of the test that runs. */
static neuron_context_t *context;

static inline void begin(void)
{
    context = test_context();
}

static inline void end(void)
{
    free_built();
    neuron_context_unref(context);
}

/* The status of an import, and the graph. */
static inline int try_import(neuron_graph_t **graph, neuron_context_t *into, const model_t *model,
                             const char *options)
{
    size_t size;
    uint8_t *bytes = pack(model, &size);
    return neuron_onnx_import_memory(graph, into, bytes, size, options);
}

static inline neuron_graph_t *import_model(neuron_context_t *into, const model_t *model,
                                           const char *options)
{
    neuron_graph_t *graph;
    assert_ok(try_import(&graph, into, model, options));
    return graph;
}

/* What a graph of one input and one output predicts; the caller frees it. */
static inline float *predict(const neuron_graph_t *graph, const float *input, int64_t batch,
                             int64_t *size)
{
    int64_t extents[2][NEURON_RANK_MAX] = {{batch}, {batch}};
    int32_t ranks[2];
    neuron_tensor_t *tensors[2];
    assert_ok(neuron_graph_input_shape(extents[0] + 1, &ranks[0], graph));
    assert_ok(neuron_graph_output_shape(extents[1] + 1, &ranks[1], graph));
    *size = batch;
    for (int32_t i = 1; i <= ranks[1]; i++)
        *size *= extents[1][i];
    float *output = calloc((size_t)*size, sizeof *output);
    assert_ok(neuron_tensor_wrap(&tensors[0], context, NEURON_TYPE_F32, extents[0], ranks[0] + 1,
                                 (void *)(uintptr_t)input));
    assert_ok(neuron_tensor_wrap(&tensors[1], context, NEURON_TYPE_F32, extents[1], ranks[1] + 1,
                                 output));
    assert_ok(neuron_graph_predict(graph, tensors[0], tensors[1]));
    neuron_tensor_unref(tensors[0]);
    neuron_tensor_unref(tensors[1]);
    return output;
}

/* How many of a graph's nodes are of a layer. */
static inline int count_layers(const neuron_graph_t *graph, const char *layer)
{
    int count = 0;
    for (int64_t i = 0; i < neuron_graph_node_count(graph); i++)
        count += strcmp(neuron_node_layer(neuron_graph_node(graph, i)), layer) == 0;
    return count;
}

#endif
