/* Arrays that lie in several pieces ("chunks"), packed or not. */
#ifndef KERAS_HDF5_CHUNKS_H
#define KERAS_HDF5_CHUNKS_H

#include "keras/files/hdf5-objects.h"

enum { NEURON_H5_FILTERS_MAX = 8 };

typedef struct neuron_h5_chunks {
    int index; /* how the pieces are found */
    uint64_t address;
    int32_t rank;
    uint64_t extent[NEURON_RANK_MAX]; /* of each piece */
    uint64_t width;                   /* bytes of a number */
    uint64_t packed_size;             /* of a single piece that is packed, else 0 */
    uint32_t packed_mask;
    int filter_count;
    int filters[NEURON_H5_FILTERS_MAX]; /* in the order in which they were applied */
} neuron_h5_chunks;

/* The message NEURON_H5_LAYOUT of such an array; false for a damaged one. */
bool neuron_h5_read_chunks(neuron_h5_chunks *chunks, neuron_h5_span message);

/* The message NEURON_H5_PIPELINE: how pieces are packed. */
bool neuron_h5_read_filters(neuron_h5_chunks *chunks, neuron_h5_span message);

/* Whether all pieces of an array are there, and how many bytes of the file they take.
 * NEURON_E_UNSUPPORTED for what is packed or found in a way that is not known. */
int neuron_h5_check_chunks(uint64_t *stored, const neuron_h5 *h5, const neuron_h5_chunks *chunks,
                           const neuron_shape *shape, const char *path);

/* Copies the bytes of all numbers to one place, which has room for them. Pieces were checked. */
int neuron_h5_join_chunks(uint8_t *numbers, const neuron_h5 *h5, const neuron_h5_chunks *chunks,
                          const neuron_shape *shape, const char *path);

#endif
