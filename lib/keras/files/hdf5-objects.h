/* The objects of a file that is read: what their headers and groups say. */
#ifndef KERAS_HDF5_OBJECTS_H
#define KERAS_HDF5_OBJECTS_H

#include "keras/files/hdf5.h"

/* The kinds of messages in headers. */
enum {
    NEURON_H5_SPACE = 1,
    NEURON_H5_LINKS = 2,
    NEURON_H5_TYPE = 3,
    NEURON_H5_LINK = 6,
    NEURON_H5_LAYOUT = 8,
    NEURON_H5_PIPELINE = 11,
    NEURON_H5_ATTRIBUTE = 12,
    NEURON_H5_CONTINUATION = 16,
    NEURON_H5_SYMBOLS = 17,
    NEURON_H5_ATTRIBUTES = 21
};

/* Some bytes of the file, which end somewhere. */
typedef struct neuron_h5_span {
    const uint8_t *bytes;
    size_t size;
} neuron_h5_span;

/* The bytes at an address; NULL if not all of them are in the file. */
const uint8_t *neuron_h5_at(const neuron_h5 *h5, uint64_t address, uint64_t size);

/* A number of up to 8 bytes, lowest first. */
uint64_t neuron_h5_number(const uint8_t *bytes, int width);

/* An address that stands for nothing. */
#define NEURON_H5_NOWHERE UINT64_MAX

/* Hands on each message of the header at an address, until `visit` returns another value than 0,
 * which is returned then. */
typedef int (*neuron_h5_message)(void *data, int kind, neuron_h5_span message);
int neuron_h5_messages(const neuron_h5 *h5, uint64_t address, neuron_h5_message visit, void *data);

/* Where links or attributes are that lie in a heap of their own, and the tree that names them. */
typedef struct neuron_h5_heap {
    uint64_t heap, tree;
} neuron_h5_heap;

/* The message NEURON_H5_LINKS or NEURON_H5_ATTRIBUTES, which may have a number of `first` bytes
 * before; false if there is no heap. */
bool neuron_h5_read_heap(neuron_h5_heap *where, neuron_h5_span message, size_t first);

/* Hands on each of them as if it were a message of kind `message`, likewise. */
int neuron_h5_dense(const neuron_h5 *h5, const neuron_h5_heap *where, neuron_h5_message visit,
                    int message, void *data);

/* Hands on name and address of each object in a group likewise. The name lasts for the call. */
typedef int (*neuron_h5_member)(void *data, const char *name, size_t length, uint64_t address);
int neuron_h5_members(const neuron_h5 *h5, uint64_t address, neuron_h5_member visit, void *data);

/* The address of an object by its path; false if there is none. */
bool neuron_h5_find(uint64_t *address, const neuron_h5 *h5, const char *path);

/* Extents of a message NEURON_H5_SPACE; a list of nothing has rank 1 and extent 0. */
bool neuron_h5_read_space(neuron_shape *shape, neuron_h5_span message);

#endif
