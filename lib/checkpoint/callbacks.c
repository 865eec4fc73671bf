/* What callbacks remember, in the file of a training:
 *
 *     "callbacks": {"begun": 0, "stop_reason": "", "rates": [base, factor, effective, set],
 *                   "list": [{"kind": "early_stopping", "options": {"patience": 5, ...},
 *                             "state": {"wait": 2, ...}, "kept": 1, "exchanged": 0,
 *                             "kept_steps": 40}, ...]}
 *
 * where `set` is 1 if the optimizer's rate was set since callbacks looked at it, and not in files
 * of when they set it themselves; and the parameters that one keeps as the array "callback.0", ...,
 * what it keeps of the optimizer's, from so many steps, as "callback.0.slots"; nothing at all of a
 * trainer without callbacks. */
#include "checkpoint/training-file.h"

#include "base/files/json.h"
#include "train/callback-list.h"
#include "train/training.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char key[] = "callbacks";

static void values_name(char name[NEURON_SLOT_NAME_SIZE], int32_t index)
{
    snprintf(name, NEURON_SLOT_NAME_SIZE, "callback.%" PRId32, index);
}

static void slots_name(char name[NEURON_SLOT_NAME_SIZE], int32_t index)
{
    snprintf(name, NEURON_SLOT_NAME_SIZE, "callback.%" PRId32 ".slots", index);
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

/* An option that is not set is not a number, which JSON does not have. */
static json_t *real_or_null(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static int write_entry(json_t *object, const neuron_trainer_t *trainer,
                       const neuron_callback_entry *entry)
{
    const bool lost = neuron_callback_lost_snapshot(trainer, entry);
    const neuron_callback_kind *kind = entry->callback->kind;
    RETURN_IF_ERROR(neuron_json_set(object, "kind", json_string(kind->name)));
    json_t *options = json_object(), *state = json_object();
    int status = neuron_json_set(object, "options", options);
    if (neuron_json_set(object, "state", state) < 0 || status < 0)
        return NEURON_E_MEMORY;
    for (int32_t i = 0; i < kind->options.count; i++)
        RETURN_IF_ERROR(neuron_json_set(options, kind->options.rows[i].name,
                                        real_or_null(entry->callback->options[i])));
    for (int32_t i = 0; i < kind->state_count; i++)
        RETURN_IF_ERROR(neuron_json_set_real(state, kind->state_names[i], entry->state[i]));
    if (entry->snapshot.slots && entry->snapshot.exists)
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
    const int set = neuron_rate_was_set(rates, trainer->optimizer) ? SET
                    : rates->set_by_hand                           ? FOLLOWED
                                                                   : NOT_SET;
    return neuron_json_append(list, json_integer(set));
}

int neuron_callbacks_write(json_t *object, const neuron_trainer_t *trainer)
{
    const neuron_progress *progress = &trainer->progress;
    if (trainer->callbacks.count == 0)
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
            neuron_safetensors_add(writer, name, NEURON_F32, &shape, entry->snapshot.values));
        slots_name(name, i);
        if (entry->snapshot.slots)
            RETURN_IF_ERROR(
                neuron_safetensors_add(writer, name, NEURON_F32, &slots, entry->snapshot.slots));
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

/* Options that are missing are as they were before there were any: at their default. */
static int read_options(const neuron_callback_t *callback, const json_t *object, int32_t index,
                        const char *source)
{
    const neuron_callback_kind *kind = callback->kind;
    size_t known = 0;
    if (!json_is_object(object))
        return neuron_state_bad(source, "options");
    for (int32_t i = 0; i < kind->options.count; i++) {
        const char *name = kind->options.rows[i].name;
        const json_t *found = json_object_get(object, name);
        if (found && !json_is_number(found) && !json_is_null(found))
            return neuron_state_bad(source, name);
        double value = !found                ? kind->options.rows[i].fallback
                       : json_is_null(found) ? NAN
                                             : json_number_value(found);
        double here = callback->options[i];
        known += found != NULL;
        if (value != here && !(isnan(value) && isnan(here))) {
            char what[96];
            snprintf(what, sizeof what, "callback %" PRId32 " (%s) of its training has", index,
                     kind->name);
            return neuron_state_differs(source, what, name, value, here);
        }
    }
    return known == json_object_size(object) ? NEURON_OK : neuron_state_bad(source, "options");
}

/* Numbers that are missing are 0, as at first. */
static int read_numbers(neuron_callback_entry *entry, const json_t *object, const char *source)
{
    const neuron_callback_kind *kind = entry->callback->kind;
    size_t known = 0;
    if (!json_is_object(object))
        return neuron_state_bad(source, "state");
    for (int32_t i = 0; i < kind->state_count; i++) {
        const json_t *found = json_object_get(object, kind->state_names[i]);
        if (found && !json_is_number(found))
            return neuron_state_bad(source, kind->state_names[i]);
        entry->state[i] = json_number_value(found);
        known += found != NULL;
    }
    return known == json_object_size(object) ? NEURON_OK : neuron_state_bad(source, "state");
}

static int read_entry(neuron_callback_entry *entry, const json_t *object, int32_t index,
                      uint64_t updates, const char *source)
{
    const neuron_callback_kind *kind = entry->callback->kind;
    const char *name = json_string_value(json_object_get(object, "kind"));
    if (!name)
        return neuron_state_bad(source, "kind");
    if (strcmp(name, kind->name) != 0)
        return neuron_fail(NEURON_E_DATA,
                           "%s: callback %" PRId32 " of its training is " NEURON_JSON_NAME
                           ", here it is %s",
                           source, index, name, kind->name);
    RETURN_IF_ERROR(
        read_options(entry->callback, json_object_get(object, "options"), index, source));
    RETURN_IF_ERROR(read_numbers(entry, json_object_get(object, "state"), source));
    RETURN_IF_ERROR(
        neuron_state_read_steps(&entry->snapshot.steps, object, "kept_steps", updates, source));
    RETURN_IF_ERROR(read_flag(&entry->snapshot.exists, object, "kept", source));
    RETURN_IF_ERROR(read_flag(&entry->snapshot.swapped, object, "exchanged", source));
    return entry->snapshot.swapped && !entry->snapshot.exists
               ? neuron_state_bad(source, "exchanged")
               : NEURON_OK;
}

/* Files of when callbacks set the optimizer have its rate in the place of the effective one:
 * another rate in the optimizer's options came from other hands. */
static bool rate_was_set(const json_t *options, double effective)
{
    return json_number_value(json_object_get(options, "learning rate")) != effective;
}

/* `changes` becomes how many are still to be followed. */
static int read_rates(neuron_rate *rates, const json_t *object, const json_t *options,
                      const char *source)
{
    const json_t *list = json_object_get(object, "rates");
    double numbers[3];
    if (!list)
        return NEURON_OK;
    if (json_array_size(list) != 3 && json_array_size(list) != 4)
        return neuron_state_bad(source, "rates");
    for (size_t i = 0; i < 3; i++) {
        const json_t *number = json_array_get(list, i);
        numbers[i] = json_number_value(number);
        if (!json_is_number(number) || !(numbers[i] >= 0 && numbers[i] <= FLT_MAX))
            return neuron_state_bad(source, "rates");
    }
    const json_t *set = json_array_get(list, 3);
    if (set && (!json_is_integer(set) || json_integer_value(set) < NOT_SET ||
                json_integer_value(set) > FOLLOWED))
        return neuron_state_bad(source, "rates");
    const bool was_set = set ? json_integer_value(set) == SET : rate_was_set(options, numbers[2]);
    *rates = (neuron_rate){.scheduled = true,
                           .base = numbers[0],
                           .factor = numbers[1],
                           .effective = numbers[2],
                           .set_by_hand = json_integer_value(set) == FOLLOWED,
                           .changes = was_set};
    return NEURON_OK;
}

static int read_progress(neuron_progress *progress, neuron_rate *rate, const json_t *object,
                         const json_t *options, const char *source)
{
    const char *reason = json_string_value(json_object_get(object, "stop_reason"));
    if (!reason || strlen(reason) >= NEURON_STOP_REASON_SIZE)
        return neuron_state_bad(source, "stop_reason");
    strcpy(progress->stop_reason, reason);
    RETURN_IF_ERROR(read_flag(&progress->epoch_begun, object, "begun", source));
    return read_rates(rate, object, options, source);
}

int neuron_callbacks_read(neuron_callback_entry **entries, neuron_progress *progress,
                          neuron_rate *rate, const json_t *object, const neuron_trainer_t *trainer,
                          const char *source)
{
    const json_t *found = json_object_get(object, key);
    const json_t *list = json_object_get(found, "list");
    if (found && !json_is_array(list))
        return neuron_state_bad(source, "list");
    const size_t count = json_array_size(list), here = (size_t)trainer->callbacks.count;
    if (count != here)
        return neuron_fail(NEURON_E_DATA, "%s: its training has %zu callbacks, this one has %zu",
                           source, count, here);
    if (!found)
        return NEURON_OK;
    *entries = neuron_allocate_zero(trainer->context, count, sizeof **entries);
    if (!*entries)
        return NEURON_E_MEMORY;
    for (int32_t i = 0; i < trainer->callbacks.count; i++) {
        (*entries)[i].callback = trainer->callbacks.entries[i].callback;
        RETURN_IF_ERROR(read_entry(&(*entries)[i], json_array_get(list, (size_t)i), i,
                                   progress->updates, source));
    }
    return read_progress(progress, rate, found, json_object_get(object, "options"), source);
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
        if (entries[i].callback->kind->keeps_slots && neuron_safetensors_find(file, name))
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
        array = neuron_safetensors_find(file, name);
        entry->snapshot.exists =
            array != NULL; /* a file of before they were kept: the next run keeps anew */
        if (array)
            neuron_safetensors_copy_floats(entry->snapshot.slots, array);
    }
    trainer->callbacks.swapped_version = atomic_load(&trainer->graph->version);
}
