/* Models that were exported, parsed again. */
#ifndef ONNX_FIXTURE_H
#define ONNX_FIXTURE_H

#include <libneuron-onnx/onnx.h>
#include <onnx.pb-c.h>

#include "test-common.h"

/* The model of a graph; the test frees it by free_model(). */
static inline Neuron__Onnx__Model *model_of(const neuron_graph_t *graph, const char *options)
{
    size_t size;
    assert_ok(neuron_onnx_export_memory(NULL, 0, &size, graph, options));
    uint8_t *bytes = malloc(size);
    assert_ok(neuron_onnx_export_memory(bytes, size, NULL, graph, options));
    Neuron__Onnx__Model *model = neuron__onnx__model__unpack(NULL, size, bytes);
    ck_assert_ptr_nonnull(model);
    free(bytes);
    return model;
}

static inline void free_model(Neuron__Onnx__Model *model)
{
    neuron__onnx__model__free_unpacked(model, NULL);
}

/* The operator of that name, which there is. */
static inline const Neuron__Onnx__Operator *operator_of(const Neuron__Onnx__Model *model,
                                                        const char *name)
{
    for (size_t i = 0; i < model->graph->n_node; i++)
        if (strcmp(model->graph->node[i]->name, name) == 0)
            return model->graph->node[i];
    ck_abort_msg("there is no operator %s", name);
}

/* The constant of that name; NULL if there is none. */
static inline const Neuron__Onnx__Tensor *constant_of(const Neuron__Onnx__Model *model,
                                                      const char *name)
{
    for (size_t i = 0; i < model->graph->n_initializer; i++)
        if (strcmp(model->graph->initializer[i]->name, name) == 0)
            return model->graph->initializer[i];
    return NULL;
}

static inline const Neuron__Onnx__Attribute *attribute_of(const Neuron__Onnx__Operator *operator_,
                                                          const char *name)
{
    for (size_t i = 0; i < operator_->n_attribute; i++)
        if (strcmp(operator_->attribute[i]->name, name) == 0)
            return operator_->attribute[i];
    ck_abort_msg("%s has no attribute %s", operator_->name, name);
}

#endif
