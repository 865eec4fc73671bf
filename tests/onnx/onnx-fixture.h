/* Models that were exported, parsed again. */
#ifndef ONNX_FIXTURE_H
#define ONNX_FIXTURE_H

#include <libneuron-onnx/onnx.h>
#include <onnx.pb-c.h>

#include "test-common.h"

typedef Neuron__Onnx__Model model_t;
typedef Neuron__Onnx__Operator operator_t;
typedef Neuron__Onnx__Tensor constant_t;
typedef Neuron__Onnx__Attribute attribute_t;

static inline neuron_graph_t *new_graph(neuron_context_t *context)
{
    neuron_graph_t *graph;
    assert_ok(neuron_graph_create(&graph, context));
    return graph;
}

static inline void free_model(model_t *model)
{
    neuron__onnx__model__free_unpacked(model, NULL);
}

static inline bool is_input(const model_t *model, const char *name)
{
    for (size_t i = 0; i < model->graph->n_input; i++)
        if (strcmp(model->graph->input[i]->name, name) == 0)
            return true;
    return false;
}

/* The constant of that name; NULL if there is none. */
static inline const constant_t *constant_of(const model_t *model, const char *name)
{
    for (size_t i = 0; i < model->graph->n_initializer; i++)
        if (strcmp(model->graph->initializer[i]->name, name) == 0)
            return model->graph->initializer[i];
    return NULL;
}

/* The operator before operator `end` that puts out a tensor; NULL if there is none. */
static inline const operator_t *maker_of(const model_t *model, size_t end, const char *tensor)
{
    for (size_t i = 0; i < end; i++)
        for (size_t k = 0; k < model->graph->node[i]->n_output; k++)
            if (strcmp(model->graph->node[i]->output[k], tensor) == 0)
                return model->graph->node[i];
    return NULL;
}

/* Whether a tensor is there before operator `end`. */
static inline bool is_there(const model_t *model, size_t end, const char *tensor)
{
    return tensor[0] == '\0' || is_input(model, tensor) || constant_of(model, tensor) ||
           maker_of(model, end, tensor);
}

/* Each tensor is made once, and before it is used; each name of an operator is given once. */
static inline void assert_sound(const model_t *model)
{
    for (size_t i = 0; i < model->graph->n_node; i++) {
        const operator_t *each = model->graph->node[i];
        assert_that(!is_there(model, i, each->output[0]), "%s is made twice", each->output[0]);
        for (size_t j = 0; j < each->n_input; j++)
            assert_that(is_there(model, i, each->input[j]), "%s: %s is not there", each->name,
                        each->input[j]);
        for (size_t j = 0; j < i; j++)
            assert_that(strcmp(each->name, model->graph->node[j]->name) != 0,
                        "two operators are called %s", each->name);
    }
    for (size_t i = 0; i < model->graph->n_output; i++) {
        const char *name = model->graph->output[i]->name;
        assert_that(maker_of(model, model->graph->n_node, name), "output %s is not made", name);
    }
    for (size_t i = 0; i < model->graph->n_initializer; i++) {
        const constant_t *each = model->graph->initializer[i];
        assert_that(constant_of(model, each->name) == each, "%s is there twice", each->name);
        assert_that(each->has_raw_data && each->raw_data.len > 0, "%s has no numbers", each->name);
    }
}

/* The model of a graph; the test frees it by free_model(). */
static inline model_t *model_of(const neuron_graph_t *graph, const char *options)
{
    size_t size;
    assert_ok(neuron_onnx_export_memory(NULL, 0, &size, graph, options));
    uint8_t *bytes = malloc(size);
    assert_ok(neuron_onnx_export_memory(bytes, size, NULL, graph, options));
    model_t *model = neuron__onnx__model__unpack(NULL, size, bytes);
    ck_assert_ptr_nonnull(model);
    free(bytes);
    assert_sound(model);
    return model;
}

/* The operator of that name, which there is. */
static inline const operator_t *operator_of(const model_t *model, const char *name)
{
    for (size_t i = 0; i < model->graph->n_node; i++)
        if (strcmp(model->graph->node[i]->name, name) == 0)
            return model->graph->node[i];
    ck_abort_msg("there is no operator %s", name);
}

static inline void assert_operator(const model_t *model, const char *name, const char *type)
{
    ck_assert_str_eq(operator_of(model, name)->op_type, type);
}

/* The attribute of that name; NULL if there is none. */
static inline const attribute_t *attribute_of(const model_t *model, const char *name,
                                              const char *attribute)
{
    const operator_t *from = operator_of(model, name);
    for (size_t i = 0; i < from->n_attribute; i++)
        if (strcmp(from->attribute[i]->name, attribute) == 0)
            return from->attribute[i];
    return NULL;
}

static inline void assert_integers(const model_t *model, const char *name, const char *attribute,
                                   const int64_t *expected, size_t count)
{
    const attribute_t *found = attribute_of(model, name, attribute);
    ck_assert_ptr_nonnull(found);
    ck_assert_uint_eq(found->n_ints, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(found->ints[i], expected[i]);
}

#define ASSERT_INTEGERS(model, name, attribute, ...)                                               \
    assert_integers(model, name, attribute, (const int64_t[]){__VA_ARGS__},                        \
                    sizeof(const int64_t[]){__VA_ARGS__} / sizeof(int64_t))

static inline void assert_extents(const constant_t *constant, const int64_t *expected, size_t count)
{
    ck_assert_ptr_nonnull(constant);
    ck_assert_uint_eq(constant->n_dims, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(constant->dims[i], expected[i]);
}

#define ASSERT_EXTENTS(model, name, ...)                                                           \
    assert_extents(constant_of(model, name), (const int64_t[]){__VA_ARGS__},                       \
                   sizeof(const int64_t[]){__VA_ARGS__} / sizeof(int64_t))

/* A number of a constant of floats. */
static inline double number_of(const model_t *model, const char *name, size_t index)
{
    float number;
    const constant_t *constant = constant_of(model, name);
    ck_assert_ptr_nonnull(constant);
    ck_assert_uint_lt(index * sizeof number, constant->raw_data.len);
    uint8_t bytes[sizeof number];
    memcpy(bytes, constant->raw_data.data + index * sizeof number, sizeof number);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (size_t i = 0; i < sizeof number / 2; i++) {
        uint8_t other = bytes[i];
        bytes[i] = bytes[sizeof number - 1 - i];
        bytes[sizeof number - 1 - i] = other;
    }
#endif
    memcpy(&number, bytes, sizeof number);
    return number;
}

#endif
