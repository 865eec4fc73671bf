/* Tiles of images to Winograd's points and back, one vector of channels at a time. */
#include "kernels/store-tile.h"
#include "kernels/table.h"
#include "kernels/conv-winograd.h"

/* Where a matrix that is packed has column `channel` of the tile's row. */
static ALWAYS_INLINE float *packed_place(const neuron_winograd_points *points, int64_t channels,
                                         int64_t channel)
{
    int64_t panel = channel / (2 * LANES) * (2 * LANES);
    int64_t width = channels - panel > LANES ? 2 * LANES : LANES;
    return points->values + panel * points->tiles + points->tile * width + (channel - panel);
}

/* One row of pixels along the row, with zeros outside the image. */
static ALWAYS_INLINE void read_pixels(const neuron_winograd_tile *tile, const float *row, int size,
                                      bool whole, int64_t count, vector pixels[])
{
    UNROLL_FULLY
    for (int x = 0; x < size; x++) {
        pixels[x] = (vector){0};
        if (whole)
            pixels[x] = load(row + x * tile->pixel_step);
        else if (x >= tile->left && x < tile->right)
            pixels[x] = load_some(row + (x - tile->left) * tile->pixel_step, count);
    }
}

/* The columns of a tile whose rows are at the points already. */
static ALWAYS_INLINE void write_pixel_points(vector rows[IN][IN], float *to, int64_t step)
{
    for (int x = 0; x < IN; x++) {
        vector column[IN], values[IN];
        UNROLL_FULLY
        for (int y = 0; y < IN; y++)
            column[y] = rows[y][x];
        pixels_to_points(column, values);
        UNROLL_FULLY
        for (int y = 0; y < IN; y++)
            store(to + (y * IN + x) * step, values[y]);
    }
}

/* `whole`: the tile lies inside the image, and the vector inside the pixel. */
static VARIANT void transform_pixels(const neuron_winograd_tile *tile, const float *first,
                                     bool whole, int64_t count, float *to, int64_t step)
{
    vector rows[IN][IN];
    for (int y = 0; y < IN; y++) {
        vector pixels[IN];
        if (!whole && (y < tile->top || y >= tile->bottom)) {
            UNROLL_FULLY
            for (int x = 0; x < IN; x++)
                rows[y][x] = (vector){0};
            continue;
        }
        read_pixels(tile, first + (y - tile->top) * tile->row_step, IN, whole, count, pixels);
        pixels_to_points(pixels, rows[y]);
    }
    write_pixel_points(rows, to, step);
}

static bool covers(const neuron_winograd_tile *tile, int32_t size)
{
    return tile->top == 0 && tile->left == 0 && tile->bottom == size && tile->right == size;
}

void KERNEL(winograd_pixels)(const neuron_winograd_tile *tile, const float *first, int64_t channels,
                             const neuron_winograd_points *points)
{
    float *to = points->values + points->tile * points->row_step;
    bool whole = covers(tile, IN);
    int64_t channel = 0;
    for (; channel + LANES <= channels; channel += LANES) {
        if (whole)
            transform_pixels(tile, first + channel, true, LANES, to + channel, points->step);
        else
            transform_pixels(tile, first + channel, false, LANES, to + channel, points->step);
    }
    if (channel < channels)
        transform_pixels(tile, first + channel, false, channels - channel, to + channel,
                         points->step);
}

/* Returns the sum of the gradients. */
static VARIANT vector transform_gradients(const neuron_winograd_tile *tile, const float *first,
                                          bool whole, int64_t count, float *to, int64_t step)
{
    vector rows[OUT][IN], sum = {0};
    for (int y = 0; y < OUT; y++) {
        vector gradients[OUT];
        if (!whole && y >= tile->bottom) {
            UNROLL_FULLY
            for (int x = 0; x < IN; x++)
                rows[y][x] = (vector){0};
            continue;
        }
        read_pixels(tile, first + y * tile->row_step, OUT, whole, count, gradients);
        sum += (gradients[0] + gradients[1]) + (gradients[2] + gradients[3]);
        outputs_to_points(gradients, rows[y]);
    }
    for (int x = 0; x < IN; x++) {
        vector column[OUT], values[IN];
        UNROLL_FULLY
        for (int y = 0; y < OUT; y++)
            column[y] = rows[y][x];
        outputs_to_points(column, values);
        UNROLL_FULLY
        for (int y = 0; y < IN; y++)
            store(to + (y * IN + x) * step, values[y]);
    }
    return sum;
}

void KERNEL(winograd_gradients)(const neuron_winograd_tile *tile, const float *first,
                                int64_t channels, const neuron_winograd_points *points, float *sums)
{
    bool whole = covers(tile, OUT);
    for (int64_t channel = 0; channel < channels; channel += LANES) {
        float *to = packed_place(points, channels, channel);
        int64_t count = channels - channel;
        vector sum;
        if (whole && count >= LANES)
            sum = transform_gradients(tile, first + channel, true, LANES, to, points->step);
        else
            sum = transform_gradients(tile, first + channel, false, count, to, points->step);
        if (sums)
            store(sums + channel, load(sums + channel) + sum);
    }
}

/* The columns of a tile's points to rows of outputs. */
static ALWAYS_INLINE void read_points(const float *from, int64_t step, vector rows[OUT][IN])
{
    for (int x = 0; x < IN; x++) {
        vector column[IN], values[OUT];
        UNROLL_FULLY
        for (int y = 0; y < IN; y++)
            column[y] = load(from + (y * IN + x) * step);
        points_to_outputs(column, values);
        UNROLL_FULLY
        for (int y = 0; y < OUT; y++)
            rows[y][x] = values[y];
    }
}

/* The post-operations that are done to outputs in registers: those that a list begins with, of a
 * ReLU, a scale and shift, a ReLU and the way back through one. */
typedef struct register_ops {
    const neuron_post_op *scale, *back;
    bool relu, relu_last;
    int32_t count;
} register_ops;

static const neuron_post_op *next_op(const neuron_post_slice *post, int32_t number,
                                     neuron_post_kind kind)
{
    if (!post->ops || number >= post->ops->count || post->ops->list[number].kind != kind)
        return NULL;
    return &post->ops->list[number];
}

static register_ops register_ops_of(const neuron_post_slice *post, bool pools)
{
    register_ops ops = {.relu = floor_count(post)};
    ops.count = ops.relu;
    ops.scale = next_op(post, ops.count, NEURON_POST_SCALE_SHIFT);
    ops.count += ops.scale != NULL;
    const neuron_post_op *last = next_op(post, ops.count, NEURON_POST_RELU);
    ops.relu_last = last && !last->seen;
    ops.back = last && last->seen && !pools ? last : NULL;
    ops.count += ops.relu_last || ops.back;
    return ops;
}

/* The same for one vector of channels. */
typedef struct ending {
    vector bias, floor, scale, shift, last_floor;
    bool scales;
    const float *seen; /* of the tile's first output */
} ending;

static ALWAYS_INLINE ending ending_of(const register_ops *ops, const neuron_post_slice *post,
                                      const float *bias, int64_t channel)
{
    vector none = broadcast(-INFINITY);
    ending end = {.bias = load(bias + channel),
                  .floor = ops->relu ? (vector){0} : none,
                  .last_floor = ops->relu_last ? (vector){0} : none,
                  .scales = ops->scale};
    if (ops->scale) {
        end.scale = load(ops->scale->scale + post->column + channel);
        end.shift = load(ops->scale->shift + post->column + channel);
    }
    if (ops->back)
        end.seen = ops->back->seen + post->offset + channel;
    return end;
}

static ALWAYS_INLINE vector end_sum(const ending *end, vector sum)
{
    sum = at_least(end->floor, sum + end->bias);
    if (end->scales)
        sum = sum * end->scale + end->shift;
    return at_least(end->last_floor, sum);
}

static VARIANT void write_outputs(const neuron_winograd_tile *tile, const ending *end,
                                  vector rows[OUT][IN], bool whole, int64_t count, float *first)
{
    for (int y = 0; y < OUT; y++) {
        vector outputs[OUT];
        if (!whole && y >= tile->bottom)
            break;
        points_to_outputs(rows[y], outputs);
        UNROLL_FULLY
        for (int x = 0; x < OUT; x++) {
            int64_t at = y * tile->row_step + x * tile->pixel_step;
            if (!whole && x >= tile->right)
                break;
            vector value = end_sum(end, outputs[x]);
            if (end->seen)
                value = choose(load_some(end->seen + at, count) > (vector){0}, value, (vector){0});
            store_some(first + at, value, count);
        }
    }
}

/* A NaN is the largest. */
static ALWAYS_INLINE vector larger(vector a, vector b)
{
    return choose((b > a) | (b != b), b, a);
}

static ALWAYS_INLINE void write_pooled(const neuron_winograd_tile *tile, const ending *end,
                                       vector rows[OUT][IN], int64_t count, float *first)
{
    for (int y = 0; y + 1 < tile->bottom; y += 2) {
        vector upper[OUT], lower[OUT];
        points_to_outputs(rows[y], upper);
        points_to_outputs(rows[y + 1], lower);
        UNROLL_FULLY
        for (int x = 0; x < OUT; x += 2) {
            if (x + 1 >= tile->right)
                break;
            vector above = larger(end_sum(end, upper[x]), end_sum(end, upper[x + 1]));
            vector below = larger(end_sum(end, lower[x]), end_sum(end, lower[x + 1]));
            store_some(first + y / 2 * tile->row_step + x / 2 * tile->pixel_step,
                       larger(above, below), count);
        }
    }
}

static void write_tile(const neuron_winograd_tile *tile, const neuron_winograd_points *points,
                       int64_t channels, const float *bias, const neuron_post_slice *post,
                       const register_ops *ops, float *first)
{
    const float *from = points->values + points->tile * points->row_step;
    bool whole = covers(tile, OUT);
    for (int64_t channel = 0; channel < channels; channel += LANES) {
        const ending end = ending_of(ops, post, bias, channel);
        vector rows[OUT][IN];
        read_points(from + channel, points->step, rows);
        int64_t count = channels - channel;
        if (tile->pools)
            write_pooled(tile, &end, rows, count, first + channel);
        else if (whole && count >= LANES)
            write_outputs(tile, &end, rows, true, LANES, first + channel);
        else
            write_outputs(tile, &end, rows, false, count, first + channel);
    }
}

/* The post-operations from number `from` on, row by row. */
static void finish_tile(const neuron_winograd_tile *tile, int64_t channels,
                        const neuron_post_slice *post, int32_t from, float *first)
{
    for (int32_t y = 0; y < tile->bottom; y++) {
        int64_t at = y * tile->row_step;
        const neuron_post_slice row = neuron_post_slice_at(post, 0, at);
        finish_rows(&row, from, tile->right, channels, first + at, tile->pixel_step);
    }
}

/* The largest of each 2x2 pixels of a tile. */
static void pool_tile(const neuron_winograd_tile *tile, const neuron_winograd_tile *from,
                      const float *values, int64_t channels, float *first)
{
    for (int32_t y = 0; y + 1 < tile->bottom; y += 2) {
        for (int32_t x = 0; x + 1 < tile->right; x += 2) {
            const float *upper = values + y * from->row_step + x * from->pixel_step;
            const float *lower = upper + from->row_step;
            float *to = first + y / 2 * tile->row_step + x / 2 * tile->pixel_step;
            for (int64_t c = 0; c < channels; c += LANES) {
                vector above = larger(load(upper + c), load(upper + from->pixel_step + c));
                vector below = larger(load(lower + c), load(lower + from->pixel_step + c));
                store_some(to + c, larger(above, below), channels - c);
            }
        }
    }
}

void KERNEL(winograd_outputs)(const neuron_winograd_tile *tile,
                              const neuron_winograd_points *points, int64_t channels,
                              const float *bias, const neuron_post_slice *post, float *first)
{
    const register_ops ops = register_ops_of(post, tile->pools);
    bool goes_on = neuron_post_goes_on(post->ops, ops.count);
    if (!tile->pools || !goes_on) {
        write_tile(tile, points, channels, bias, post, &ops, first);
        if (goes_on)
            finish_tile(tile, channels, post, ops.count, first);
        return;
    }
    float values[OUT * OUT * NEURON_PANEL_GROUP];
    neuron_winograd_tile whole = *tile;
    whole.pools = false;
    whole.pixel_step = NEURON_PANEL_GROUP;
    whole.row_step = OUT * NEURON_PANEL_GROUP;
    write_tile(&whole, points, channels, bias, post, &ops, values);
    finish_tile(&whole, channels, post, ops.count, values);
    pool_tile(tile, &whole, values, channels, first);
}
