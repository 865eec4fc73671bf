/* Tensors: an element type, a shape, and memory that is the tensor's own or the caller's. */
#include "base/tensor.h"

#include "base/checked.h"

#include <string.h>

static const struct {
    int32_t type, size;
    char name[4];
} types[] = {
    {NEURON_TYPE_F32, 4, "f32"},
    {NEURON_TYPE_U8, 1, "u8"},
    {NEURON_TYPE_I32, 4, "i32"},
    {NEURON_TYPE_I64, 8, "i64"},
};

enum { TYPES = sizeof types / sizeof types[0] };

/* The place of a type in the table, or TYPES. */
static size_t find_type(int32_t type)
{
    size_t i = 0;
    while (i < TYPES && types[i].type != type)
        i++;
    return i;
}

size_t neuron_type_size(int32_t type)
{
    size_t i = find_type(type);
    return i < TYPES ? (size_t)types[i].size : 0;
}

const char *neuron_type_name(int32_t type)
{
    size_t i = find_type(type);
    return i < TYPES ? types[i].name : "no type";
}

static int refuse_type(int32_t type)
{
    neuron_words_text words = {0};
    for (size_t i = 0; i < TYPES; i++)
        neuron_words_add(&words, types[i].name, types[i].type);
    return neuron_refuse_value(type, "type", words.text, "tensor");
}

/* Everything of a tensor but its elements. */
static int create_empty(neuron_tensor_t **tensor, neuron_context_t *context, int32_t type,
                        const int64_t *shape, int32_t rank)
{
    CHECK_ARGUMENT(context);
    if (neuron_type_size(type) == 0)
        return refuse_type(type);
    neuron_shape checked;
    RETURN_IF_ERROR(neuron_shape_set(&checked, shape, rank, 0, "tensor"));
    neuron_tensor_t *made = neuron_allocate_zero(context, 1, sizeof *made);
    if (!made)
        return NEURON_E_MEMORY;
    neuron_handle_init(&made->handle, NEURON_HANDLE_KIND(made));
    made->context = neuron_context_ref(context);
    made->type = type;
    made->shape = checked;
    *tensor = made;
    return NEURON_OK;
}

int neuron_tensor_create_raw(neuron_tensor_t **tensor, neuron_context_t *context, int32_t type,
                             const int64_t *shape, int32_t rank)
{
    neuron_tensor_t *made;
    RETURN_IF_ERROR(create_empty(&made, context, type, shape, rank));
    made->data =
        neuron_allocate(context, neuron_size(neuron_tensor_count(made)), neuron_type_size(type));
    if (!made->data) {
        neuron_tensor_unref(made);
        return NEURON_E_MEMORY;
    }
    *tensor = made;
    return NEURON_OK;
}

int neuron_tensor_create(neuron_tensor_t **tensor, neuron_context_t *context, int32_t type,
                         const int64_t *shape, int32_t rank)
{
    CHECK_ARGUMENT(tensor);
    *tensor = NULL;
    RETURN_IF_ERROR(neuron_tensor_create_raw(tensor, context, type, shape, rank));
    memset((*tensor)->data, 0, (size_t)neuron_tensor_count(*tensor) * neuron_type_size(type));
    return NEURON_OK;
}

static int check_data(const neuron_tensor_t *tensor, const void *data)
{
    return !data && neuron_tensor_count(tensor) > 0 ? neuron_refuse_null("data", "tensor")
                                                    : NEURON_OK;
}

/* The result of a call that has made a tensor, which goes if the call fails. */
static int finish(neuron_tensor_t **tensor, int status)
{
    if (status < 0) {
        neuron_tensor_unref(*tensor);
        *tensor = NULL;
    }
    return status;
}

int neuron_tensor_copy(neuron_tensor_t **tensor, neuron_context_t *context, int32_t type,
                       const int64_t *shape, int32_t rank, const void *data)
{
    CHECK_ARGUMENT(tensor);
    *tensor = NULL;
    RETURN_IF_ERROR(neuron_tensor_create_raw(tensor, context, type, shape, rank));
    int status = check_data(*tensor, data);
    size_t size = (size_t)neuron_tensor_count(*tensor) * neuron_type_size(type);
    if (status == NEURON_OK && size > 0)
        memcpy((*tensor)->data, data, size);
    return finish(tensor, status);
}

int neuron_tensor_wrap(neuron_tensor_t **tensor, neuron_context_t *context, int32_t type,
                       const int64_t *shape, int32_t rank, void *data)
{
    CHECK_ARGUMENT(tensor);
    *tensor = NULL;
    RETURN_IF_ERROR(create_empty(tensor, context, type, shape, rank));
    (*tensor)->borrowed = true;
    (*tensor)->data = data;
    int status = check_data(*tensor, data);
    size_t size = neuron_type_size(type);
    size_t alignment = size == sizeof(int64_t) ? _Alignof(int64_t) : size;
    if (status == NEURON_OK && (uintptr_t)data % alignment != 0)
        status = neuron_fail(NEURON_E_ARGUMENT,
                             "%s: data is at an address that is no multiple of %zu, as %s needs",
                             __func__, alignment, neuron_type_name(type));
    return finish(tensor, status);
}

int neuron_tensor_set_destroy(neuron_tensor_t *tensor, void *user_data,
                              neuron_destroy_function_t destroy)
{
    CHECK_ARGUMENT(tensor);
    CHECK_FUNCTION(destroy);
    if (!tensor->borrowed || tensor->destroy)
        return neuron_fail(NEURON_E_STATE, "tensor: %s",
                           tensor->borrowed ? "the memory has been handed over already"
                                            : "the memory is its own, not the caller's");
    tensor->destroy = destroy;
    tensor->destroy_data = user_data;
    return NEURON_OK;
}

neuron_tensor_t *neuron_tensor_ref(neuron_tensor_t *tensor)
{
    if (!NEURON_IS(tensor))
        return NULL;
    neuron_handle_own(&tensor->handle);
    return tensor;
}

void neuron_tensor_unref(neuron_tensor_t *tensor)
{
    if (!NEURON_IS(tensor) || !neuron_hold_last_owner(&tensor->handle.references))
        return;
    neuron_context_t *context = tensor->context;
    if (!tensor->borrowed)
        neuron_release(context, tensor->data);
    else if (tensor->destroy)
        neuron_destroy_user_data(tensor->destroy, tensor->destroy_data);
    neuron_release(context, tensor);
    neuron_context_unref(context);
}

NEURON_HOLD_DEFINE(tensor)

int32_t neuron_tensor_type(const neuron_tensor_t *tensor)
{
    return NEURON_IS(tensor) ? tensor->type : 0;
}

int32_t neuron_tensor_rank(const neuron_tensor_t *tensor)
{
    return NEURON_IS(tensor) ? tensor->shape.rank : 0;
}

int64_t neuron_tensor_extent(const neuron_tensor_t *tensor, int32_t axis)
{
    return NEURON_IS(tensor) && axis >= 0 && axis < tensor->shape.rank ? tensor->shape.extent[axis]
                                                                       : 0;
}

int64_t neuron_tensor_count(const neuron_tensor_t *tensor)
{
    return NEURON_IS(tensor) ? neuron_shape_count(&tensor->shape) : 0;
}

void *neuron_tensor_data(neuron_tensor_t *tensor)
{
    return NEURON_IS(tensor) ? tensor->data : NULL;
}

const void *neuron_tensor_data_const(const neuron_tensor_t *tensor)
{
    return NEURON_IS(tensor) ? tensor->data : NULL;
}
