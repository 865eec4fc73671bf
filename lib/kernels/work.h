/* What kernels are given: one struct for each kind of work that takes more than a few arguments,
 * with what is computed of it. The kernels themselves are in kernels.h. */
#ifndef KERNELS_WORK_H
#define KERNELS_WORK_H

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

    /* What is read next, and fetched into the caches while this is made: ahead_rows rows of
     * ahead_columns floats. NULL for nothing; not looked at if left_column is not 1. */
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
    int64_t row_step;            /* between two rows that one of them sees, */
    int64_t column_step;         /* and between two pixels of such a row */
    int64_t weight_row;          /* floats between two rows of weights */
    const float *source;         /* the image */
    const float *weights, *bias; /* NULL for no bias */
    float *output;
    float floor;           /* no output is below it */
    const float *gradient; /* of the output */
    float *source_gradient, *weight_sums, *bias_sums;
} neuron_depthwise_work;

/* The same of a whole row whose windows are 3x3. */
typedef struct neuron_depthwise_row_work {
    const float *rows[3]; /* of the image, that the windows take in; NULL for one outside of it */
    int64_t width, channels;
    int64_t outputs, stride;     /* 1 or 2 */
    int64_t padding;             /* before the first pixel */
    const float *weights, *bias; /* NULL for no bias */
    float *output;
    float floor;           /* no output is below it */
    const float *gradient; /* of the output */
    float *weight_sums, *bias_sums;
} neuron_depthwise_row_work;

/* The same of one row of outputs, or of as many below each other if the window has at least one row
 * less, as `floats` floats each, where the next output is one pixel further:
 *
 *     output(r, i) = start(i) + sum over y < window_rows, x < window_columns of
 *         source[r + y][x * column_step + i] * weight(y, x, i)
 *
 * Weights come again after `phases` vectors. There are as many blocks of whole vectors: what sums
 * start from, and then the weights, those of a row of the window behind each other. Whole vectors
 * are read of the source, and may reach behind its rows. */
enum { NEURON_DEPTHWISE_FLAT_ROWS = 4 };
typedef struct neuron_depthwise_flat_work {
    int64_t rows, floats;
    int64_t window_rows, window_columns;
    int64_t column_step; /* floats between pixels of a row that a window sees */
    int64_t phases;
    const float *const *source; /* rows */
    const float *weights;
    float *output; /* without gaps */
    float floor;   /* no output is below it */
} neuron_depthwise_flat_work;

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
    float outer_epsilon;            /* rmsprop and adagrad: added to the root, not under it */
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
    int64_t pool; /* rows that follow each other, of which the largest sum makes one: 4, or 1 */
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

/* A row of pooling windows of bytes that lie side by side. */
typedef struct neuron_bytes_pool_work {
    int64_t windows, window_rows, window_columns, channels;
    int64_t row_step; /* bytes from one image row to the next */
    const uint8_t *values;
    uint8_t *output;
} neuron_bytes_pool_work;

#endif
