/* How convolutions end that sum tiles in registers: a leading ReLU is a floor below which no sum is
 * stored; the other post-operations are done by post_ops() (post-ops.c) once a block of sums is
 * in memory. */
#ifndef KERNELS_STORE_TILE_H
#define KERNELS_STORE_TILE_H

#include "kernels/kernels.h"
#include "kernels/simd.h"

#include <math.h>
#include <string.h>

/* In place, from entry `from` of the list on: `rows` rows of `columns` values that lie `row_step`
 * apart, here and in the arrays that lie like the output. */
void KERNEL(post_ops)(const neuron_post_slice *post, int32_t from, int64_t rows, int64_t columns,
                      float *values, int64_t row_step);
#define finish_rows KERNEL(post_ops)

/* Entries that are done in registers. */
static inline int32_t floor_count(const neuron_post_slice *post)
{
    return neuron_post_begins_with_relu(post->ops);
}

/* Below this a sum becomes it. */
static inline vector floor_of(const neuron_post_slice *post)
{
    return floor_count(post) ? (vector){0} : broadcast(-INFINITY);
}

/* The first `columns` floats of a tile's rows, to where each belongs. Out of line, or the calls
 * among the stores would take the sums to memory and back. */
__attribute__((noinline, unused)) static void
copy_rows(const float *tile, int rows, int64_t columns, float *output, int64_t output_row)
{
    for (int m = 0; m < rows; m++)
        memcpy(output + m * output_row, tile + m * 2 * LANES, (size_t)columns * sizeof *output);
}

#endif
