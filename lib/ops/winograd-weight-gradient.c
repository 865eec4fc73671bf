/* The gradient of 3x3 weights by Winograd's F(4x4, 3x3): at each point it is the product of the
 * pixels, transposed, with the gradients of the outputs.
 *
 * Where the sums of all points fit into a task's share of the cache, the batch is cut into parts,
 * each with sums of its own. Where they do not, a block of tiles is carried over to the points by
 * all threads, and each task then adds up one point, which needs the sums only once. */
#include "ops/winograd.h"

#include "base/checked.h"
#include "base/compiler/attributes.h"

#include <string.h>

/* Bytes of all sums up to which parts have their own. */
enum { OWN_SUMS_BYTES = 400 * 1024 };

/* What a part's tiles take at the points, and the tiles that are carried over at a time if all
 * threads share them. */
enum { PART_BYTES = 600 * 1024, SHARED_TILES = 128 };

/* Parts, or the tasks that carry over a block of tiles. */
enum { PARTS_WANTED = 8, READ_TILES = 4 };

/* Rows of the weights that one task carries back. */
enum { ROWS_OF_SUM = 4 };

typedef struct gradient_job {
    const neuron_convolution *convolution;
    const neuron_convolution_run *run;
    neuron_winograd_tiles tiles;
    bool shared;
    int64_t parts, part_tiles; /* not if shared */
    int64_t block_tiles;       /* at the points at a time */
    int64_t pixel_row, gradient_row, pixels_step, gradients_step, sums_step; /* floats */

    /* Places in the scratch. */
    size_t blocks, block_bytes, block_gradients, sums, part_bytes, bias, total;

    int64_t block; /* where it begins, if shared */
    const float *output_gradient;
    float *weight_gradient, *bias_gradient;
} gradient_job;

static void cut(gradient_job *job, bool reserve)
{
    int64_t tile_bytes = NEURON_WINOGRAD_POINTS * (job->pixel_row + job->gradient_row) * 4;
    int64_t count = job->tiles.count;
    if (job->shared) {
        job->block_tiles = neuron_min_count(SHARED_TILES, count);
        job->parts = 1;
        return;
    }
    int64_t parts = neuron_min_count(PARTS_WANTED, count);
    job->part_tiles = neuron_ceil_divide(count, parts);
    job->parts = neuron_ceil_divide(count, job->part_tiles);
    int64_t most = PART_BYTES / tile_bytes + 1;
    int64_t blocks = neuron_ceil_divide(job->part_tiles, most);
    job->block_tiles = reserve ? neuron_min_count(job->part_tiles, most)
                               : neuron_ceil_divide(job->part_tiles, blocks);
}

/* `reserve`: with room for the blocks of any smaller batch. */
NEURON_COLD static gradient_job plan(const neuron_convolution *convolution, int64_t batch,
                                     int32_t threads, bool reserve)
{
    gradient_job job = {
        .convolution = convolution,
        .tiles = neuron_winograd_tiles_of(convolution, batch),
        .pixel_row = neuron_vector_round(NEURON_LANES_MOST, convolution->channels),
        .gradient_row = neuron_panel_round(convolution->filters),
    };
    size_t sums = 0;
    job.sums_step = convolution->channels * job.gradient_row + NEURON_WINOGRAD_GAP;
    neuron_reserve(&sums, NEURON_WINOGRAD_POINTS * job.sums_step, sizeof(float));
    job.shared = sums > OWN_SUMS_BYTES;
    cut(&job, reserve);
    job.pixels_step = job.block_tiles * job.pixel_row + NEURON_WINOGRAD_GAP;
    job.gradients_step = job.block_tiles * job.gradient_row + NEURON_WINOGRAD_GAP;
    neuron_reserve(&job.block_bytes, NEURON_WINOGRAD_POINTS * job.pixels_step, sizeof(float));
    job.block_gradients = neuron_reserve(
        &job.block_bytes, NEURON_WINOGRAD_POINTS * job.gradients_step, sizeof(float));
    job.blocks = neuron_reserve(&job.total, job.shared ? 1 : threads, job.block_bytes);
    job.part_bytes = sums;
    job.sums = neuron_reserve(&job.total, job.shared ? 1 : PARTS_WANTED, sums);
    job.bias = neuron_reserve(
        &job.total, (job.shared ? SHARED_TILES / READ_TILES : PARTS_WANTED) * job.gradient_row,
        sizeof(float));
    return job;
}

size_t neuron_winograd_weight_gradient_scratch(const neuron_convolution *convolution, int64_t batch,
                                               int32_t threads)
{
    return plan(convolution, batch, threads, true).total;
}

static float *scratch_at(const gradient_job *job, size_t place)
{
    return (float *)(void *)(job->run->scratch + place);
}

static float *sums_of(const gradient_job *job, int64_t part)
{
    return scratch_at(job, job->sums + (size_t)part * job->part_bytes);
}

static float *bias_of(const gradient_job *job, int64_t part)
{
    return scratch_at(job, job->bias) + part * job->gradient_row;
}

static void clear_bias(const gradient_job *job, int64_t parts)
{
    if (job->bias_gradient)
        memset(bias_of(job, 0), 0, (size_t)(parts * job->gradient_row) * sizeof(float));
}

/* Carries `count` tiles from `first` on over to rows of a block with `tiles` of them, from `row`
 * on. */
static void read_tiles(const gradient_job *job, int64_t first, int64_t count, float *block,
                       int64_t tiles, int64_t row, float *bias)
{
    neuron_winograd_points to = {block, job->pixels_step, job->pixel_row, tiles, row};
    if (job->weight_gradient)
        neuron_winograd_read(job->convolution, job->run, first, count, &to);
    to.values = block + job->block_gradients / sizeof(float);
    to.step = job->gradients_step;
    neuron_winograd_place place = neuron_winograd_place_of(&job->tiles, first);
    for (int64_t i = 0; i < count; i++, to.tile++) {
        int64_t begin;
        neuron_winograd_tile tile = neuron_winograd_outputs_at(job->convolution, &place, &begin);
        job->run->kernels->conv->winograd_gradients(&tile, job->output_gradient + begin,
                                                    job->convolution->filters, &to, bias);
        neuron_winograd_go_on(&job->tiles, &place);
    }
}

static void multiply_point(const gradient_job *job, int64_t point, const float *block,
                           int64_t tiles, bool add, float *sums)
{
    if (!job->weight_gradient)
        return;
    const neuron_kernels *kernels = job->run->kernels;
    neuron_gemm_work work = {
        .rows = job->convolution->channels,
        .columns = neuron_vector_round(kernels->lanes, job->convolution->filters),
        .depth = tiles,
        .left = block + point * job->pixels_step,
        .left_row = 1,
        .left_column = job->pixel_row,
        .right = block + job->block_gradients / sizeof(float) + point * job->gradients_step,
        .add = add,
        .output = sums + point * job->sums_step,
        .output_row = job->gradient_row,
    };
    kernels->gemm->multiply(&work);
}

static void sum_part(void *work, int64_t part, int32_t worker)
{
    const gradient_job *job = work;
    float *block = scratch_at(job, job->blocks + (size_t)worker * job->block_bytes);
    float *bias = job->bias_gradient ? bias_of(job, part) : NULL;
    int64_t begin = part * job->part_tiles;
    int64_t end = neuron_min_count(begin + job->part_tiles, job->tiles.count);
    for (int64_t first = begin; first < end; first += job->block_tiles) {
        int64_t count = neuron_min_count(job->block_tiles, end - first);
        read_tiles(job, first, count, block, count, 0, bias);
        for (int64_t point = 0; point < NEURON_WINOGRAD_POINTS; point++)
            multiply_point(job, point, block, count, first > begin, sums_of(job, part));
    }
}

static int64_t block_count(const gradient_job *job)
{
    return neuron_min_count(job->block_tiles, job->tiles.count - job->block);
}

static void read_shared(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const gradient_job *job = work;
    int64_t row = task * READ_TILES, tiles = block_count(job);
    read_tiles(job, job->block + row, neuron_min_count(READ_TILES, tiles - row),
               scratch_at(job, job->blocks), tiles, row,
               job->bias_gradient ? bias_of(job, task) : NULL);
}

static void sum_shared(void *work, int64_t point, int32_t worker)
{
    (void)worker;
    const gradient_job *job = work;
    multiply_point(job, point, scratch_at(job, job->blocks), block_count(job), job->block > 0,
                   sums_of(job, 0));
}

static void sum_blocks(gradient_job *job)
{
    for (job->block = 0; job->block < job->tiles.count; job->block += job->block_tiles) {
        neuron_pool_run(job->run->pool, neuron_ceil_divide(block_count(job), READ_TILES),
                        read_shared, job);
        neuron_pool_run(job->run->pool, NEURON_WINOGRAD_POINTS, sum_shared, job);
    }
}

static void write_rows(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const gradient_job *job = work;
    int64_t filters = job->convolution->filters, channels = job->convolution->channels;
    int64_t row = task * ROWS_OF_SUM, end = neuron_min_count(channels, row + ROWS_OF_SUM);
    neuron_winograd_sums part = {
        .step = job->sums_step,
        .parts = job->parts,
        .part_step = (int64_t)(job->part_bytes / sizeof(float)),
        .columns = filters,
        .tap_step = channels * filters,
    };
    for (; row < end; row++) {
        part.sums = sums_of(job, 0) + row * job->gradient_row;
        part.gradient = job->weight_gradient + row * filters;
        job->run->kernels->conv->winograd_sums(&part);
    }
}

static void write_bias(const gradient_job *job, int64_t parts)
{
    memcpy(job->bias_gradient, bias_of(job, 0),
           (size_t)job->convolution->filters * sizeof *job->bias_gradient);
    for (int64_t part = 1; part < parts; part++) {
        const float *more = bias_of(job, part);
        for (int64_t n = 0; n < job->convolution->filters; n++)
            job->bias_gradient[n] += more[n];
    }
}

void neuron_winograd_weight_gradient(const neuron_convolution *convolution,
                                     const neuron_convolution_run *run,
                                     const float *output_gradient, float *weight_gradient,
                                     float *bias_gradient)
{
    gradient_job job = plan(convolution, run->batch, neuron_pool_threads(run->pool), false);
    job.run = run;
    job.output_gradient = output_gradient;
    job.weight_gradient = weight_gradient;
    job.bias_gradient = bias_gradient;
    int64_t bias_parts = job.shared ? neuron_ceil_divide(job.block_tiles, READ_TILES) : job.parts;
    clear_bias(&job, bias_parts);
    if (job.shared)
        sum_blocks(&job);
    else
        neuron_pool_run(run->pool, job.parts, sum_part, &job);
    if (weight_gradient)
        neuron_pool_run(run->pool, neuron_ceil_divide(convolution->channels, ROWS_OF_SUM),
                        write_rows, &job);
    if (bias_gradient)
        write_bias(&job, bias_parts);
}
