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

/* A NaN stays one. */
static ALWAYS_INLINE vector at_least(vector floor, vector value)
{
    return choose(value < floor, floor, value);
}

/* The first `columns` floats of a tile's rows, to where each belongs. Out of line, or the calls
 * among the stores would take the sums to memory and back. */
__attribute__((noinline, unused)) static void
copy_rows(const float *tile, int rows, int64_t columns, float *output, const int64_t *offsets)
{
    for (int m = 0; m < rows; m++)
        memcpy(output + offsets[m], tile + m * 2 * LANES, (size_t)columns * sizeof *output);
}

/* What is left to do for pixels of a convolution's output that were stored with the floor: in
 * one go for all that lie equally far apart. */
__attribute__((noinline, unused)) static void finish_pixels(const neuron_conv_work *work)
{
    const int64_t *offsets = work->output_offsets;
    int32_t from = floor_count(&work->post);
    if (!neuron_post_goes_on(work->post.ops, from))
        return;
    for (int64_t p = 0, count; p < work->pixels; p += count) {
        int64_t step = p + 1 < work->pixels ? offsets[p + 1] - offsets[p] : work->columns;
        for (count = 1; p + count < work->pixels; count++)
            if (offsets[p + count] - offsets[p + count - 1] != step)
                break;
        const neuron_post_slice post = neuron_post_slice_at(&work->post, 0, offsets[p]);
        finish_rows(&post, from, count, work->columns, work->output + offsets[p], step);
    }
}

#endif
