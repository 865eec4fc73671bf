/* Tensors, from the inside. */
#ifndef BASE_TENSOR_H
#define BASE_TENSOR_H

#include <libneuron/tensor.h>

#include "base/compiler/attributes.h"
#include "base/context.h"
#include "base/shape.h"

struct neuron_tensor {
    neuron_handle handle;
    neuron_context_t *context;
    int32_t type;
    neuron_shape shape;
    void *data;
    bool borrowed; /* `data` is the caller's; else it came from the context */
    neuron_destroy_function_t destroy;
    void *destroy_data;
};

NEURON_SHARED NEURON_HOLD_DECLARE(tensor);

/* Bytes of one element; 0 for a number that is no type. */
NEURON_SHARED size_t neuron_type_size(int32_t type);

/* "f32" and so on, for messages. */
NEURON_SHARED const char *neuron_type_name(int32_t type);

/* Makes a tensor whose elements are not set. */
NEURON_SHARED int neuron_tensor_create_raw(neuron_tensor_t **tensor, neuron_context_t *context,
                                           int32_t type, const int64_t *shape, int32_t rank);

#endif
