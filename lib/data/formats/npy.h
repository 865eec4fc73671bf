/* NumPy's .npy format: a header with type, order and shape as Python text, then the elements. */
#ifndef DATA_FORMATS_NPY_H
#define DATA_FORMATS_NPY_H

#include "base/tensor.h"
#include "data/codec/source.h"

/* An array as a file has it. */
typedef struct neuron_npy_array {
    neuron_tensor_t *tensor; /* the holder owns it; NULL if nothing was read */
    const char *type;        /* of its elements, as NumPy has it: "f8" */
    bool boolean;            /* its bytes are truth values, 0 or 1 */
    const char *name;        /* of the file, for messages */
} neuron_npy_array;

/* Makes a tensor of the array that a source has, which is read into its place. */
int neuron_npy_read(neuron_npy_array *array, neuron_source *source);

/* The same for a file, whose path must stay. */
int neuron_npy_open(neuron_npy_array *array, neuron_context_t *context, const char *path);

#endif
