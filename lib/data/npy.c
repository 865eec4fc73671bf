#include "data/npy.h"

#include "base/float-mode.h"
#include "base/number.h"
#include "data/npy-header.h"
#include "io/file-write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Elements are stored as memory has them. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are little-endian");

/* Headers are filled up so that elements begin at a multiple of this. */
enum { HEADER_ALIGNMENT = 64, HEADER_ROOM = 512 };

/* The bits of an element of 4 or 8 bytes. */
static uint64_t element_at(const uint8_t *from, size_t size, bool big)
{
    uint32_t half;
    uint64_t bits;
    if (size == sizeof half) {
        memcpy(&half, from, sizeof half);
        return big ? __builtin_bswap32(half) : half;
    }
    memcpy(&bits, from, sizeof bits);
    return big ? __builtin_bswap64(bits) : bits;
}

/* Only numbers that are finite in the file must stay so. */
static int narrow(float *to, double from, int64_t element, const neuron_content *content)
{
    char text[NEURON_NUMBER_TEXT];
    *to = (float)from;
    if (isfinite(from) && !isfinite(*to))
        return neuron_fail(NEURON_E_DATA, "%s: element %" PRId64 " is %s, too large for float32",
                           content->name, element, neuron_number_short(from, text));
    return NEURON_OK;
}

/* Copies elements that are not as a tensor has them: big-endian, or double. */
static int convert(const neuron_npy_header *header, const neuron_content *content,
                   neuron_tensor_t *tensor)
{
    const uint8_t *from = content->bytes + header->begin;
    int64_t count = neuron_tensor_count(tensor);
    size_t to_size = neuron_type_size(tensor->type);
    for (int64_t i = 0; i < count; i++, from += header->size) {
        uint8_t *to = (uint8_t *)tensor->data + (size_t)i * to_size;
        uint64_t bits = element_at(from, header->size, header->big);
        if (to_size == sizeof bits) {
            memcpy(to, &bits, sizeof bits);
        } else if (header->size == to_size) {
            memcpy(to, &bits, sizeof(uint32_t));
        } else {
            double wide;
            float number;
            memcpy(&wide, &bits, sizeof wide);
            RETURN_IF_ERROR(narrow(&number, wide, i, content));
            memcpy(to, &number, sizeof number);
        }
    }
    return NEURON_OK;
}

int neuron_npy_read(neuron_npy_array *array, const neuron_content *content)
{
    neuron_npy_header header;
    *array = (neuron_npy_array){.name = content->name};
    RETURN_IF_ERROR(neuron_npy_parse(&header, content));
    neuron_tensor_t *made;
    RETURN_IF_ERROR(neuron_tensor_create_raw(&made, content->context, header.type,
                                             header.shape.extent, header.shape.rank));
    int status = NEURON_OK;
    if (header.size != neuron_type_size(header.type) || (header.size > 1 && header.big))
        status = convert(&header, content, made);
    else if (content->size > header.begin)
        memcpy(made->data, content->bytes + header.begin, content->size - header.begin);
    if (status < 0) {
        neuron_tensor_unref(made);
        return status;
    }
    array->tensor = made;
    array->boolean = header.boolean;
    return NEURON_OK;
}

int neuron_tensor_load_npy(neuron_tensor_t **tensor, neuron_context_t *context, const char *path)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(tensor);
    *tensor = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    neuron_content content;
    RETURN_IF_ERROR(neuron_content_open(&content, context, path));
    neuron_npy_array array;
    int status = neuron_npy_read(&array, &content);
    neuron_content_close(&content);
    *tensor = array.tensor;
    return status;
}

static const char *type_code(int32_t type)
{
    switch (type) {
    case NEURON_F32:
        return "<f4";
    case NEURON_I32:
        return "<i4";
    case NEURON_I64:
        return "<i8";
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
    FLOAT_SCOPE;
    CHECK_ARGUMENT(tensor);
    CHECK_ARGUMENT(path);
    char header[HEADER_ROOM];
    const neuron_file_piece pieces[] = {
        {header, write_header(header, tensor)},
        {tensor->data, (size_t)neuron_tensor_count(tensor) * neuron_type_size(tensor->type)},
    };
    return neuron_file_replace(tensor->context, path, pieces, 2);
}
