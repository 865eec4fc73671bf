/* Checks tensors for the ends of a graph, and keeps them: see ends.h. */
#include "session/ends.h"

#include "base/checked.h"

#include <inttypes.h>
#include <stdio.h>

const char *neuron_end_text(const neuron_ends *ends, int64_t index, char text[NEURON_END_TEXT])
{
    if (ends->count == 1)
        return ends->what;
    snprintf(text, NEURON_END_TEXT, "%s %s", ends->what, ends->nodes[index]->name);
    return text;
}

int neuron_ends_check_count(const neuron_ends *ends, int64_t given)
{
    if (given != ends->count)
        return neuron_fail(NEURON_E_ARGUMENT, "%s: %ss are %" PRId64 "; there must be %" PRId64,
                           ends->graph->name, ends->what, given, ends->count);
    return NEURON_OK;
}

static int check(const neuron_ends *ends, int64_t index, const neuron_tensor_t *tensor,
                 int64_t *count)
{
    char called[NEURON_END_TEXT], text[2][NEURON_SHAPE_TEXT];
    const char *graph = ends->graph->name, *what = neuron_end_text(ends, index, called);
    RETURN_IF_ERROR(neuron_handle_check(tensor, NEURON_HANDLE_TENSOR, what, graph));
    const neuron_shape *shape = &ends->nodes[index]->spec.output;
    bool bytes = ends->bytes && tensor->type == NEURON_TYPE_U8;
    if (bytes && !ends->nodes[index]->meaning.scaled)
        return neuron_fail(NEURON_E_TYPE,
                           "%s: the %s is u8, not f32, and how bytes become inputs is not known: "
                           "neuron_graph_set_scales() and a training on bytes tell it",
                           graph, what);
    if (!bytes && tensor->type != NEURON_TYPE_F32)
        return neuron_fail(NEURON_E_TYPE, "%s: the %s is %s, not f32", graph, what,
                           neuron_type_name(tensor->type));
    neuron_shape example = {.rank = tensor->shape.rank - 1};
    for (int32_t axis = 0; axis < example.rank; axis++)
        example.extent[axis] = tensor->shape.extent[axis + 1];
    if (tensor->shape.rank == 0 || !neuron_shape_equal(&example, shape))
        return neuron_fail(NEURON_E_SHAPE, "%s: the %s is %s, not n x %s", graph, what,
                           neuron_shape_text(&tensor->shape, text[0]),
                           neuron_shape_text(shape, text[1]));
    if (*count >= 0 && tensor->shape.extent[0] != *count)
        return neuron_fail(NEURON_E_SHAPE, "%s: the %s is %s; there are %" PRId64 " examples",
                           graph, what, neuron_shape_text(&tensor->shape, text[0]), *count);
    *count = tensor->shape.extent[0];
    return NEURON_OK;
}

int neuron_ends_check(const neuron_ends *ends, neuron_tensor_t *const *tensors, int64_t given,
                      bool some, int64_t *count)
{
    char text[NEURON_END_TEXT];
    RETURN_IF_ERROR(neuron_ends_check_count(ends, given));
    for (int32_t i = 0; i < given; i++) {
        if (tensors[i])
            RETURN_IF_ERROR(check(ends, i, tensors[i], count));
        else if (!some)
            return neuron_fail(NEURON_E_ARGUMENT, "%s: the %s is NULL", ends->graph->name,
                               neuron_end_text(ends, i, text));
    }
    return NEURON_OK;
}

struct neuron_tensor_owners {
    neuron_context_t *context;
    int64_t count;
    neuron_tensor_t *list[];
};

neuron_tensor_owners *neuron_tensors_own(neuron_context_t *context, neuron_tensor_t *const *some,
                                         int64_t some_count, neuron_tensor_t *const *others,
                                         int64_t other_count)
{
    int64_t count = some_count + other_count;
    neuron_tensor_owners *owners =
        neuron_allocate(context, sizeof *owners + neuron_size_of(count, sizeof owners->list[0]), 1);
    if (!owners)
        return NULL;
    owners->context = context;
    owners->count = count;
    for (int32_t i = 0; i < count; i++)
        owners->list[i] = neuron_tensor_ref(
            neuron_hold_object(i < some_count ? some[i] : others[i - some_count]));
    return owners;
}

void neuron_tensors_end_hold(void *owner, void *object)
{
    (void)owner;
    neuron_tensor_owners *owners = object;
    for (int32_t i = 0; i < owners->count; i++)
        neuron_tensor_unref(owners->list[i]);
    neuron_release(owners->context, owners);
}
