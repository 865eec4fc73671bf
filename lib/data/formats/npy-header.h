/* The header of a .npy file. */
#ifndef DATA_FORMATS_NPY_HEADER_H
#define DATA_FORMATS_NPY_HEADER_H

#include "base/shape.h"
#include "data/codec/buffer.h"
#include "data/codec/source.h"

typedef struct neuron_npy_header {
    int32_t type;     /* of the tensor that the array becomes */
    const char *name; /* of the stored type, as NumPy has it: "f8" */
    char kind;    /* of the stored elements: 'u' and 'i' integers, 'f' floats, 'b' truth values */
    size_t size;  /* bytes of a stored element */
    bool big;     /* the stored elements are big-endian */
    bool fortran; /* the first axis is the one that changes first */
    neuron_shape shape;
    size_t begin; /* of the elements */
} neuron_npy_header;

/* Reads and checks a header, and that its elements can be what follows. */
int neuron_npy_parse(neuron_npy_header *header, neuron_source *source);

/* Writes the header of an array in C's order, whose type NumPy calls "<f4", and returns its
 * size. */
enum { NEURON_NPY_HEADER_ROOM = 512 };
size_t neuron_npy_write_header(char header[NEURON_NPY_HEADER_ROOM], const char *type,
                               const neuron_shape *shape);

/* NEURON_E_FORMAT with the bytes that the elements need and the `has` that there are. */
int neuron_npy_fail_size(const neuron_npy_header *header, const neuron_source *source,
                         uint64_t has);

#endif
