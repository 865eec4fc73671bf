#include "reference-call.h"

#include "ops/fill.h"
#include "test-common.h"

#include <math.h>

/* An option that not all layers have. */
static int64_t option_or(const reference_call *c, int32_t key, int64_t otherwise)
{
    bool has = neuron_options_find(&c->node->spec.layer->options, key);
    return has ? (int64_t)reference_option(c, key) : otherwise;
}

/* Rows or columns of padding before the first pixel. */
static int64_t padding_before(const reference_call *c, int axis, int64_t kernel, int64_t stride)
{
    int64_t zeros = option_or(c, axis ? NEURON_NODE_PADDING_LEFT : NEURON_NODE_PADDING_TOP, 0);
    zeros += option_or(c, NEURON_NODE_PADDING_BEFORE, 0); /* of a sequence */
    int64_t behind = option_or(c, axis ? NEURON_NODE_PADDING_RIGHT : NEURON_NODE_PADDING_BOTTOM, 0);
    int64_t dilation =
        option_or(c, axis ? NEURON_NODE_DILATION_WIDTH : NEURON_NODE_DILATION_HEIGHT, 1);
    behind += option_or(c, NEURON_NODE_PADDING_BEHIND, 0);
    dilation *= option_or(c, NEURON_NODE_DILATION, 1);
    int64_t in = zeros + c->from->extent[axis] + behind, out = c->shape->extent[axis];
    kernel += (kernel - 1) * (dilation - 1);
    if (reference_option(c, NEURON_NODE_PADDING) == NEURON_PADDING_VALID) {
        ck_assert_int_eq(out, (in - kernel) / stride + 1);
        return zeros;
    }
    ck_assert_int_eq(out, (in + stride - 1) / stride);
    int64_t missing = (out - 1) * stride + kernel - in;
    return zeros + (missing > 0 ? missing / 2 : 0);
}

/* A window that slides over images. */
typedef struct window {
    int64_t height, width, channels; /* of the input */
    int64_t rows, columns, filters;  /* of the output */
    int64_t kernel_height, kernel_width, groups;
    int64_t stride_height, stride_width, dilation_height, dilation_width, top, left;
} window;

static window window_of(const reference_call *c)
{
    int last = c->shape->rank - 1; /* a sequence is an image of one column */
    window w = {
        .height = c->from->extent[0],
        .width = last == 2 ? c->from->extent[1] : 1,
        .channels = c->from->extent[last],
        .rows = c->shape->extent[0],
        .columns = last == 2 ? c->shape->extent[1] : 1,
        .filters = c->shape->extent[last],
        .kernel_height = (int64_t)reference_option(c, last == 2 ? NEURON_NODE_KERNEL_HEIGHT
                                                                : NEURON_NODE_KERNEL_SIZE),
        .kernel_width = option_or(c, NEURON_NODE_KERNEL_WIDTH, 1),
        .stride_height = (int64_t)reference_option(c, last == 2 ? NEURON_NODE_STRIDE_HEIGHT
                                                                : NEURON_NODE_STRIDE),
        .stride_width = option_or(c, NEURON_NODE_STRIDE_WIDTH, 1),
        .groups = option_or(c, NEURON_NODE_GROUPS, 1),
        .dilation_height =
            option_or(c, NEURON_NODE_DILATION_HEIGHT, 1) * option_or(c, NEURON_NODE_DILATION, 1),
        .dilation_width = option_or(c, NEURON_NODE_DILATION_WIDTH, 1),
    };
    w.top = padding_before(c, 0, w.kernel_height, w.stride_height);
    w.left = last == 2 ? padding_before(c, 1, w.kernel_width, w.stride_width) : 0;
    return w;
}

/* The pixel under (i, j) of the window at (row, column), or NULL in the padding. */
static const double *pixel(const window *w, const double *image, int64_t row, int64_t column,
                           int64_t i, int64_t j)
{
    int64_t y = row * w->stride_height - w->top + i * w->dilation_height;
    int64_t x = column * w->stride_width - w->left + j * w->dilation_width;
    if (y < 0 || y >= w->height || x < 0 || x >= w->width)
        return NULL;
    return image + (y * w->width + x) * w->channels;
}

static double convolve(const window *w, const double *image, const double *kernel, int64_t row,
                       int64_t column, int64_t filter)
{
    double sum = 0;
    int64_t channels = w->channels / w->groups; /* of a group, and which is its first */
    int64_t first = filter / (w->filters / w->groups) * channels;
    for (int64_t i = 0; i < w->kernel_height; i++)
        for (int64_t j = 0; j < w->kernel_width; j++) {
            const double *from = pixel(w, image, row, column, i, j);
            for (int64_t k = 0; from && k < channels; k++)
                sum += from[first + k] *
                       kernel[((i * w->kernel_width + j) * channels + k) * w->filters + filter];
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
    int last = c->from->rank - 1;
    int64_t width = last == 2 ? from[1] : 1;
    return (window){.height = from[0],
                    .width = width,
                    .channels = from[last],
                    .rows = 1,
                    .columns = 1,
                    .filters = from[last],
                    .kernel_height = from[0],
                    .kernel_width = width,
                    .stride_height = 1,
                    .stride_width = 1,
                    .dilation_height = 1,
                    .dilation_width = 1};
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

/* Each pixel of the input adds the kernel times its values. */
static void conv2d_transpose(const reference_call *c)
{
    const double *kernel = reference_array(c, "kernel"), *bias = reference_array(c, "bias");
    const int64_t *from = c->from->extent, *to = c->shape->extent;
    int64_t extent[2] = {(int64_t)reference_option(c, NEURON_NODE_KERNEL_HEIGHT),
                         (int64_t)reference_option(c, NEURON_NODE_KERNEL_WIDTH)};
    int64_t stride[2] = {(int64_t)reference_option(c, NEURON_NODE_STRIDE_HEIGHT),
                         (int64_t)reference_option(c, NEURON_NODE_STRIDE_WIDTH)};
    int64_t before[2] = {0, 0};
    for (int a = 0; a < 2; a++) {
        int64_t over = extent[a] > stride[a] ? extent[a] - stride[a] : 0;
        bool same = reference_option(c, NEURON_NODE_PADDING) == NEURON_PADDING_SAME;
        ck_assert_int_eq(to[a], from[a] * stride[a] + (same ? 0 : over));
        before[a] = same ? over / 2 : 0;
    }
    for (int64_t v = 0; v < c->count; v++)
        c->y[v] = bias ? bias[v % to[2]] : 0;
    for (int64_t v = 0; v < c->reference->batch * from[0] * from[1]; v++)
        for (int64_t tap = 0; tap < extent[0] * extent[1]; tap++) {
            int64_t y = v / from[1] % from[0] * stride[0] - before[0] + tap / extent[1];
            int64_t x = v % from[1] * stride[1] - before[1] + tap % extent[1];
            if (y < 0 || y >= to[0] || x < 0 || x >= to[1])
                continue;
            double *pixel = c->y + ((v / from[1] / from[0] * to[0] + y) * to[1] + x) * to[2];
            for (int64_t f = 0; f < to[2]; f++)
                for (int64_t k = 0; k < from[2]; k++)
                    pixel[f] += kernel[(tap * to[2] + f) * from[2] + k] * c->x[v * from[2] + k];
        }
}

/* What lies at a place of an axis that was `extent` long before it became `factor` times so. */
static double place_before(const reference_call *c, int64_t place, int64_t factor)
{
    char text[16];
    assert_ok(neuron_options_get_text(&c->node->spec.options, "interpolation", text, sizeof text,
                                      NULL, "reference"));
    if (strcmp(text, "nearest") == 0)
        return (double)(place / factor);
    return ((double)place + 0.5) / (double)factor - 0.5;
}

static double clamped(double place, int64_t extent)
{
    return fmax(0, fmin(place, (double)(extent - 1)));
}

static void upsample2d(const reference_call *c)
{
    const int64_t *from = c->from->extent, *to = c->shape->extent;
    for (int64_t v = 0; v < c->count; v++) {
        int64_t channel = v % to[2], column = v / to[2] % to[1], row = v / to[2] / to[1] % to[0];
        const double *image = c->x + v / to[2] / to[1] / to[0] * from[0] * from[1] * from[2];
        double y = clamped(place_before(c, row, to[0] / from[0]), from[0]);
        double x = clamped(place_before(c, column, to[1] / from[1]), from[1]);
        c->y[v] = 0;
        for (int64_t i = 0; i < from[0]; i++)
            for (int64_t j = 0; j < from[1]; j++)
                c->y[v] += fmax(0, 1 - fabs(y - (double)i)) * fmax(0, 1 - fabs(x - (double)j)) *
                           image[(i * from[1] + j) * from[2] + channel];
    }
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
    {"average_pool1d", average_pool2d},
    {"average_pool2d", average_pool2d},
    {"conv1d", conv2d},
    {"conv2d", conv2d},
    {"conv2d_transpose", conv2d_transpose},
    {"depthwise_conv2d", depthwise_conv2d},
    {"global_average_pool1d", global_average_pool2d},
    {"global_average_pool2d", global_average_pool2d},
    {"global_max_pool1d", global_max_pool2d},
    {"global_max_pool2d", global_max_pool2d},
    {"max_pool1d", max_pool2d},
    {"max_pool2d", max_pool2d},
    {"random_rotation", random_rotation},
    {"upsample2d", upsample2d},
    {"zero_pad2d", zero_pad2d},
    {NULL, NULL},
};
