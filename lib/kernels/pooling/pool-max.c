/* Maximum pooling of one image, by windows of any size and stride; and of a row of windows that lie
 * side by side, which the convolutions do as well. */
#include "kernels/pooling/pool.h"

#include <stddef.h>

/* Takes one value, into *best and *place if it is larger. One mask at a time: of two that are
 * joined compilers make vectors. */
static ALWAYS_INLINE void take(vector value, int32_t tap, vector *best, vector_mask *place)
{
    vector_mask larger = value > *best, undefined = value != value, here = (vector_mask){0} + tap;
    *best = choose(undefined, value, choose(larger, value, *best));
    *place = (larger & here) | (~larger & *place);
    *place = (undefined & here) | (~undefined & *place);
}

/* Vectors whose largest values are kept at a time. */
enum { GROUP = 2 };

static ALWAYS_INLINE void maximum_vectors(const pool_block *on, int64_t at, int64_t left,
                                          int vectors, float *output, int32_t *argmax)
{
    vector best[GROUP];
    vector_mask place[GROUP];
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++) {
        best[v] = load_some(on->values + at + v * LANES, left - v * LANES);
        place[v] = (vector_mask){0} + on->place;
    }
    for (int64_t y = 0; y < on->rows; y++) {
        const float *from = on->values + y * on->row_step + at;
        int32_t number = on->place + (int32_t)y * on->place_step;
        for (int64_t x = 0; x < on->columns; x++, from += on->channels, number++) {
            UNROLL_FULLY
            for (int v = 0; v < vectors; v++)
                take(load_some(from + v * LANES, left - v * LANES), number, &best[v], &place[v]);
        }
    }
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++) {
        store_some(output + at + v * LANES, best[v], left - v * LANES);
        if (argmax)
            store_some((float *)argmax + at + v * LANES, (vector)place[v], left - v * LANES);
    }
}

static void maximum(const pool_block *on, float *output, int32_t *argmax)
{
    int64_t i = 0;
    for (; i + GROUP * LANES <= on->count; i += GROUP * LANES)
        maximum_vectors(on, i, GROUP * LANES, GROUP, output, argmax);
    for (; i < on->count; i += LANES)
        maximum_vectors(on, i, on->count - i, 1, output, argmax);
}

/* Values that are made at a time where more windows are looked at than there are. */
enum { SOME = 1024 };

/* How many of some whole windows, `step` pixels apart, are taken at once: all if they begin at
 * neighbouring pixels, or those of few channels among the windows between them; else one. */
static int64_t windows_at_once(int64_t windows, int64_t step, int64_t channels)
{
    int64_t most = step == 1 ? windows : step * channels <= LANES ? SOME / (step * channels) : 1;
    return windows < most ? windows : most;
}

/* Windows of few channels: looks at those between them as well, as whole vectors of values, which
 * is less work than a part of a vector for each. */
static void maximum_few(pool_block on, int64_t windows, int64_t step, float *output,
                        int32_t *argmax)
{
    float largest[SOME];
    int32_t places[SOME];
    int64_t channels = on.channels;
    on.count = ((windows - 1) * step + 1) * channels;
    maximum(&on, largest, argmax ? places : NULL);
    for (int64_t i = 0; i < windows * channels; i += channels) {
        store_some(output + i, load_some(largest + i * step, channels), channels);
        if (argmax)
            store_some((float *)argmax + i, load_some((const float *)places + i * step, channels),
                       channels);
    }
}

void KERNEL(max_pool)(const neuron_pool_image *image)
{
    const neuron_pool_axis *along = &image->along;
    const pool_range whole = whole_windows(along);
    int64_t at = 0;
    for (int64_t y = 0; y < image->down.output; y++) {
        const pool_range down = inside_of(&image->down, y);
        for (int64_t x = 0, windows; x < along->output; x += windows) {
            pool_block on = block_at(image, down, y, x);
            float *output = image->output + at;
            int32_t *argmax = image->argmax ? image->argmax + at : NULL;
            int64_t left = whole.first + whole.count - x;
            windows = x < whole.first || left <= 0
                          ? 1
                          : windows_at_once(left, along->stride, image->channels);
            at += windows * image->channels;
            if (along->stride > 1 && windows > 1) {
                maximum_few(on, windows, along->stride, output, argmax);
                continue;
            }
            on.count *= windows;
            maximum(&on, output, argmax);
        }
    }
}

/* Adds the gradients of one window to `to`, where the image's values that lie under it begin. */
static void give_all(const neuron_pool_image *image, const pool_block *on, int64_t at, float *to)
{
    for (int64_t c = 0; c < on->channels; c += LANES) {
        int64_t left = on->channels - c;
        vector gradient = load_some(image->gradients + at + c, left);
        if (image->relu)
            gradient = choose(load_some(image->output + at + c, left) > (vector){0}, gradient,
                              (vector){0});
        vector_mask place = (vector_mask)load_some((const float *)image->argmax + at + c, left);
        for (int64_t y = 0; y < on->rows; y++) {
            float *pixel = to + y * on->row_step + c;
            int32_t number = on->place + (int32_t)y * on->place_step;
            for (int64_t x = 0; x < on->columns; x++, pixel += on->channels, number++)
                store_some(pixel,
                           load_some(pixel, left) + choose(place == number, gradient, (vector){0}),
                           left);
        }
    }
}

/* The same value by value: quicker where a window has far more places than channels. */
static void give_each(const neuron_pool_image *image, const pool_block *on, int64_t at, float *to)
{
    for (int64_t c = 0; c < on->channels; c++) {
        if (image->relu && !(image->output[at + c] > 0))
            continue;
        int32_t place = image->argmax[at + c] - on->place;
        int64_t y = place / on->place_step, x = place % on->place_step;
        to[y * on->row_step + x * on->channels + c] += image->gradients[at + c];
    }
}

void KERNEL(max_pool_back)(const neuron_pool_image *image)
{
    const neuron_pool_axis *along = &image->along;
    int64_t channels = image->channels, at = 0;
    int64_t places = image->down.kernel * along->kernel;
    bool each = places > (channels < LANES ? channels : LANES);
    memset(image->value_gradients, 0,
           (size_t)(image->down.input * along->input * channels) * sizeof(float));
    for (int64_t y = 0; y < image->down.output; y++) {
        const pool_range down = inside_of(&image->down, y);
        for (int64_t x = 0; x < along->output; x++, at += channels) {
            const pool_block on = block_at(image, down, y, x);
            float *to = image->value_gradients + on.first;
            (each ? give_each : give_all)(image, &on, at, to);
        }
    }
}

typedef uint8_t byte_vector __attribute__((vector_size(LANES)));

#if defined(__AVX512F__)
static ALWAYS_INLINE void store_argmax(uint8_t *to, vector_mask argmax, int64_t count)
{
    __mmask16 lanes = first_lanes(count < LANES ? count : LANES);
    _mm_mask_storeu_epi8(to, lanes, _mm512_cvtepi32_epi8((__m512i)argmax));
}

static ALWAYS_INLINE vector_mask load_argmax(const uint8_t *from, int64_t count)
{
    __mmask16 lanes = first_lanes(count < LANES ? count : LANES);
    return (vector_mask)_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(lanes, from));
}
#else
static ALWAYS_INLINE void store_argmax(uint8_t *to, vector_mask argmax, int64_t count)
{
    byte_vector bytes = __builtin_convertvector(argmax, byte_vector);
    if (count >= LANES)
        memcpy(to, &bytes, sizeof bytes);
    else
        for (int64_t i = 0; i < count; i++)
            to[i] = bytes[i];
}

static ALWAYS_INLINE vector_mask load_argmax(const uint8_t *from, int64_t count)
{
    byte_vector bytes = {0};
    if (count >= LANES)
        memcpy(&bytes, from, sizeof bytes);
    else
        for (int64_t i = 0; i < LANES; i++)
            bytes[i] = i < count ? from[i] : 0;
    return __builtin_convertvector(bytes, vector_mask);
}
#endif

static ALWAYS_INLINE void pool_vector(const neuron_pool_work *work, int64_t rows, int64_t columns,
                                      int64_t window, int64_t channel, int64_t left)
{
    const float *values = work->values + window * columns * work->channels + channel;
    vector best = load_some(values, left);
    vector_mask place = {0};
    int32_t tap = 0;
    for (int64_t y = 0; y < rows; y++) {
        for (int64_t x = 0; x < columns; x++, tap++)
            take(load_some(values + y * work->row_step + x * work->channels, left), tap, &best,
                 &place);
    }
    int64_t to = window * work->channels + channel;
    store_some(work->output + to, best, left);
    if (work->argmax)
        store_argmax(work->argmax + to, place, left);
}

static ALWAYS_INLINE void pool_row(const neuron_pool_work *work, int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < work->windows; i++) {
        int64_t c = 0;
        for (; c + LANES <= work->channels; c += LANES)
            pool_vector(work, rows, columns, i, c, LANES);
        if (c < work->channels)
            pool_vector(work, rows, columns, i, c, work->channels - c);
    }
}

void KERNEL(max_pool_row)(const neuron_pool_work *work)
{
    if (work->window_rows == 2 && work->window_columns == 2)
        pool_row(work, 2, 2);
    else
        pool_row(work, work->window_rows, work->window_columns);
}

static ALWAYS_INLINE void pool_vector_back(const neuron_pool_work *work, int64_t rows,
                                           int64_t columns, int64_t window, int64_t channel,
                                           int64_t left)
{
    int64_t from = window * work->channels + channel;
    vector gradient = load_some(work->gradients + from, left);
    if (work->relu)
        gradient =
            choose(load_some(work->output + from, left) > (vector){0}, gradient, (vector){0});
    vector_mask place = load_argmax(work->argmax + from, left);
    float *to = work->value_gradients + window * columns * work->channels + channel;
    int32_t tap = 0;
    for (int64_t y = 0; y < rows; y++) {
        for (int64_t x = 0; x < columns; x++, tap++)
            store_some(to + y * work->row_step + x * work->channels,
                       choose(place == tap, gradient, (vector){0}), left);
    }
}

static ALWAYS_INLINE void pool_row_back(const neuron_pool_work *work, int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < work->windows; i++) {
        int64_t c = 0;
        for (; c + LANES <= work->channels; c += LANES)
            pool_vector_back(work, rows, columns, i, c, LANES);
        if (c < work->channels)
            pool_vector_back(work, rows, columns, i, c, work->channels - c);
    }
}

void KERNEL(max_pool_row_back)(const neuron_pool_work *work)
{
    if (work->window_rows == 2 && work->window_columns == 2)
        pool_row_back(work, 2, 2);
    else
        pool_row_back(work, work->window_rows, work->window_columns);
}
