/* Parameters that callbacks keep, and those that a graph gets back when the training is over. */
#include "train/callback.h"

#include <string.h>

size_t neuron_callback_slots_size(const neuron_trainer_t *trainer,
                                  const neuron_callback_entry *entry)
{
    return entry->callback->kind->keeps_slots ? (size_t)trainer->optimizer->rule->slot_count *
                                                    (size_t)trainer->graph->trainable_count
                                              : 0;
}

int neuron_callback_make_values(neuron_trainer_t *trainer, neuron_callback_entry *entry)
{
    const size_t slots = neuron_callback_slots_size(trainer, entry);
    if (!entry->values)
        entry->values = neuron_allocate(trainer->context, neuron_size(trainer->graph->value_count),
                                        sizeof(float));
    if (!entry->slots && slots > 0)
        entry->slots = neuron_allocate(trainer->context, slots, sizeof(float));
    return entry->values && (entry->slots || slots == 0) ? NEURON_OK : NEURON_E_MEMORY;
}

/* Copies what the optimizer remembers, or what it began with, to or from where it is kept. */
static void copy_slots(neuron_trainer_t *trainer, neuron_callback_entry *entry, bool back)
{
    const neuron_run_memory *memory = &trainer->memory;
    const size_t count = (size_t)trainer->graph->trainable_count;
    if (trainer->progress.optimizer_steps == 0) /* the first step would fill them */
        neuron_optimizer_reset(trainer->optimizer, memory->slots, (int64_t)count);
    for (int32_t i = 0; entry->slots && i < trainer->optimizer->rule->slot_count; i++) {
        float *kept = entry->slots + (size_t)i * count, *live = memory->slots[i];
        memcpy(back ? live : kept, back ? kept : live, count * sizeof *kept);
    }
}

void neuron_callback_keep(neuron_trainer_t *trainer, neuron_callback_entry *entry)
{
    memcpy(entry->values, trainer->graph->values,
           (size_t)trainer->graph->value_count * sizeof *entry->values);
    copy_slots(trainer, entry, false);
    entry->steps = trainer->progress.optimizer_steps;
    entry->kept = true;
}

void neuron_callback_put_back(neuron_trainer_t *trainer, neuron_callback_entry *entry)
{
    memcpy(trainer->graph->values, entry->values,
           (size_t)trainer->graph->value_count * sizeof *entry->values);
    neuron_graph_touch(trainer->graph);
    copy_slots(trainer, entry, true);
    if (entry->slots)
        trainer->progress.optimizer_steps = entry->steps;
}

static void exchange(neuron_graph_t *graph, float *values)
{
    for (int64_t i = 0; i < graph->value_count; i++) {
        float value = graph->values[i];
        graph->values[i] = values[i];
        values[i] = value;
    }
    neuron_graph_touch(graph);
}

static bool is_settled(const neuron_trainer_t *trainer)
{
    for (int32_t i = 0; i < trainer->callback_count; i++)
        if (trainer->callbacks[i].exchanged)
            return true;
    return false;
}

void neuron_callbacks_settle(neuron_trainer_t *trainer)
{
    if (is_settled(trainer))
        return;
    for (int32_t i = 0; i < trainer->callback_count; i++) {
        neuron_callback_entry *entry = &trainer->callbacks[i];
        if (!entry->kept || !entry->callback->kind->restores ||
            !entry->callback->kind->restores(entry))
            continue;
        exchange(trainer->graph, entry->values);
        entry->exchanged = true;
    }
    trainer->settled_version = atomic_load(&trainer->graph->version);
}

bool neuron_callback_is_void(const neuron_trainer_t *trainer, const neuron_callback_entry *entry)
{
    return entry->exchanged && atomic_load(&trainer->graph->version) != trainer->settled_version;
}

/* The other way round: the exchanges are taken back from the last to the first. */
void neuron_callbacks_unsettle(neuron_trainer_t *trainer)
{
    const bool changed = atomic_load(&trainer->graph->version) != trainer->settled_version;
    for (int32_t i = trainer->callback_count - 1; i >= 0; i--) {
        neuron_callback_entry *entry = &trainer->callbacks[i];
        if (!entry->exchanged)
            continue;
        if (changed)
            entry->kept = false;
        else
            exchange(trainer->graph, entry->values);
        entry->exchanged = false;
    }
}
