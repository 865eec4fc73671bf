/* The weights of a file: groups, one for each layer, with arrays in the order that the layer has
 * them in. */
#ifndef KERAS_STORE_H
#define KERAS_STORE_H

#include "keras/files/hdf5.h"

typedef struct neuron_keras_group {
    char *path;    /* in the file, behind that of the store; "block/conv" of a model "block" */
    char *name;    /* of the layer, likewise; NULL where the file does not tell */
    size_t count;  /* of arrays */
    char **arrays; /* what they are called in the group, in Keras 2; else they are numbered */
} neuron_keras_group;

typedef struct neuron_keras_store {
    const neuron_h5 *h5;
    const char *root; /* what all groups lie in */
    bool ordered;     /* groups have the order of the layers: Keras 2 */
    neuron_keras_group *groups;
    size_t group_count;
} neuron_keras_store;

/* Finds all groups. Ends with neuron_keras_store_close(), after a failure too. */
int neuron_keras_store_open(neuron_keras_store *store, const neuron_h5 *h5);
void neuron_keras_store_close(neuron_keras_store *store);

/* The group with a path, or of a layer; NULL if there is none. */
const neuron_keras_group *neuron_keras_store_at(const neuron_keras_store *store, const char *path);
const neuron_keras_group *neuron_keras_store_find(const neuron_keras_store *store,
                                                  const char *name);

/* Where an array of a group is. NEURON_E_FORMAT for a path that is too long. */
int neuron_keras_store_path(char path[NEURON_H5_PATH], const neuron_keras_store *store,
                            const neuron_keras_group *group, size_t index);

#endif
