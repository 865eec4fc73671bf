/* Maximum pooling of one window, all channels. */
#include "kernels/tiles.h"

#include <stddef.h>

/* Takes one value, into *best and *place if it is larger. */
static ALWAYS_INLINE void take(vector value, int32_t tap, vector *best, vector_mask *place)
{
    vector_mask larger = (value > *best) | (value != value);
    *best = choose(larger, value, *best);
    *place = (larger & tap) | (~larger & *place);
}

static void maximum_vector(const neuron_window_part *part, const float *first, float *output,
                           int32_t *places)
{
    vector best = load(first);
    vector_mask place = (vector_mask){0} + part->first_tap;
    for (int64_t y = 0; y < part->rows; y++) {
        for (int64_t x = y == 0; x < part->columns; x++)
            take(load(first + y * part->row_step + x * part->channels),
                 part->first_tap + (int32_t)y * part->tap_step + (int32_t)x, &best, &place);
    }
    store(output, best);
    if (places)
        *(vector_mask_loose *)places = place;
}

static void maximum_one(const neuron_window_part *part, const float *first, float *output,
                        int32_t *places)
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
    if (places)
        *places = place;
}

void KERNEL(maximum)(const neuron_window_part *part, const float *first, float *output,
                     int32_t *places)
{
    int64_t c = 0;
    for (; c + LANES <= part->channels; c += LANES)
        maximum_vector(part, first + c, output + c, places ? places + c : NULL);
    for (; c < part->channels; c++)
        maximum_one(part, first + c, output + c, places ? places + c : NULL);
}

void KERNEL(scatter)(const neuron_window_part *part, float *first, const float *gradient,
                     const int32_t *places)
{
    for (int64_t y = 0; y < part->rows; y++) {
        for (int64_t x = 0; x < part->columns; x++) {
            float *restrict to = first + y * part->row_step + x * part->channels;
            int32_t tap = part->first_tap + (int32_t)y * part->tap_step + (int32_t)x;
            for (int64_t c = 0; c < part->channels; c++)
                to[c] += places[c] == tap ? gradient[c] : 0;
        }
    }
}
