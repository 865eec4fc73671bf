/* Convolution of bytes: as ops/convolution.c, a task is a band of output rows, or some whole
 * images if they are small, whose source is made bytes, with the zero point around it where
 * windows reach over the edge. All pixels of a band are then one product, whose rows are windows
 * that begin anywhere. */
#include "ops/bytes-convolution.h"

#include "base/bump.h"
#include "base/checked.h"

#include <string.h>

/* Output pixels of a band: enough that few rows of the source are made bytes twice, few enough that
 * they stay in the nearest caches. */
enum { BAND_PIXELS = 256, BANDS_WANTED = 16 };

typedef struct band_cut {
    int64_t images, rows; /* of a band; the last ones may have fewer */
    int64_t per_image, count;
    int64_t source_rows, row_step, image_step; /* of the bytes of a band */
    size_t places, outputs,
        worker_bytes; /* where they lie in a worker's memory, behind the source */
    bool pools;       /* here, from outputs that lie aside */
    bool windows;     /* in the product, window by window */
    bool quantizes;
} band_cut;

static band_cut cut_bands(const neuron_convolution *convolution, int64_t batch,
                          const neuron_post_ops *post)
{
    const neuron_bytes_post by = neuron_bytes_post_of(post);
    int64_t multiple = by.pooling ? by.pooling->window_rows : 1;
    int64_t rows = neuron_ceil_divide(BAND_PIXELS, convolution->columns);
    band_cut cut = {.images = 1,
                    .pools = by.pooling && !by.pools,
                    .windows = by.pools,
                    .quantizes = by.quantizer != NULL};
    cut.per_image = neuron_ceil_divide(convolution->rows, rows);
    rows = neuron_ceil_divide(convolution->rows, cut.per_image);
    rows = neuron_ceil_divide(rows, multiple) * multiple;
    cut.rows = neuron_min_count(rows, convolution->rows);
    cut.per_image = neuron_ceil_divide(convolution->rows, cut.rows);
    if (cut.per_image == 1) {
        int64_t images = BAND_PIXELS / (convolution->rows * convolution->columns);
        images = neuron_min_count(images, batch / BANDS_WANTED);
        cut.images = images > 1 ? images : 1;
    }
    cut.count = neuron_ceil_divide(batch, cut.images) * cut.per_image;
    cut.source_rows = (cut.rows - 1) * convolution->stride_height + convolution->kernel_height;
    int64_t columns =
        (convolution->columns - 1) * convolution->stride_width + convolution->kernel_width;
    /* The last window of a row is read to the end of its step. */
    cut.row_step = neuron_bytes_round(columns * convolution->channels + 3);
    cut.image_step = cut.source_rows * cut.row_step;
    int64_t pixels = cut.images * cut.rows * convolution->columns;
    neuron_reserve(&cut.worker_bytes, cut.images * cut.image_step, 1);
    cut.places = neuron_reserve(&cut.worker_bytes, pixels, sizeof(int64_t));
    cut.outputs = cut.worker_bytes;
    if (cut.pools)
        neuron_reserve(&cut.worker_bytes, pixels * convolution->filters,
                       cut.quantizes ? 1 : sizeof(float));
    return cut;
}

size_t neuron_bytes_convolve_scratch(const neuron_convolution *convolution, int64_t batch,
                                     int32_t threads, const neuron_post_ops *post)
{
    size_t total = 0;
    neuron_reserve(&total, threads, cut_bands(convolution, batch, post).worker_bytes);
    return total;
}

typedef struct convolve_job {
    const neuron_convolution *convolution;
    const neuron_bytes_run *run;
    band_cut cut;
} convolve_job;

/* One row of the source, of image number `image`, as bytes. */
static void copy_row(const convolve_job *job, int64_t image, int64_t row, uint8_t *to)
{
    const neuron_convolution *convolution = job->convolution;
    const neuron_bytes_run *run = job->run;
    int64_t channels = convolution->channels, width = convolution->width;
    int64_t columns = job->cut.row_step / channels; /* and a few bytes */
    int64_t left = convolution->left > 0 ? convolution->left : 0;
    int64_t skipped = convolution->left < 0 ? -convolution->left : 0;
    int64_t count = neuron_min_count(columns - left, width - skipped) * channels;
    uint8_t zero = (uint8_t)run->quantizer.zero_point;
    if (row < 0 || row >= convolution->height || count <= 0) {
        memset(to, zero, (size_t)job->cut.row_step);
        return;
    }
    int64_t first = ((image * convolution->height + row) * width + skipped) * channels;
    int64_t end = left * channels + count;
    memset(to, zero, (size_t)(left * channels));
    if (run->values)
        run->kernels->bytes->quantize(&run->quantizer, run->values + first, count,
                                      to + left * channels);
    else
        memcpy(to + left * channels, run->bytes + first, (size_t)count);
    memset(to + end, zero, (size_t)(job->cut.row_step - end));
}

/* The bytes of a band. */
static void copy_band(const convolve_job *job, int64_t image, int64_t images, int64_t row,
                      int64_t rows, uint8_t *to)
{
    const neuron_convolution *convolution = job->convolution;
    int64_t count = (rows - 1) * convolution->stride_height + convolution->kernel_height;
    int64_t top = row * convolution->stride_height - convolution->top;
    for (int64_t i = 0; i < images; i++)
        for (int64_t y = 0; y < count; y++)
            copy_row(job, image + i, top + y, to + i * job->cut.image_step + y * job->cut.row_step);
}

/* Where the windows of one row of output pixels begin, or of two rows if they are pooled: then the
 * four pixels of each window of the pooling follow each other. */
static int64_t set_row(const convolve_job *job, int64_t first, int64_t *places)
{
    const neuron_convolution *convolution = job->convolution;
    int64_t step = convolution->stride_width * convolution->channels, count = 0;
    int64_t down = convolution->stride_height * job->cut.row_step;
    if (!job->cut.windows) {
        for (int64_t x = 0; x < convolution->columns; x++)
            places[count++] = first + x * step;
        return count;
    }
    for (int64_t x = 0; x + 1 < convolution->columns; x += 2) {
        places[count++] = first + x * step;
        places[count++] = first + (x + 1) * step;
        places[count++] = first + x * step + down;
        places[count++] = first + (x + 1) * step + down;
    }
    return count;
}

static int64_t set_places(const convolve_job *job, int64_t images, int64_t rows, int64_t *places)
{
    int64_t row_step = job->convolution->stride_height * job->cut.row_step, count = 0;
    int64_t height = job->cut.windows ? 2 : 1;
    for (int64_t i = 0; i < images; i++)
        for (int64_t y = 0; y + height <= rows; y += height)
            count += set_row(job, i * job->cut.image_step + y * row_step, places + count);
    return count;
}

/* Where the first output of a band lies. */
static int64_t output_place(const convolve_job *job, int64_t image, int64_t row)
{
    const neuron_convolution *convolution = job->convolution;
    const neuron_pooling *pooling = neuron_post_pooling(job->run->post);
    if (pooling)
        return (image * pooling->rows + row / pooling->window_rows) * pooling->columns *
               convolution->filters;
    return (image * convolution->rows + row) * convolution->columns * convolution->filters;
}

/* Pools rows of one image, floats or bytes. */
static void pool_rows(const convolve_job *job, const void *outputs, int64_t first, int64_t rows,
                      int64_t place)
{
    const neuron_bytes_run *run = job->run;
    const neuron_pooling *pooling = neuron_post_pooling(run->post);
    int64_t channels = job->convolution->filters, width = pooling->columns * channels;
    int64_t row_step = job->convolution->columns * channels;
    for (int64_t y = 0; y < rows; y++, place += width) {
        int64_t from = first + y * pooling->window_rows * row_step;
        if (job->cut.quantizes) {
            run->kernels->bytes->bytes_max_pool(&(neuron_bytes_pool_work){
                pooling->columns, pooling->window_rows, pooling->window_columns, channels, row_step,
                (const uint8_t *)outputs + from, neuron_bytes_output(run) + place});
            continue;
        }
        run->kernels->pool->max_pool_row(
            &(neuron_pool_work){.windows = pooling->columns,
                                .window_rows = pooling->window_rows,
                                .window_columns = pooling->window_columns,
                                .channels = channels,
                                .row_step = row_step,
                                .values = (const float *)outputs + from,
                                .output = run->output + place});
    }
}

static void pool_band(const convolve_job *job, const void *outputs, int64_t image, int64_t images,
                      int64_t row, int64_t rows)
{
    const neuron_pooling *pooling = neuron_post_pooling(job->run->post);
    int64_t filters = job->convolution->filters, first = row / pooling->window_rows;
    int64_t count = neuron_min_count(rows / pooling->window_rows, pooling->rows - first);
    for (int64_t i = 0; i < images; i++)
        pool_rows(job, outputs, i * rows * job->convolution->columns * filters, count,
                  output_place(job, image + i, row));
}

static void convolve_band(void *work, int64_t task, int32_t worker)
{
    const convolve_job *job = work;
    const neuron_convolution *convolution = job->convolution;
    const neuron_bytes_run *run = job->run;
    const band_cut *cut = &job->cut;
    char *own = run->scratch + (size_t)worker * cut->worker_bytes;
    int64_t *places = (int64_t *)(void *)(own + cut->places);
    int64_t image = task / cut->per_image * cut->images;
    int64_t row = task % cut->per_image * cut->rows;
    int64_t images = neuron_min_count(cut->images, run->batch - image);
    int64_t rows = neuron_min_count(cut->rows, convolution->rows - row);
    int64_t place = cut->pools ? 0 : output_place(job, image, row);
    void *output = cut->pools ? own + cut->outputs : (void *)run->output;
    copy_band(job, image, images, row, rows, (uint8_t *)own);
    neuron_bytes_gemm_work product = neuron_bytes_work(run);
    product.rows = set_places(job, images, rows, places);
    product.places = places;
    product.left = (const uint8_t *)own;
    product.stretch_step = cut->row_step;
    if (cut->quantizes)
        product.bytes = (uint8_t *)output + place;
    else
        product.output = (float *)output + place;
    run->kernels->dot->bytes_gemm(&product);
    if (product.output)
        neuron_bytes_finish(run, product.rows / product.pool, 0, convolution->filters,
                            product.output);
    if (cut->pools)
        pool_band(job, output, image, images, row, rows);
}

void neuron_bytes_convolve(const neuron_convolution *convolution, const neuron_bytes_run *run)
{
    convolve_job job = {convolution, run, cut_bands(convolution, run->batch, run->post)};
    neuron_pool_run(run->pool, job.cut.count, convolve_band, &job);
}
