#include "data/npy.h"

#include "base/checked.h"
#include "data/npy-header.h"
#include "io/file-write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Headers are filled up so that elements begin at a multiple of this. */
enum { HEADER_ALIGNMENT = 64, HEADER_ROOM = 512 };

static const bool host_is_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

static uint64_t swap(uint64_t bits, size_t size)
{
    return size == 8 ? __builtin_bswap64(bits) : __builtin_bswap32((uint32_t)bits);
}

/* Copies elements that are not as a tensor has them: of the other byte order, or double. */
static void convert(const neuron_npy_header *header, const uint8_t *from, neuron_tensor_t *tensor)
{
    int64_t count = neuron_tensor_count(tensor);
    size_t to_size = neuron_type_size(tensor->type);
    bool swapped = header->big != host_is_big;
    for (int64_t i = 0; i < count; i++, from += header->size) {
        uint8_t *to = (uint8_t *)tensor->data + (size_t)i * to_size;
        uint32_t half;
        uint64_t bits;
        if (header->size == 4) {
            memcpy(&half, from, 4);
            half = swapped ? (uint32_t)swap(half, 4) : half;
            memcpy(to, &half, 4);
            continue;
        }
        memcpy(&bits, from, 8);
        bits = swapped ? swap(bits, 8) : bits;
        if (tensor->type == NEURON_F32) {
            double wide;
            memcpy(&wide, &bits, 8);
            float narrow = (float)wide;
            memcpy(to, &narrow, 4);
        } else {
            memcpy(to, &bits, 8);
        }
    }
}

int neuron_npy_read(neuron_tensor_t **tensor, const neuron_content *content)
{
    neuron_npy_header header;
    RETURN_IF_ERROR(neuron_npy_parse(&header, content));
    neuron_tensor_t *made;
    RETURN_IF_ERROR(neuron_tensor_create_raw(&made, content->context, header.type,
                                             header.shape.extent, header.shape.rank));
    const uint8_t *elements = content->bytes + header.begin;
    bool same = header.size == neuron_type_size(header.type);
    if (header.size == 1 || (same && header.big == host_is_big)) {
        if (content->size > header.begin)
            memcpy(made->data, elements, content->size - header.begin);
    } else {
        convert(&header, elements, made);
    }
    *tensor = made;
    return NEURON_OK;
}

int neuron_tensor_load_npy(neuron_tensor_t **tensor, neuron_context_t *context, const char *path)
{
    CHECK_ARGUMENT(tensor);
    *tensor = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    neuron_content content;
    RETURN_IF_ERROR(neuron_content_open(&content, context, path));
    int status = neuron_npy_read(tensor, &content);
    neuron_content_close(&content);
    return status;
}

static const char *type_code(int32_t type)
{
    switch (type) {
    case NEURON_F32:
        return host_is_big ? ">f4" : "<f4";
    case NEURON_I32:
        return host_is_big ? ">i4" : "<i4";
    case NEURON_I64:
        return host_is_big ? ">i8" : "<i8";
    default:
        return "|u1";
    }
}

/* Writes a header of version 1.0 and returns its size. */
static size_t write_header(char header[HEADER_ROOM], const neuron_tensor_t *tensor)
{
    char shape[NEURON_SHAPE_TEXT + 2 * NEURON_RANK_MAX] = "";
    size_t used = 0;
    for (int32_t axis = 0; axis < tensor->shape.rank; axis++)
        used += (size_t)snprintf(shape + used, sizeof shape - used, "%" PRId64 ", ",
                                 tensor->shape.extent[axis]);
    const size_t front = 10; /* magic, version and length */
    size_t text = (size_t)snprintf(header + front, HEADER_ROOM - front,
                                   "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                                   type_code(tensor->type), shape);
    size_t size = front + text + 1;
    size = (size + HEADER_ALIGNMENT - 1) / HEADER_ALIGNMENT * HEADER_ALIGNMENT;
    memset(header + front + text, ' ', size - front - text);
    header[size - 1] = '\n';
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)((size - front) & 0xff);
    header[9] = (char)((size - front) >> 8);
    return size;
}

int neuron_tensor_save_npy(const neuron_tensor_t *tensor, const char *path)
{
    CHECK_ARGUMENT(tensor);
    CHECK_ARGUMENT(path);
    char header[HEADER_ROOM];
    const neuron_file_piece pieces[] = {
        {header, write_header(header, tensor)},
        {tensor->data, (size_t)neuron_tensor_count(tensor) * neuron_type_size(tensor->type)},
    };
    return neuron_file_replace(tensor->context, path, pieces, 2);
}
