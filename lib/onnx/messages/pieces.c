/* Models as bytes: see pieces.h. Messages are packed by protobuf-c, but for those that lead to the
 * numbers of tensors, which are written here. */
#include "onnx/messages/pieces.h"

/* Tags of fields that have a length: the number of the field, and 2. */
enum { TAG_GRAPH = 7 << 3 | 2, TAG_INITIALIZER = 5 << 3 | 2, TAG_RAW_DATA = 9 << 3 | 2 };

/* The most that a tag and a length take. */
enum { HEAD = 11 };

static size_t length_size(uint64_t length)
{
    size_t size = 1;
    for (; length >= 128; length >>= 7)
        size++;
    return size;
}

static size_t put_head(uint8_t *bytes, int tag, uint64_t length)
{
    size_t size = 0;
    bytes[size++] = (uint8_t)tag;
    for (; length >= 128; length >>= 7)
        bytes[size++] = (uint8_t)(length | 128);
    bytes[size++] = (uint8_t)length;
    return size;
}

/* The bytes of a field with its head. */
static uint64_t field_size(uint64_t length)
{
    return 1 + length_size(length) + length;
}

/* A tensor without its numbers. */
static Neuron__Onnx__Tensor description(const Neuron__Onnx__Tensor *tensor)
{
    Neuron__Onnx__Tensor without = *tensor;
    without.has_raw_data = 0;
    return without;
}

static uint64_t tensor_size(const Neuron__Onnx__Tensor *tensor)
{
    const Neuron__Onnx__Tensor without = description(tensor);
    return neuron__onnx__tensor__get_packed_size(&without) + field_size(tensor->raw_data.len);
}

static void add(neuron_onnx_pieces *pieces, const void *data, size_t size)
{
    pieces->list[pieces->count++] = (neuron_file_piece){data, size, 1};
    pieces->size += size;
}

static int add_tensor(neuron_onnx_pieces *pieces, neuron_onnx_memory *memory,
                      const Neuron__Onnx__Tensor *tensor)
{
    const Neuron__Onnx__Tensor without = description(tensor);
    uint8_t *bytes = neuron_onnx_memory_get(
        memory, neuron__onnx__tensor__get_packed_size(&without) + (size_t)2 * HEAD, 1);
    if (!bytes)
        return NEURON_E_MEMORY;
    size_t size = put_head(bytes, TAG_INITIALIZER, tensor_size(tensor));
    size += neuron__onnx__tensor__pack(&without, bytes + size);
    size += put_head(bytes + size, TAG_RAW_DATA, tensor->raw_data.len);
    add(pieces, bytes, size);
    add(pieces, tensor->raw_data.data, tensor->raw_data.len);
    return NEURON_OK;
}

int neuron_onnx_pieces_make(neuron_onnx_pieces *pieces, neuron_onnx_memory *memory,
                            const Neuron__Onnx__Model *model)
{
    Neuron__Onnx__Model head = *model;
    Neuron__Onnx__Graph body = *model->graph;
    head.graph = NULL;
    body.n_initializer = 0;
    size_t head_size = neuron__onnx__model__get_packed_size(&head);
    size_t body_size = neuron__onnx__graph__get_packed_size(&body);
    uint64_t graph_size = body_size;
    for (size_t i = 0; i < model->graph->n_initializer; i++)
        graph_size += field_size(tensor_size(model->graph->initializer[i]));

    uint8_t *bytes = neuron_onnx_memory_get(memory, head_size + HEAD + body_size, 1);
    *pieces = (neuron_onnx_pieces){
        .list = neuron_onnx_memory_get(memory, 1 + 2 * model->graph->n_initializer,
                                       sizeof *pieces->list)};
    if (!bytes || !pieces->list)
        return NEURON_E_MEMORY;
    size_t size = neuron__onnx__model__pack(&head, bytes);
    size += put_head(bytes + size, TAG_GRAPH, graph_size);
    size += neuron__onnx__graph__pack(&body, bytes + size);
    add(pieces, bytes, size);
    for (size_t i = 0; i < model->graph->n_initializer; i++)
        RETURN_IF_ERROR(add_tensor(pieces, memory, model->graph->initializer[i]));
    return NEURON_OK;
}

int neuron_onnx_check_size(uint64_t size, const char *name)
{
    if (size <= INT32_MAX)
        return NEURON_OK;
    return neuron_fail(NEURON_E_UNSUPPORTED,
                       "%s: takes %" PRIu64 " bytes as an ONNX file, which has up to 2,147,483,647",
                       name, size);
}
