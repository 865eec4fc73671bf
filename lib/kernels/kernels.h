/* What touches every float, once for each instruction set.
 *
 * The table of functions below is compiled several times; which copy runs is chosen by the
 * processor. Results differ in rounding between the copies, never between runs of one of them. */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include "base/random.h"
#include "kernels/panels.h"
#include "kernels/post-ops.h"

#include <stdbool.h>
#include <stdint.h>

/* sums(t * run + r, n) +=
 *     sum over y < pixel_rows, x < pixel_columns of source[y * source_row + x + t * tap_step + r]
 *     * gradient(y * pixel_columns + x, n)
 * for t < taps, r < run, n < columns: the gradient of weights that meet an image of one channel. */
typedef struct neuron_conv_gradient_work {
    int64_t pixel_rows, pixel_columns, columns;
    int64_t taps, run, tap_step;
    const float *source;
    int64_t source_row;
    const float *gradient; /* packed */
    float *sums;           /* packed */
} neuron_conv_gradient_work;

/* output(m, n) = start + sum over k < depth of left(m, k) * right(k, n) for m < rows, n < columns,
 * where left(m, k) = left[m * left_row + k * left_column]. The depth may be cut into equal
 * stretches that begin stretch_step floats apart, and these into groups, group_step apart; rows may
 * overlap, as the windows of an image do. If left_column is not 1, left_row is. */
typedef struct neuron_gemm_work {
    int64_t rows, columns, depth;
    const float *left;
    int64_t left_row, left_column;
    int64_t stretch; /* depth of one; 0 for a depth that is not cut, */
    int64_t stretches, stretch_step, groups, group_step; /* of which then nothing is read */
    const float *right;                                  /* packed */
    const float *bias; /* start, per column, padded to whole vectors; NULL for 0 */
    bool add;          /* start from what `output` holds; then `bias` is NULL */
    float *output;
    int64_t output_row;
    neuron_post_slice post;

    /* What is read next, and fetched into the second cache while this is made: ahead_rows rows of
     * ahead_columns floats. NULL for nothing. */
    const float *ahead;
    int64_t ahead_row, ahead_rows, ahead_columns;
} neuron_gemm_work;

/* output(m, n) += sum over k < depth of left[m * left_row + k] * right[k * right_row + n] for few
 * rows m < rows and n < columns. Rows of the output have whole vectors, and only of it. */
typedef struct neuron_gemm_streaming_work {
    int64_t rows, columns, depth;
    const float *left;
    int64_t left_row;
    const float *right;
    int64_t right_row;
    float *output;
    int64_t output_row;
} neuron_gemm_streaming_work;

/* output(m, n) = bias[n] + sum over p < count of parts[p * part_step + m * part_row + n] for
 * m < rows, n < columns; and what follows it. May be in place. */
typedef struct neuron_join_work {
    int64_t rows, columns, count;
    const float *parts;
    int64_t part_step, part_row;
    const float *bias; /* padded to whole vectors; NULL for 0 */
    float *output;
    int64_t output_row;
    neuron_post_slice post;
} neuron_join_work;

/* output(n, m) = input(m, n) for m < rows, n < columns; and what follows it. */
typedef struct neuron_transpose_work {
    int64_t rows, columns;
    const float *input;
    int64_t input_row;
    float *output;
    int64_t output_row;
    neuron_post_slice post;
} neuron_transpose_work;

/* The part of a window that lies inside the image: rows x columns pixels from the first on.
 * They are numbered first_tap + row * tap_step + column. */
typedef struct neuron_window_part {
    int64_t rows, columns, channels;
    int64_t row_step; /* floats from one image row to the next */
    int32_t first_tap, tap_step;
} neuron_window_part;

/* sums[p * pixel_step + t * tap_step + r] += products[(p * taps + t) * run + r] for p < pixels,
 * t < taps, r < run, which has whole vectors. */
typedef struct neuron_scatter_work {
    int64_t pixels, taps, run;
    int64_t pixel_step, tap_step;
    const float *products;
    float *sums;
} neuron_scatter_work;

/* Outputs side by side in a row that see the same places of a window that passes over each
 * channel by itself. All arrays begin with the first of the outputs, or what it sees. */
typedef struct neuron_depthwise_work {
    int64_t outputs, channels;
    int64_t window_rows, window_columns;
    int64_t output_step;         /* floats of the image between what two outputs see, */
    int64_t row_step;            /* and between two of its rows */
    int64_t weight_row;          /* floats between two rows of weights */
    const float *source;         /* the image */
    const float *weights, *bias; /* NULL for no bias */
    float *output;
    float floor;           /* no output is below it */
    const float *gradient; /* of the output */
    float *source_gradient, *weight_sums, *bias_sums;
} neuron_depthwise_work;

/* Winograd's way to 3x3 windows, see winograd.h: a tile is 4x4 outputs and the 6x6 pixels that they
 * take in. It is carried over to as many points, where windows become products. */
enum {
    NEURON_WINOGRAD_OUT = 4,
    NEURON_WINOGRAD_IN = 6,
    NEURON_WINOGRAD_POINTS = NEURON_WINOGRAD_IN * NEURON_WINOGRAD_IN
};

/* One tile of an image with `channels` floats a pixel. */
typedef struct neuron_winograd_tile {
    int64_t pixel_step, row_step; /* floats from one pixel, one row to the next */
    /* Rows and columns of the tile that lie inside the image; the others are 0 or left out. */
    int32_t top, bottom, left, right;
    bool pools; /* outputs: only the largest of each 2x2 of them is written; the steps are between
                   these */
} neuron_winograd_tile;

/* Where the values of a tile go or come from: point p begins at values + p * step, and holds a
 * matrix with a row for each of `tiles`, of which this is number `tile`. */
typedef struct neuron_winograd_points {
    float *values;
    int64_t step;
    int64_t row_step; /* floats between rows; not for packed matrices */
    int64_t tiles, tile;
} neuron_winograd_points;

/* A block of 3x3 weights on their way to the points. Those of tap t, row k and column n are
 * weights[t * tap_step + k * row_step + n]; rotated, weights[(8 - t) * tap_step + n * column_step +
 * k], so that an input gradient becomes a convolution. */
typedef struct neuron_winograd_weights {
    const float *weights;
    int64_t tap_step, row_step, column_step;
    bool rotated;
    int64_t rows, columns, first_row, end_row;
    float *points; /* point p is a packed matrix, and begins at p * step */
    int64_t step;
} neuron_winograd_weights;

/* gradient[t * tap_step + n] = the weight of tap t and column n from the values at the points that
 * are sums[p * step + n], added up over parts that lie part_step apart. */
typedef struct neuron_winograd_sums {
    const float *sums;
    int64_t step, parts, part_step;
    int64_t columns;
    float *gradient;
    int64_t tap_step;
} neuron_winograd_sums;

/* How values and gradients pass a normalisation, per channel. */
typedef struct neuron_normalization {
    bool relu; /* forward: max(0, output); backward: 0 where the value is not above 0 */
    const float *mean;
    const float *scale; /* of the value or of the output's gradient */
    const float *slope; /* backward: of the value less its mean */
    const float *shift;
} neuron_normalization;

/* Places in a window that a byte can number. */
enum { NEURON_POOL_PLACES = 256 };

/* Windows along one axis of an image: window i covers `kernel` pixels from i * stride - padding on,
 * of which at least one lies inside. */
typedef struct neuron_pool_axis {
    int64_t input, output; /* pixels, and windows */
    int64_t kernel, stride, padding;
} neuron_pool_axis;

/* Any pooling windows over one image. */
typedef struct neuron_pool_image {
    neuron_pool_axis down, along;
    int64_t channels;
    const float *values;
    float *output;
    int32_t *argmax; /* place of the largest value in its window; NULL if nobody wants them */
    bool relu;       /* backward of the maximum: 0 where the output is not above 0 */
    const float *gradients; /* backward: of the output, */
    float *value_gradients; /* and of all values: overwritten */
} neuron_pool_image;

/* A row of pooling windows that lie side by side. */
typedef struct neuron_pool_work {
    int64_t windows, window_rows, window_columns, channels;
    int64_t row_step; /* floats from one image row to the next */
    const float *values;
    float *output;          /* read back for `relu` */
    uint8_t *argmax;        /* of the largest value in its window; NULL if nobody wants them */
    bool relu;              /* backward: 0 where the largest value is not above 0 */
    const float *gradients; /* backward: of the output, */
    float *value_gradients; /* and of all values */
} neuron_pool_work;

/* A row of pooling windows that lie side by side, over the normalised values. */
typedef struct neuron_norm_pool_work {
    int64_t windows, window_rows, window_columns, channels;
    int64_t row_step; /* floats from one image row to the next */
    neuron_normalization by;
    const float *values;    /* of the first window's first pixel */
    float *picked;          /* the value behind the largest of each window: made, and read back */
    float *output;          /* forward */
    const float *gradients; /* backward: of the output, */
    float *value_gradients; /* and of all values */
} neuron_norm_pool_work;

/* Values that share the random numbers of one group of blocks. */
enum { NEURON_DROPOUT_GROUP = 64 };

typedef struct neuron_dropout_work {
    neuron_random random;
    uint64_t first;     /* block */
    uint32_t threshold; /* 0 .. 65536 */
    float scale;
} neuron_dropout_work;

typedef struct neuron_noise_work {
    neuron_random random;
    uint64_t first; /* block */
    float deviation;
} neuron_noise_work;

typedef struct neuron_momentum_work {
    float rate, momentum;
    bool nesterov;
} neuron_momentum_work;

typedef struct neuron_adam_work {
    float rate, epsilon; /* the rate of this step, start corrected */
    float decay;         /* of the values themselves */
    float keep_mean, take_mean, keep_square, take_square;
} neuron_adam_work;

/* What the other rules go by; each uses what it needs. */
typedef struct neuron_rule_work {
    float rate, epsilon;            /* the rate of this step, start corrected */
    float keep_first, take_first;   /* how averages of gradients or steps move */
    float keep_second, take_second; /* and those of sizes and squares */
    float gradient_rate;            /* nadam: of the gradient itself beside that of its mean, */
    float root_scale;               /* and what corrects the root of its square */
} neuron_rule_work;

/* `first` and `second` are what the rule remembers of each parameter; NULL if it has no second.
 * Returns whether the new values are finite, and what it remembers as well. */
typedef bool neuron_rule_kernel(const neuron_rule_work *work, float *values, const float *gradients,
                                float *first, float *second, int64_t count);

/* The statistics of some rows, chunk by chunk: `sums` has for each the mean of every channel and
 * then the sums of squared differences from it. */
typedef struct neuron_statistics {
    int64_t channels, count; /* of chunks */
    int64_t *rows;           /* of each chunk */
    float *sums;
} neuron_statistics;

/* How a row is normalised: (value - mean) * inverse + shift. */
typedef struct neuron_row_statistics {
    float mean, inverse, shift;
} neuron_row_statistics;

/* Rows that are normalised each by itself, without gaps. */
typedef struct neuron_layer_norm_work {
    int64_t rows, channels;
    const float *values, *gamma, *beta;
    neuron_row_statistics *statistics; /* of each row; in forward NULL if nobody wants them */

    /* Forward: */
    float epsilon;
    float *output;

    /* Backward: */
    const float *gradients; /* of the output */
    float *value_gradients; /* NULL if unwanted */
    float *sums;            /* those of gamma and then of beta are added to it; NULL if unwanted */
} neuron_layer_norm_work;

/* sum(m, n) = start[n] + sum over k of left(m, k) * right(k, n), exact, for m < rows, n <
 * columns. Row m of the left matrix begins at left + places[m], and is `stretches` stretches of
 * `stretch` bytes, a multiple of 4, that begin stretch_step apart. What is written is
 *
 *     value = sum * scale[n] + bias[n], with `relu` not below 0, and then * gain[n] + offset[n],
 *
 * rounded after each product and each sum, as a float or as round(value) + zero_point from 0 to
 * 255. */
typedef struct neuron_bytes_gemm_work {
    int64_t rows, columns;
    int64_t
        pool; /* 4: of as many rows that follow each other the largest sum makes one row; or 1 */
    const uint8_t *left;
    const int64_t *places;
    int64_t stretch, stretches, stretch_step;
    const int8_t *right;        /* packed: see neuron_bytes_pack() in ops/bytes-gemm.h */
    const int32_t *start;       /* per column, padded to whole vectors, */
    const float *scale, *bias;  /* as these, */
    const float *gain, *offset; /* and these; NULL for 1 and 0 */
    bool relu;
    float *output;  /* or NULL, and */
    uint8_t *bytes; /* these are written */
    int32_t zero_point;
    int64_t output_row;
} neuron_bytes_gemm_work;

/* ---- The kernels themselves, family by family ----
 *
 * Each is a function type neuron_NAME_kernel and a line in the list of its family, from which
 * come the family's table here, its declaration (table.h) and its entry (table.c). */

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
typedef neuron_depthwise_kernel neuron_depthwise_back_kernel, neuron_depthwise_sums_kernel;
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
    X(depthwise_back)                                                                              \
    X(depthwise_sums)

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
/* output += value */
typedef void neuron_add_kernel(const float *values, int64_t count, float *output);
/* output = value + other */
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
    X(add)                                                                                         \
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

/* Largest byte of each channel under each window of a row of them that lie side by side. */
typedef struct neuron_bytes_pool_work {
    int64_t windows, window_rows, window_columns, channels;
    int64_t row_step; /* bytes from one image row to the next */
    const uint8_t *values;
    uint8_t *output;
} neuron_bytes_pool_work;
typedef void neuron_bytes_max_pool_kernel(const neuron_bytes_pool_work *work);
/* Floats as bytes. */
typedef void neuron_quantize_kernel(const neuron_quantizer *by, const float *values, int64_t count,
                                    uint8_t *bytes);
/* A product of bytes, whose sums are exact. */
typedef void neuron_bytes_gemm_kernel(const neuron_bytes_gemm_work *work);
#define NEURON_BYTES_KERNELS(X) X(quantize) X(bytes_gemm) X(bytes_max_pool)

#define NEURON_FLOAT_KERNEL_FAMILIES(X)                                                            \
    X(gemm, NEURON_GEMM_KERNELS)                                                                   \
    X(conv, NEURON_CONV_KERNELS)                                                                   \
    X(pool, NEURON_POOL_KERNELS)                                                                   \
    X(norm, NEURON_NORM_KERNELS)                                                                   \
    X(element, NEURON_ELEMENT_KERNELS)                                                             \
    X(update, NEURON_UPDATE_KERNELS)
#define NEURON_KERNEL_FAMILIES(X)                                                                  \
    NEURON_FLOAT_KERNEL_FAMILIES(X)                                                                \
    X(bytes, NEURON_BYTES_KERNELS)

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

/* The name in the variable if that is not the chosen table; else NULL. */
const char *neuron_kernels_missed(const neuron_kernels *chosen);

/* The table of that name, or NULL if this processor cannot run it. */
const neuron_kernels *neuron_kernels_find(const char *name);

#endif
