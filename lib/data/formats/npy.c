/* Elements that are stored as a tensor has them are read straight into it; others chunk by chunk,
 * each converted and put where C's order has it. */
#include "data/formats/npy.h"

#include "base/files/byte-order.h"
#include "base/files/file-write.h"
#include "base/float-mode.h"
#include "base/text/number.h"
#include "data/formats/npy-header.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The bits of an element. */
static uint64_t element_at(const uint8_t *from, size_t size, bool big)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | from[big ? i : size - 1 - i];
    return bits;
}

/* Only numbers that are finite in the file must stay so. */
static int narrow(float *to, double from, int64_t element, const char *name)
{
    char text[NEURON_NUMBER_TEXT];
    *to = (float)from;
    if (isfinite(from) && !isfinite(*to))
        return neuron_fail(NEURON_E_DATA, "%s: element %" PRId64 " is %s, too large for float32",
                           name, element, neuron_number_short(from, text));
    return NEURON_OK;
}

/* Where the elements go that come in Fortran's order: the first axis changes first. */
typedef struct position {
    neuron_shape shape;
    int64_t index[NEURON_RANK_MAX], stride[NEURON_RANK_MAX];
    int64_t at;
    bool fortran;
} position;

static position first_position(const neuron_npy_header *header)
{
    position to = {.shape = header->shape, .fortran = header->fortran};
    int64_t stride = 1;
    for (int32_t axis = header->shape.rank; axis-- > 0;) {
        to.stride[axis] = stride;
        stride *= header->shape.extent[axis];
    }
    return to;
}

static void next_position(position *to)
{
    if (!to->fortran) {
        to->at++;
        return;
    }
    for (int32_t axis = 0; axis < to->shape.rank; axis++) {
        to->at += to->stride[axis];
        if (++to->index[axis] < to->shape.extent[axis])
            return;
        to->at -= to->stride[axis] * to->shape.extent[axis];
        to->index[axis] = 0;
    }
}

static int convert_float(float *to, uint64_t bits, size_t size, int64_t element, const char *name)
{
    uint32_t half_bits = (uint32_t)bits;
    double wide;
    if (size == 8) {
        memcpy(&wide, &bits, sizeof wide);
        return narrow(to, wide, element, name);
    }
    if (size == 4)
        memcpy(to, &half_bits, sizeof *to);
    else
        *to = neuron_number_half(half_bits);
    return NEURON_OK;
}

/* Writes an element of a tensor's type from the bits of the stored one. */
static int convert(void *to, uint64_t bits, const neuron_npy_header *header, int64_t element,
                   const char *name)
{
    if (header->type == NEURON_TYPE_F32)
        return convert_float(to, bits, header->size, element, name);
    unsigned spare = 64 - 8 * (unsigned)header->size;
    int64_t number = (int64_t)(bits << spare) >> spare;
    if (header->kind == 'u' && header->size < 8)
        number = (int64_t)bits;
    else if (header->kind == 'u' && number < 0)
        return neuron_fail(NEURON_E_DATA,
                           "%s: element %" PRId64 " is %" PRIu64 ", too large for int64", name,
                           element, bits);
    if (header->type == NEURON_TYPE_I64)
        *(int64_t *)to = number;
    else if (header->type == NEURON_TYPE_I32)
        *(int32_t *)to = (int32_t)number;
    else
        *(uint8_t *)to = (uint8_t)number;
    return NEURON_OK;
}

/* Reads elements that are not as a tensor has them: of another type or byte order, or in Fortran's
 * order. `got` is how many bytes there were. */
static int read_converted(const neuron_npy_header *header, neuron_source *source,
                          neuron_tensor_t *tensor, size_t *got)
{
    uint8_t chunk[1 << 12];
    position to = first_position(header);
    size_t to_size = neuron_type_size(tensor->type);
    int64_t count = neuron_tensor_count(tensor), element = 0;
    for (*got = 0; element < count;) {
        size_t read, wanted = sizeof chunk;
        if ((uint64_t)(count - element) < sizeof chunk / header->size)
            wanted = (size_t)(count - element) * header->size;
        RETURN_IF_ERROR(neuron_source_read(source, chunk, wanted, &read));
        *got += read;
        if (read < wanted)
            return NEURON_OK;
        for (size_t at = 0; at < wanted; at += header->size, next_position(&to))
            RETURN_IF_ERROR(convert((uint8_t *)tensor->data + (size_t)to.at * to_size,
                                    element_at(chunk + at, header->size, header->big), header,
                                    element++, source->name));
    }
    return NEURON_OK;
}

static int read_elements(const neuron_npy_header *header, neuron_source *source,
                         neuron_tensor_t *tensor)
{
    size_t got, needed = neuron_size_of(neuron_tensor_count(tensor), header->size);
    bool same = header->size == neuron_type_size(header->type) &&
                !(header->kind == 'u' && header->size > 1) &&
                !(header->size > 1 && header->big != NEURON_BIG_ENDIAN) &&
                !(header->fortran && header->shape.rank > 1);
    RETURN_IF_ERROR(same ? neuron_source_read(source, tensor->data, needed, &got)
                         : read_converted(header, source, tensor, &got));
    if (got < needed)
        return neuron_npy_fail_size(header, source, got);
    return neuron_source_finish(source, "the array");
}

int neuron_npy_read_array(neuron_npy_array *array, neuron_source *source)
{
    neuron_npy_header header;
    *array = (neuron_npy_array){.name = source->name};
    RETURN_IF_ERROR(neuron_npy_parse(&header, source));
    neuron_tensor_t *made;
    RETURN_IF_ERROR(neuron_tensor_create_raw(&made, source->context, header.type,
                                             header.shape.extent, header.shape.rank));
    int status = read_elements(&header, source, made);
    if (status < 0) {
        neuron_tensor_unref(made);
        return status;
    }
    array->tensor = made;
    array->boolean = header.kind == 'b';
    array->type = header.name;
    return NEURON_OK;
}

int neuron_npy_read_content(neuron_npy_array *array, const neuron_content *content)
{
    neuron_source source;
    *array = (neuron_npy_array){.tensor = NULL};
    RETURN_IF_ERROR(neuron_source_open(&source, content));
    int status = neuron_npy_read_array(array, &source);
    neuron_source_close(&source);
    return status;
}

static int load(neuron_tensor_t **tensor, const neuron_content *content)
{
    neuron_npy_array array;
    int status = neuron_npy_read_content(&array, content);
    *tensor = array.tensor;
    return status;
}

int neuron_tensor_load_npy(neuron_tensor_t **tensor, neuron_context_t *context, const char *path)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(tensor);
    *tensor = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(path);
    const neuron_content content = neuron_content_of_file(context, path);
    return load(tensor, &content);
}

int neuron_tensor_load_npy_memory(neuron_tensor_t **tensor, neuron_context_t *context,
                                  const void *bytes, size_t size)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(tensor);
    *tensor = NULL;
    CHECK_ARGUMENT(context);
    const neuron_content content = neuron_content_of_memory(context, bytes, size, "memory");
    return load(tensor, &content);
}

static const char *type_code(int32_t type)
{
    switch (type) {
    case NEURON_TYPE_F32:
        return "<f4";
    case NEURON_TYPE_I32:
        return "<i4";
    case NEURON_TYPE_I64:
        return "<i8";
    default:
        return "|u1";
    }
}

int neuron_tensor_save_npy(const neuron_tensor_t *tensor, const char *path)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(tensor);
    CHECK_ARGUMENT(path);
    char header[NEURON_NPY_HEADER_ROOM];
    const neuron_file_piece pieces[] = {
        {header, neuron_npy_write_header(header, type_code(tensor->type), &tensor->shape), 1},
        {tensor->data, (size_t)neuron_tensor_count(tensor) * neuron_type_size(tensor->type),
         neuron_type_size(tensor->type)},
    };
    return neuron_file_replace(tensor->context, path, pieces, 2);
}
