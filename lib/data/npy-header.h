/* The header of a .npy file. */
#ifndef DATA_NPY_HEADER_H
#define DATA_NPY_HEADER_H

#include "base/shape.h"
#include "data/content.h"

typedef struct neuron_npy_header {
    int32_t type; /* of the tensor that the array becomes */
    bool boolean; /* the stored elements are truth values, 0 or 1 */
    size_t size;  /* bytes of a stored element */
    bool big;     /* the stored elements are big-endian */
    neuron_shape shape;
    size_t begin; /* of the elements */
} neuron_npy_header;

/* Reads and checks a header, and that exactly its elements follow. */
int neuron_npy_parse(neuron_npy_header *header, const neuron_content *content);

#endif
