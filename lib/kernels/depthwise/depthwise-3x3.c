/* Convolution of each channel by itself with a window of 3x3, and the gradients of its weights: the
 * window slides along a row over one vector of channels, so that each pixel is read once and
 * the weights, or their gradients, stay in registers. Pixels outside of the image are 0.
 * ops/depthwise.c tells which rows a window takes in. */
#include "kernels/store-tile.h"
#include "kernels/table.h"

#include <stdbool.h>

enum { WINDOW = 3 };

/* A vector of the channels, which may be the last. */
typedef struct channels {
    bool whole;
    int64_t left;
    lane_choice lanes;
} channels;

static ALWAYS_INLINE channels channels_from(int64_t first, int64_t end, bool whole)
{
    return (channels){whole, end - first, choose_lanes(end - first)};
}

static ALWAYS_INLINE vector read(const float *from, channels some)
{
    if (some.whole)
        return load(from);
    return CHOOSES_LANES ? load_lanes(from, some.lanes) : load_some(from, some.left);
}

static ALWAYS_INLINE void write(float *to, vector value, channels some)
{
    if (some.whole)
        store(to, value);
    else if (CHOOSES_LANES)
        store_lanes(to, value, some.lanes);
    else
        store_some(to, value, some.left);
}

/* The rows that the window slides along, from these channels on. */
typedef struct image_rows {
    const float *rows[WINDOW];
    int64_t steps[WINDOW]; /* floats from one pixel to the next */
    int64_t width;         /* pixels of a row */
    channels some;
} image_rows;

static ALWAYS_INLINE image_rows rows_of(const neuron_depthwise_row_work *work, int64_t channel,
                                        channels some)
{
    static const float outside[LANES];
    image_rows image = {.width = work->width, .some = some};
    UNROLL_FULLY
    for (int y = 0; y < WINDOW; y++) {
        image.rows[y] = work->rows[y] ? work->rows[y] + channel : outside;
        image.steps[y] = work->rows[y] ? work->channels : 0;
    }
    return image;
}

/* Three pixels below each other. */
typedef struct pixels {
    vector row[WINDOW];
} pixels;

static ALWAYS_INLINE pixels column(const image_rows *image, int64_t x)
{
    pixels found = {{{0}}};
    if (x < 0 || x >= image->width)
        return found;
    UNROLL_FULLY
    for (int y = 0; y < WINDOW; y++)
        found.row[y] = read(image->rows[y] + x * image->steps[y], image->some);
    return found;
}

typedef struct window {
    pixels columns[WINDOW];
    int64_t end; /* the next column */
} window;

static ALWAYS_INLINE void take_in(window *at, const image_rows *image)
{
    at->columns[0] = at->columns[1];
    at->columns[1] = at->columns[2];
    at->columns[2] = column(image, at->end++);
}

/* The window before the first. */
static ALWAYS_INLINE window begin(const neuron_depthwise_row_work *work, const image_rows *image,
                                  int stride)
{
    window at = {.end = -work->padding};
    take_in(&at, image);
    if (stride == 1)
        take_in(&at, image);
    return at;
}

static ALWAYS_INLINE void slide(window *at, const image_rows *image, int stride)
{
    if (stride == 2)
        take_in(at, image);
    take_in(at, image);
}

static VARIANT void sum_row(const neuron_depthwise_row_work *work, int64_t channel, int stride,
                            bool whole)
{
    int64_t step = work->channels;
    channels some = channels_from(channel, step, whole);
    vector weights[WINDOW][WINDOW];
    UNROLL_FULLY
    for (int y = 0; y < WINDOW; y++) {
        UNROLL_FULLY
        for (int x = 0; x < WINDOW; x++)
            weights[y][x] = read(work->weights + (WINDOW * y + x) * step + channel, some);
    }
    vector bias = work->bias ? read(work->bias + channel, some) : (vector){0};
    vector floor = broadcast(work->floor);
    image_rows image = rows_of(work, channel, some);
    window at = begin(work, &image, stride);
    float *output = work->output + channel;
    for (int64_t i = 0; i < work->outputs; i++, output += step) {
        slide(&at, &image, stride);
        vector sum = bias;
        UNROLL_FULLY
        for (int x = 0; x < WINDOW; x++) {
            UNROLL_FULLY
            for (int y = 0; y < WINDOW; y++)
                sum += at.columns[x].row[y] * weights[y][x];
        }
        write(output, at_least(floor, sum), some);
    }
}

static ALWAYS_INLINE void add_to(float *sums, vector value, channels some)
{
    write(sums, read(sums, some) + value, some);
}

static VARIANT void sum_gradients(const neuron_depthwise_row_work *work, int64_t channel,
                                  int stride, bool whole)
{
    int64_t step = work->channels;
    channels some = channels_from(channel, step, whole);
    vector sums[WINDOW][WINDOW] = {{{0}}}, bias = {0};
    image_rows image = rows_of(work, channel, some);
    window at = begin(work, &image, stride);
    const float *gradient = work->gradient + channel;
    for (int64_t i = 0; i < work->outputs; i++, gradient += step) {
        slide(&at, &image, stride);
        vector factor = read(gradient, some);
        bias += factor;
        UNROLL_FULLY
        for (int x = 0; x < WINDOW; x++) {
            UNROLL_FULLY
            for (int y = 0; y < WINDOW; y++)
                sums[y][x] += at.columns[x].row[y] * factor;
        }
    }
    UNROLL_FULLY
    for (int y = 0; y < WINDOW; y++) {
        UNROLL_FULLY
        for (int x = 0; x < WINDOW; x++)
            add_to(work->weight_sums + (WINDOW * y + x) * step + channel, sums[y][x], some);
    }
    add_to(work->bias_sums + channel, bias, some);
}

static VARIANT void for_channels(const neuron_depthwise_row_work *work, int stride, bool gradients)
{
    int64_t channel = 0;
    for (; channel + LANES <= work->channels; channel += LANES)
        if (gradients)
            sum_gradients(work, channel, stride, true);
        else
            sum_row(work, channel, stride, true);
    if (channel >= work->channels)
        return;
    if (gradients)
        sum_gradients(work, channel, stride, false);
    else
        sum_row(work, channel, stride, false);
}

void KERNEL(depthwise_row)(const neuron_depthwise_row_work *work)
{
    if (work->stride == 1)
        for_channels(work, 1, false);
    else
        for_channels(work, 2, false);
}

void KERNEL(depthwise_row_sums)(const neuron_depthwise_row_work *work)
{
    if (work->stride == 1)
        for_channels(work, 1, true);
    else
        for_channels(work, 2, true);
}
