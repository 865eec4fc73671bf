/* Memory that messages are made of: many small things that live together and go at once. */
#ifndef ONNX_MEMORY_H
#define ONNX_MEMORY_H

#include "base/context.h"

#include <stdalign.h>
#include <stddef.h>

/* Blocks of it, the newest first. */
typedef struct neuron_onnx_block {
    struct neuron_onnx_block *next;
    size_t size, used;
    max_align_t bytes[];
} neuron_onnx_block;

typedef struct neuron_onnx_memory {
    neuron_context_t *context;
    neuron_onnx_block *blocks; /* NULL at first */
} neuron_onnx_memory;

/* `count` things of `size` bytes, which are zero; NULL with the message if there is no memory. They
 * live until neuron_onnx_memory_release(). */
void *neuron_onnx_memory_get(neuron_onnx_memory *memory, size_t count, size_t size);

/* A list of `used` things that is to have one more: the list as it is, or a copy with more room.
 * `*capacity` is 0 for none yet. */
void *neuron_onnx_memory_grow(neuron_onnx_memory *memory, void *list, size_t used, size_t *capacity,
                              size_t size);

void neuron_onnx_memory_release(neuron_onnx_memory *memory);

#endif
