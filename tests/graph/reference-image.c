#include "reference-call.h"

#include "base/fill.h"
#include "test-common.h"

#include <math.h>

/* Rows or columns of padding before the first pixel. */
static int64_t padding_before(const reference_call *c, int axis, int64_t kernel, int64_t stride)
{
    int64_t in = c->from->extent[axis], out = c->shape->extent[axis];
    if (reference_option(c, NEURON_NODE_PADDING) == NEURON_PADDING_VALID) {
        ck_assert_int_eq(out, (in - kernel) / stride + 1);
        return 0;
    }
    ck_assert_int_eq(out, (in + stride - 1) / stride);
    int64_t missing = (out - 1) * stride + kernel - in;
    return missing > 0 ? missing / 2 : 0;
}

/* A window that slides over images. */
typedef struct window {
    int64_t height, width, channels; /* of the input */
    int64_t rows, columns, filters;  /* of the output */
    int64_t kernel_height, kernel_width;
    int64_t stride_height, stride_width, top, left;
} window;

static window window_of(const reference_call *c)
{
    window w = {
        .height = c->from->extent[0],
        .width = c->from->extent[1],
        .channels = c->from->extent[2],
        .rows = c->shape->extent[0],
        .columns = c->shape->extent[1],
        .filters = c->shape->extent[2],
        .kernel_height = (int64_t)reference_option(c, NEURON_NODE_KERNEL_HEIGHT),
        .kernel_width = (int64_t)reference_option(c, NEURON_NODE_KERNEL_WIDTH),
        .stride_height = (int64_t)reference_option(c, NEURON_NODE_STRIDE_HEIGHT),
        .stride_width = (int64_t)reference_option(c, NEURON_NODE_STRIDE_WIDTH),
    };
    w.top = padding_before(c, 0, w.kernel_height, w.stride_height);
    w.left = padding_before(c, 1, w.kernel_width, w.stride_width);
    return w;
}

/* The pixel under (i, j) of the window at (row, column), or NULL in the padding. */
static const double *pixel(const window *w, const double *image, int64_t row, int64_t column,
                           int64_t i, int64_t j)
{
    int64_t y = row * w->stride_height - w->top + i, x = column * w->stride_width - w->left + j;
    if (y < 0 || y >= w->height || x < 0 || x >= w->width)
        return NULL;
    return image + (y * w->width + x) * w->channels;
}

static double convolve(const window *w, const double *image, const double *kernel, int64_t row,
                       int64_t column, int64_t filter)
{
    double sum = 0;
    for (int64_t i = 0; i < w->kernel_height; i++)
        for (int64_t j = 0; j < w->kernel_width; j++) {
            const double *from = pixel(w, image, row, column, i, j);
            for (int64_t k = 0; from && k < w->channels; k++)
                sum += from[k] *
                       kernel[((i * w->kernel_width + j) * w->channels + k) * w->filters + filter];
        }
    return sum;
}

static void conv2d(const reference_call *c)
{
    const window w = window_of(c);
    const double *kernel = reference_array(c, "kernel"), *bias = reference_array(c, "bias");
    double *y = c->y;
    for (int64_t e = 0; e < c->reference->batch; e++)
        for (int64_t row = 0; row < w.rows; row++)
            for (int64_t column = 0; column < w.columns; column++)
                for (int64_t f = 0; f < w.filters; f++)
                    *y++ = (bias ? bias[f] : 0) +
                           convolve(&w, c->x + e * w.height * w.width * w.channels, kernel, row,
                                    column, f);
}

static void depthwise_conv2d(const reference_call *c)
{
    const window w = window_of(c);
    const double *kernel = reference_array(c, "kernel"), *bias = reference_array(c, "bias");
    int64_t multiplier = (int64_t)reference_option(c, NEURON_NODE_DEPTH_MULTIPLIER);
    for (int64_t v = 0; v < c->count; v++) {
        int64_t filter = v % w.filters, column = v / w.filters % w.columns;
        int64_t row = v / w.filters / w.columns % w.rows;
        int64_t image = v / w.filters / w.columns / w.rows;
        const double *x = c->x + image * w.height * w.width * w.channels;
        c->y[v] = bias ? bias[filter] : 0;
        for (int64_t i = 0; i < w.kernel_height; i++)
            for (int64_t j = 0; j < w.kernel_width; j++) {
                const double *from = pixel(&w, x, row, column, i, j);
                int64_t tap = i * w.kernel_width + j;
                c->y[v] += from ? from[filter / multiplier] * kernel[tap * w.filters + filter] : 0;
            }
    }
}

static double largest_in(const window *w, const double *image, int64_t row, int64_t column,
                         int64_t channel)
{
    double largest = -INFINITY;
    for (int64_t i = 0; i < w->kernel_height; i++)
        for (int64_t j = 0; j < w->kernel_width; j++) {
            const double *from = pixel(w, image, row, column, i, j);
            if (from && from[channel] > largest)
                largest = from[channel];
        }
    return largest;
}

static void largest_of(const reference_call *c, const window *w)
{
    double *y = c->y;
    for (int64_t e = 0; e < c->reference->batch; e++)
        for (int64_t row = 0; row < w->rows; row++)
            for (int64_t column = 0; column < w->columns; column++)
                for (int64_t k = 0; k < w->channels; k++)
                    *y++ = largest_in(w, c->x + e * w->height * w->width * w->channels, row, column,
                                      k);
}

/* The mean of what lies inside. */
static double mean_in(const window *w, const double *image, int64_t row, int64_t column,
                      int64_t channel)
{
    double sum = 0;
    int64_t count = 0;
    for (int64_t i = 0; i < w->kernel_height; i++)
        for (int64_t j = 0; j < w->kernel_width; j++) {
            const double *from = pixel(w, image, row, column, i, j);
            sum += from ? from[channel] : 0;
            count += from != NULL;
        }
    return sum / (double)count;
}

static void average_over(const reference_call *c, const window *w)
{
    double *y = c->y;
    for (int64_t e = 0; e < c->reference->batch; e++)
        for (int64_t row = 0; row < w->rows; row++)
            for (int64_t column = 0; column < w->columns; column++)
                for (int64_t k = 0; k < w->channels; k++)
                    *y++ =
                        mean_in(w, c->x + e * w->height * w->width * w->channels, row, column, k);
}

/* One window over all of it. */
static window whole_image(const reference_call *c)
{
    const int64_t *from = c->from->extent;
    return (window){.height = from[0],
                    .width = from[1],
                    .channels = from[2],
                    .rows = 1,
                    .columns = 1,
                    .filters = from[2],
                    .kernel_height = from[0],
                    .kernel_width = from[1],
                    .stride_height = 1,
                    .stride_width = 1};
}

static void max_pool2d(const reference_call *c)
{
    const window w = window_of(c);
    largest_of(c, &w);
}

static void average_pool2d(const reference_call *c)
{
    const window w = window_of(c);
    average_over(c, &w);
}

static void global_average_pool2d(const reference_call *c)
{
    const window w = whole_image(c);
    average_over(c, &w);
}

static void global_max_pool2d(const reference_call *c)
{
    const window w = whole_image(c);
    largest_of(c, &w);
}

/* Takes each value from where it was, or is 0. */
static void zero_pad2d(const reference_call *c)
{
    int64_t top = (int64_t)reference_option(c, NEURON_NODE_TOP),
            left = (int64_t)reference_option(c, NEURON_NODE_LEFT);
    int64_t height = c->from->extent[0], width = c->from->extent[1], channels = c->from->extent[2];
    double *to = c->y;
    for (int64_t e = 0; e < c->reference->batch; e++)
        for (int64_t y = -top; y < c->shape->extent[0] - top; y++)
            for (int64_t x = -left; x < c->shape->extent[1] - left; x++)
                for (int64_t k = 0; k < channels; k++) {
                    bool inside = y >= 0 && y < height && x >= 0 && x < width;
                    *to++ = inside ? c->x[((e * height + y) * width + x) * channels + k] : 0;
                }
}

/* The value at a place of an image that is continued outside. */
static double value_at(const reference_call *c, const double *image, int64_t row, int64_t column,
                       int64_t channel)
{
    int32_t mode = (int32_t)reference_option(c, NEURON_NODE_FILL_MODE);
    int64_t height = c->from->extent[0], width = c->from->extent[1];
    int64_t channels = c->from->rank == 3 ? c->from->extent[2] : 1;
    if (mode == NEURON_FILL_CONSTANT && (row < 0 || row >= height || column < 0 || column >= width))
        return reference_option(c, NEURON_NODE_FILL_VALUE);
    while (row < 0 || row >= height)
        row = mode == NEURON_FILL_WRAP      ? row + (row < 0 ? height : -height)
              : mode == NEURON_FILL_NEAREST ? row + (row < 0 ? 1 : -1)
              : row < 0                     ? -1 - row
                                            : 2 * height - 1 - row;
    while (column < 0 || column >= width)
        column = mode == NEURON_FILL_WRAP      ? column + (column < 0 ? width : -width)
                 : mode == NEURON_FILL_NEAREST ? column + (column < 0 ? 1 : -1)
                 : column < 0                  ? -1 - column
                                               : 2 * width - 1 - column;
    return image[(row * width + column) * channels + channel];
}

/* A quarter turn, as of a photograph, goes against the clock. */
static void random_rotation(const reference_call *c)
{
    double factor = c->reference->training ? reference_option(c, NEURON_NODE_FACTOR) : 0;
    int64_t height = c->from->extent[0], width = c->from->extent[1];
    int64_t channels = c->from->rank == 3 ? c->from->extent[2] : 1;
    double *to = c->y;
    for (int64_t v = 0; v < c->count; v++) {
        int64_t channel = v % channels, pixel = v / channels, image = pixel / (height * width);
        const double *from = c->x + image * height * width * channels;
        uint32_t numbers[4];
        reference_random(c, (uint64_t)image, numbers);
        double angle = factor * 2 * acos(-1) * (numbers[0] / 0x1p31 - 1);
        double down = (double)(pixel / width % height) - (double)(height - 1) / 2;
        double along = (double)(pixel % width) - (double)(width - 1) / 2;
        double y = (double)(height - 1) / 2 + sin(angle) * along + cos(angle) * down;
        double x = (double)(width - 1) / 2 + cos(angle) * along - sin(angle) * down;
        *to++ = 0;
        for (int tap = 0; tap < 4; tap++) {
            int64_t row = (int64_t)floor(y) + tap / 2, column = (int64_t)floor(x) + tap % 2;
            double share = (1 - fabs(y - (double)row)) * (1 - fabs(x - (double)column));
            to[-1] += share * value_at(c, from, row, column, channel);
        }
    }
}

const reference_layer reference_image_layers[] = {
    {"average_pool2d", average_pool2d},
    {"conv2d", conv2d},
    {"depthwise_conv2d", depthwise_conv2d},
    {"global_average_pool2d", global_average_pool2d},
    {"global_max_pool2d", global_max_pool2d},
    {"max_pool2d", max_pool2d},
    {"random_rotation", random_rotation},
    {"zero_pad2d", zero_pad2d},
    {NULL, NULL},
};
