/* Shapes: a few extents and what follows from them. */
#ifndef BASE_SHAPE_H
#define BASE_SHAPE_H

#include <libneuron/types.h>

#include "base/compiler/attributes.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct neuron_shape {
    int32_t rank;
    int64_t extent[NEURON_RANK_MAX];
} neuron_shape;

/* Room for a shape as text: eight numbers of up to 20 bytes and what is between them. */
enum { NEURON_SHAPE_TEXT = 176 };

/* Checks rank and extents (each `smallest` or more) and that the product fits; `who` begins the
 * message. */
int neuron_shape_set(neuron_shape *shape, const int64_t *extents, int32_t rank, int64_t smallest,
                     const char *who);

/* Reads a text such as "28x28x1" of extents of 1 or more, at most one less than a tensor has, which
 * the option `name` is. */
int neuron_shape_parse(neuron_shape *shape, const char *text, size_t size, const char *name,
                       const char *who);

/* Product of the extents; 1 for rank 0. Known to fit for a shape that neuron_shape_set() made. */
NEURON_SHARED int64_t neuron_shape_count(const neuron_shape *shape);

NEURON_SHARED bool neuron_shape_equal(const neuron_shape *a, const neuron_shape *b);

/* Writes "28x28x1" ("scalar" for rank 0) and returns `text`. */
NEURON_SHARED const char *neuron_shape_text(const neuron_shape *shape,
                                            char text[NEURON_SHAPE_TEXT]);

/* Copies a shape out through a public call's arguments. */
void neuron_shape_get(const neuron_shape *shape, int64_t *extents, int32_t *rank);

#endif
