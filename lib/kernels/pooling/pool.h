/* Windows of pooling over one image: which of them lie whole inside, and what of the others does.
 * Average and maximum are pool-average.c and pool-max.c. */
#ifndef KERNELS_POOLING_POOL_H
#define KERNELS_POOLING_POOL_H

#include "kernels/table.h"

/* Windows along an axis, or pixels under one of them. */
typedef struct pool_range {
    int64_t first, count;
} pool_range;

/* The pixels of window number `window` that lie inside. */
static inline pool_range inside_of(const neuron_pool_axis *axis, int64_t window)
{
    int64_t first = window * axis->stride - axis->padding, end = first + axis->kernel;
    if (first < 0)
        first = 0;
    return (pool_range){first, (end < axis->input ? end : axis->input) - first};
}

/* The windows all of whose pixels do. */
static inline pool_range whole_windows(const neuron_pool_axis *axis)
{
    int64_t first = (axis->padding + axis->stride - 1) / axis->stride;
    int64_t room = axis->input + axis->padding - axis->kernel;
    int64_t end = room < 0 ? 0 : room / axis->stride + 1;
    if (end > axis->output)
        end = axis->output;
    return (pool_range){first, end > first ? end - first : 0};
}

/* A window's part inside the image, or several that begin at neighbouring pixels: `count` values
 * from the first one's channels on, and for each all that lie `channels` and `row_step` behind. */
typedef struct pool_block {
    int64_t first;       /* in the image */
    const float *values; /* forward: the first one */
    int64_t rows, columns, channels, row_step, count;
    int32_t place, place_step; /* number of the first pixel in its window, and of one below it */
} pool_block;

static inline pool_block block_at(const neuron_pool_image *image, pool_range down, int64_t y,
                                  int64_t x)
{
    const neuron_pool_axis *along = &image->along;
    pool_range inside = inside_of(along, x);
    int64_t width = along->input * image->channels;
    int64_t row = down.first - (y * image->down.stride - image->down.padding);
    int64_t column = inside.first - (x * along->stride - along->padding);
    int64_t first = down.first * width + inside.first * image->channels;
    return (pool_block){
        .first = first,
        .values = image->values ? image->values + first : NULL,
        .rows = down.count,
        .columns = inside.count,
        .channels = image->channels,
        .row_step = width,
        .count = image->channels,
        .place = (int32_t)(row * along->kernel + column),
        .place_step = (int32_t)along->kernel,
    };
}

#endif
