/* Tensors of a file: see constant.h. */
#include "onnx/import/constant.h"

#include "base/files/byte-order.h"
#include "base/text/number.h"
#include "onnx/import/external.h"

#include <math.h>
#include <string.h>

typedef Neuron__Onnx__Tensor tensor_t;

#define TYPE(name) NEURON__ONNX__TENSOR__DATA_TYPE__##name

/* How numbers of a type are written: bytes of each as raw data, and what they are. */
typedef enum number_kind { REAL, HALF, BRAIN, SIGNED, UNSIGNED } number_kind;

typedef struct number_type {
    int32_t type;
    int32_t size;
    number_kind kind;
    char name[12];
} number_type;

static const number_type types[] = {
    {TYPE(FLOAT), 4, REAL, "float"},       {TYPE(DOUBLE), 8, REAL, "double"},
    {TYPE(FLOAT16), 2, HALF, "float16"},   {TYPE(BFLOAT16), 2, BRAIN, "bfloat16"},
    {TYPE(INT8), 1, SIGNED, "int8"},       {TYPE(INT16), 2, SIGNED, "int16"},
    {TYPE(INT32), 4, SIGNED, "int32"},     {TYPE(INT64), 8, SIGNED, "int64"},
    {TYPE(UINT8), 1, UNSIGNED, "uint8"},   {TYPE(UINT16), 2, UNSIGNED, "uint16"},
    {TYPE(UINT32), 4, UNSIGNED, "uint32"}, {TYPE(UINT64), 8, UNSIGNED, "uint64"},
    {TYPE(BOOL), 1, UNSIGNED, "bool"},
};

static const number_type *find_type(int32_t type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type)
            return &types[i];
    return NULL;
}

bool neuron_onnx_is_real(int64_t type)
{
    return type == TYPE(FLOAT) || type == TYPE(DOUBLE) || type == TYPE(FLOAT16) ||
           type == TYPE(BFLOAT16);
}

/* How many numbers the field has that a type is written in. */
static size_t count_in_field(const tensor_t *tensor, const number_type *type)
{
    switch (type->type) {
    case TYPE(FLOAT):
        return tensor->n_float_data;
    case TYPE(DOUBLE):
        return tensor->n_double_data;
    case TYPE(INT64):
        return tensor->n_int64_data;
    case TYPE(UINT32):
    case TYPE(UINT64):
        return tensor->n_uint64_data;
    default:
        return tensor->n_int32_data;
    }
}

static int set_extents(neuron_onnx_constant *constant, neuron_onnx_reader *reader,
                       const neuron_onnx_operator *from, const tensor_t *tensor, const char *name)
{
    constant->count = 1;
    if (tensor->n_dims > NEURON_RANK_MAX)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  "\"%.127s\" has %zu axes; there may be %d", name, tensor->n_dims,
                                  NEURON_RANK_MAX);
    constant->rank = (int32_t)tensor->n_dims;
    for (int32_t axis = 0; axis < constant->rank; axis++) {
        constant->extent[axis] = tensor->dims[axis];
        if (tensor->dims[axis] < 0 ||
            !neuron_multiply_count(constant->count, tensor->dims[axis], &constant->count))
            return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                      "\"%.127s\" has a bad extent of %" PRId64, name,
                                      tensor->dims[axis]);
    }
    return NEURON_OK;
}

int neuron_onnx_constant_of_tensor(neuron_onnx_constant *constant, neuron_onnx_reader *reader,
                                   const neuron_onnx_operator *from, const tensor_t *tensor,
                                   const char *name)
{
    const number_type *type = find_type(tensor->data_type);
    *constant = (neuron_onnx_constant){.tensor = tensor};
    if (!type || tensor->segment)
        return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                  type ? "\"%.127s\" is in segments"
                                       : "\"%.127s\" is of type %" PRId32
                                         ", not of float, integer or bool",
                                  name, tensor->data_type);
    RETURN_IF_ERROR(set_extents(constant, reader, from, tensor, name));
    constant->integer = type->kind == SIGNED || type->kind == UNSIGNED;
    if (tensor->data_location == NEURON__ONNX__TENSOR__LOCATION__EXTERNAL) {
        int64_t bytes;
        if (!neuron_multiply_count(constant->count, type->size, &bytes))
            bytes = INT64_MAX; /* more than any file has */
        RETURN_IF_ERROR(
            neuron_onnx_external_read(&constant->tensor, reader, from, tensor, bytes, name));
        tensor = constant->tensor;
    }
    uint64_t there = tensor->has_raw_data ? tensor->raw_data.len / (size_t)type->size
                                          : count_in_field(tensor, type);
    if (there != (uint64_t)constant->count ||
        (tensor->has_raw_data && tensor->raw_data.len % (size_t)type->size != 0))
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "\"%.127s\" has %" PRIu64 " numbers for %" PRId64 " places", name,
                                  there, constant->count);
    return NEURON_OK;
}

/* The bits of a number. */
static uint64_t bits_of(const tensor_t *tensor, const number_type *type, int64_t at)
{
    uint64_t bits = 0;
    if (tensor->has_raw_data) {
        const uint8_t *bytes = tensor->raw_data.data + at * type->size;
        for (int32_t i = 0; i < type->size; i++)
            bits |= (uint64_t)bytes[i] << (8 * i);
        return bits;
    }
    switch (type->type) {
    case TYPE(INT64):
        return (uint64_t)tensor->int64_data[at];
    case TYPE(UINT32):
    case TYPE(UINT64):
        return tensor->uint64_data[at];
    default:
        return (uint64_t)tensor->int32_data[at];
    }
}

static int64_t integer_at(const tensor_t *tensor, const number_type *type, int64_t at)
{
    uint64_t bits = bits_of(tensor, type, at);
    int unused = 64 - 8 * type->size;
    if (type->type == TYPE(BOOL))
        return bits != 0;
    bits <<= unused;
    return type->kind == SIGNED ? (int64_t)bits >> unused : (int64_t)(bits >> unused);
}

static double real_of_bits(uint64_t bits, size_t size)
{
    float narrow;
    double wide;
    uint32_t half = (uint32_t)bits;
    if (size == sizeof narrow) {
        memcpy(&narrow, &half, sizeof narrow);
        return (double)narrow;
    }
    memcpy(&wide, &bits, sizeof wide);
    return wide;
}

static double number_at(const tensor_t *tensor, const number_type *type, int64_t at)
{
    if (!tensor->has_raw_data && type->type == TYPE(FLOAT))
        return (double)tensor->float_data[at];
    if (!tensor->has_raw_data && type->type == TYPE(DOUBLE))
        return tensor->double_data[at];
    switch (type->kind) {
    case REAL:
        return real_of_bits(bits_of(tensor, type, at), (size_t)type->size);
    case HALF:
        return (double)neuron_number_half((uint32_t)bits_of(tensor, type, at));
    case BRAIN:
        return real_of_bits(bits_of(tensor, type, at) << 16 & UINT32_MAX, sizeof(float));
    default:
        return (double)integer_at(tensor, type, at);
    }
}

/* Whether float32 numbers can be read where they are. */
static const float *floats_in_place(const tensor_t *tensor)
{
    if (tensor->data_type != TYPE(FLOAT))
        return NULL;
    if (!tensor->has_raw_data)
        return tensor->float_data;
    bool aligned = (uintptr_t)tensor->raw_data.data % sizeof(float) == 0;
    return !NEURON_BIG_ENDIAN && aligned ? (const float *)(void *)tensor->raw_data.data : NULL;
}

static int read_floats(float *floats, neuron_onnx_reader *reader, const neuron_onnx_operator *from,
                       const neuron_onnx_constant *constant)
{
    const number_type *type = find_type(constant->tensor->data_type);
    for (int64_t i = 0; i < constant->count; i++) {
        double value = number_at(constant->tensor, type, i);
        floats[i] = (float)value;
        if (isfinite(value) && isinf(floats[i]))
            return neuron_onnx_refuse(reader, from, NEURON_E_UNSUPPORTED,
                                      "constant \"%.127s\": %g is too large for float32",
                                      constant->tensor->name ? constant->tensor->name : "", value);
    }
    return NEURON_OK;
}

int neuron_onnx_floats_of(const float **floats, neuron_onnx_reader *reader,
                          const neuron_onnx_operator *from, const neuron_onnx_constant *constant)
{
    static const float none = 0;
    *floats = constant->count == 0  ? &none
              : constant->as_floats ? constant->as_floats
              : constant->tensor    ? floats_in_place(constant->tensor)
                                    : constant->floats;
    if (*floats)
        return NEURON_OK;
    float *made = neuron_onnx_reader_get(reader, constant->count, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    if (constant->tensor)
        RETURN_IF_ERROR(read_floats(made, reader, from, constant));
    for (int64_t i = 0; !constant->tensor && i < constant->count; i++)
        made[i] = (float)constant->integers[i];
    *floats = made;
    /* Layers with the same constants share them, which is seen by where the numbers are. */
    ((neuron_onnx_constant *)(uintptr_t)constant)->as_floats = made;
    return NEURON_OK;
}

int neuron_onnx_integers_of(const int64_t **integers, neuron_onnx_reader *reader,
                            const neuron_onnx_operator *from, const neuron_onnx_constant *constant)
{
    static const int64_t none = 0;
    *integers = constant->count == 0 ? &none : constant->integers;
    if (!constant->integer)
        return neuron_onnx_refuse(reader, from, NEURON_E_FORMAT,
                                  "has a constant of floats where integers belong");
    if (*integers)
        return NEURON_OK;
    int64_t *made = neuron_onnx_reader_get(reader, constant->count, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    const number_type *type = find_type(constant->tensor->data_type);
    for (int64_t i = 0; i < constant->count; i++)
        made[i] = integer_at(constant->tensor, type, i);
    *integers = made;
    ((neuron_onnx_constant *)(uintptr_t)constant)->integers = made; /* for others that ask */
    return NEURON_OK;
}

neuron_onnx_constant *neuron_onnx_constant_new(neuron_onnx_reader *reader, const int64_t *extents,
                                               int32_t rank)
{
    neuron_onnx_constant *made = neuron_onnx_reader_get(reader, 1, sizeof *made);
    if (!made)
        return NULL;
    made->rank = rank;
    made->count = 1;
    for (int32_t axis = 0; axis < rank; axis++) {
        made->extent[axis] = extents[axis];
        made->count *= extents[axis];
    }
    return made;
}

bool neuron_onnx_single(double *value, const neuron_onnx_constant *constant)
{
    if (constant->count != 1 || constant->batch)
        return false;
    if (constant->tensor)
        *value = number_at(constant->tensor, find_type(constant->tensor->data_type), 0);
    else
        *value = constant->integer ? (double)constant->integers[0] : (double)constant->floats[0];
    return true;
}

bool neuron_onnx_steps_over(int64_t step[NEURON_RANK_MAX], const neuron_onnx_constant *constant,
                            const neuron_onnx_layout *layout)
{
    int64_t behind = 1;
    int32_t shift = layout->rank - constant->rank;
    for (int32_t axis = layout->rank - 1; axis >= 0 || axis >= shift; axis--) {
        int64_t extent = axis >= shift ? constant->extent[axis - shift] : 1;
        if (axis < 0 ? extent != 1 : extent != 1 && extent != layout->extent[axis])
            return false;
        if (axis >= 0)
            step[axis] = extent == 1 ? 0 : behind;
        behind *= extent;
    }
    return true;
}
