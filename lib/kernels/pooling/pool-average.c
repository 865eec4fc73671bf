/* Average pooling of one image, by windows of any size and stride.
 *
 * Windows that lie whole inside and begin at neighbouring pixels are summed as if all of their
 * values were channels. Of less than a vector of channels, otherwise, the rows under windows are
 * summed first, whole vectors of neighbouring pixels at a time. */
#include "kernels/pooling/pool.h"

#include <stdbool.h>

/* Vectors whose sums are kept at a time. */
enum { GROUP = 4 };

/* Floats of a row that are summed, or spread, at a time; and pixels of `channels` in them. */
enum { SOME = 1024 };

static int64_t pixels_at_once(int64_t channels)
{
    return channels < SOME ? SOME / channels : 1;
}

static ALWAYS_INLINE void average_vectors(const pool_block *on, int64_t at, int64_t left,
                                          int vectors, float share, float *output)
{
    vector sum[GROUP];
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++)
        sum[v] = (vector){0};
    for (int64_t y = 0; y < on->rows; y++) {
        const float *from = on->values + y * on->row_step + at;
        for (int64_t x = 0; x < on->columns; x++, from += on->channels) {
            UNROLL_FULLY
            for (int v = 0; v < vectors; v++)
                sum[v] += load_some(from + v * LANES, left - v * LANES);
        }
    }
    UNROLL_FULLY
    for (int v = 0; v < vectors; v++)
        store_some(output + at + v * LANES, sum[v] * share, left - v * LANES);
}

static void average(const pool_block *on, float *output)
{
    float share = 1.0f / (float)(on->rows * on->columns);
    int64_t i = 0;
    for (; i + GROUP * LANES <= on->count; i += GROUP * LANES)
        average_vectors(on, i, GROUP * LANES, GROUP, share, output);
    for (; i < on->count; i += LANES)
        average_vectors(on, i, on->count - i, 1, share, output);
}

/* sums[i] = sum of column i of `rows` rows. Rows may be written to their next whole vector. */
static void sum_rows(const pool_block *on, const float *from, int64_t count, float *sums)
{
    for (int64_t i = 0; i < count; i += LANES) {
        vector sum = load_some(from + i, count - i);
        for (int64_t y = 1; y < on->rows; y++)
            sum += load_some(from + y * on->row_step + i, count - i);
        store(sums + i, sum);
    }
}

static ALWAYS_INLINE vector sum_pixels(const float *sums, int64_t pixels, int64_t channels)
{
    vector sum = load(sums);
    for (int64_t x = 1; x < pixels; x++)
        sum += load(sums + x * channels);
    return sum;
}

/* Windows of less than a vector of channels: `windows` of them, `step` pixels apart. Several fit
 * into what is summed at a time, or it is one. */
static void average_few(const pool_block *on, int64_t windows, int64_t step, float *output)
{
    float sums[SOME + 2 * LANES];
    int64_t channels = on->channels, most = pixels_at_once(channels);
    float share = 1.0f / (float)(on->rows * on->columns);
    if (on->columns > most) {
        vector sum = {0};
        for (int64_t x = 0; x < on->columns; x += most) {
            int64_t pixels = on->columns - x < most ? on->columns - x : most;
            sum_rows(on, on->values + x * channels, pixels * channels, sums);
            sum += sum_pixels(sums, pixels, channels);
        }
        store_some(output, sum * share, channels);
        return;
    }
    sum_rows(on, on->values, ((windows - 1) * step + on->columns) * channels, sums);
    for (int64_t i = 0; i < windows; i++)
        store_some(output + i * channels,
                   sum_pixels(sums + i * step * channels, on->columns, channels) * share, channels);
}

/* Windows that lie whole inside. */
static void average_inside(pool_block on, int64_t windows, int64_t step, float *output)
{
    int64_t channels = on.channels, most = pixels_at_once(channels);
    if (step == 1 && windows > 1) {
        on.count = windows * channels;
        average(&on, output);
        return;
    }
    int64_t some = 1;
    if (channels < LANES && on.columns <= most)
        some = (most - on.columns) / step + 1;
    for (int64_t i = 0; i < windows; i += some) {
        if (channels < LANES)
            average_few(&on, windows - i < some ? windows - i : some, step, output + i * channels);
        else
            average(&on, output + i * channels);
        on.values += some * step * channels;
    }
}

void KERNEL(average_pool)(const neuron_pool_image *image)
{
    const neuron_pool_axis *along = &image->along;
    const pool_range whole = whole_windows(along);
    float *output = image->output;
    for (int64_t y = 0; y < image->down.output; y++) {
        const pool_range down = inside_of(&image->down, y);
        for (int64_t x = 0; x < along->output;) {
            int64_t windows = x == whole.first && whole.count > 0 ? whole.count : 1;
            average_inside(block_at(image, down, y, x), windows, along->stride, output);
            output += windows * image->channels;
            x += windows;
        }
    }
}

/* A run of pixels, and some channels of each. */
typedef struct pool_run {
    int64_t pixel, pixels, channel, channels;
} pool_run;

/* The share of the gradient of window `x` of a row, `rows` of which lie inside. */
static ALWAYS_INLINE float share_of(const neuron_pool_axis *along, const pool_range *whole,
                                    float whole_share, int64_t rows, int64_t x)
{
    if (x >= whole->first && x < whole->first + whole->count)
        return whole_share;
    return 1.0f / (float)(rows * inside_of(along, x).count);
}

/* What the gradients of one row of windows give a run, pixel by pixel. May write to the next whole
 * vector. */
static void spread(const neuron_pool_image *image, const float *gradients, const pool_run *run,
                   int64_t rows, float *to)
{
    const neuron_pool_axis *along = &image->along;
    const pool_range whole = whole_windows(along);
    float whole_share = 1.0f / (float)(rows * along->kernel);
    /* Windows `first` to `end` hold the pixel. */
    int64_t first = 0, end = 0;
    for (int64_t i = 0; i < run->pixels; i++, to += run->channels) {
        int64_t place = run->pixel + i + along->padding;
        while (end < along->output && end * along->stride <= place)
            end++;
        while (first < end && first * along->stride + along->kernel <= place)
            first++;
        for (int64_t c = 0; c < run->channels; c += LANES) {
            vector sum = {0};
            for (int64_t x = first; x < end; x++) {
                const float *from = gradients + x * image->channels + run->channel + c;
                sum += share_of(along, &whole, whole_share, rows, x) *
                       load_some(from, run->channels - c);
            }
            store(to + c, sum);
        }
    }
}

/* The same for small windows: gradients are put where their windows begin, among zeros, and then
 * those that lie before a value are summed, whole vectors of neighbouring pixels at a time. */
static void spread_few(const neuron_pool_image *image, const float *gradients, const pool_run *run,
                       int64_t rows, float *to)
{
    const neuron_pool_axis *along = &image->along;
    const pool_range whole = whole_windows(along);
    float whole_share = 1.0f / (float)(rows * along->kernel);
    float begun[2 * SOME + LANES];
    int64_t channels = run->channels, count = run->pixels * channels;
    memset(begun, 0, (size_t)((along->kernel - 1) * channels + count) * sizeof *begun);
    int64_t begin = run->pixel + along->padding - (along->kernel - 1);
    int64_t end = run->pixel + along->padding + run->pixels;
    int64_t x = begin > 0 ? (begin + along->stride - 1) / along->stride : 0;
    for (; x < along->output && x * along->stride < end; x++) {
        float share = share_of(along, &whole, whole_share, rows, x);
        const float *from = gradients + x * image->channels + run->channel;
        float *at = begun + (x * along->stride - begin) * channels;
        for (int64_t c = 0; c < channels; c += LANES)
            store_some(at + c, share * load_some(from + c, channels - c), channels - c);
    }
    for (int64_t i = 0; i < count; i += LANES) {
        vector sum = load(begun + i);
        for (int64_t p = 1; p < along->kernel; p++)
            sum += load(begun + p * channels + i);
        store(to + i, sum);
    }
}

/* Where that is quicker, and fits. */
static bool spreads_few(const neuron_pool_axis *along, const pool_run *run)
{
    return along->kernel <= 16 && (along->kernel - 1) * run->channels <= SOME &&
           (along->stride == 1 || run->channels < LANES);
}

static void set_row(const float *from, int64_t count, float *to)
{
    for (int64_t i = 0; i < count; i += LANES)
        store_some(to + i, load(from + i), count - i);
}

static void add_row(const float *from, int64_t count, float *to)
{
    for (int64_t i = 0; i < count; i += LANES)
        store_some(to + i, load_some(to + i, count - i) + load(from + i), count - i);
}

/* What a row of windows gives a run of each image row under it: those before `written` hold what
 * other windows gave. */
static void give_run(const neuron_pool_image *image, int64_t y, const pool_run *run,
                     int64_t written)
{
    float shares[SOME + LANES];
    const pool_range down = inside_of(&image->down, y);
    int64_t channels = image->channels, width = image->along.input * channels;
    const float *gradients = image->gradients + y * image->along.output * channels;
    (spreads_few(&image->along, run) ? spread_few : spread)(image, gradients, run, down.count,
                                                            shares);
    for (int64_t row = down.first; row < down.first + down.count; row++) {
        float *to = image->value_gradients + row * width + run->pixel * channels + run->channel;
        (row < written ? add_row : set_row)(shares, run->pixels * run->channels, to);
    }
}

static void clear_rows(const neuron_pool_image *image, int64_t first, int64_t end)
{
    int64_t width = image->along.input * image->channels;
    if (first < end)
        memset(image->value_gradients + first * width, 0,
               (size_t)((end - first) * width) * sizeof(float));
}

void KERNEL(average_pool_back)(const neuron_pool_image *image)
{
    int64_t channels = image->channels, most = pixels_at_once(channels), written = 0;
    for (int64_t y = 0; y < image->down.output; y++) {
        const pool_range down = inside_of(&image->down, y);
        clear_rows(image, written, down.first);
        for (int64_t x = 0; x < image->along.input; x += most) {
            int64_t left = image->along.input - x;
            for (int64_t c = 0; c < channels; c += SOME) {
                const pool_run run = {x, left < most ? left : most, c,
                                      channels - c < SOME ? channels - c : SOME};
                give_run(image, y, &run, written);
            }
        }
        written = down.first + down.count > written ? down.first + down.count : written;
    }
    clear_rows(image, written, image->down.input);
}
