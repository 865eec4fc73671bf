/* Convolution by Winograd's F(4x4, 3x3), forward and for the input gradient: see winograd.h.
 *
 *     source, 6x6 pixels      36 points             36 products            output, 4x4 pixels
 *     . . . . . .             p00 ... p05           of points, one GEMM
 *     . x x x x .   B' d B    p10 ... p15   each    for each: rows are     A' m A    o o o o
 *     . x x x x .  -------->   ...        ------->  tiles, depth is       -------->  o o o o
 *     . x x x x .             p50 ... p55           channels, columns                o o o o
 *     . x x x x .                                   are filters                      o o o o
 *     . . . . . .
 *
 * Tiles overlap by two pixels. The transforms are in kernels/conv-winograd-tiles.c and -weights.c,
 * the weight gradient in winograd-weight-gradient.c. */
#include "ops/winograd.h"

#include "base/checked.h"

/* What a task keeps at the points is to stay in the second cache, in bytes. */
enum { TASK_BYTES = 400 * 1024 };

/* Rows of the products' register tiles: a task takes a multiple if it can. */
enum { ROWS_OF_TILES = 14 };

/* Tasks that leave enough for the threads; they all read the weights. */
enum { TASKS_WANTED = 8 };

/* Rows of the weights that one task carries over. */
enum { ROWS_OF_WEIGHTS = 16 };

neuron_winograd_tiles neuron_winograd_tiles_of(const neuron_convolution *convolution, int64_t batch)
{
    neuron_winograd_tiles tiles = {
        .down = neuron_ceil_divide(convolution->rows, NEURON_WINOGRAD_OUT),
        .along = neuron_ceil_divide(convolution->columns, NEURON_WINOGRAD_OUT),
    };
    tiles.count = batch * tiles.down * tiles.along;
    return tiles;
}

static int64_t clamp(int64_t value, int64_t most)
{
    return value < 0 ? 0 : neuron_min_count(value, most);
}

/* The part of `size` places from `first` on that lies in 0 .. extent. */
static void inside(int64_t first, int64_t extent, int32_t size, int32_t *begin, int32_t *end)
{
    *begin = (int32_t)clamp(-first, size);
    *end = (int32_t)clamp(extent - first, size);
}

neuron_winograd_place neuron_winograd_place_of(const neuron_winograd_tiles *tiles, int64_t number)
{
    int64_t per_image = tiles->down * tiles->along, within = number % per_image;
    return (neuron_winograd_place){number / per_image, within / tiles->along * NEURON_WINOGRAD_OUT,
                                   within % tiles->along * NEURON_WINOGRAD_OUT};
}

/* The source pixels of a tile, and where those inside the image begin. */
static neuron_winograd_tile pixels_at(const neuron_convolution *convolution,
                                      const neuron_winograd_place *place, int64_t *begin)
{
    int64_t row = place->row - convolution->top, column = place->column - convolution->left;
    neuron_winograd_tile tile = {.pixel_step = convolution->channels};
    tile.row_step = convolution->width * tile.pixel_step;
    inside(row, convolution->height, NEURON_WINOGRAD_IN, &tile.top, &tile.bottom);
    inside(column, convolution->width, NEURON_WINOGRAD_IN, &tile.left, &tile.right);
    *begin = (place->image * convolution->height + row + tile.top) * tile.row_step +
             (column + tile.left) * tile.pixel_step;
    return tile;
}

neuron_winograd_tile neuron_winograd_outputs_at(const neuron_convolution *convolution,
                                                const neuron_winograd_place *place, int64_t *begin)
{
    neuron_winograd_tile tile = {.pixel_step = convolution->pixel_step,
                                 .row_step = convolution->row_step};
    inside(place->row, convolution->rows, NEURON_WINOGRAD_OUT, &tile.top, &tile.bottom);
    inside(place->column, convolution->columns, NEURON_WINOGRAD_OUT, &tile.left, &tile.right);
    *begin = place->image * convolution->image_step + place->row * tile.row_step +
             place->column * tile.pixel_step;
    return tile;
}

/* The same for the largest of each 2x2 outputs. */
static neuron_winograd_tile pooled_at(const neuron_convolution *convolution,
                                      const neuron_pooling *pooling,
                                      const neuron_winograd_place *place, int64_t *begin)
{
    neuron_winograd_tile tile = neuron_winograd_outputs_at(convolution, place, begin);
    tile.pools = true;
    tile.pixel_step = convolution->filters;
    tile.row_step = pooling->columns * tile.pixel_step;
    *begin = (place->image * pooling->rows + place->row / 2) * tile.row_step +
             place->column / 2 * tile.pixel_step;
    return tile;
}

void neuron_winograd_read(const neuron_convolution *convolution, const neuron_convolution_run *run,
                          int64_t first, int64_t count, const neuron_winograd_points *points)
{
    neuron_winograd_tiles tiles = neuron_winograd_tiles_of(convolution, run->batch);
    neuron_winograd_place place = neuron_winograd_place_of(&tiles, first);
    neuron_winograd_points to = *points;
    for (int64_t i = 0; i < count; i++, to.tile++) {
        int64_t begin;
        neuron_winograd_tile tile = pixels_at(convolution, &place, &begin);
        run->kernels->conv->winograd_pixels(&tile, run->source + begin, convolution->channels, &to);
        neuron_winograd_go_on(&tiles, &place);
    }
}

/* Floats of the weights at one point, for one group of filters. */
static int64_t weights_step(const neuron_convolution *convolution)
{
    return convolution->channels * NEURON_PANEL_GROUP + NEURON_WINOGRAD_GAP;
}

static int64_t group_count(const neuron_convolution *convolution)
{
    return neuron_ceil_divide(convolution->filters, NEURON_PANEL_GROUP);
}

static int64_t group_columns(const neuron_convolution *convolution, int64_t group)
{
    return neuron_min_count(convolution->filters - group * NEURON_PANEL_GROUP, NEURON_PANEL_GROUP);
}

size_t neuron_winograd_weights_size(const neuron_convolution *convolution)
{
    size_t step = 0, group = 0, total = 0;
    neuron_reserve(&step, weights_step(convolution), sizeof(float));
    neuron_reserve(&group, NEURON_WINOGRAD_POINTS, step);
    neuron_reserve(&total, group_count(convolution), group);
    return total;
}

typedef struct weights_job {
    const neuron_convolution *convolution;
    const neuron_kernels *kernels;
    const float *weights;
    bool rotated;
    float *points;
    int64_t parts; /* of the rows */
} weights_job;

static void transform_group(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const weights_job *job = work;
    int64_t rows = job->convolution->channels, filters = job->convolution->filters;
    int64_t group = task / job->parts, first = task % job->parts * ROWS_OF_WEIGHTS;
    int64_t begin = group * NEURON_PANEL_GROUP;
    neuron_winograd_weights part = {
        .weights = job->weights + begin * (job->rotated ? rows : 1),
        .tap_step = rows * filters,
        .row_step = job->rotated ? 1 : filters,
        .column_step = job->rotated ? rows : 1,
        .rotated = job->rotated,
        .rows = rows,
        .columns = group_columns(job->convolution, group),
        .first_row = first,
        .end_row = neuron_min_count(rows, first + ROWS_OF_WEIGHTS),
        .step = weights_step(job->convolution),
    };
    part.points = job->points + group * NEURON_WINOGRAD_POINTS * part.step;
    job->kernels->conv->winograd_weights(&part);
}

void neuron_winograd_transform_weights(const neuron_convolution *convolution,
                                       const neuron_kernels *kernels, neuron_pool *pool,
                                       const float *weights, bool rotated, float *points)
{
    weights_job job = {convolution, kernels,
                       weights,     rotated,
                       points,      neuron_ceil_divide(convolution->channels, ROWS_OF_WEIGHTS)};
    neuron_pool_run(pool, group_count(convolution) * job.parts, transform_group, &job);
}

void neuron_winograd_scale_weights(const neuron_convolution *convolution, int32_t lanes,
                                   const float *scale, float *points)
{
    int64_t step = weights_step(convolution);
    for (int64_t group = 0; group < group_count(convolution); group++) {
        for (int64_t p = 0; p < NEURON_WINOGRAD_POINTS; p++)
            neuron_scale_columns(points + (group * NEURON_WINOGRAD_POINTS + p) * step,
                                 convolution->channels, group_columns(convolution, group),
                                 scale + group * NEURON_PANEL_GROUP, lanes);
    }
}

typedef struct convolve_job {
    const neuron_convolution *convolution;
    const neuron_convolution_run *run;
    neuron_winograd_tiles tiles;
    int64_t task_tiles;
    int64_t row_step, pixels_step, products_step; /* floats */
    size_t worker_bytes, worker_products, total;
    const float *points, *bias;
    float *output;
} convolve_job;

/* The most tiles of a task. */
static int64_t most_tiles(const neuron_convolution *convolution)
{
    int64_t bytes =
        NEURON_WINOGRAD_POINTS * (int64_t)sizeof(float) *
        (neuron_vector_round(NEURON_LANES_MOST, convolution->channels) + NEURON_PANEL_GROUP);
    int64_t most = TASK_BYTES / bytes / ROWS_OF_TILES * ROWS_OF_TILES;
    return most > ROWS_OF_TILES ? most : ROWS_OF_TILES;
}

/* Tiles of each task but the last: the number of tasks is even, for two threads are the fewest that
 * share them. */
static int64_t task_tiles(int64_t tiles, int64_t most)
{
    int64_t tasks = neuron_ceil_divide(tiles, most);
    if (tasks < TASKS_WANTED) {
        int64_t pairs = (tiles + ROWS_OF_TILES) / (2 * ROWS_OF_TILES);
        int64_t wanted = neuron_min_count(2 * pairs, TASKS_WANTED);
        tasks = tasks < wanted ? wanted : tasks;
    }
    tasks += tasks % 2;
    return tiles > tasks ? neuron_ceil_divide(tiles, tasks) : 1;
}

/* Lays out a task. `reserve`: with room for those of any smaller batch. */
static convolve_job plan(const neuron_convolution *convolution, int64_t batch, int32_t threads,
                         bool reserve)
{
    convolve_job job = {.convolution = convolution,
                        .tiles = neuron_winograd_tiles_of(convolution, batch)};
    int64_t most = most_tiles(convolution);
    job.task_tiles =
        reserve ? neuron_min_count(job.tiles.count, most) : task_tiles(job.tiles.count, most);
    job.row_step = neuron_vector_round(NEURON_LANES_MOST, convolution->channels);
    job.pixels_step = job.task_tiles * job.row_step + NEURON_WINOGRAD_GAP;
    job.products_step = job.task_tiles * NEURON_PANEL_GROUP + NEURON_WINOGRAD_GAP;
    neuron_reserve(&job.worker_bytes, NEURON_WINOGRAD_POINTS * job.pixels_step, sizeof(float));
    job.worker_products = neuron_reserve(&job.worker_bytes,
                                         NEURON_WINOGRAD_POINTS * job.products_step, sizeof(float));
    neuron_reserve(&job.total, threads, job.worker_bytes);
    return job;
}

size_t neuron_winograd_convolve_scratch(const neuron_convolution *convolution, int64_t batch,
                                        int32_t threads)
{
    return plan(convolution, batch, threads, true).total;
}

/* One group of filters at all points. */
static void multiply_group(const convolve_job *job, int64_t group, int64_t count,
                           const float *pixels, float *products)
{
    int64_t step = weights_step(job->convolution);
    neuron_gemm_work work = {
        .rows = count,
        .columns =
            neuron_vector_round(job->run->kernels->lanes, group_columns(job->convolution, group)),
        .depth = job->convolution->channels,
        .left_row = job->row_step,
        .left_column = 1,
        .output_row = NEURON_PANEL_GROUP,
    };
    for (int64_t p = 0; p < NEURON_WINOGRAD_POINTS; p++) {
        work.left = pixels + p * job->pixels_step;
        work.right = job->points + (group * NEURON_WINOGRAD_POINTS + p) * step;
        work.output = products + p * job->products_step;
        job->run->kernels->gemm->multiply(&work);
    }
}

static void write_group(const convolve_job *job, int64_t group, int64_t first, int64_t count,
                        float *products)
{
    const neuron_convolution *convolution = job->convolution;
    const neuron_pooling *pooling = neuron_post_pooling(job->run->post);
    float *output = pooling ? pooling->output : job->output;
    int64_t filter = group * NEURON_PANEL_GROUP, columns = group_columns(convolution, group);
    neuron_winograd_points from = {products, job->products_step, NEURON_PANEL_GROUP, 0, 0};
    neuron_winograd_place place = neuron_winograd_place_of(&job->tiles, first);
    for (; from.tile < count; from.tile++) {
        int64_t begin;
        neuron_winograd_tile tile = pooling
                                        ? pooled_at(convolution, pooling, &place, &begin)
                                        : neuron_winograd_outputs_at(convolution, &place, &begin);
        begin += filter;
        const neuron_post_slice post = {job->run->post, filter, begin};
        job->run->kernels->conv->winograd_outputs(&tile, &from, columns, job->bias + filter, &post,
                                                  output + begin);
        neuron_winograd_go_on(&job->tiles, &place);
    }
}

static void convolve_tiles(void *work, int64_t task, int32_t worker)
{
    const convolve_job *job = work;
    const neuron_convolution_run *run = job->run;
    char *own = run->scratch + (size_t)worker * job->worker_bytes;
    float *pixels = (float *)(void *)own, *products = (float *)(void *)(own + job->worker_products);
    int64_t first = task * job->task_tiles;
    int64_t count = neuron_min_count(job->task_tiles, job->tiles.count - first);
    neuron_winograd_points to = {pixels, job->pixels_step, job->row_step, 0, 0};
    neuron_winograd_read(job->convolution, run, first, count, &to);
    for (int64_t group = 0; group < group_count(job->convolution); group++) {
        multiply_group(job, group, count, pixels, products);
        write_group(job, group, first, count, products);
    }
}

void neuron_winograd_convolve(const neuron_convolution *convolution,
                              const neuron_convolution_run *run, const float *points,
                              const float *bias, float *output)
{
    convolve_job job = plan(convolution, run->batch, neuron_pool_threads(run->pool), false);
    job.run = run;
    job.points = points;
    job.bias = bias;
    job.output = output;
    neuron_pool_run(run->pool, neuron_ceil_divide(job.tiles.count, job.task_tiles), convolve_tiles,
                    &job);
}

/* Fewer of either than this fill no vectors. */
enum { CHANNELS_WORTHWHILE = 16 };

/* Tiles that pay for reading four times the weights, for carrying them over too, and for doing so
 * with more bytes than the caches hold. */
enum { TILES_IF_READY = 16, TILES_WORTHWHILE = 24, TILES_IF_LARGE = 64 };
enum { LARGE_WEIGHTS = 4 << 20 };

static int64_t tiles_worthwhile(const neuron_convolution *convolution, bool ready)
{
    if (neuron_winograd_weights_size(convolution) > LARGE_WEIGHTS)
        return TILES_IF_LARGE;
    return ready ? TILES_IF_READY : TILES_WORTHWHILE;
}

/* Whether the outputs fill half of the tiles' pixels: with less nothing is won. */
static bool fills_tiles(const neuron_convolution *convolution)
{
    int64_t pixels = NEURON_WINOGRAD_OUT * NEURON_WINOGRAD_OUT;
    return 2 * convolution->rows * convolution->columns >=
           pixels * neuron_winograd_tiles_of(convolution, 1).count;
}

/* Along one axis: tiles have at most what a window has beside its pixel of padding. */
static bool pads_little(int64_t before, int64_t input, int64_t output)
{
    return before >= 0 && before <= 2 && output - before - input <= 0;
}

bool neuron_winograd_fits(const neuron_convolution *convolution, int64_t batch, bool ready)
{
    bool can = convolution->kernel_height == 3 && convolution->kernel_width == 3 &&
               convolution->stride_height == 1 && convolution->stride_width == 1 &&
               neuron_convolution_is_plain(convolution) &&
               pads_little(convolution->top, convolution->height, convolution->rows) &&
               pads_little(convolution->left, convolution->width, convolution->columns);
    return can && convolution->channels >= CHANNELS_WORTHWHILE &&
           convolution->filters >= CHANNELS_WORTHWHILE && fills_tiles(convolution) &&
           neuron_winograd_tiles_of(convolution, batch).count >=
               tiles_worthwhile(convolution, ready);
}
