/* Convolution of a batch and both of its gradients, for any set of kernels.
 *
 * A batch is cut into bands: some rows of one image, or some whole images if they are small. Where
 * windows reach over the edge, a band is copied with zeros around it, so that the kernels know no
 * edges. Bands depend on the shape alone, never on the number of threads. */
#ifndef OPS_CONVOLUTION_H
#define OPS_CONVOLUTION_H

#include "kernels/kernels.h"

#include "base/bump.h"
#include "base/pool.h"

#include <stdbool.h>
#include <stddef.h>

/* Every output pixel (y, x) takes the sum of kernel pixels times source pixels from
 * (y * stride_height - top, x * stride_width - left) on, which lie a dilation apart. With groups
 * the first filters see the first channels, the next filters the next channels, and so on. */
typedef struct neuron_convolution {
    int64_t height, width, channels; /* of the source */
    int64_t kernel_height, kernel_width, stride_height, stride_width;
    int64_t dilation_height, dilation_width;
    int64_t groups;                 /* of channels, and of filters */
    int64_t top, left;              /* padding; negative if the first window begins inside */
    int64_t rows, columns, filters; /* of the output */
    /* Floats between two outputs: they need not lie side by side. */
    int64_t image_step, row_step, pixel_step;
} neuron_convolution;

/* Channels and filters of a group, and floats under a window. */
static inline int64_t neuron_group_channels(const neuron_convolution *convolution)
{
    return convolution->channels / convolution->groups;
}

static inline int64_t neuron_group_filters(const neuron_convolution *convolution)
{
    return convolution->filters / convolution->groups;
}

static inline int64_t neuron_convolution_depth(const neuron_convolution *convolution)
{
    return convolution->kernel_height * convolution->kernel_width *
           neuron_group_channels(convolution);
}

/* Whether a window is no more than kernel pixels side by side that see all channels. */
static inline bool neuron_convolution_is_plain(const neuron_convolution *convolution)
{
    return convolution->groups == 1 && convolution->dilation_height == 1 &&
           convolution->dilation_width == 1;
}

/* Makes the gradient of some rows of one image of a convolution's output, side by side in `to`. */
typedef struct neuron_gradient_rows {
    void (*make)(const void *producer, int64_t image, int64_t first, int64_t rows, float *to);
    const void *producer;
    int64_t multiple; /* of this `first` is, and `rows` but for the last ones of the image */
} neuron_gradient_rows;

/* What a convolution works with. */
typedef struct neuron_convolution_run {
    const neuron_kernels *kernels;
    neuron_pool *pool;
    int64_t batch;
    const float *source;
    char *scratch;
    /* What follows the sums; NULL for nothing. With MAX_POOL the output itself is never written,
     * with STATISTICS it is measured as it lies in the cache. */
    const neuron_post_ops *post;
    const neuron_gradient_rows *gradient_rows; /* weight gradient: instead of an array of the
                                                  output's gradient; NULL for that */
} neuron_convolution_run;

/* The cut of a batch into bands. */
typedef struct neuron_bands {
    int64_t count;                              /* of all */
    int64_t per_image;                          /* 1 if a band has whole images */
    int64_t images, rows, pixels;               /* of a band; the last ones may have fewer */
    bool copies;                                /* as said above */
    int64_t copy_rows, copy_columns, copy_size; /* of the channels of a group */
    int64_t pixel_step, row_step, image_step;   /* of what the kernels read */
} neuron_bands;

typedef struct neuron_band {
    int64_t image, images, row, rows;
} neuron_band;

/* Bands begin at multiples of `multiple` rows. */
neuron_bands neuron_bands_cut(const neuron_convolution *convolution, int64_t batch,
                              int64_t multiple);
neuron_band neuron_bands_at(const neuron_convolution *convolution, const neuron_bands *bands,
                            int64_t batch, int64_t number);

/* The convolution with its outputs side by side in a band of their own. */
neuron_convolution neuron_band_local(const neuron_convolution *convolution,
                                     const neuron_bands *bands);

/* Pools the outputs of a band. */
void neuron_band_pool(const neuron_convolution *convolution, const neuron_bands *bands,
                      const neuron_band *band, const neuron_convolution_run *run,
                      const float *outputs);

/* Whether pixels side by side are read from floats side by side: see conv_single_channel. */
bool neuron_convolution_is_single_channel(const neuron_convolution *convolution);

/* How the floats under a window lie, in a product: as few stretches as can be. */
void neuron_band_set_stretches(const neuron_convolution *convolution, const neuron_bands *bands,
                               neuron_gemm_work *product);

/* Where the first window of a group begins in a band. `copy` has room for copy_size floats. */
const float *neuron_band_source(const neuron_convolution *convolution, const neuron_bands *bands,
                                const neuron_band *band, const neuron_convolution_run *run,
                                int64_t group, float *copy);

/* Floats of packed weights, group by group: each has neuron_convolution_depth() rows, its filters
 * for columns; and of a bias, which whole panels are read of. */
int64_t neuron_convolution_weights_step(const neuron_convolution *convolution);
int64_t neuron_convolution_bias_size(const neuron_convolution *convolution);

/* `weights` are packed, `bias` has room for whole panels. */
void neuron_convolve(const neuron_convolution *convolution, const neuron_convolution_run *run,
                     const float *weights, const float *bias, float *output);
size_t neuron_convolve_scratch(const neuron_convolution *convolution, int64_t batch,
                               int32_t threads, const neuron_pooling *pooling);

/* Multiplies each column of a packed matrix by its own factor. */
void neuron_scale_columns(float *packed, int64_t depth, int64_t columns, const float *scale,
                          int32_t lanes);

/* The most chunks that neuron_convolve() measures for a batch of up to that size. */
int64_t neuron_convolve_chunks(const neuron_convolution *convolution, int64_t batch);

/* The gradients of the weights (in the plain order) and of the bias, from the gradient of the
 * output, which must lie side by side. Either may be NULL. */
void neuron_weight_gradient(const neuron_convolution *convolution,
                            const neuron_convolution_run *run, const float *output_gradient,
                            float *weight_gradient, float *bias_gradient);
size_t neuron_weight_gradient_scratch(const neuron_convolution *convolution, int64_t batch,
                                      int32_t threads, const neuron_gradient_rows *gradient_rows);

#endif
