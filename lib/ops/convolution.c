/* Convolution forward, and so the input gradient, which is one too: see convolution.h. A
 * task is a band of output rows, and the kernels (kernels/conv-direct.c,
 * conv-single-channel.c) know no edges:
 *
 *     source                     band with its padding         output
 *     +--------------+           0 0 0 0 0 0 0 0 0
 *     |. . . . . . . |  copied   0 . . . . . . . 0   kernel    +--------------+
 *     |. . . . . . . | --------> 0 . . . . . . . 0 ----------> |- - - - - - - |  rows of the band
 *     |              |           0 . . . . . . . 0             |- - - - - - - |
 *     +--------------+
 *
 * Post-operations, pooling and statistics are done while a band lies in the cache. The
 * weight gradient is in convolution-weight-gradient.c, 3x3 windows of enough channels
 * go by winograd.c instead. */
#include "ops/convolution.h"

#include "base/checked.h"
#include "ops/statistics.h"

#include <string.h>

/* Output pixels of a band: enough tiles to pay for its start, few enough that what they read stays
 * in the nearest cache. */
enum { BAND_PIXELS = 60 };

/* Bands of whole images leave at least so many for the threads. */
enum { BANDS_WANTED = 16 };

/* A product that is too large for a number is too large for a machine: planning it fails. */
static int64_t saturated(int64_t a, int64_t b)
{
    int64_t product;
    return neuron_multiply_count(a, b, &product) ? product : INT64_MAX;
}

/* Sets the part of the cut that says what the kernels read. */
static void set_source(const neuron_convolution *convolution, neuron_bands *bands)
{
    int64_t below = (convolution->rows - 1) * convolution->stride_height - convolution->top +
                    convolution->kernel_height;
    int64_t right = (convolution->columns - 1) * convolution->stride_width - convolution->left +
                    convolution->kernel_width;
    bands->copies = convolution->top > 0 || convolution->left > 0 || below > convolution->height ||
                    right > convolution->width;
    int64_t rows = convolution->height, columns = convolution->width;
    if (bands->copies) {
        rows = (bands->rows - 1) * convolution->stride_height + convolution->kernel_height;
        columns =
            (convolution->columns - 1) * convolution->stride_width + convolution->kernel_width;
        bands->copy_rows = rows;
        bands->copy_columns = columns;
    }
    bands->row_step = saturated(columns, convolution->channels);
    bands->image_step = saturated(rows, bands->row_step);
    bands->copy_size = bands->copies ? saturated(bands->images, bands->image_step) : 0;
}

neuron_bands neuron_bands_cut(const neuron_convolution *convolution, int64_t batch,
                              int64_t multiple)
{
    neuron_bands bands = {.images = 1};
    int64_t rows = neuron_ceil_divide(BAND_PIXELS, convolution->columns);
    bands.per_image = neuron_ceil_divide(convolution->rows, rows);
    bands.rows = neuron_ceil_divide(convolution->rows, bands.per_image);
    bands.rows = neuron_ceil_divide(bands.rows, multiple) * multiple;
    bands.rows = neuron_min_count(bands.rows, convolution->rows);
    bands.per_image = neuron_ceil_divide(convolution->rows, bands.rows);
    if (bands.per_image == 1) {
        int64_t images = BAND_PIXELS / (convolution->rows * convolution->columns);
        images = neuron_min_count(images, batch / BANDS_WANTED);
        bands.images = images > 1 ? images : 1;
    }
    bands.pixels = bands.images * bands.rows * convolution->columns;
    bands.count = neuron_ceil_divide(batch, bands.images) * bands.per_image;
    set_source(convolution, &bands);
    return bands;
}

neuron_band neuron_bands_at(const neuron_convolution *convolution, const neuron_bands *bands,
                            int64_t batch, int64_t number)
{
    neuron_band band;
    band.image = number / bands->per_image * bands->images;
    band.images = neuron_min_count(bands->images, batch - band.image);
    band.row = number % bands->per_image * bands->rows;
    band.rows = neuron_min_count(bands->rows, convolution->rows - band.row);
    return band;
}

void neuron_bands_offsets(const neuron_convolution *convolution, const neuron_bands *bands,
                          int64_t *offsets, int64_t *output_offsets)
{
    int64_t down = convolution->stride_height * bands->row_step;
    int64_t along = convolution->stride_width * convolution->channels;
    int64_t pixel = 0;
    for (int64_t i = 0; i < bands->images; i++) {
        for (int64_t y = 0; y < bands->rows; y++) {
            for (int64_t x = 0; x < convolution->columns; x++, pixel++) {
                offsets[pixel] = i * bands->image_step + y * down + x * along;
                if (output_offsets)
                    output_offsets[pixel] = i * convolution->image_step +
                                            y * convolution->row_step + x * convolution->pixel_step;
            }
        }
    }
}

/* Copies one row with zeros where `from` (the image) has no pixel. */
static void copy_row(const neuron_convolution *convolution, const float *from, int64_t row,
                     int64_t columns, float *to)
{
    int64_t channels = convolution->channels, left = convolution->left;
    int64_t first = left > 0 ? neuron_min_count(left, columns) : 0;
    int64_t end = neuron_min_count(columns, convolution->width + left);
    if (row < 0 || row >= convolution->height || end <= first) {
        memset(to, 0, (size_t)(columns * channels) * sizeof *to);
        return;
    }
    memset(to, 0, (size_t)(first * channels) * sizeof *to);
    memcpy(to + first * channels, from + (row * convolution->width + first - left) * channels,
           (size_t)((end - first) * channels) * sizeof *to);
    memset(to + end * channels, 0, (size_t)((columns - end) * channels) * sizeof *to);
}

const float *neuron_band_source(const neuron_convolution *convolution, const neuron_bands *bands,
                                const neuron_band *band, const float *source, float *copy)
{
    int64_t row = band->row * convolution->stride_height - convolution->top;
    int64_t image_size = convolution->height * convolution->width * convolution->channels;
    source += band->image * image_size;
    if (!bands->copies)
        return source + row * bands->row_step - convolution->left * convolution->channels;

    int64_t rows = (band->rows - 1) * convolution->stride_height + convolution->kernel_height;
    for (int64_t i = 0; i < band->images; i++) {
        for (int64_t y = 0; y < rows; y++)
            copy_row(convolution, source + i * image_size, row + y, bands->copy_columns,
                     copy + i * bands->image_step + y * bands->row_step);
    }
    return copy;
}

neuron_convolution neuron_band_local(const neuron_convolution *convolution,
                                     const neuron_bands *bands)
{
    neuron_convolution local = *convolution;
    local.pixel_step = local.filters;
    local.row_step = local.columns * local.pixel_step;
    local.image_step = bands->rows * local.row_step;
    return local;
}

bool neuron_convolution_is_single_channel(const neuron_convolution *convolution)
{
    return convolution->channels == 1 && convolution->stride_width == 1 &&
           convolution->kernel_width <= 7;
}

static int64_t rows_multiple(const neuron_pooling *pooling)
{
    return pooling ? pooling->window_rows : 1;
}

static void pool_image(const neuron_convolution *convolution, const neuron_convolution_run *run,
                       const float *outputs, int64_t image, int64_t first, int64_t rows)
{
    const neuron_pooling *pooling = neuron_post_pooling(run->post);
    int64_t width = pooling->columns * convolution->filters;
    int64_t at = (image * pooling->rows + first) * width;
    neuron_pool_work work = {
        .windows = pooling->columns,
        .window_rows = pooling->window_rows,
        .window_columns = pooling->window_columns,
        .channels = convolution->filters,
        .row_step = convolution->columns * convolution->filters,
        .values = outputs,
        .output = pooling->output + at,
        .argmax = pooling->argmax ? pooling->argmax + at : NULL,
    };
    for (int64_t y = 0; y < rows; y++) {
        run->kernels->pool->max_pool_row(&work);
        work.values += work.window_rows * work.row_step;
        work.output += width;
        if (work.argmax)
            work.argmax += width;
    }
}

void neuron_band_pool(const neuron_convolution *convolution, const neuron_bands *bands,
                      const neuron_band *band, const neuron_convolution_run *run,
                      const float *outputs)
{
    const neuron_pooling *pooling = neuron_post_pooling(run->post);
    int64_t image_size = bands->rows * convolution->columns * convolution->filters;
    int64_t first = band->row / pooling->window_rows;
    int64_t rows = neuron_min_count(band->rows / pooling->window_rows, pooling->rows - first);
    for (int64_t i = 0; i < band->images; i++)
        pool_image(convolution, run, outputs + i * image_size, band->image + i, first, rows);
}

/* Where things lie in the scratch of a convolution. */
typedef struct convolve_layout {
    size_t offsets, output_offsets, total;
    size_t workers, worker_bytes, worker_outputs; /* copies, and outputs that are pooled */
} convolve_layout;

static convolve_layout lay_out(const neuron_convolution *convolution, const neuron_bands *bands,
                               int32_t threads, bool pools)
{
    convolve_layout layout = {.total = 0};
    layout.offsets = neuron_reserve(&layout.total, bands->pixels, sizeof(int64_t));
    layout.output_offsets = neuron_reserve(&layout.total, bands->pixels, sizeof(int64_t));
    neuron_reserve(&layout.worker_bytes, bands->copy_size, sizeof(float));
    layout.worker_outputs = layout.worker_bytes;
    if (pools)
        neuron_reserve(&layout.worker_bytes, bands->pixels * convolution->filters, sizeof(float));
    layout.workers = neuron_reserve(&layout.total, threads, layout.worker_bytes);
    return layout;
}

size_t neuron_convolve_scratch(const neuron_convolution *convolution, int64_t batch,
                               int32_t threads, const neuron_pooling *pooling)
{
    neuron_bands bands = neuron_bands_cut(convolution, batch, rows_multiple(pooling));
    return lay_out(convolution, &bands, threads, pooling != NULL).total;
}

typedef struct convolve_job {
    const neuron_convolution *convolution;
    const neuron_convolution_run *run;
    neuron_bands bands;
    convolve_layout layout;
    const neuron_pooling *pooling;
    const neuron_post_op *statistics;
    const float *weights, *bias;
    float *output;
} convolve_job;

static void convolve_band(void *work, int64_t task, int32_t worker)
{
    const convolve_job *job = work;
    const neuron_convolution *convolution = job->convolution;
    const neuron_convolution_run *run = job->run;
    neuron_band band = neuron_bands_at(convolution, &job->bands, run->batch, task);
    char *own = run->scratch + job->layout.workers + (size_t)worker * job->layout.worker_bytes;
    float *copy = (float *)(void *)own;
    int64_t first = band.image * convolution->image_step + band.row * convolution->row_step;

    neuron_conv_work part = {
        .pixels = band.images * band.rows * convolution->columns,
        .columns = convolution->filters,
        .taps = convolution->kernel_height,
        .run = convolution->kernel_width * convolution->channels,
        .tap_step = job->bands.row_step,
        .source = neuron_band_source(convolution, &job->bands, &band, run->source, copy),
        .offsets = (const int64_t *)(const void *)(run->scratch + job->layout.offsets),
        .weights = job->weights,
        .bias = job->bias,
        .output = job->output + first,
        .output_offsets =
            (const int64_t *)(const void *)(run->scratch + job->layout.output_offsets),
        .post = {run->post, 0, first},
    };
    if (job->pooling)
        part.output = (float *)(void *)(own + job->layout.worker_outputs);
    if (neuron_convolution_is_single_channel(convolution))
        run->kernels->conv->conv_single_channel(&part);
    else
        run->kernels->conv->convolve(&part);
    if (job->pooling)
        neuron_band_pool(convolution, &job->bands, &band, run, part.output);
    else if (job->statistics)
        neuron_statistics_measure(job->statistics->statistics, run->kernels, task, part.output,
                                  part.pixels);
}

int64_t neuron_convolve_chunks(const neuron_convolution *convolution, int64_t batch)
{
    /* A smaller batch may have smaller bands, but never more of them than this. */
    return neuron_bands_cut(convolution, batch, 1).per_image * batch;
}

void neuron_convolve(const neuron_convolution *convolution, const neuron_convolution_run *run,
                     const float *weights, const float *bias, float *output)
{
    convolve_job job = {.convolution = convolution,
                        .run = run,
                        .pooling = neuron_post_pooling(run->post),
                        .statistics = neuron_post_find(run->post, NEURON_POST_STATISTICS),
                        .weights = weights,
                        .bias = bias,
                        .output = output};
    job.bands = neuron_bands_cut(convolution, run->batch, rows_multiple(job.pooling));
    job.layout =
        lay_out(convolution, &job.bands, neuron_pool_threads(run->pool), job.pooling != NULL);
    if (job.statistics)
        job.statistics->statistics->count = job.bands.count;
    neuron_convolution local = neuron_band_local(convolution, &job.bands);
    neuron_bands_offsets(job.pooling ? &local : convolution, &job.bands,
                         (int64_t *)(void *)(run->scratch + job.layout.offsets),
                         (int64_t *)(void *)(run->scratch + job.layout.output_offsets));
    neuron_pool_run(run->pool, job.bands.count, convolve_band, &job);
}
