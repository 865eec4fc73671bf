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
    made->ownership = NEURON_OWNERSHIP_COPY;
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

static int wrap(neuron_tensor_t **tensor, neuron_context_t *context, int32_t type,
                const int64_t *shape, int32_t rank, void *data, int32_t ownership)
{
    if (ownership == NEURON_OWNERSHIP_COPY) {
        RETURN_IF_ERROR(neuron_tensor_create_raw(tensor, context, type, shape, rank));
    } else if (ownership == NEURON_OWNERSHIP_BORROW || ownership == NEURON_OWNERSHIP_OWN) {
        RETURN_IF_ERROR(create_empty(tensor, context, type, shape, rank));
        (*tensor)->ownership = ownership;
        (*tensor)->data = data;
    } else {
        return neuron_refuse_value(ownership, "ownership", "copy (10), borrow (20), own (30)",
                                   "tensor");
    }
    int64_t count = neuron_tensor_count(*tensor);
    if (count > 0 && !data) {
        neuron_tensor_unref(*tensor);
        *tensor = NULL;
        return neuron_refuse_null("data", "tensor");
    }
    if (ownership == NEURON_OWNERSHIP_COPY && count > 0)
        memcpy((*tensor)->data, data, (size_t)count * neuron_type_size(type));
    return NEURON_OK;
}

int neuron_tensor_wrap(neuron_tensor_t **tensor, neuron_context_t *context, int32_t type,
                       const int64_t *shape, int32_t rank, void *data, int32_t ownership,
                       void *user_data, neuron_destroy_function_t destroy)
{
    CHECK_ARGUMENT(tensor);
    *tensor = NULL;
    RETURN_IF_ERROR(wrap(tensor, context, type, shape, rank, data, ownership));
    (*tensor)->destroy = destroy;
    (*tensor)->destroy_data = user_data;
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
    if (tensor->ownership == NEURON_OWNERSHIP_COPY)
        neuron_release(context, tensor->data);
    else if (tensor->ownership == NEURON_OWNERSHIP_OWN && tensor->destroy)
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
