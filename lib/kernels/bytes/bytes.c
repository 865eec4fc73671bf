/* Floats as bytes, and the largest of bytes under windows, for quantised layers. */
#include "kernels/bytes/to-bytes.h"
#include "kernels/table.h"

void KERNEL(quantize)(const neuron_quantizer *by, const float *values, int64_t count,
                      uint8_t *bytes)
{
    for (int64_t i = 0; i < count; i += LANES)
        store_bytes(bytes + i,
                    to_bytes(load_some(values + i, count - i) * by->inverse, by->zero_point),
                    count - i);
}

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint8_t bytes16_loose __attribute__((vector_size(16), aligned(1), may_alias));

static ALWAYS_INLINE bytes16 larger(bytes16 a, bytes16 b)
{
    bytes16 first = (bytes16)(a > b);
    return (a & first) | (b & ~first);
}

static void pool_window(const neuron_bytes_pool_work *work, const uint8_t *from, uint8_t *to)
{
    int64_t c = 0;
    for (; c + 16 <= work->channels; c += 16) {
        bytes16 most = {0};
        for (int64_t y = 0; y < work->window_rows; y++)
            for (int64_t x = 0; x < work->window_columns; x++)
                most = larger(most, *(const bytes16_loose *)(from + y * work->row_step +
                                                             x * work->channels + c));
        *(bytes16_loose *)(to + c) = most;
    }
    for (; c < work->channels; c++) {
        to[c] = 0;
        for (int64_t y = 0; y < work->window_rows; y++)
            for (int64_t x = 0; x < work->window_columns; x++) {
                uint8_t value = from[y * work->row_step + x * work->channels + c];
                to[c] = value > to[c] ? value : to[c];
            }
    }
}

void KERNEL(bytes_max_pool)(const neuron_bytes_pool_work *work)
{
    for (int64_t i = 0; i < work->windows; i++)
        pool_window(work, work->values + i * work->window_columns * work->channels,
                    work->output + i * work->channels);
}
