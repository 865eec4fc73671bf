/* Parsing: see file.h. Messages of protobuf may say a lot by a few bytes, such as an empty
 * operator by two, so that what is allocated for them is counted. They do not nest: the fields
 * that could, graphs within attributes, are bytes in onnx.proto. */
#include "onnx/import/file.h"

#include "base/files/file.h"

#include <string.h>

/* Bytes of memory for each of the file, and to begin with: an operator with short names takes
 * twenty times its bytes. */
enum { BYTES_FOR_EACH = 64, BYTES_FOR_NONE = 65536 };

/* What all pieces of memory may take together; each says how large it is. */
typedef struct budget {
    neuron_context_t *context;
    uint64_t left;
    bool spent, failed; /* it was too little; the context had no memory */
} budget;

static void *allocate(void *data, size_t size)
{
    budget *b = data;
    uint64_t cost = (uint64_t)size + sizeof(max_align_t);
    if (cost > b->left) {
        b->spent = true;
        return NULL;
    }
    void *memory = neuron_allocate(b->context, size, 1);
    if (!memory)
        b->failed = true;
    else
        b->left -= cost;
    return memory;
}

static void release(void *data, void *memory)
{
    const budget *b = data;
    neuron_release(b->context, memory);
}

static ProtobufCAllocator allocator_of(budget *b)
{
    return (ProtobufCAllocator){.alloc = allocate, .free = release, .allocator_data = b};
}

int neuron_onnx_parse(Neuron__Onnx__Model **model, neuron_context_t *context, const void *bytes,
                      size_t size, const char *source)
{
    uint64_t most = (uint64_t)size * BYTES_FOR_EACH + BYTES_FOR_NONE;
    budget b = {.context = context, .left = most};
    ProtobufCAllocator allocator = allocator_of(&b);
    *model = neuron__onnx__model__unpack(&allocator, size, bytes);
    if (*model)
        return NEURON_OK;
    if (b.failed)
        return NEURON_E_MEMORY;
    return neuron_fail(NEURON_E_FORMAT,
                       b.spent ? "%s: an ONNX file of %zu bytes that says far more than they have "
                                 "room for"
                               : "%s: no ONNX file, or a damaged one, of %zu bytes",
                       source, size);
}

int neuron_onnx_read_file(Neuron__Onnx__Model **model, uint64_t *size, neuron_context_t *context,
                          const char *path)
{
    void *bytes;
    size_t count;
    *model = NULL;
    RETURN_IF_ERROR(neuron_file_read(context, path, &bytes, &count));
    int status = neuron_onnx_parse(model, context, bytes, count, path);
    neuron_release(context, bytes);
    *size = count;
    return status;
}

void neuron_onnx_free_model(Neuron__Onnx__Model *model, neuron_context_t *context)
{
    budget b = {.context = context};
    ProtobufCAllocator allocator = allocator_of(&b);
    if (model)
        neuron__onnx__model__free_unpacked(model, &allocator);
}
