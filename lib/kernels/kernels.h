/* What touches every float, once for each instruction set.
 *
 * The table of functions below is compiled several times; which copy runs is chosen by the
 * processor. Results differ in rounding between the copies, never between runs of one of them. What
 * the functions are given is in work.h. */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include "kernels/work.h"

#include <stdbool.h>
#include <stdint.h>

/* Family by family: each is a function type neuron_NAME_kernel and a line in the list of its
 * family, from which come the family's table here, its declaration (table.h) and its entry
 * (table.c). */

/* Matrix products. */
typedef void neuron_multiply_kernel(const neuron_gemm_work *work);
/* The same for few rows: weights are read once, as they lie. */
typedef void neuron_gemm_streaming_kernel(const neuron_gemm_streaming_work *work);
/* Adds up partial sums in their order. */
typedef void neuron_join_kernel(const neuron_join_work *work);
typedef void neuron_transpose_kernel(const neuron_transpose_work *work);
/* Packs `count` rows of `columns` floats that lie `stride` apart; if `sums` is not NULL, adds up
 * each column on top of it (whole vectors). */
typedef void neuron_pack_kernel(float *packed, const float *rows, int64_t stride, int64_t count,
                                int64_t columns, float *sums);
#define NEURON_GEMM_KERNELS(X) X(multiply) X(gemm_streaming) X(join) X(transpose) X(pack)

/* A product whose rows begin one float apart, with few floats in a stretch: the pixels of an image
 * of one channel under a convolution. `add` and `ahead` are not for it. */
typedef void neuron_conv_single_channel_kernel(const neuron_gemm_work *work);
/* The gradient of its weights, for a `run` of 3 or 5. */
typedef void neuron_conv_single_channel_gradient_kernel(const neuron_conv_gradient_work *work);
/* The pixels of a tile at the points, the first inside the image being `first`; whole vectors of
 * each row are written. */
typedef void neuron_winograd_pixels_kernel(const neuron_winograd_tile *tile, const float *first,
                                           int64_t channels, const neuron_winograd_points *points);
/* The gradients of a tile's outputs at the points, packed; and adds them up for each channel if
 * `sums` is not NULL (whole vectors). */
typedef void neuron_winograd_gradients_kernel(const neuron_winograd_tile *tile, const float *first,
                                              int64_t channels,
                                              const neuron_winograd_points *points, float *sums);
/* The outputs of a tile from their values at the points, plus the bias, and the post-operations,
 * whose slice begins with the tile, as `first` does. At most NEURON_PANEL_GROUP channels. */
typedef void neuron_winograd_outputs_kernel(const neuron_winograd_tile *tile,
                                            const neuron_winograd_points *points, int64_t channels,
                                            const float *bias, const neuron_post_slice *post,
                                            float *first);
/* Weights at the points. */
typedef void neuron_winograd_weights_kernel(const neuron_winograd_weights *work);
/* The gradients of weights from the sums of their values at the points. */
typedef void neuron_winograd_sums_kernel(const neuron_winograd_sums *work);
typedef void neuron_scatter_kernel(const neuron_scatter_work *work);
/* Convolution of each channel by itself: makes `output`; adds what `gradient` gives the image, to
 * source_gradient; and what it gives weights and bias. */
typedef void neuron_depthwise_kernel(const neuron_depthwise_work *work);
typedef void neuron_depthwise_row_kernel(const neuron_depthwise_row_work *work);
typedef neuron_depthwise_row_kernel neuron_depthwise_row_sums_kernel;
typedef neuron_depthwise_kernel neuron_depthwise_back_kernel, neuron_depthwise_sums_kernel;
/* The same of rows that are one run of floats each, whatever the channels. */
typedef void neuron_depthwise_flat_kernel(const neuron_depthwise_flat_work *work);
#define NEURON_CONV_KERNELS(X)                                                                     \
    X(conv_single_channel)                                                                         \
    X(conv_single_channel_gradient)                                                                \
    X(winograd_pixels)                                                                             \
    X(winograd_gradients)                                                                          \
    X(winograd_outputs)                                                                            \
    X(winograd_weights)                                                                            \
    X(winograd_sums)                                                                               \
    X(scatter)                                                                                     \
    X(depthwise)                                                                                   \
    X(depthwise_row)                                                                               \
    X(depthwise_row_sums)                                                                          \
    X(depthwise_back)                                                                              \
    X(depthwise_sums)                                                                              \
    X(depthwise_flat)

/* Largest value of each channel under each window, and the number of its place, the first if
 * several are equal. A value that is not a number is the largest. */
typedef void neuron_max_pool_kernel(const neuron_pool_image *image);
/* Gives the gradient of each output to the place that its largest value came from. */
typedef void neuron_max_pool_back_kernel(const neuron_pool_image *image);
/* The same for a row of windows that lie side by side. */
typedef void neuron_max_pool_row_kernel(const neuron_pool_work *work);
typedef void neuron_max_pool_row_back_kernel(const neuron_pool_work *work);
/* Mean of each channel over what of a window lies inside; and its way back: gives an equal share of
 * the gradient to each of these pixels. */
typedef void neuron_average_pool_kernel(const neuron_pool_image *image);
typedef void neuron_average_pool_back_kernel(const neuron_pool_image *image);
#define NEURON_POOL_KERNELS(X)                                                                     \
    X(max_pool)                                                                                    \
    X(max_pool_back)                                                                               \
    X(max_pool_row)                                                                                \
    X(max_pool_row_back)                                                                           \
    X(average_pool)                                                                                \
    X(average_pool_back)

/* Over `rows` rows of `channels` floats, without gaps: mean of each channel and the sum of squared
 * differences from it. */
typedef void neuron_statistics_kernel(const float *values, int64_t rows, int64_t channels,
                                      float *mean, float *squares);
/* output = (value - mean) * scale + shift */
typedef void neuron_normalize_kernel(const float *values, int64_t rows, int64_t channels,
                                     const neuron_normalization *by, float *output);
/* Sums of the gradient and of gradient * (value - mean). */
typedef void neuron_gradient_sums_kernel(const float *gradients, const float *values, int64_t rows,
                                         int64_t channels, const float *mean, float *sums,
                                         float *products);
/* output = gradient * scale + (value - mean) * slope + shift; `gradients` may be NULL for 0. */
typedef void neuron_normalize_back_kernel(const float *gradients, const float *values, int64_t rows,
                                          int64_t channels, const neuron_normalization *by,
                                          float *output);
/* Sums of gradient * value where the value is below 0. */
typedef void neuron_slope_sums_kernel(const float *gradients, const float *values, int64_t rows,
                                      int64_t channels, float *sums);
typedef void neuron_norm_pool_kernel(const neuron_norm_pool_work *work);
typedef void neuron_norm_pool_back_kernel(const neuron_norm_pool_work *work);
typedef void neuron_layer_norm_kernel(const neuron_layer_norm_work *work);
typedef void neuron_layer_norm_back_kernel(const neuron_layer_norm_work *work);
#define NEURON_NORM_KERNELS(X)                                                                     \
    X(statistics)                                                                                  \
    X(normalize)                                                                                   \
    X(gradient_sums)                                                                               \
    X(normalize_back)                                                                              \
    X(slope_sums)                                                                                  \
    X(norm_pool)                                                                                   \
    X(norm_pool_back)                                                                              \
    X(layer_norm)                                                                                  \
    X(layer_norm_back)

/* In place, from entry `from` of a list on: `rows` rows of `columns` values that lie `row_step`
 * apart, here and in the arrays of the list that lie like the output. */
typedef void neuron_post_ops_kernel(const neuron_post_slice *post, int32_t from, int64_t rows,
                                    int64_t columns, float *values, int64_t row_step);
/* output = value * scale + shift */
typedef void neuron_scale_bytes_kernel(const uint8_t *bytes, int64_t count, float scale,
                                       float shift, float *output);
typedef void neuron_scale_floats_kernel(const float *values, int64_t count, float scale,
                                        float shift, float *output);
/* output = value + other. May be in place. */
typedef void neuron_sum_kernel(const float *values, const float *others, int64_t count,
                               float *output);
/* output = value * scale, to which output is added if `adds` */
typedef void neuron_weigh_kernel(const float *values, int64_t count, float scale, bool adds,
                                 float *output);
/* output = value * other. May be in place. */
typedef void neuron_product_kernel(const float *values, const float *others, int64_t count,
                                   float *output);
/* Copies `rows` rows of `length` floats, which lie so far apart here and there. */
typedef void neuron_copy_rows_kernel(const float *from, int64_t from_row, int64_t rows,
                                     int64_t length, float *to, int64_t to_row);
/* output = gradient + l1 * sign of the value + l2 * value */
typedef void neuron_penalize_kernel(const float *values, const float *gradients, int64_t count,
                                    float l1, float l2, float *output);
/* An activation of each value, as forward without `before`; and gradient * slope, with `seen` as
 * neuron_post_op has it. The arrays may be the same. For PRELU `scale` has a slope for each
 * value. */
typedef void neuron_activate_kernel(const neuron_post_op *op, const float *values, int64_t count,
                                    float *output);
typedef void neuron_activate_back_kernel(const neuron_post_op *op, const float *gradients,
                                         const float *seen, int64_t count, float *output);
/* Softmax over `width` values that lie `step` apart, for each of `step` neighbours, `count` times;
 * and back from what it made. The arrays may be the same. */
typedef void neuron_softmax_kernel(const float *values, int64_t count, int64_t width, int64_t step,
                                   float *output);
typedef void neuron_softmax_back_kernel(const float *seen, const float *gradients, int64_t count,
                                        int64_t width, int64_t step, float *output);
/* output = value * scale where a random number of 16 bits reaches the threshold, else 0. The
 * numbers are those of `random` from block `first` on; `count` values use count / 8 blocks,
 * rounded up to NEURON_DROPOUT_GROUP values. */
typedef void neuron_dropout_kernel(const neuron_dropout_work *work, const float *values,
                                   int64_t count, float *output);
/* output = value + a normal number of mean 0. Four values use a block of `random` from `first`
 * on. */
typedef void neuron_gaussian_noise_kernel(const neuron_noise_work *work, const float *values,
                                          int64_t count, float *output);
/* exp(value) of what is not above 0, where what lies below -708 counts as that; and log(value) of
 * what is a normal number above 0. A NaN stays one. Errors are below 1e-14. May be in place. Both
 * arrays have room for a multiple of 8. */
typedef void neuron_exponentials_kernel(const double *values, int64_t count, double *output);
typedef void neuron_logarithms_kernel(const double *values, int64_t count, double *output);
#define NEURON_ELEMENT_KERNELS(X)                                                                  \
    X(post_ops)                                                                                    \
    X(scale_bytes)                                                                                 \
    X(scale_floats)                                                                                \
    X(sum)                                                                                         \
    X(weigh)                                                                                       \
    X(product)                                                                                     \
    X(copy_rows)                                                                                   \
    X(penalize)                                                                                    \
    X(activate)                                                                                    \
    X(activate_back)                                                                               \
    X(softmax)                                                                                     \
    X(softmax_back)                                                                                \
    X(dropout)                                                                                     \
    X(gaussian_noise)                                                                              \
    X(exponentials)                                                                                \
    X(logarithms)

/* One step of an optimizer over a run of parameters. All return what a rule's kernel does. */
typedef bool neuron_momentum_kernel(const neuron_momentum_work *work, float *values,
                                    const float *gradients, float *velocities, int64_t count);
typedef bool neuron_adam_kernel(const neuron_adam_work *work, float *values, const float *gradients,
                                float *means, float *squares, int64_t count);
typedef neuron_rule_kernel neuron_rmsprop_kernel, neuron_adagrad_kernel, neuron_adadelta_kernel,
    neuron_adamax_kernel, neuron_nadam_kernel;
/* output = value * scale, or the bound where that is beyond it on either side. */
typedef void neuron_limit_kernel(const float *values, int64_t count, float scale, float bound,
                                 float *output);
typedef double neuron_square_sum_kernel(const float *values, int64_t count);
#define NEURON_UPDATE_KERNELS(X)                                                                   \
    X(momentum)                                                                                    \
    X(adam)                                                                                        \
    X(rmsprop)                                                                                     \
    X(adagrad)                                                                                     \
    X(adadelta)                                                                                    \
    X(adamax)                                                                                      \
    X(nadam)                                                                                       \
    X(limit)                                                                                       \
    X(square_sum)

/* Largest byte of each channel under each window. */
typedef void neuron_bytes_max_pool_kernel(const neuron_bytes_pool_work *work);
/* Floats as bytes. */
typedef void neuron_quantize_kernel(const neuron_quantizer *by, const float *values, int64_t count,
                                    uint8_t *bytes);
#define NEURON_BYTES_KERNELS(X) X(quantize) X(bytes_max_pool)

/* A product of bytes, whose sums are exact. */
typedef void neuron_bytes_gemm_kernel(const neuron_bytes_gemm_work *work);
#define NEURON_DOT_KERNELS(X) X(bytes_gemm)

/* All families but that of products of bytes, in which sets may differ alone. */
#define NEURON_COMMON_KERNEL_FAMILIES(X)                                                           \
    X(gemm, NEURON_GEMM_KERNELS)                                                                   \
    X(conv, NEURON_CONV_KERNELS)                                                                   \
    X(pool, NEURON_POOL_KERNELS)                                                                   \
    X(norm, NEURON_NORM_KERNELS)                                                                   \
    X(element, NEURON_ELEMENT_KERNELS)                                                             \
    X(update, NEURON_UPDATE_KERNELS)                                                               \
    X(bytes, NEURON_BYTES_KERNELS)
#define NEURON_KERNEL_FAMILIES(X)                                                                  \
    NEURON_COMMON_KERNEL_FAMILIES(X)                                                               \
    X(dot, NEURON_DOT_KERNELS)

#define ENTRY(name) neuron_##name##_kernel *name;
#define TABLE(family, KERNELS)                                                                     \
    typedef struct neuron_##family##_kernels {                                                     \
        KERNELS(ENTRY)                                                                             \
    } neuron_##family##_kernels;
NEURON_KERNEL_FAMILIES(TABLE)
#undef TABLE
#undef ENTRY

/* A set of kernels. A set that is like another but for one family has the others' tables. */
typedef struct neuron_kernels {
    const char *name;
    int32_t lanes; /* floats in a vector */
#define TABLE(family, KERNELS) const neuron_##family##_kernels *family;
    NEURON_KERNEL_FAMILIES(TABLE)
#undef TABLE
} neuron_kernels;

/* The best table for this processor, or the one that the environment variable NEURON_KERNELS names
 * (baseline, avx2, avx2vnni, avx512, avx512vnni) if the processor can run it. */
const neuron_kernels *neuron_kernels_choose(void);

/* NEURON_E_ARGUMENT if the variable has the name of no table, whatever the processor. */
int neuron_kernels_check(const char *who);

/* The name in the variable, as a constant, if that is not the chosen table; else NULL. */
const char *neuron_kernels_missed(const neuron_kernels *chosen);

/* The table of that name, or NULL if this processor cannot run it. */
const neuron_kernels *neuron_kernels_find(const char *name);

#endif
