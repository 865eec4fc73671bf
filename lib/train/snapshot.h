/* A snapshot: parameters set aside, and with them what the optimizer remembers. Callbacks keep the
 * best ones; when a training is over, a snapshot may change places with the graph's parameters. */
#ifndef TRAIN_SNAPSHOT_H
#define TRAIN_SNAPSHOT_H

#include "graph/graph.h"

typedef struct neuron_snapshot {
    float *values;  /* as many as the graph has; NULL if not allocated */
    float *slots;   /* those of the optimizer, one behind the other; NULL if not wanted */
    uint64_t steps; /* that the optimizer remembered */
    bool exists;    /* whether there are parameters in them */
    bool swapped;   /* whether the graph has them, and these are the last step's */
} neuron_snapshot;

/* Allocates the memory, unless it is there. `slot_values` is how many numbers of the optimizer are
 * kept. */
int neuron_snapshot_allocate(neuron_snapshot *snapshot, const neuron_graph_t *graph,
                             size_t slot_values);
void neuron_snapshot_release(neuron_snapshot *snapshot, neuron_context_t *context);

/* Copies parameters and slots, of which there are `slot_count`, into the snapshot, or back. */
void neuron_snapshot_save(neuron_snapshot *snapshot, const neuron_graph_t *graph,
                          float *const *slots, int32_t slot_count, uint64_t steps);
void neuron_snapshot_restore(const neuron_snapshot *snapshot, neuron_graph_t *graph,
                             float *const *slots, int32_t slot_count);

/* Lets the snapshot and the graph change parameters. */
void neuron_snapshot_swap(neuron_snapshot *snapshot, neuron_graph_t *graph);

#endif
