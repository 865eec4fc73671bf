/* See scatter.h. A task is an image: bands of its outputs are multiplied into
 *
 *     products    pixel 0   | kernel row 0, to whole vectors | kernel row 1 ... |
 *                 pixel 1   | ...
 *
 * which are added, row by row of the kernel, to an image with room for the padding and for what
 * whole vectors have too much: zeros. Its inside is the gradient. */
#include "ops/scatter.h"

#include "base/checked.h"
#include "base/compiler/attributes.h"

#include <string.h>

/* What a row of the kernel is rounded up to, a multiple of all vectors. */
enum { RUN_MULTIPLE = 16 };

/* Pixels of a row that fill the tiles of a convolution. */
enum { NARROW = 8 };

/* Output pixels that are multiplied at a time. */
enum { BAND_PIXELS = 56 };

typedef struct scatter_job {
    const neuron_convolution *forward;
    const neuron_convolution_run *run;
    int64_t padded;                /* floats of a row of the kernel */
    int64_t image_rows, image_row; /* of the image with padding: rows, and floats of one */
    int64_t rows;                  /* of outputs in a band */
    size_t worker_bytes, worker_products, packed, total;
    const float *kernel;
    float *input_gradient;
} scatter_job;

static int64_t padded_run(const neuron_convolution *forward)
{
    int64_t run = forward->kernel_width * forward->channels;
    return neuron_ceil_divide(run, RUN_MULTIPLE) * RUN_MULTIPLE;
}

NEURON_COLD bool neuron_scatter_fits(const neuron_convolution *forward)
{
    /* The rows of an image of one column fill tiles as they lie. */
    if (!neuron_convolution_is_plain(forward) ||
        (forward->width == 1 && forward->kernel_width == 1))
        return false;
    /* Vectors times steps, and what adding the products takes beside them. */
    double filters = (double)forward->filters, height = (double)forward->kernel_height;
    double vectors = (double)neuron_ceil_divide(forward->channels, RUN_MULTIPLE);
    double strides = (double)(forward->stride_height * forward->stride_width);
    double convolution = (double)(forward->height * forward->width) * height *
                         (double)forward->kernel_width * vectors * filters / strides;
    /* A convolution for each phase of the strides has rows so short that they do not fill tiles. */
    if (strides > 1 && forward->width < NARROW * forward->stride_width)
        convolution *= (double)(NARROW * forward->stride_width) / (double)forward->width;
    double scatter = (double)(forward->rows * forward->columns) * height *
                     (double)(padded_run(forward) / RUN_MULTIPLE) * (filters + 5);
    return scatter < 0.8 * convolution;
}

NEURON_COLD static scatter_job plan(const neuron_convolution *forward, int32_t threads)
{
    scatter_job job = {.forward = forward, .padded = padded_run(forward)};
    int64_t bottom = (forward->rows - 1) * forward->stride_height + forward->kernel_height;
    int64_t right = (forward->columns - 1) * forward->stride_width + forward->kernel_width;
    int64_t height = forward->top + forward->height, width = forward->left + forward->width;
    job.image_rows = bottom > height ? bottom : height;
    job.image_row = (right > width ? right : width) * forward->channels;
    job.rows = neuron_min_count(neuron_ceil_divide(BAND_PIXELS, forward->columns), forward->rows);
    int64_t columns = neuron_panel_round(forward->kernel_height * job.padded);
    neuron_reserve(&job.worker_bytes, job.image_rows, neuron_size_of(job.image_row, sizeof(float)));
    neuron_reserve(&job.worker_bytes, RUN_MULTIPLE, sizeof(float)); /* right behind it */
    job.worker_products =
        neuron_reserve(&job.worker_bytes, job.rows * forward->columns,
                       neuron_size_of(forward->kernel_height * job.padded, sizeof(float)));
    neuron_reserve(&job.total, threads, job.worker_bytes);
    job.packed =
        neuron_reserve(&job.total, forward->filters, neuron_size_of(columns, sizeof(float)));
    return job;
}

size_t neuron_scatter_scratch(const neuron_convolution *forward, int32_t threads)
{
    return plan(forward, threads).total;
}

static float *packed_at(const scatter_job *job)
{
    return (float *)(void *)(job->run->scratch + job->packed);
}

/* Weights as a matrix with a row for each filter, in panels. */
static void pack(const scatter_job *job)
{
    const neuron_convolution *forward = job->forward;
    int32_t lanes = job->run->kernels->lanes;
    int64_t run = forward->kernel_width * forward->channels, filters = forward->filters;
    int64_t columns = forward->kernel_height * job->padded;
    float *to = packed_at(job);
    for (int64_t first = 0; first < columns; first += 2 * lanes) {
        int64_t width = neuron_panel_width(lanes, columns, first);
        float *panel = to + first * filters;
        for (int64_t n = 0; n < width; n++) {
            int64_t tap = (first + n) / job->padded, place = (first + n) % job->padded;
            const float *from = job->kernel + (tap * run + place) * filters;
            for (int64_t f = 0; f < filters; f++)
                panel[f * width + n] = place < run ? from[f] : 0;
        }
    }
}

/* Outputs of `rows` rows from `first` on. */
static void add_band(const scatter_job *job, const float *gradient, int64_t first, int64_t rows,
                     float *products, float *sums)
{
    const neuron_convolution *forward = job->forward;
    int64_t columns = forward->kernel_height * job->padded, filters = forward->filters;
    const neuron_gemm_work product = {
        .rows = rows * forward->columns,
        .columns = columns,
        .depth = filters,
        .left = gradient + first * forward->columns * filters,
        .left_row = filters,
        .left_column = 1,
        .right = packed_at(job),
        .output = products,
        .output_row = columns,
    };
    job->run->kernels->gemm->multiply(&product);
    neuron_scatter_work work = {
        .pixels = forward->columns,
        .taps = forward->kernel_height,
        .run = job->padded,
        .pixel_step = forward->stride_width * forward->channels,
        .tap_step = job->image_row,
    };
    for (int64_t y = 0; y < rows; y++) {
        work.products = products + y * forward->columns * columns;
        work.sums = sums + (first + y) * forward->stride_height * job->image_row;
        job->run->kernels->conv->scatter(&work);
    }
}

/* The way back through what made the input, which is an activation of each value by itself. */
static void finish(const scatter_job *job, int64_t image, float *gradient)
{
    const neuron_convolution_run *run = job->run;
    int64_t size = job->forward->height * job->forward->width * job->forward->channels;
    const neuron_post_slice post = {run->post, 0, image * size};
    if (neuron_post_goes_on(run->post, 0))
        run->kernels->element->post_ops(&post, 0, 1, size, gradient, size);
}

static void spread_image(void *work, int64_t image, int32_t worker)
{
    const scatter_job *job = work;
    const neuron_convolution *forward = job->forward;
    char *own = job->run->scratch + (size_t)worker * job->worker_bytes;
    float *sums = (float *)(void *)own;
    float *products = (float *)(void *)(own + job->worker_products);
    const float *gradient =
        job->run->source + image * forward->rows * forward->columns * forward->filters;
    memset(sums, 0, job->worker_products);
    for (int64_t y = 0; y < forward->rows; y += job->rows)
        add_band(job, gradient, y, neuron_min_count(job->rows, forward->rows - y), products, sums);
    int64_t row = forward->width * forward->channels;
    float *to = job->input_gradient + image * forward->height * row;
    for (int64_t y = 0; y < forward->height; y++)
        memcpy(to + y * row,
               sums + (forward->top + y) * job->image_row + forward->left * forward->channels,
               (size_t)row * sizeof *to);
    finish(job, image, to);
}

void neuron_scatter(const neuron_convolution *forward, const neuron_convolution_run *run,
                    const float *kernel, float *input_gradient)
{
    scatter_job job = plan(forward, neuron_pool_threads(run->pool));
    job.run = run;
    job.kernel = kernel;
    job.input_gradient = input_gradient;
    pack(&job);
    neuron_pool_run(run->pool, run->batch, spread_image, &job);
}
