/* Contexts are made here, where the kernels are chosen; all else about
 * them is in base/context.c. */
#include "base/context.h"
#include "kernels/kernels.h"

int neuron_context_create(neuron_context_t **context)
{
    CHECK_ARGUMENT(context);
    *context = NULL;
    RETURN_IF_ERROR(neuron_kernels_check(__func__));
    return neuron_context_make(context, NULL, neuron_kernels_choose(), __func__);
}

int neuron_context_create_with_allocator(neuron_context_t **context,
                                         neuron_allocate_function_t allocate,
                                         neuron_release_function_t release, void *user_data)
{
    const neuron_allocator allocator = {allocate, release, user_data};
    CHECK_ARGUMENT(context);
    *context = NULL;
    CHECK_ARGUMENT(allocate);
    CHECK_ARGUMENT(release);
    RETURN_IF_ERROR(neuron_kernels_check(__func__));
    return neuron_context_make(context, &allocator, neuron_kernels_choose(), __func__);
}
