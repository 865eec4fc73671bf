/* What callbacks remember, in the file of a training:
 *
 *     "callbacks": {"begun": 0, "stop_reason": "", "rates": [base, factor, effective, set],
 *                   "list": [{"kind": "early_stopping", "options": {"patience": 5, ...},
 *                             "state": {"wait": 2, ...}, "kept": 1, "exchanged": 0,
 *                             "kept_steps": 40}, ...]}
 *
 * where `set` is what other hands did to the optimizer's rate since the last step: 0 for
 * nothing, 1 if it was set, 2 if that was followed; and the parameters that one keeps as the
 * array "callback.0", ..., what it keeps of the optimizer's, from so many steps, as
 * "callback.0.slots"; nothing at all of a trainer without callbacks where that says it all, and no
 * rates of one whose rate goes by no schedule. Functions of the caller's are not in it. */
#include "checkpoint/training-file.h"

#include "base/options/json.h"
#include "train/callback-list.h"
#include "train/training.h"

#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char key[] = "callbacks";

static void values_name(char name[NEURON_SLOT_NAME_SIZE], int64_t index)
{
    snprintf(name, NEURON_SLOT_NAME_SIZE, "callback.%" PRId64, index);
}

static void slots_name(char name[NEURON_SLOT_NAME_SIZE], int64_t index)
{
    snprintf(name, NEURON_SLOT_NAME_SIZE, "callback.%" PRId64 ".slots", index);
}

static neuron_shape slots_shape(const neuron_trainer_t *trainer, const neuron_callback_entry *entry)
{
    return (neuron_shape){.rank = 1,
                          .extent = {(int64_t)neuron_callback_slot_values(trainer, entry)}};
}

static neuron_shape values_shape(const neuron_trainer_t *trainer)
{
    return (neuron_shape){.rank = 1, .extent = {trainer->graph->value_count}};
}

/* ---- Writing ---- */

static int write_entry(json_t *object, const neuron_trainer_t *trainer,
                       const neuron_callback_entry *entry)
{
    bool lost = neuron_callback_lost_snapshot(trainer, entry);
    const neuron_callback_row *kind = entry->callback->kind;
    RETURN_IF_ERROR(neuron_json_set(object, "kind", json_string(kind->name)));
    RETURN_IF_ERROR(neuron_state_write_options(object, "options", &entry->callback->options));
    json_t *state = json_object();
    RETURN_IF_ERROR(neuron_json_set(object, "state", state));
    for (int32_t i = 0; i < kind->state_count; i++)
        RETURN_IF_ERROR(neuron_json_set_real(state, kind->state_names[i], entry->state[i]));
    RETURN_IF_ERROR(
        neuron_json_set(object, "kept_steps", json_integer((json_int_t)entry->snapshot.steps)));
    RETURN_IF_ERROR(neuron_json_set(object, "kept", json_integer(entry->snapshot.exists && !lost)));
    return neuron_json_set(object, "exchanged", json_integer(entry->snapshot.swapped && !lost));
}

/* What other hands did to the rate since the last step. */
enum { NOT_SET = 0, SET = 1, FOLLOWED = 2 };

static int write_rates(json_t *object, const neuron_trainer_t *trainer)
{
    const neuron_rate *rates = &trainer->rate;
    if (!rates->scheduled)
        return NEURON_OK;
    json_t *list = json_array();
    RETURN_IF_ERROR(neuron_json_set(object, "rates", list));
    RETURN_IF_ERROR(neuron_json_append_real(list, rates->base));
    RETURN_IF_ERROR(neuron_json_append_real(list, rates->factor));
    RETURN_IF_ERROR(neuron_json_append_real(list, rates->effective));
    int set = neuron_rate_was_set(rates, trainer->optimizer) ? SET
              : rates->set_by_hand                           ? FOLLOWED
                                                             : NOT_SET;
    return neuron_json_append(list, json_integer(set));
}

/* What a file without a word of callbacks means. */
static bool says_nothing(const neuron_trainer_t *trainer)
{
    const neuron_run_progress *progress = &trainer->progress;
    return trainer->callbacks.count == 0 && !trainer->rate.scheduled && !progress->stop_reason[0] &&
           progress->epoch_begun == (progress->step > 0);
}

int neuron_callbacks_write(json_t *object, const neuron_trainer_t *trainer)
{
    const neuron_run_progress *progress = &trainer->progress;
    if (says_nothing(trainer))
        return NEURON_OK;
    json_t *made = json_object();
    RETURN_IF_ERROR(neuron_json_set(object, key, made));
    RETURN_IF_ERROR(neuron_json_set(made, "begun", json_integer(progress->epoch_begun)));
    RETURN_IF_ERROR(neuron_json_set(made, "stop_reason", json_string(progress->stop_reason)));
    RETURN_IF_ERROR(write_rates(made, trainer));
    json_t *list = json_array();
    RETURN_IF_ERROR(neuron_json_set(made, "list", list));
    for (int32_t i = 0; i < trainer->callbacks.count; i++) {
        json_t *entry = json_object();
        RETURN_IF_ERROR(neuron_json_append(list, entry));
        RETURN_IF_ERROR(write_entry(entry, trainer, &trainer->callbacks.entries[i]));
    }
    return NEURON_OK;
}

int neuron_callbacks_add_values(neuron_safetensors_writer *writer, const neuron_trainer_t *trainer)
{
    const neuron_shape shape = values_shape(trainer);
    for (int32_t i = 0; i < trainer->callbacks.count; i++) {
        const neuron_callback_entry *entry = &trainer->callbacks.entries[i];
        const neuron_shape slots = slots_shape(trainer, entry);
        char name[NEURON_SLOT_NAME_SIZE];
        if (!entry->snapshot.exists || neuron_callback_lost_snapshot(trainer, entry))
            continue;
        values_name(name, i);
        RETURN_IF_ERROR(
            neuron_safetensors_add(writer, name, NEURON_TYPE_F32, &shape, entry->snapshot.values));
        slots_name(name, i);
        if (entry->snapshot.slots)
            RETURN_IF_ERROR(neuron_safetensors_add(writer, name, NEURON_TYPE_F32, &slots,
                                                   entry->snapshot.slots));
    }
    return NEURON_OK;
}

/* ---- Reading ---- */

static int read_flag(bool *flag, const json_t *object, const char *name, const char *source)
{
    const json_t *found = json_object_get(object, name);
    if (!json_is_integer(found) || json_integer_value(found) < 0 || json_integer_value(found) > 1)
        return neuron_state_bad(source, name);
    *flag = json_integer_value(found) == 1;
    return NEURON_OK;
}

static int check_options(const neuron_callback_t *callback, const json_t *object, int64_t index,
                         const char *source)
{
    char who[NEURON_MESSAGE_SIZE];
    neuron_options theirs;
    snprintf(who, sizeof who, "%s: callback %" PRId64 " (%s)", source, index, callback->kind->name);
    RETURN_IF_ERROR(neuron_options_read(&theirs, &callback->kind->options, object, who));
    return neuron_options_compare(&theirs, &callback->options, who);
}

static int read_numbers(neuron_callback_entry *entry, const json_t *object, const char *source)
{
    const neuron_callback_row *kind = entry->callback->kind;
    if (!json_is_object(object) || json_object_size(object) != (size_t)kind->state_count)
        return neuron_state_bad(source, "state");
    for (int32_t i = 0; i < kind->state_count; i++) {
        const json_t *found = json_object_get(object, kind->state_names[i]);
        if (!json_is_number(found))
            return neuron_state_bad(source, kind->state_names[i]);
        entry->state[i] = json_number_value(found);
    }
    return NEURON_OK;
}

static int read_entry(neuron_callback_entry *entry, const json_t *object, int64_t index,
                      uint64_t updates, const char *source)
{
    const neuron_callback_row *kind = entry->callback->kind;
    const char *name = json_string_value(json_object_get(object, "kind"));
    int64_t steps;
    if (!name)
        return neuron_state_bad(source, "kind");
    if (strcmp(name, kind->name) != 0)
        return neuron_fail(NEURON_E_DATA,
                           "%s: callback %" PRId64 " of its training is " NEURON_JSON_NAME
                           ", here it is %s",
                           source, index, name, kind->name);
    RETURN_IF_ERROR(
        check_options(entry->callback, json_object_get(object, "options"), index, source));
    RETURN_IF_ERROR(read_numbers(entry, json_object_get(object, "state"), source));
    RETURN_IF_ERROR(
        neuron_state_read_count(&steps, object, "kept_steps", (int64_t)updates, source));
    entry->snapshot.steps = (uint64_t)steps;
    RETURN_IF_ERROR(read_flag(&entry->snapshot.exists, object, "kept", source));
    RETURN_IF_ERROR(read_flag(&entry->snapshot.swapped, object, "exchanged", source));
    return entry->snapshot.swapped && !entry->snapshot.exists
               ? neuron_state_bad(source, "exchanged")
               : NEURON_OK;
}

static int read_rates(neuron_rate *rates, const json_t *object, const char *source)
{
    const json_t *list = json_object_get(object, "rates");
    const json_t *set = json_array_get(list, 3);
    double numbers[3];
    if (!list)
        return NEURON_OK;
    for (size_t i = 0; i < 3; i++) {
        const json_t *number = json_array_get(list, i);
        numbers[i] = json_number_value(number);
        if (!json_is_number(number) || !(numbers[i] >= 0 && numbers[i] <= FLT_MAX))
            return neuron_state_bad(source, "rates");
    }
    if (json_array_size(list) != 4 || !json_is_integer(set) || json_integer_value(set) < NOT_SET ||
        json_integer_value(set) > FOLLOWED)
        return neuron_state_bad(source, "rates");
    *rates = (neuron_rate){.scheduled = true,
                           .base = numbers[0],
                           .factor = numbers[1],
                           .effective = numbers[2],
                           .set_by_hand = json_integer_value(set) == FOLLOWED,
                           .changes = json_integer_value(set) == SET};
    return NEURON_OK;
}

static int read_progress(neuron_run_progress *progress, neuron_rate *rate, const json_t *object,
                         const char *source)
{
    const char *reason = json_string_value(json_object_get(object, "stop_reason"));
    if (!reason || strlen(reason) >= NEURON_STOP_REASON_SIZE)
        return neuron_state_bad(source, "stop_reason");
    memcpy(progress->stop_reason, reason, strlen(reason) + 1);
    RETURN_IF_ERROR(read_flag(&progress->epoch_begun, object, "begun", source));
    return read_rates(rate, object, source);
}

int neuron_callbacks_read(neuron_callback_entry **entries, neuron_run_progress *progress,
                          neuron_rate *rate, const json_t *object, const neuron_trainer_t *trainer,
                          const char *source)
{
    const json_t *found = json_object_get(object, key);
    const json_t *list = json_object_get(found, "list");
    if (found && !json_is_array(list))
        return neuron_state_bad(source, "list");
    size_t count = json_array_size(list), here = (size_t)trainer->callbacks.count;
    if (count != here)
        return neuron_fail(NEURON_E_DATA, "%s: its training has %zu callbacks, this one has %zu",
                           source, count, here);
    progress->epoch_begun = progress->step > 0;
    if (!found)
        return NEURON_OK;
    RETURN_IF_ERROR(read_progress(progress, rate, found, source));
    if (count == 0)
        return NEURON_OK;
    *entries = neuron_allocate_zero(trainer->context, count, sizeof **entries);
    if (!*entries)
        return NEURON_E_MEMORY;
    for (int32_t i = 0; i < trainer->callbacks.count; i++) {
        (*entries)[i].callback = trainer->callbacks.entries[i].callback;
        RETURN_IF_ERROR(read_entry(&(*entries)[i], json_array_get(list, (size_t)i), i,
                                   progress->updates, source));
    }
    return NEURON_OK;
}

int neuron_callbacks_check_values(const neuron_callback_entry *entries,
                                  const neuron_safetensors *file, neuron_trainer_t *trainer)
{
    const neuron_shape shape = values_shape(trainer);
    for (int32_t i = 0; i < trainer->callbacks.count; i++) {
        const neuron_shape slots = slots_shape(trainer, &entries[i]);
        char name[NEURON_SLOT_NAME_SIZE];
        const neuron_safetensors_entry *array;
        if (!entries[i].snapshot.exists)
            continue;
        values_name(name, i);
        RETURN_IF_ERROR(neuron_safetensors_need_floats(&array, file, name, &shape));
        slots_name(name, i);
        if (slots.extent[0] > 0)
            RETURN_IF_ERROR(neuron_safetensors_need_floats(&array, file, name, &slots));
        RETURN_IF_ERROR(neuron_snapshot_allocate(
            &trainer->callbacks.entries[i].snapshot, trainer->graph,
            neuron_callback_slot_values(trainer, &trainer->callbacks.entries[i])));
    }
    return NEURON_OK;
}

void neuron_callbacks_take(neuron_trainer_t *trainer, const neuron_callback_entry *entries,
                           const neuron_safetensors *file)
{
    for (int32_t i = 0; i < trainer->callbacks.count; i++) {
        neuron_callback_entry *entry = &trainer->callbacks.entries[i];
        memcpy(entry->state, entries[i].state, sizeof entry->state);
        entry->snapshot.exists = entries[i].snapshot.exists;
        entry->snapshot.steps = entries[i].snapshot.steps;
        entry->snapshot.swapped = entries[i].snapshot.swapped;
        if (!entry->snapshot.exists)
            continue;
        char name[NEURON_SLOT_NAME_SIZE];
        values_name(name, i);
        const neuron_safetensors_entry *array = neuron_safetensors_find(file, name);
        neuron_safetensors_copy_floats(entry->snapshot.values, array);
        slots_name(name, i);
        if (!entry->snapshot.slots)
            continue;
        neuron_safetensors_copy_floats(entry->snapshot.slots, neuron_safetensors_find(file, name));
    }
    trainer->callbacks.swapped_version = atomic_load(&trainer->graph->version);
}
