/* The arrays of a node out of a group of a file. */
#ifndef KERAS_VALUES_H
#define KERAS_VALUES_H

#include "graph/graph.h"
#include "keras/weights/store.h"

/* A node and where its arrays are. `skips` tells for each array of the node whether the group does
 * without; NULL if it has all. `places` tells which of the group's each is, if the group has those
 * of other nodes too; NULL if it has not. */
typedef struct neuron_keras_pair {
    const neuron_node_t *node;
    const neuron_keras_group *group;
    const bool *skips;
    const size_t *places;
} neuron_keras_pair;

/* How many bytes the arrays of some pairs take, in the file and in memory. */
typedef struct neuron_keras_bytes {
    uint64_t stored, floats;
} neuron_keras_bytes;

/* Whether count and shapes are those of the node: NEURON_E_DATA, NEURON_E_SHAPE. The graph need not
 * be finished. `bytes`, zeros at first, counts those of all pairs, which the file must justify. */
int neuron_keras_check_pair(neuron_keras_bytes *bytes, const neuron_keras_store *store,
                            const neuron_keras_pair *pair);

/* Makes of variances what Keras divides by: their roots, which are never nothing. */
void neuron_keras_make_deviations(float *values, int64_t count);

/* Copies the arrays of all pairs into a finished graph, all or none; each pair was checked. */
int neuron_keras_copy_pairs(int64_t *loaded, neuron_graph_t *graph, const neuron_keras_store *store,
                            const neuron_keras_pair *pairs, size_t count);

#endif
