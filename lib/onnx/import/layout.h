/* How a value of an ONNX file lies in memory here: its axes there, and the order of their places
 * here, which are told apart so that transpositions and reshapes cost nothing.
 *
 * Each axis but the batch is a product of factors, most significant first: an axis of 6 is one
 * factor 6, or, once a reshape has joined axes of 2 and 3, the two factors 2 and 3. Memory has the
 * factors of all axes in any order. So a value of axes [batch, channels, rows, columns] that lies
 * with its channels last has the factors channels, rows, columns, at places 2, 0, 1; flattened, it
 * has one axis of the same three factors, and a dense layer behind it can have its weights in
 * their order. */
#ifndef ONNX_IMPORT_LAYOUT_H
#define ONNX_IMPORT_LAYOUT_H

#include <libneuron/types.h>

#include <stdbool.h>
#include <stdint.h>

enum { NEURON_ONNX_FACTORS = 24 };

typedef struct neuron_onnx_factor {
    int64_t extent; /* 2 or more */
    int32_t axis;
    int32_t place; /* in memory, from 0: that of the factor before which no other lies */
} neuron_onnx_factor;

typedef struct neuron_onnx_layout {
    int32_t rank, batch;             /* axes, and which of them is the batch; -1 for none */
    int64_t extent[NEURON_RANK_MAX]; /* of the axes; 1 for the batch */
    int32_t count;
    neuron_onnx_factor factor[NEURON_ONNX_FACTORS]; /* axis by axis, most significant first */
} neuron_onnx_layout;

/* That of axes in memory in their order. */
neuron_onnx_layout neuron_onnx_layout_plain(const int64_t *extents, int32_t rank, int32_t batch);

/* Puts one axis behind all others in memory, as channels of images are. */
void neuron_onnx_layout_put_last(neuron_onnx_layout *layout, int32_t axis);

/* Joins factors of one axis that lie one behind the other. */
void neuron_onnx_layout_simplify(neuron_onnx_layout *layout);

/* Cuts each factor where one of the same axis in `like` ends; false if an end lies within a factor
 * that cannot be cut there. The extents of both are equal. */
bool neuron_onnx_layout_refine(neuron_onnx_layout *layout, const neuron_onnx_layout *like);

/* The same values with other axes, whose extents have the same product on either side of the batch;
 * false if factors cannot be cut there, or become too many. */
bool neuron_onnx_layout_reshape(neuron_onnx_layout *layout, const int64_t *extents, int32_t rank,
                                int32_t batch);

/* Axis i becomes what axis `order[i]` was. */
void neuron_onnx_layout_transpose(neuron_onnx_layout *layout, const int32_t *order);

/* Values of an example. */
int64_t neuron_onnx_layout_size(const neuron_onnx_layout *layout);

/* The factor at each place. */
void neuron_onnx_layout_places(const neuron_onnx_layout *layout,
                               int32_t factors[NEURON_ONNX_FACTORS]);

/* The product of the factors behind a factor that belong to its axis: the step along the axis from
 * one of its values to the next. */
int64_t neuron_onnx_layout_step(const neuron_onnx_layout *layout, int32_t factor);

/* Whether two values lie alike. */
bool neuron_onnx_layout_equal(const neuron_onnx_layout *a, const neuron_onnx_layout *b);

#endif
