/* Writes the state of a training: the model with two keys more, for progress, rate, optimizer,
 * callbacks and history as JSON in the metadata, and what the optimizer keeps per parameter as
 * tensors. The settings that must be the same to go on are in settings.c. */
#include "checkpoint/training-file.h"

#include "base/float-mode.h"
#include "base/files/json.h"
#include "model/model.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

void neuron_slot_name(char name[NEURON_SLOT_NAME_SIZE], int32_t slot)
{
    snprintf(name, NEURON_SLOT_NAME_SIZE, "optimizer.%" PRId32, slot);
}

neuron_shape neuron_slot_shape(const neuron_trainer_t *trainer)
{
    return (neuron_shape){.rank = 1, .extent = {trainer->graph->trainable_count}};
}

/* The sums of each output as [loss, right], if there are several. */
static int write_sums(json_t *object, const neuron_trainer_t *trainer)
{
    if (trainer->history->outputs == 1)
        return NEURON_OK;
    json_t *list = json_array();
    RETURN_IF_ERROR(neuron_json_set(object, "output_sums", list));
    for (int32_t i = 0; i < trainer->history->outputs; i++) {
        json_t *row = json_array();
        RETURN_IF_ERROR(neuron_json_append(list, row));
        RETURN_IF_ERROR(neuron_json_append(row, neuron_state_figure(trainer->sums[i].loss)));
        RETURN_IF_ERROR(neuron_json_append(row, json_integer(trainer->sums[i].correct)));
    }
    return NEURON_OK;
}

static int write_progress(json_t *object, const neuron_trainer_t *trainer)
{
    const neuron_run_progress *progress = &trainer->progress;
    /* The bits of the seed in a signed number: JSON numbers of this library are int64_t. */
    RETURN_IF_ERROR(neuron_json_set(object, "seed", json_integer((json_int_t)progress->seed)));
    RETURN_IF_ERROR(neuron_json_set(object, "epoch", json_integer(progress->epoch)));
    RETURN_IF_ERROR(neuron_json_set(object, "step", json_integer(progress->step)));
    RETURN_IF_ERROR(
        neuron_json_set(object, "updates", json_integer((json_int_t)progress->updates)));
    RETURN_IF_ERROR(neuron_json_set(object, "optimizer_steps",
                                    json_integer((json_int_t)progress->optimizer_steps)));
    RETURN_IF_ERROR(neuron_json_set(object, "single_steps", json_integer(progress->single_steps)));
    RETURN_IF_ERROR(neuron_json_set(object, "last_loss", neuron_state_figure(progress->last_loss)));
    RETURN_IF_ERROR(neuron_json_set(object, "loss_sum", neuron_state_figure(progress->loss_sum)));
    RETURN_IF_ERROR(neuron_json_set(object, "right", json_integer(progress->correct)));
    RETURN_IF_ERROR(neuron_json_set(object, "seen", json_integer(progress->seen)));
    RETURN_IF_ERROR(write_sums(object, trainer));
    double seconds = progress->step > 0 ? neuron_trainer_seconds(trainer) : 0;
    return neuron_json_set_real(object, "seconds", seconds);
}

json_t *neuron_state_figure(double value)
{
    if (isnan(value))
        return json_null();
    return isinf(value) ? json_string(value > 0 ? "inf" : "-inf") : json_real(value);
}

/* One list of figures an epoch. */
static int write_history(json_t *list, const neuron_history_t *history)
{
    for (int64_t i = 0; i < history->epochs; i++) {
        json_t *row = json_array();
        RETURN_IF_ERROR(neuron_json_append(list, row));
        const double *figures = neuron_history_row(history, i);
        for (int32_t j = 0; j < history->row_size; j++)
            RETURN_IF_ERROR(neuron_json_append(row, neuron_state_figure(figures[j])));
    }
    return NEURON_OK;
}

static int write_state(json_t *object, const neuron_trainer_t *trainer)
{
    const neuron_optimizer_t *optimizer = trainer->optimizer;
    RETURN_IF_ERROR(neuron_json_set(object, "version", json_integer(NEURON_STATE_VERSION)));
    RETURN_IF_ERROR(neuron_state_write_settings(object, trainer));
    /* These are taken over: a learning rate may have been changed on the way. */
    RETURN_IF_ERROR(neuron_state_write_options(object, "optimizer_options", &optimizer->options));
    RETURN_IF_ERROR(write_progress(object, trainer));
    RETURN_IF_ERROR(neuron_callbacks_write(object, trainer));
    json_t *list = json_array();
    RETURN_IF_ERROR(neuron_json_set(object, "history", list));
    return write_history(list, trainer->history);
}

static int add_state(neuron_safetensors_writer *writer, const neuron_trainer_t *trainer)
{
    char *text = NULL;
    size_t size;
    json_t *object = json_object();
    int status = object ? write_state(object, trainer) : neuron_json_no_memory();
    if (status == NEURON_OK)
        status = neuron_json_write(&text, &size, trainer->context, object);
    if (status == NEURON_OK)
        status = neuron_safetensors_add_text(writer, NEURON_STATE_KEY, text);
    neuron_release(trainer->context, text);
    json_decref(object);
    return status;
}

static int add_slots(neuron_safetensors_writer *writer, const neuron_trainer_t *trainer)
{
    neuron_shape shape = neuron_slot_shape(trainer);
    for (int32_t i = 0; i < trainer->optimizer->rule->slot_count; i++) {
        char name[NEURON_SLOT_NAME_SIZE];
        neuron_slot_name(name, i);
        /* Before the first step there is nothing to remember. */
        if (trainer->progress.updates > 0)
            RETURN_IF_ERROR(neuron_safetensors_add(writer, name, NEURON_TYPE_F32, &shape,
                                                   neuron_step_slots(trainer->step)[i]));
    }
    return NEURON_OK;
}

static int write_all(neuron_safetensors_writer **writer, const neuron_trainer_t *trainer)
{
    RETURN_IF_ERROR(neuron_safetensors_writer_create(writer, trainer->context));
    int status = neuron_model_write(*writer, trainer->graph, NEURON_STORAGE_F32);
    if (status == NEURON_OK)
        status = add_state(*writer, trainer);
    if (status == NEURON_OK)
        status = add_slots(*writer, trainer);
    if (status == NEURON_OK)
        status = neuron_callbacks_add_values(*writer, trainer);
    if (status < 0)
        neuron_safetensors_writer_destroy(*writer);
    return status;
}

int neuron_trainer_save(const neuron_trainer_t *trainer, const char *path)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    CHECK_ARGUMENT(path);
    neuron_safetensors_writer *writer;
    if (!neuron_training_writes(trainer))
        return NEURON_OK;
    RETURN_IF_ERROR(write_all(&writer, trainer));
    int status = neuron_safetensors_save(writer, path);
    neuron_safetensors_writer_destroy(writer);
    return status;
}

int neuron_trainer_save_memory(void *bytes, size_t capacity, size_t *needed,
                               const neuron_trainer_t *trainer)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    CHECK_ROOM(bytes, capacity);
    neuron_safetensors_writer *writer;
    RETURN_IF_ERROR(write_all(&writer, trainer));
    int status = neuron_safetensors_copy(writer, bytes, capacity, needed, __func__);
    neuron_safetensors_writer_destroy(writer);
    return status;
}

static void drop_writer(void *owner, void *writer)
{
    (void)owner;
    neuron_safetensors_writer_destroy(writer);
}

int neuron_trainer_save_to(const neuron_trainer_t *trainer, neuron_write_function_t write,
                           void *user_data)
{
    FLOAT_SCOPE;
    CHECK_ARGUMENT(trainer);
    CHECK_FUNCTION(write);
    neuron_safetensors_writer *writer;
    neuron_hold_end_left();
    NEURON_HOLD(hold);
    neuron_hold_reference(&hold, trainer, trainer);
    RETURN_IF_ERROR(write_all(&writer, trainer));
    neuron_hold_add(&hold, drop_writer, NULL, writer);
    return neuron_safetensors_hand_out(writer, write, user_data, __func__);
}
