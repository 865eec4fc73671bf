/* Maximum pooling of one window, all channels. */
#include "kernels/table.h"

#include <stddef.h>

/* Takes one value, into *best and *place if it is larger. */
static ALWAYS_INLINE void take(vector value, int32_t tap, vector *best, vector_mask *place)
{
    vector_mask larger = (value > *best) | (value != value);
    *best = choose(larger, value, *best);
    *place = (larger & tap) | (~larger & *place);
}

static void maximum_vector(const neuron_window_part *part, const float *first, float *output,
                           int32_t *argmax)
{
    vector best = load(first);
    vector_mask place = (vector_mask){0} + part->first_tap;
    for (int64_t y = 0; y < part->rows; y++) {
        for (int64_t x = y == 0; x < part->columns; x++)
            take(load(first + y * part->row_step + x * part->channels),
                 part->first_tap + (int32_t)y * part->tap_step + (int32_t)x, &best, &place);
    }
    store(output, best);
    if (argmax)
        *(vector_mask_loose *)argmax = place;
}

static void maximum_one(const neuron_window_part *part, const float *first, float *output,
                        int32_t *argmax)
{
    float best = *first;
    int32_t place = part->first_tap;
    for (int64_t y = 0; y < part->rows; y++) {
        for (int64_t x = 0; x < part->columns; x++) {
            float value = first[y * part->row_step + x * part->channels];
            if (value > best || value != value) {
                best = value;
                place = part->first_tap + (int32_t)y * part->tap_step + (int32_t)x;
            }
        }
    }
    *output = best;
    if (argmax)
        *argmax = place;
}

void KERNEL(max_pool)(const neuron_window_part *part, const float *first, float *output,
                      int32_t *argmax)
{
    int64_t c = 0;
    for (; c + LANES <= part->channels; c += LANES)
        maximum_vector(part, first + c, output + c, argmax ? argmax + c : NULL);
    for (; c < part->channels; c++)
        maximum_one(part, first + c, output + c, argmax ? argmax + c : NULL);
}

void KERNEL(max_pool_back)(const neuron_window_part *part, float *first, const float *gradient,
                           const float *mask, const int32_t *argmax)
{
    for (int64_t y = 0; y < part->rows; y++) {
        for (int64_t x = 0; x < part->columns; x++) {
            float *restrict to = first + y * part->row_step + x * part->channels;
            int32_t tap = part->first_tap + (int32_t)y * part->tap_step + (int32_t)x;
            for (int64_t c = 0; c < part->channels; c++)
                to[c] += argmax[c] == tap && (!mask || mask[c] > 0) ? gradient[c] : 0;
        }
    }
}

typedef uint8_t byte_vector __attribute__((vector_size(LANES)));

static ALWAYS_INLINE void store_argmax(uint8_t *to, vector_mask argmax, int64_t count)
{
    byte_vector bytes = __builtin_convertvector(argmax, byte_vector);
    memcpy(to, &bytes, (size_t)(count < LANES ? count : LANES));
}

static ALWAYS_INLINE vector_mask load_argmax(const uint8_t *from, int64_t count)
{
    byte_vector bytes = {0};
    memcpy(&bytes, from, (size_t)(count < LANES ? count : LANES));
    return __builtin_convertvector(bytes, vector_mask);
}

static ALWAYS_INLINE void pool_vector(const neuron_pool_work *work, int64_t window, int64_t channel,
                                      int64_t left, bool keep_places)
{
    const float *values = work->values + window * work->window_columns * work->channels + channel;
    vector best = load_some(values, left);
    vector_mask place = {0};
    int32_t tap = 0;
    for (int64_t y = 0; y < work->window_rows; y++) {
        for (int64_t x = 0; x < work->window_columns; x++, tap++)
            take(load_some(values + y * work->row_step + x * work->channels, left), tap, &best,
                 &place);
    }
    int64_t to = window * work->channels + channel;
    store_some(work->output + to, best, left);
    if (keep_places)
        store_argmax(work->argmax + to, place, left);
}

void KERNEL(max_pool_row)(const neuron_pool_work *work)
{
    for (int64_t i = 0; i < work->windows; i++) {
        int64_t c = 0;
        for (; c + LANES <= work->channels; c += LANES)
            pool_vector(work, i, c, LANES, work->argmax != NULL);
        if (c < work->channels)
            pool_vector(work, i, c, work->channels - c, work->argmax != NULL);
    }
}

static ALWAYS_INLINE void pool_vector_back(const neuron_pool_work *work, int64_t window,
                                           int64_t channel, int64_t left)
{
    int64_t from = window * work->channels + channel;
    vector gradient = load_some(work->gradients + from, left);
    if (work->relu)
        gradient =
            choose(load_some(work->output + from, left) > (vector){0}, gradient, (vector){0});
    vector_mask place = load_argmax(work->argmax + from, left);
    float *to = work->value_gradients + window * work->window_columns * work->channels + channel;
    int32_t tap = 0;
    for (int64_t y = 0; y < work->window_rows; y++) {
        for (int64_t x = 0; x < work->window_columns; x++, tap++)
            store_some(to + y * work->row_step + x * work->channels,
                       choose(place == tap, gradient, (vector){0}), left);
    }
}

void KERNEL(max_pool_row_back)(const neuron_pool_work *work)
{
    for (int64_t i = 0; i < work->windows; i++) {
        int64_t c = 0;
        for (; c + LANES <= work->channels; c += LANES)
            pool_vector_back(work, i, c, LANES);
        if (c < work->channels)
            pool_vector_back(work, i, c, work->channels - c);
    }
}
