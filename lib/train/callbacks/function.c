/* A function of the caller's. A trainer keeps these in a list of their own, which callback-list.c
 * calls. */
#include "train/callbacks/callback.h"

#include "base/float-mode.h"

enum { ALL_EVENTS = 63 };

int neuron_callback_make_function(neuron_callback_t **callback, neuron_context_t *context,
                                  int32_t events, neuron_callback_function_t function,
                                  void *user_data, const char *who)
{
    if (events < 1 || events > ALL_EVENTS)
        return neuron_refuse_value(events, "events", "one event, or several joined by |", who);
    if (!function)
        return neuron_refuse_null("function", who);
    RETURN_IF_ERROR(neuron_callback_make(callback, context, &neuron_callback_function));
    (*callback)->events = events;
    (*callback)->function = function;
    (*callback)->user_data = user_data;
    return NEURON_OK;
}

int neuron_callback_create_function(neuron_callback_t **callback, neuron_context_t *context,
                                    int32_t events, neuron_callback_function_t function,
                                    void *user_data, neuron_destroy_function_t destroy)
{
    CHECK_ARGUMENT(callback);
    *callback = NULL;
    CHECK_ARGUMENT(context);
    RETURN_IF_ERROR(
        neuron_callback_make_function(callback, context, events, function, user_data, __func__));
    (*callback)->destroy = destroy;
    return NEURON_OK;
}

static const char *when(int32_t event)
{
    switch (event) {
    case NEURON_EVENT_RUN_BEGIN:
        return "when the run began";
    case NEURON_EVENT_EPOCH_BEGIN:
        return "before an epoch";
    case NEURON_EVENT_STEP_END:
        return "after a step";
    case NEURON_EVENT_EPOCH_END:
        return "after an epoch";
    case NEURON_EVENT_VALIDATION_STEP_END:
        return "after a batch of the validation";
    default:
        return "when the run ended";
    }
}

int neuron_callback_call(neuron_trainer_t *trainer, const neuron_callback_t *callback,
                         int32_t event)
{
    uint64_t before = neuron_message_count();
    neuron_float_host *host = neuron_float_pause();
    int result = callback->function(trainer, event, callback->user_data);
    neuron_float_resume(host);
    if (result == NEURON_OK || result == NEURON_STOP)
        return result;
    return neuron_fail_call(result, before, "the callback function returned %d %s", result,
                            when(event));
}

const neuron_callback_row neuron_callback_function = {.name = "function"};
