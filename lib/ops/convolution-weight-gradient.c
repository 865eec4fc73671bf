/* The gradient of a convolution's weights: the batch is cut into parts, each summed on its own, and
 * the parts are added in order. Their number follows from the shape, so that threads change
 * nothing. */
#include "ops/convolution.h"

#include "base/checked.h"

#include <string.h>

/* Tasks (parts times groups of filters) that leave enough for the threads. */
enum { TASKS_WANTED = 32 };

/* Rows of the weights that one task of the final sum takes. */
enum { ROWS_OF_SUM = 64 };

typedef struct gradient_job {
    const neuron_convolution *convolution;
    const neuron_convolution_run *run;
    neuron_bands bands;
    int64_t depth;  /* rows of the weights as a matrix */
    int64_t groups; /* of NEURON_PANEL_GROUP filters */
    int64_t parts, part_images;
    int64_t part_size; /* floats: weights, then bias */

    /* Places in the scratch. */
    size_t offsets, sums, workers, worker_bytes, worker_panel, worker_gradients, total;

    const float *output_gradient;
    float *weight_gradient, *bias_gradient;
} gradient_job;

static gradient_job plan(const neuron_convolution *convolution, int64_t batch, int32_t threads,
                         const neuron_gradient_rows *rows)
{
    gradient_job job = {.convolution = convolution,
                        .bands = neuron_bands_cut(convolution, batch, rows ? rows->multiple : 1)};
    job.depth = convolution->kernel_height * convolution->kernel_width * convolution->channels;
    job.groups = neuron_ceil_divide(convolution->filters, NEURON_PANEL_GROUP);
    int64_t parts = neuron_min_count(batch, neuron_ceil_divide(TASKS_WANTED, job.groups));
    job.part_images = neuron_ceil_divide(batch, parts);
    job.parts = neuron_ceil_divide(batch, job.part_images);
    job.part_size = (job.depth + 1) * job.groups * NEURON_PANEL_GROUP;

    neuron_reserve(&job.worker_bytes, job.bands.copy_size, sizeof(float));
    job.worker_panel =
        neuron_reserve(&job.worker_bytes, job.bands.pixels * NEURON_PANEL_GROUP, sizeof(float));
    if (rows)
        job.worker_gradients = neuron_reserve(
            &job.worker_bytes, job.bands.pixels * convolution->filters, sizeof(float));
    job.offsets = neuron_reserve(&job.total, job.bands.pixels, sizeof(int64_t));
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

/* Adds one band to the sums of one group of filters. */
static void add_group(const gradient_job *job, neuron_conv_gradient_work *work,
                      const float *gradient, float *panel, float *sums, int64_t group)
{
    const neuron_convolution *convolution = job->convolution;
    const neuron_kernels *kernels = job->run->kernels;
    int64_t first = group * NEURON_PANEL_GROUP;
    work->columns = neuron_min_count(convolution->filters - first, NEURON_PANEL_GROUP);
    work->sums = sums + first * job->depth;
    float *bias = sums + job->groups * NEURON_PANEL_GROUP * job->depth + first;
    work->gradient = panel;
    kernels->gemm->pack(panel, gradient + first, convolution->filters, work->pixels, work->columns,
                        bias);
    if (!job->weight_gradient)
        return;
    if (neuron_convolution_is_single_channel(convolution))
        kernels->conv->conv_single_channel_gradient(work);
    else
        kernels->conv->accumulate(work);
}

/* The groups of filters of a task: one; or all where the output's gradient has to be made. */
typedef struct group_range {
    int64_t first, end;
} group_range;

static void add_band(const gradient_job *job, const neuron_band *band, float *sums,
                     group_range groups, int32_t worker)
{
    const neuron_convolution *convolution = job->convolution;
    const neuron_convolution_run *run = job->run;
    char *own = run->scratch + job->workers + (size_t)worker * job->worker_bytes;
    const float *gradient = band_gradient(job, band, own);
    neuron_conv_gradient_work work = {
        .pixels = band->images * band->rows * convolution->columns,
        .taps = convolution->kernel_height,
        .run = convolution->kernel_width * convolution->channels,
        .tap_step = job->bands.row_step,
        .offsets = (const int64_t *)(const void *)(run->scratch + job->offsets),
    };
    float *panel = (float *)(void *)(own + job->worker_panel);
    if (job->weight_gradient)
        work.source =
            neuron_band_source(convolution, &job->bands, band, run->source, (float *)(void *)own);
    for (int64_t group = groups.first; group < groups.end; group++)
        add_group(job, &work, gradient, panel, sums, group);
}

static int64_t groups_per_task(const gradient_job *job)
{
    return job->run->gradient_rows ? job->groups : 1;
}

static void sum_part(void *work, int64_t task, int32_t worker)
{
    const gradient_job *job = work;
    int64_t tasks = job->groups / groups_per_task(job), part = task / tasks;
    group_range groups = {.first = task % tasks};
    groups.end = groups.first + groups_per_task(job);
    int64_t group_size = job->depth * NEURON_PANEL_GROUP, count = groups.end - groups.first;
    float *sums = part_sums(job, part);
    memset(sums + groups.first * group_size, 0, (size_t)(count * group_size) * sizeof *sums);
    memset(sums + job->groups * group_size + groups.first * NEURON_PANEL_GROUP, 0,
           (size_t)count * NEURON_PANEL_GROUP * sizeof *sums);

    int64_t end = neuron_min_count(job->run->batch, (part + 1) * job->part_images);
    neuron_band band = {.image = part * job->part_images};
    for (; band.image < end; band.image += job->bands.images) {
        band.images = neuron_min_count(job->bands.images, end - band.image);
        for (band.row = 0; band.row < job->convolution->rows; band.row += job->bands.rows) {
            band.rows = neuron_min_count(job->bands.rows, job->convolution->rows - band.row);
            add_band(job, &band, sums, groups, worker);
        }
    }
}

/* to[i] = sum over parts of sums[i] */
static void add_parts(const gradient_job *job, const float *sums, int64_t count, float *to)
{
    memcpy(to, sums, (size_t)count * sizeof *to);
    for (int64_t part = 1; part < job->parts; part++) {
        const float *more = sums + part * job->part_size;
        for (int64_t i = 0; i < count; i++)
            to[i] += more[i];
    }
}

static void add_rows(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const gradient_job *job = work;
    const float *sums = part_sums(job, 0);
    int32_t lanes = job->run->kernels->lanes;
    int64_t filters = job->convolution->filters;
    int64_t end = neuron_min_count(job->depth, (task + 1) * ROWS_OF_SUM);
    for (int64_t n = 0; n < filters; n += 2 * lanes) {
        int64_t width = neuron_panel_width(lanes, filters, n);
        int64_t columns = neuron_min_count(filters - n, width);
        for (int64_t k = task * ROWS_OF_SUM; k < end; k++)
            add_parts(job, sums + n * job->depth + k * width, columns,
                      job->weight_gradient + k * filters + n);
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
    neuron_bands_offsets(convolution, &job.bands, (int64_t *)(void *)(run->scratch + job.offsets),
                         NULL);
    neuron_pool_run(run->pool, job.parts * job.groups / groups_per_task(&job), sum_part, &job);
    if (weight_gradient)
        neuron_pool_run(run->pool, neuron_ceil_divide(job.depth, ROWS_OF_SUM), add_rows, &job);
    if (bias_gradient)
        add_parts(&job, part_sums(&job, 0) + job.groups * NEURON_PANEL_GROUP * job.depth,
                  convolution->filters, bias_gradient);
}
