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
static void set_source(const neuron_correlation *correlation, neuron_bands *bands)
{
    int64_t below = (correlation->rows - 1) * correlation->stride_height - correlation->top +
                    correlation->kernel_height;
    int64_t right = (correlation->columns - 1) * correlation->stride_width - correlation->left +
                    correlation->kernel_width;
    bands->copies = correlation->top > 0 || correlation->left > 0 || below > correlation->height ||
                    right > correlation->width;
    int64_t rows = correlation->height, columns = correlation->width;
    if (bands->copies) {
        rows = (bands->rows - 1) * correlation->stride_height + correlation->kernel_height;
        columns =
            (correlation->columns - 1) * correlation->stride_width + correlation->kernel_width;
        bands->copy_rows = rows;
        bands->copy_columns = columns;
    }
    bands->row_step = saturated(columns, correlation->channels);
    bands->image_step = saturated(rows, bands->row_step);
    bands->copy_size = bands->copies ? saturated(bands->images, bands->image_step) : 0;
}

neuron_bands neuron_bands_cut(const neuron_correlation *correlation, int64_t batch,
                              int64_t multiple)
{
    neuron_bands bands = {.images = 1};
    int64_t rows = neuron_ceil_divide(BAND_PIXELS, correlation->columns);
    bands.per_image = neuron_ceil_divide(correlation->rows, rows);
    bands.rows = neuron_ceil_divide(correlation->rows, bands.per_image);
    bands.rows = neuron_ceil_divide(bands.rows, multiple) * multiple;
    bands.rows = neuron_min_count(bands.rows, correlation->rows);
    bands.per_image = neuron_ceil_divide(correlation->rows, bands.rows);
    if (bands.per_image == 1) {
        int64_t images = BAND_PIXELS / (correlation->rows * correlation->columns);
        images = neuron_min_count(images, batch / BANDS_WANTED);
        bands.images = images > 1 ? images : 1;
    }
    bands.pixels = bands.images * bands.rows * correlation->columns;
    bands.count = neuron_ceil_divide(batch, bands.images) * bands.per_image;
    set_source(correlation, &bands);
    return bands;
}

neuron_band neuron_bands_at(const neuron_correlation *correlation, const neuron_bands *bands,
                            int64_t batch, int64_t number)
{
    neuron_band band;
    band.image = number / bands->per_image * bands->images;
    band.images = neuron_min_count(bands->images, batch - band.image);
    band.row = number % bands->per_image * bands->rows;
    band.rows = neuron_min_count(bands->rows, correlation->rows - band.row);
    return band;
}

void neuron_bands_offsets(const neuron_correlation *correlation, const neuron_bands *bands,
                          int64_t *offsets, int64_t *output_offsets)
{
    int64_t down = correlation->stride_height * bands->row_step;
    int64_t along = correlation->stride_width * correlation->channels;
    int64_t pixel = 0;
    for (int64_t i = 0; i < bands->images; i++) {
        for (int64_t y = 0; y < bands->rows; y++) {
            for (int64_t x = 0; x < correlation->columns; x++, pixel++) {
                offsets[pixel] = i * bands->image_step + y * down + x * along;
                if (output_offsets)
                    output_offsets[pixel] = i * correlation->image_step +
                                            y * correlation->row_step + x * correlation->pixel_step;
            }
        }
    }
}

/* Copies one row with zeros where `from` (the image) has no pixel. */
static void copy_row(const neuron_correlation *correlation, const float *from, int64_t row,
                     int64_t columns, float *to)
{
    int64_t channels = correlation->channels, left = correlation->left;
    int64_t first = left > 0 ? neuron_min_count(left, columns) : 0;
    int64_t end = neuron_min_count(columns, correlation->width + left);
    if (row < 0 || row >= correlation->height || end <= first) {
        memset(to, 0, (size_t)(columns * channels) * sizeof *to);
        return;
    }
    memset(to, 0, (size_t)(first * channels) * sizeof *to);
    memcpy(to + first * channels, from + (row * correlation->width + first - left) * channels,
           (size_t)((end - first) * channels) * sizeof *to);
    memset(to + end * channels, 0, (size_t)((columns - end) * channels) * sizeof *to);
}

const float *neuron_band_source(const neuron_correlation *correlation, const neuron_bands *bands,
                                const neuron_band *band, const float *source, float *copy)
{
    int64_t row = band->row * correlation->stride_height - correlation->top;
    int64_t image_size = correlation->height * correlation->width * correlation->channels;
    source += band->image * image_size;
    if (!bands->copies)
        return source + row * bands->row_step - correlation->left * correlation->channels;

    int64_t rows = (band->rows - 1) * correlation->stride_height + correlation->kernel_height;
    for (int64_t i = 0; i < band->images; i++) {
        for (int64_t y = 0; y < rows; y++)
            copy_row(correlation, source + i * image_size, row + y, bands->copy_columns,
                     copy + i * bands->image_step + y * bands->row_step);
    }
    return copy;
}

neuron_correlation neuron_band_local(const neuron_correlation *correlation,
                                     const neuron_bands *bands)
{
    neuron_correlation local = *correlation;
    local.pixel_step = local.filters;
    local.row_step = local.columns * local.pixel_step;
    local.image_step = bands->rows * local.row_step;
    return local;
}

bool neuron_correlation_is_shallow(const neuron_correlation *correlation)
{
    return correlation->channels == 1 && correlation->stride_width == 1 &&
           correlation->kernel_width <= 7;
}

static int64_t rows_multiple(const neuron_pooling *pooling)
{
    return pooling ? pooling->window_rows : 1;
}

static void pool_image(const neuron_correlation *correlation, const neuron_correlation_run *run,
                       const float *outputs, int64_t image, int64_t first, int64_t rows)
{
    const neuron_pooling *pooling = neuron_post_pooling(run->post);
    int64_t width = pooling->columns * correlation->filters;
    int64_t at = (image * pooling->rows + first) * width;
    neuron_pool_work work = {
        .windows = pooling->columns,
        .window_rows = pooling->window_rows,
        .window_columns = pooling->window_columns,
        .channels = correlation->filters,
        .row_step = correlation->columns * correlation->filters,
        .values = outputs,
        .output = pooling->output + at,
        .places = pooling->places ? pooling->places + at : NULL,
    };
    for (int64_t y = 0; y < rows; y++) {
        run->kernels->pool(&work);
        work.values += work.window_rows * work.row_step;
        work.output += width;
        if (work.places)
            work.places += width;
    }
}

void neuron_band_pool(const neuron_correlation *correlation, const neuron_bands *bands,
                      const neuron_band *band, const neuron_correlation_run *run,
                      const float *outputs)
{
    const neuron_pooling *pooling = neuron_post_pooling(run->post);
    int64_t image_size = bands->rows * correlation->columns * correlation->filters;
    int64_t first = band->row / pooling->window_rows;
    int64_t rows = neuron_min_count(band->rows / pooling->window_rows, pooling->rows - first);
    for (int64_t i = 0; i < band->images; i++)
        pool_image(correlation, run, outputs + i * image_size, band->image + i, first, rows);
}

/* Where things lie in the scratch of a correlation. */
typedef struct correlate_layout {
    size_t offsets, output_offsets, total;
    size_t workers, worker_bytes, worker_outputs; /* copies, and outputs that are pooled */
} correlate_layout;

static correlate_layout lay_out(const neuron_correlation *correlation, const neuron_bands *bands,
                                int32_t threads, bool pools)
{
    correlate_layout layout = {.total = 0};
    layout.offsets = neuron_reserve(&layout.total, bands->pixels, sizeof(int64_t));
    layout.output_offsets = neuron_reserve(&layout.total, bands->pixels, sizeof(int64_t));
    neuron_reserve(&layout.worker_bytes, bands->copy_size, sizeof(float));
    layout.worker_outputs = layout.worker_bytes;
    if (pools)
        neuron_reserve(&layout.worker_bytes, bands->pixels * correlation->filters, sizeof(float));
    layout.workers = neuron_reserve(&layout.total, threads, layout.worker_bytes);
    return layout;
}

size_t neuron_correlate_scratch(const neuron_correlation *correlation, int64_t batch,
                                int32_t threads, const neuron_pooling *pooling)
{
    neuron_bands bands = neuron_bands_cut(correlation, batch, rows_multiple(pooling));
    return lay_out(correlation, &bands, threads, pooling != NULL).total;
}

typedef struct correlate_job {
    const neuron_correlation *correlation;
    const neuron_correlation_run *run;
    neuron_bands bands;
    correlate_layout layout;
    const neuron_pooling *pooling;
    const neuron_post_op *statistics;
    const float *weights, *bias;
    float *output;
} correlate_job;

static void correlate_band(void *work, int64_t task, int32_t worker)
{
    const correlate_job *job = work;
    const neuron_correlation *correlation = job->correlation;
    const neuron_correlation_run *run = job->run;
    neuron_band band = neuron_bands_at(correlation, &job->bands, run->batch, task);
    char *own = run->scratch + job->layout.workers + (size_t)worker * job->layout.worker_bytes;
    float *copy = (float *)(void *)own;
    int64_t first = band.image * correlation->image_step + band.row * correlation->row_step;

    neuron_correlate_work part = {
        .pixels = band.images * band.rows * correlation->columns,
        .columns = correlation->filters,
        .taps = correlation->kernel_height,
        .run = correlation->kernel_width * correlation->channels,
        .tap_step = job->bands.row_step,
        .source = neuron_band_source(correlation, &job->bands, &band, run->source, copy),
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
    if (neuron_correlation_is_shallow(correlation))
        run->kernels->correlate_shallow(&part);
    else
        run->kernels->correlate(&part);
    if (job->pooling)
        neuron_band_pool(correlation, &job->bands, &band, run, part.output);
    else if (job->statistics)
        neuron_moments_measure(job->statistics->statistics, run->kernels, task, part.output,
                               part.pixels);
}

int64_t neuron_correlate_chunks(const neuron_correlation *correlation, int64_t batch)
{
    /* A smaller batch may have smaller bands, but never more of them than this. */
    return neuron_bands_cut(correlation, batch, 1).per_image * batch;
}

void neuron_correlate(const neuron_correlation *correlation, const neuron_correlation_run *run,
                      const float *weights, const float *bias, float *output)
{
    correlate_job job = {.correlation = correlation,
                         .run = run,
                         .pooling = neuron_post_pooling(run->post),
                         .statistics = neuron_post_find(run->post, NEURON_POST_STATISTICS),
                         .weights = weights,
                         .bias = bias,
                         .output = output};
    job.bands = neuron_bands_cut(correlation, run->batch, rows_multiple(job.pooling));
    job.layout =
        lay_out(correlation, &job.bands, neuron_pool_threads(run->pool), job.pooling != NULL);
    if (job.statistics)
        job.statistics->statistics->count = job.bands.count;
    neuron_correlation local = neuron_band_local(correlation, &job.bands);
    neuron_bands_offsets(job.pooling ? &local : correlation, &job.bands,
                         (int64_t *)(void *)(run->scratch + job.layout.offsets),
                         (int64_t *)(void *)(run->scratch + job.layout.output_offsets));
    neuron_pool_run(run->pool, job.bands.count, correlate_band, &job);
}
