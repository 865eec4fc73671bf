/* A callback of the caller's. */
#include "train/callbacks/callback.h"

#include "base/float-mode.h"

int neuron_callback_create_custom(neuron_callback_t **callback, neuron_context_t *context,
                                  neuron_callback_function_t function, void *user_data,
                                  neuron_destroy_function_t destroy)
{
    CHECK_ARGUMENT(callback);
    *callback = NULL;
    CHECK_ARGUMENT(context);
    CHECK_ARGUMENT(function);
    RETURN_IF_ERROR(neuron_callback_make(callback, context, &neuron_callback_custom));
    (*callback)->custom = function;
    (*callback)->user_data = user_data;
    (*callback)->destroy = destroy;
    return NEURON_OK;
}

static int on_event(neuron_trainer_t *trainer, neuron_callback_entry *entry, int32_t event)
{
    const neuron_callback_t *callback = entry->callback;
    uint64_t before = neuron_message_count();
    neuron_float_host *host = neuron_float_pause();
    int result = callback->custom(trainer, event, callback->user_data);
    neuron_float_resume(host);
    if (result < 0)
        neuron_set_call_message(before, "the custom callback returned %d", result);
    return result;
}

const neuron_callback_row neuron_callback_custom = {
    .name = "custom",
    .on_event = on_event,
    .of_caller = true,
};
