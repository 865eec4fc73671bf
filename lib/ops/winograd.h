/* Convolution with 3x3 windows of stride 1 by Winograd's F(4x4, 3x3): a quarter of the
 * multiplications, for transforms before and behind them.
 *
 * The output is cut into tiles of 4x4 pixels. Each tile's 6x6 source pixels are carried over to 36
 * points; at each point the tiles are a matrix, which is multiplied with the weights at that point;
 * what comes out is carried back. Tasks take equal numbers of tiles, which follow from the shape
 * alone. */
#ifndef OPS_WINOGRAD_H
#define OPS_WINOGRAD_H

#include "ops/convolution.h"

/* Floats of the widest vector: rows are as long as it needs. */
enum { NEURON_LANES_MOST = 16 };

/* Whether this is the faster way; `ready` says that the weights are carried over before, and not
 * for each batch. If it is for a batch, then for every larger one. */
bool neuron_winograd_fits(const neuron_convolution *convolution, int64_t batch, bool ready);

/* Bytes of the weights at the points; SIZE_MAX if there is no such number. */
size_t neuron_winograd_weights_size(const neuron_convolution *convolution);

/* Carries weights over to the points, aligned for vectors. `rotated` says that they are those of
 * the convolution whose input gradient this convolution is: the windows rotated by half a turn,
 * and its channels the filters. */
void neuron_winograd_transform_weights(const neuron_convolution *convolution,
                                       const neuron_kernels *kernels, neuron_pool *pool,
                                       const float *weights, bool rotated, float *points);

/* Scales what belongs to each filter. */
void neuron_winograd_scale_weights(const neuron_convolution *convolution, int32_t lanes,
                                   const float *scale, float *points);

/* As neuron_convolve(), with the weights at the points. Pools by windows of 2x2 alone, without
 * argmax, and measures no statistics. */
void neuron_winograd_convolve(const neuron_convolution *convolution,
                              const neuron_convolution_run *run, const float *points,
                              const float *bias, float *output);
size_t neuron_winograd_convolve_scratch(const neuron_convolution *convolution, int64_t batch,
                                        int32_t threads);

/* As neuron_weight_gradient(), but the gradient of the output is an array. */
void neuron_winograd_weight_gradient(const neuron_convolution *convolution,
                                     const neuron_convolution_run *run,
                                     const float *output_gradient, float *weight_gradient,
                                     float *bias_gradient);
size_t neuron_winograd_weight_gradient_scratch(const neuron_convolution *convolution, int64_t batch,
                                               int32_t threads);

/* The rest is shared by the files of this way. */

/* Matrices at the points lie so many floats further apart than they are large: at a distance of a
 * power of two they would compete for few places in the cache. */
enum { NEURON_WINOGRAD_GAP = 16 };

/* The tiles of a batch. */
typedef struct neuron_winograd_tiles {
    int64_t down, along; /* of one image */
    int64_t count;       /* of all */
} neuron_winograd_tiles;

neuron_winograd_tiles neuron_winograd_tiles_of(const neuron_convolution *convolution,
                                               int64_t batch);

/* A tile's image and first output. Tiles are numbered along the rows, then down, then image by
 * image. */
typedef struct neuron_winograd_place {
    int64_t image, row, column;
} neuron_winograd_place;

neuron_winograd_place neuron_winograd_place_of(const neuron_winograd_tiles *tiles, int64_t number);

/* Goes on to the next tile: much faster than to find it by its number. */
static inline void neuron_winograd_go_on(const neuron_winograd_tiles *tiles,
                                         neuron_winograd_place *place)
{
    place->column += NEURON_WINOGRAD_OUT;
    if (place->column < tiles->along * NEURON_WINOGRAD_OUT)
        return;
    place->column = 0;
    place->row += NEURON_WINOGRAD_OUT;
    if (place->row < tiles->down * NEURON_WINOGRAD_OUT)
        return;
    place->row = 0;
    place->image++;
}

/* Carries tiles `first` to `first` + `count` of the source over to the points: matrices with a row
 * for each, `step` floats apart. */
void neuron_winograd_read(const neuron_convolution *convolution, const neuron_convolution_run *run,
                          int64_t first, int64_t count, const neuron_winograd_points *points);

/* The outputs of a tile, and where they begin. */
neuron_winograd_tile neuron_winograd_outputs_at(const neuron_convolution *convolution,
                                                const neuron_winograd_place *place, int64_t *begin);

#endif
