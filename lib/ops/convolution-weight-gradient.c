/* The gradient of a convolution's weights: the batch is cut into parts, each summed on its own, and
 * the parts are added in order. Their number follows from the shape, so that threads change
 * nothing. */
#include "ops/convolution.h"

#include "base/checked.h"
#include "base/compiler/attributes.h"

#include <string.h>

/* Tasks (parts times groups of filters) that leave enough for the threads. */
enum { TASKS_WANTED = 32 };

/* Rows of the weights that one task of the final sum takes. */
enum { ROWS_OF_SUM = 64 };

typedef struct gradient_job {
    const neuron_convolution *convolution;
    const neuron_convolution_run *run;
    neuron_bands bands;
    int64_t depth;        /* rows of the weights of a group as a matrix */
    int64_t blocks;       /* of up to NEURON_PANEL_GROUP filters of one group, */
    int64_t group_blocks; /* so many of each */
    int64_t parts, part_images;
    int64_t part_size; /* floats: weights, then bias */

    /* Places in the scratch. */
    size_t sums, workers, worker_bytes, worker_panel, worker_gradients, total;

    const float *output_gradient;
    float *weight_gradient, *bias_gradient;
} gradient_job;

NEURON_COLD static gradient_job plan(const neuron_convolution *convolution, int64_t batch,
                                     int32_t threads, const neuron_gradient_rows *rows)
{
    gradient_job job = {.convolution = convolution,
                        .bands = neuron_bands_cut(convolution, batch, rows ? rows->multiple : 1)};
    job.depth = neuron_convolution_depth(convolution);
    job.group_blocks = neuron_ceil_divide(neuron_group_filters(convolution), NEURON_PANEL_GROUP);
    job.blocks = convolution->groups * job.group_blocks;
    int64_t parts = neuron_min_count(batch, neuron_ceil_divide(TASKS_WANTED, job.blocks));
    job.part_images = neuron_ceil_divide(batch, parts);
    job.parts = neuron_ceil_divide(batch, job.part_images);
    job.part_size = (job.depth + 1) * job.blocks * NEURON_PANEL_GROUP;

    neuron_reserve(&job.worker_bytes, job.bands.copy_size, sizeof(float));
    job.worker_panel =
        neuron_reserve(&job.worker_bytes, job.bands.pixels * NEURON_PANEL_GROUP, sizeof(float));
    if (rows)
        job.worker_gradients = neuron_reserve(
            &job.worker_bytes, job.bands.pixels * convolution->filters, sizeof(float));
    /* Room for the most parts, so that a smaller batch fits although it may be cut otherwise. */
    size_t part_bytes = 0;
    neuron_reserve(&part_bytes, job.part_size, sizeof(float));
    job.workers = neuron_reserve(&job.total, threads, job.worker_bytes);
    job.sums = neuron_reserve(&job.total, parts, part_bytes);
    return job;
}

size_t neuron_weight_gradient_scratch(const neuron_convolution *convolution, int64_t batch,
                                      int32_t threads, const neuron_gradient_rows *gradient_rows)
{
    return plan(convolution, batch, threads, gradient_rows).total;
}

static float *part_sums(const gradient_job *job, int64_t part)
{
    return (float *)(void *)(job->run->scratch + job->sums) + part * job->part_size;
}

/* The gradient of a band's outputs, with the pixels side by side. */
static const float *band_gradient(const gradient_job *job, const neuron_band *band, char *own)
{
    const neuron_convolution *convolution = job->convolution;
    const neuron_gradient_rows *rows = job->run->gradient_rows;
    if (!rows)
        return job->output_gradient + band->image * convolution->image_step +
               band->row * convolution->row_step;
    float *gradients = (float *)(void *)(own + job->worker_gradients);
    for (int64_t i = 0; i < band->images; i++)
        rows->make(rows->producer, band->image + i, band->row, band->rows,
                   gradients + i * band->rows * convolution->row_step);
    return gradients;
}

/* The filters of a block, and the sums of its weights and bias. */
typedef struct gradient_block {
    int64_t group, filter, filters;
    int64_t sums, bias; /* places in those of a part */
} gradient_block;

static gradient_block block_at(const gradient_job *job, int64_t number)
{
    int64_t filters = neuron_group_filters(job->convolution);
    int64_t first = number % job->group_blocks * NEURON_PANEL_GROUP;
    gradient_block block = {.group = number / job->group_blocks};
    block.filter = block.group * filters + first;
    block.filters = neuron_min_count(filters - first, NEURON_PANEL_GROUP);
    block.sums = number * NEURON_PANEL_GROUP * job->depth;
    block.bias = (job->blocks * job->depth + number) * NEURON_PANEL_GROUP;
    return block;
}

/* Adds the products of a panel's columns with what lies under stretches of the kernel, mostly its
 * rows: rows of each image, one stretch each, on their side. */
static void add_panel(const gradient_job *job, const neuron_band *band, const float *source,
                      const float *gradient, int64_t columns, float *sums)
{
    const neuron_convolution *convolution = job->convolution;
    int64_t width = neuron_panel_width(job->run->kernels->lanes, columns, 0);
    neuron_gemm_work under = {0},
                     work = {
                         .columns = columns,
                         .depth = band->images * band->rows * convolution->columns,
                         .left_row = 1,
                         .left_column = convolution->stride_width * job->bands.pixel_step,
                         .stretch = convolution->columns,
                         .stretches = band->rows,
                         .stretch_step = convolution->stride_height * job->bands.row_step,
                         .groups = band->images,
                         .group_step = job->bands.image_step,
                         .right = gradient,
                         .add = true,
                         .output_row = width,
                     };
    if (work.stretch_step == work.stretch * work.left_column) { /* an image of one column */
        work.stretch *= work.stretches;
        work.stretches = 1;
    }
    neuron_band_set_stretches(convolution, &job->bands, &under);
    work.rows = under.stretch;
    work.output = sums;
    for (int64_t t = 0; t < under.groups * under.stretches; t++) {
        work.left = source + t / under.stretches * under.group_step +
                    t % under.stretches * under.stretch_step;
        job->run->kernels->gemm->multiply(&work);
        work.output += work.rows * width;
    }
}

/* The same for an image of one channel, all rows of the kernel at once. */
static void add_single_channel(const gradient_job *job, const neuron_band *band,
                               const float *source, const float *gradient, int64_t columns,
                               float *sums)
{
    const neuron_convolution *convolution = job->convolution;
    neuron_conv_gradient_work work = {
        .pixel_rows = band->rows,
        .pixel_columns = convolution->columns,
        .columns = columns,
        .taps = convolution->kernel_height,
        .run = convolution->kernel_width,
        .tap_step = convolution->dilation_height * job->bands.row_step,
        .source_row = convolution->stride_height * job->bands.row_step,
        .sums = sums,
    };
    int64_t width = neuron_panel_width(job->run->kernels->lanes, columns, 0);
    for (int64_t i = 0; i < band->images; i++) {
        work.source = source + i * job->bands.image_step;
        work.gradient = gradient + i * work.pixel_rows * work.pixel_columns * width;
        job->run->kernels->conv->conv_single_channel_gradient(&work);
    }
}

/* Adds one band to the sums of one block of filters, panel by panel. */
static void add_block(const gradient_job *job, const neuron_band *band, const float *source,
                      const float *gradient, float *panel, float *sums, const gradient_block *block)
{
    const neuron_convolution *convolution = job->convolution;
    int64_t step = 2 * job->run->kernels->lanes;
    int64_t pixels = band->images * band->rows * convolution->columns;
    bool single = neuron_convolution_is_single_channel(convolution) &&
                  (convolution->kernel_width == 3 || convolution->kernel_width == 5);
    job->run->kernels->gemm->pack(panel, gradient + block->filter, convolution->filters, pixels,
                                  block->filters, sums + block->bias);
    if (!job->weight_gradient)
        return;
    for (int64_t n = 0; n < block->filters; n += step)
        (single ? add_single_channel : add_panel)(job, band, source, panel + n * pixels,
                                                  neuron_min_count(block->filters - n, step),
                                                  sums + block->sums + n * job->depth);
}

/* The blocks of a task: one; or all where the output's gradient has to be made. */
typedef struct block_range {
    int64_t first, end;
} block_range;

static void add_band(const gradient_job *job, const neuron_band *band, float *sums,
                     block_range blocks, int32_t worker)
{
    const neuron_convolution *convolution = job->convolution;
    const neuron_convolution_run *run = job->run;
    char *own = run->scratch + job->workers + (size_t)worker * job->worker_bytes;
    const float *gradient = band_gradient(job, band, own);
    float *panel = (float *)(void *)(own + job->worker_panel);
    const float *source = NULL;
    for (int64_t number = blocks.first; number < blocks.end; number++) {
        const gradient_block block = block_at(job, number);
        if (job->weight_gradient && (number == blocks.first || number % job->group_blocks == 0))
            source = neuron_band_source(convolution, &job->bands, band, run, block.group,
                                        (float *)(void *)own);
        add_block(job, band, source, gradient, panel, sums, &block);
    }
}

static int64_t blocks_per_task(const gradient_job *job)
{
    return job->run->gradient_rows ? job->blocks : 1;
}

static void sum_part(void *work, int64_t task, int32_t worker)
{
    const gradient_job *job = work;
    int64_t tasks = job->blocks / blocks_per_task(job), part = task / tasks;
    block_range blocks = {.first = task % tasks};
    blocks.end = blocks.first + blocks_per_task(job);
    int64_t block_size = job->depth * NEURON_PANEL_GROUP, count = blocks.end - blocks.first;
    float *sums = part_sums(job, part);
    memset(sums + blocks.first * block_size, 0, (size_t)(count * block_size) * sizeof *sums);
    memset(sums + job->blocks * block_size + blocks.first * NEURON_PANEL_GROUP, 0,
           (size_t)count * NEURON_PANEL_GROUP * sizeof *sums);

    int64_t end = neuron_min_count(job->run->batch, (part + 1) * job->part_images);
    neuron_band band = {.image = part * job->part_images};
    for (; band.image < end; band.image += job->bands.images) {
        band.images = neuron_min_count(job->bands.images, end - band.image);
        for (band.row = 0; band.row < job->convolution->rows; band.row += job->bands.rows) {
            band.rows = neuron_min_count(job->bands.rows, job->convolution->rows - band.row);
            add_band(job, &band, sums, blocks, worker);
        }
    }
}

/* Adds the other parts to `count` sums of the first, `place` floats behind its beginning. */
static float *add_parts(const gradient_job *job, int64_t place, int64_t count)
{
    float *sums = part_sums(job, 0) + place;
    for (int64_t part = 1; part < job->parts; part++)
        job->run->kernels->element->sum(sums, sums + part * job->part_size, count, sums);
    return sums;
}

static void add_rows(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const gradient_job *job = work;
    int32_t lanes = job->run->kernels->lanes;
    int64_t filters = job->convolution->filters, first = task * ROWS_OF_SUM;
    int64_t rows = neuron_min_count(ROWS_OF_SUM, job->depth - first);
    for (int64_t number = 0; number < job->blocks; number++) {
        const gradient_block block = block_at(job, number);
        for (int64_t n = 0; n < block.filters; n += 2 * lanes) {
            int64_t width = neuron_panel_width(lanes, block.filters, n);
            int64_t columns = neuron_min_count(block.filters - n, width);
            const float *sums =
                add_parts(job, block.sums + n * job->depth + first * width, rows * width);
            float *to = job->weight_gradient + first * filters + block.filter + n;
            for (int64_t k = 0; k < rows; k++)
                memcpy(to + k * filters, sums + k * width, (size_t)columns * sizeof *to);
        }
    }
}

static void add_bias(const gradient_job *job)
{
    for (int64_t number = 0; number < job->blocks; number++) {
        const gradient_block block = block_at(job, number);
        memcpy(job->bias_gradient + block.filter, add_parts(job, block.bias, block.filters),
               (size_t)block.filters * sizeof(float));
    }
}

void neuron_weight_gradient(const neuron_convolution *convolution,
                            const neuron_convolution_run *run, const float *output_gradient,
                            float *weight_gradient, float *bias_gradient)
{
    gradient_job job =
        plan(convolution, run->batch, neuron_pool_threads(run->pool), run->gradient_rows);
    job.run = run;
    job.output_gradient = output_gradient;
    job.weight_gradient = weight_gradient;
    job.bias_gradient = bias_gradient;
    neuron_pool_run(run->pool, job.parts * job.blocks / blocks_per_task(&job), sum_part, &job);
    if (weight_gradient)
        neuron_pool_run(run->pool, neuron_ceil_divide(job.depth, ROWS_OF_SUM), add_rows, &job);
    if (bias_gradient)
        add_bias(&job);
}
