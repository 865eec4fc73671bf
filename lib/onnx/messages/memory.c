/* Memory for messages: see memory.h. */
#include "onnx/messages/memory.h"

#include "base/checked.h"

#include <string.h>

/* What is larger gets a block of its own. */
enum { BLOCK_SIZE = 16384, LARGE = 4096, FIRST_CAPACITY = 8 };

/* In units of the strictest alignment; SIZE_MAX for what does not fit. */
static size_t rounded(size_t count, size_t size)
{
    size_t bytes;
    if (!neuron_multiply_size(count, size, &bytes) || bytes > SIZE_MAX - BLOCK_SIZE)
        return SIZE_MAX;
    size_t unit = sizeof(max_align_t);
    return bytes == 0 ? unit : (bytes + unit - 1) / unit * unit;
}

/* A large one is filled at once, and comes behind that which others are taken from. */
static neuron_onnx_block *add_block(neuron_onnx_memory *memory, size_t size)
{
    size_t all;
    if (!neuron_add_size(size, sizeof(neuron_onnx_block), &all))
        all = SIZE_MAX;
    neuron_onnx_block *block = neuron_allocate_zero(memory->context, all, 1);
    if (!block)
        return NULL;
    block->size = size;
    neuron_onnx_block **before =
        size > LARGE && memory->blocks ? &memory->blocks->next : &memory->blocks;
    block->next = *before;
    *before = block;
    return block;
}

void *neuron_onnx_memory_get(neuron_onnx_memory *memory, size_t count, size_t size)
{
    size_t wanted = rounded(count, size);
    neuron_onnx_block *block = memory->blocks;
    if (!block || block->size - block->used < wanted)
        block = add_block(memory, wanted > LARGE ? wanted : BLOCK_SIZE);
    if (!block)
        return NULL;
    void *got = (char *)block->bytes + block->used;
    block->used += wanted;
    return got;
}

void *neuron_onnx_memory_grow(neuron_onnx_memory *memory, void *list, size_t used, size_t *capacity,
                              size_t size)
{
    if (used < *capacity)
        return list;
    size_t more = *capacity ? 2 * *capacity : FIRST_CAPACITY;
    void *grown = neuron_onnx_memory_get(memory, more, size);
    if (!grown)
        return NULL;
    if (used > 0)
        memcpy(grown, list, used * size);
    *capacity = more;
    return grown;
}

void neuron_onnx_memory_release(neuron_onnx_memory *memory)
{
    while (memory->blocks) {
        neuron_onnx_block *block = memory->blocks;
        memory->blocks = block->next;
        neuron_release(memory->context, block);
    }
}
