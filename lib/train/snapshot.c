/* Snapshots: plain copies of the graph's values and of the optimizer's slots. */
#include "train/snapshot.h"

#include "base/checked.h"

#include <string.h>

int neuron_snapshot_allocate(neuron_snapshot *snapshot, const neuron_graph_t *graph,
                             size_t slot_values)
{
    neuron_context_t *context = graph->context;
    if (!snapshot->values)
        snapshot->values = neuron_allocate(context, neuron_size(graph->value_count), sizeof(float));
    if (!snapshot->slots && slot_values > 0)
        snapshot->slots = neuron_allocate(context, slot_values, sizeof(float));
    return snapshot->values && (snapshot->slots || slot_values == 0) ? NEURON_OK : NEURON_E_MEMORY;
}

void neuron_snapshot_release(neuron_snapshot *snapshot, neuron_context_t *context)
{
    neuron_release(context, snapshot->values);
    neuron_release(context, snapshot->slots);
    *snapshot = (neuron_snapshot){0};
}

void neuron_snapshot_save(neuron_snapshot *snapshot, const neuron_graph_t *graph,
                          float *const *slots, int32_t slot_count, uint64_t steps)
{
    size_t count = (size_t)graph->trainable_count;
    memcpy(snapshot->values, graph->values, (size_t)graph->value_count * sizeof(float));
    for (int32_t i = 0; snapshot->slots && i < slot_count; i++)
        memcpy(snapshot->slots + (size_t)i * count, slots[i], count * sizeof(float));
    snapshot->steps = steps;
    snapshot->exists = true;
}

void neuron_snapshot_restore(const neuron_snapshot *snapshot, neuron_graph_t *graph,
                             float *const *slots, int32_t slot_count)
{
    size_t count = (size_t)graph->trainable_count;
    memcpy(graph->values, snapshot->values, (size_t)graph->value_count * sizeof(float));
    for (int32_t i = 0; snapshot->slots && i < slot_count; i++)
        memcpy(slots[i], snapshot->slots + (size_t)i * count, count * sizeof(float));
    neuron_graph_touch(graph);
}

void neuron_snapshot_swap(neuron_snapshot *snapshot, neuron_graph_t *graph)
{
    for (int64_t i = 0; i < graph->value_count; i++) {
        float value = graph->values[i];
        graph->values[i] = snapshot->values[i];
        snapshot->values[i] = value;
    }
    neuron_graph_touch(graph);
}
