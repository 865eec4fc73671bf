/* A rate by a function of the caller's. */
#include "train/callbacks/callback.h"

#include "base/float-mode.h"
#include "base/text/number.h"
#include "train/training.h"

#include <float.h>
#include <inttypes.h>

int neuron_callback_create_schedule(neuron_callback_t **callback, neuron_context_t *context,
                                    neuron_schedule_function_t function, void *user_data,
                                    neuron_destroy_function_t destroy)
{
    CHECK_ARGUMENT(callback);
    *callback = NULL;
    CHECK_ARGUMENT(context);
    CHECK_FUNCTION(function);
    RETURN_IF_ERROR(neuron_callback_make(callback, context, &neuron_callback_schedule));
    (*callback)->schedule = function;
    (*callback)->user_data = user_data;
    (*callback)->destroy = destroy;
    return NEURON_OK;
}

static int on_event(neuron_trainer_t *trainer, neuron_callback_entry *entry, int32_t event)
{
    if (event != NEURON_EVENT_EPOCH_BEGIN)
        return NEURON_OK;
    const neuron_callback_t *callback = entry->callback;
    int64_t epoch = neuron_training_progress(trainer)->epoch;
    double rate = neuron_training_base_rate(trainer);
    uint64_t before = neuron_message_count();
    neuron_float_host *host = neuron_float_pause();
    int result = callback->schedule(&rate, epoch, callback->user_data);
    neuron_float_resume(host);
    if (result != NEURON_OK && result != NEURON_STOP)
        return neuron_fail_call(
            result, before, "schedule: the function returned %d for epoch %" PRId64, result, epoch);
    if (!(rate >= 0 && rate <= FLT_MAX)) {
        char text[NEURON_NUMBER_TEXT];
        return neuron_fail(NEURON_E_ARGUMENT,
                           "schedule: the function set the rate to %s for epoch %" PRId64,
                           neuron_number_short(rate, text), epoch);
    }
    neuron_training_set_base_rate(trainer, rate);
    return result;
}

const neuron_callback_row neuron_callback_schedule = {
    .name = "schedule",
    .on_event = on_event,
};
