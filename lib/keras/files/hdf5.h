/* HDF5 files in memory: groups, arrays of numbers, and texts.
 *
 * They are written by the HDF5 library, and read without it: files are strangers, and version 1.10
 * of the library reads where there is nothing when a byte is changed, and prints. What is read here
 * is what the library writes for Keras and h5py: groups as symbol tables, lists of links or heaps
 * of them, arrays in one piece or several, packed by gzip or not, texts in attributes. Each address
 * is checked before it is followed. */
#ifndef KERAS_HDF5_H
#define KERAS_HDF5_H

#include "base/context.h"
#include "base/shape.h"

#include <hdf5.h>
#include <stdbool.h>

/* What a path of a file may have, with its end. */
enum { NEURON_H5_PATH = 512, NEURON_H5_NAME = 256 };

typedef struct neuron_h5 {
    neuron_context_t *context;
    const char *name; /* begins the messages */

    /* Reading: */
    const uint8_t *bytes;
    size_t size;
    uint64_t base;      /* what addresses count from */
    uint64_t justified; /* bytes that all arrays may take in memory */
    uint64_t root;      /* where the first group is */

    /* Writing: between create and close nothing of the HDF5 library prints. */
    bool writes;
    hid_t file; /* negative for none */
    H5E_auto2_t print;
    void *print_data;
} neuron_h5;

/* Ends what neuron_h5_create() begins, after a failure too; one that reads needs no end. */
void neuron_h5_close(neuron_h5 *h5);

/* ---- Reading ---- */

/* Opens a file whose bytes lie in memory, where they must stay. */
int neuron_h5_open(neuron_h5 *h5, neuron_context_t *context, const char *name, const void *bytes,
                   size_t size);

/* Whether bytes begin as a file does. */
bool neuron_h5_is(const void *bytes, size_t size);

/* "the HDF5 file is damaged", NEURON_E_FORMAT. */
int neuron_h5_damaged(const neuron_h5 *h5, const char *path);

/* Whether there is a group or array in the file itself: links to others are none. */
bool neuron_h5_has(const neuron_h5 *h5, const char *path);

/* The shape of an array of numbers, all of which are there, and how many bytes of the file they
 * take: those of all arrays are no more than the file, unless some lie in the same place. */
int neuron_h5_shape(neuron_shape *shape, uint64_t *stored, const neuron_h5 *h5, const char *path);

/* Its numbers as floats, which `values` has room for: those of the shape. */
int neuron_h5_read(float *values, const neuron_h5 *h5, const char *path);

/* Texts that an attribute of a group has: of one, or of a list. *texts is NULL if there is no such
 * attribute; else the caller releases it. All lie in this one piece of memory. */
int neuron_h5_texts(char ***texts, size_t *count, const neuron_h5 *h5, const char *group,
                    const char *attribute);

/* Calls a function for each name in a group, by alphabet, until one fails. */
typedef int (*neuron_h5_visit)(void *data, const char *name);
int neuron_h5_each(const neuron_h5 *h5, const char *group, neuron_h5_visit visit, void *data);

/* ---- Writing ---- */

int neuron_h5_create(neuron_h5 *h5, neuron_context_t *context, const char *name);
int neuron_h5_add_group(neuron_h5 *h5, const char *path);

/* An array of floats, or of one whole number; groups on its way are made. */
int neuron_h5_add(neuron_h5 *h5, const char *path, const neuron_shape *shape, const float *values);
int neuron_h5_add_integer(neuron_h5 *h5, const char *path, int value);

/* Attributes of a group: a text, or a list of texts. */
int neuron_h5_set_text(neuron_h5 *h5, const char *group, const char *attribute, const char *text);
int neuron_h5_set_texts(neuron_h5 *h5, const char *group, const char *attribute,
                        const char *const *texts, size_t count);

/* The bytes of the file, which the caller releases. */
int neuron_h5_image(void **bytes, size_t *size, neuron_h5 *h5);

#endif
