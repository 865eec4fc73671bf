/* Rows whose channels fill a part of each vector, for kernels/depthwise/depthwise-flat.c: those of
 * the image are copied with the zeros around them, each before it is first seen, so that all
 * windows lie inside. */
#include "ops/depthwise.h"

#include "base/checked.h"

#include <string.h>

/* Rows that are made at a time, those of a window that are not too many, and floats of weights that
 * stay in the first cache beside the rows. */
enum { ROWS = NEURON_DEPTHWISE_FLAT_ROWS, WINDOW_MAX = 32, WEIGHTS_MAX = 1 << 13 };

static int64_t phases_of(const neuron_depthwise *geometry)
{
    int64_t a = geometry->channels, b = geometry->kernels->lanes;
    while (b > 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return geometry->channels / a;
}

/* Pixels of a row with its zeros. */
static int64_t padded_pixels(const neuron_depthwise *geometry)
{
    const neuron_window *along = &geometry->along;
    return along->output + neuron_dilated(along->kernel, along->dilation) - 1;
}

/* Whether channels fill too little of their vectors. */
static bool are_few(const neuron_depthwise *geometry)
{
    int64_t channels = geometry->channels, lanes = geometry->kernels->lanes;
    return 5 * channels <= 3 * neuron_ceil_divide(channels, lanes) * lanes;
}

/* The kernel of windows of 3x3 reads each pixel once, and is better but for few channels. */
bool neuron_depthwise_is_flat(const neuron_depthwise *geometry)
{
    const neuron_window *down = &geometry->down, *along = &geometry->along;
    return down->stride == 1 && along->stride == 1 && down->dilation == 1 &&
           down->kernel <= WINDOW_MAX && neuron_depthwise_flat_weights(geometry) <= WEIGHTS_MAX &&
           (are_few(geometry) || (down->kernel > 3 && along->kernel > 1));
}

/* Floats of a row in the room, behind which a vector may be read. */
static int64_t slot_size(const neuron_depthwise *geometry)
{
    return padded_pixels(geometry) * geometry->channels + geometry->kernels->lanes;
}

/* Rows of the image that some of the output see. */
static int64_t slots_of(const neuron_depthwise *geometry)
{
    return ROWS + geometry->down.kernel - 1;
}

int64_t neuron_depthwise_flat_room(const neuron_depthwise *geometry)
{
    return (slots_of(geometry) + 1) * slot_size(geometry);
}

int64_t neuron_depthwise_flat_weights(const neuron_depthwise *geometry)
{
    int64_t taps = geometry->down.kernel * geometry->along.kernel;
    return (taps + 1) * phases_of(geometry) * geometry->kernels->lanes;
}

void neuron_depthwise_flat_lay_out(const neuron_depthwise *geometry, const float *weights,
                                   const float *bias, float *laid_out)
{
    int64_t taps = geometry->down.kernel * geometry->along.kernel, channels = geometry->channels;
    int64_t lanes = geometry->kernels->lanes, phases = phases_of(geometry);
    for (int64_t t = 0; t <= taps; t++) {
        const float *from = t > 0 ? weights + (t - 1) * channels : bias;
        for (int64_t i = 0, channel = 0; i < phases * lanes; i++, channel++) {
            channel = channel == channels ? 0 : channel;
            laid_out[(i / lanes * (taps + 1) + t) * lanes + i % lanes] = from ? from[channel] : 0;
        }
    }
}

/* Returns what lies behind them. */
static float *zeros(float *to, int64_t count)
{
    memset(to, 0, (size_t)count * sizeof *to);
    return to + count;
}

/* The rows of an image as they are needed, in turn: a slot for each that some of the output see,
 * and one of zeros. */
typedef struct rows {
    const neuron_depthwise *geometry;
    const float *image;
    float *room;
    int64_t next; /* that has no slot yet */
} rows;

static void pad_row(const rows *from, int64_t y, float *to)
{
    const neuron_window *along = &from->geometry->along;
    int64_t channels = from->geometry->channels, pixels = padded_pixels(from->geometry);
    int64_t before = along->padding > 0 ? neuron_min_count(along->padding, pixels) : 0;
    int64_t first = along->padding < 0 ? -along->padding : 0;
    int64_t count = neuron_min_count(along->input - first, pixels - before);
    count = count > 0 ? count : 0;
    to = zeros(to, before * channels);
    memcpy(to, from->image + (y * along->input + first) * channels,
           (size_t)(count * channels) * sizeof *to);
    zeros(to + count * channels,
          (pixels - before - count) * channels + from->geometry->kernels->lanes);
}

static const float *row_at(rows *from, int64_t y)
{
    const neuron_depthwise *geometry = from->geometry;
    int64_t input = geometry->down.input, row = geometry->along.input * geometry->channels;
    int64_t slots = slots_of(geometry), size = slot_size(geometry);
    if (y < 0 || y >= input)
        return from->room + slots * size;
    bool inside = geometry->along.padding == 0 && padded_pixels(geometry) == geometry->along.input;
    if (inside && (input - 1 - y) * row >= geometry->kernels->lanes)
        return from->image + y * row;
    float *slot = from->room + y % slots * size;
    if (y >= from->next)
        pad_row(from, y, slot);
    from->next = y >= from->next ? y + 1 : from->next;
    return slot;
}

void neuron_depthwise_flat_rows(const neuron_depthwise *geometry, int64_t first, int64_t end,
                                const float *image, const float *laid_out, float floor,
                                float *output, float *room)
{
    const neuron_window *down = &geometry->down, *along = &geometry->along;
    const float *source[ROWS + WINDOW_MAX];
    neuron_depthwise_flat_work work = {
        .floats = along->output * geometry->channels,
        .window_rows = down->kernel,
        .window_columns = along->kernel,
        .column_step = along->dilation * geometry->channels,
        .phases = phases_of(geometry),
        .source = source,
        .weights = laid_out,
        .output = output,
        .floor = floor,
    };
    rows from = {geometry, image, room, 0};
    zeros(room + slots_of(geometry) * slot_size(geometry), slot_size(geometry));
    for (; first < end; first += work.rows, work.output += work.rows * work.floats) {
        work.rows = end - first >= ROWS && down->kernel >= ROWS - 1 ? ROWS : 1;
        for (int64_t y = 0; y < work.rows + down->kernel - 1; y++)
            source[y] = row_at(&from, first - down->padding + y);
        geometry->kernels->conv->depthwise_flat(&work);
    }
}
