/* Convolution forward, and so the input gradient, which is one too: see convolution.h. A
 * task is a band of output rows, and the kernels (kernels/gemm.c,
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
#include "ops/window.h"

#include <string.h>

/* Output pixels of a band: enough tiles to pay for its start, few enough that what they read stays
 * in the nearest cache. */
enum { BAND_PIXELS = 60 };

/* Bands of whole images leave at least so many for the threads. */
enum { BANDS_WANTED = 16 };

/* Where there are fewer, filters are shared out as well: so many products are a task at least. */
enum { TASK_PRODUCTS = 1 << 18 };

/* The sums of a row of fewer pixels than this keep the adders waiting for each other. With many
 * filters copies of the windows are paid for with a few pixels more, too: a tile of several rows
 * reads the weights less often. */
enum { ROW_PIXELS = 5, MANY_FILTERS = 192, ROW_PIXELS_MANY = 7 };

/* A product that is too large for a number is too large for a machine: planning it fails. */
static int64_t saturated(int64_t a, int64_t b)
{
    int64_t product;
    return neuron_multiply_count(a, b, &product) ? product : INT64_MAX;
}

/* Sets the part of the cut that says what the kernels read. */
static void set_source(const neuron_convolution *convolution, neuron_bands *bands)
{
    int64_t extent_height =
        neuron_dilated(convolution->kernel_height, convolution->dilation_height);
    int64_t extent_width = neuron_dilated(convolution->kernel_width, convolution->dilation_width);
    int64_t below =
        (convolution->rows - 1) * convolution->stride_height - convolution->top + extent_height;
    int64_t right =
        (convolution->columns - 1) * convolution->stride_width - convolution->left + extent_width;
    bands->copies = convolution->top > 0 || convolution->left > 0 || below > convolution->height ||
                    right > convolution->width;
    int64_t rows = convolution->height, columns = convolution->width;
    bands->pixel_step = convolution->channels;
    if (bands->copies) {
        rows = (bands->rows - 1) * convolution->stride_height + extent_height;
        columns = (convolution->columns - 1) * convolution->stride_width + extent_width;
        bands->copy_rows = rows;
        bands->copy_columns = columns;
        bands->pixel_step = neuron_group_channels(convolution);
    }
    bands->row_step = saturated(columns, bands->pixel_step);
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

/* Copies the channels of a group of the pixels from `first` to before `end`, of which `from` is the
 * first, with zeros for the others of `count`. */
static void copy_pixels(const neuron_convolution *convolution, const neuron_convolution_run *run,
                        const float *from, int64_t first, int64_t end, int64_t count, float *to)
{
    int64_t all = convolution->channels, channels = neuron_group_channels(convolution);
    memset(to, 0, (size_t)(first * channels) * sizeof *to);
    if (channels == all)
        memcpy(to + first * channels, from, (size_t)((end - first) * channels) * sizeof *to);
    else
        run->kernels->element->copy_rows(from, all, end - first, channels, to + first * channels,
                                         channels);
    memset(to + end * channels, 0, (size_t)((count - end) * channels) * sizeof *to);
}

/* One row, with zeros where `from` (the image) has no pixel. */
static void copy_row(const neuron_convolution *convolution, const neuron_convolution_run *run,
                     const float *from, int64_t row, int64_t columns, float *to)
{
    int64_t left = convolution->left;
    int64_t first = left > 0 ? neuron_min_count(left, columns) : 0;
    int64_t end = neuron_min_count(columns, convolution->width + left);
    if (row < 0 || row >= convolution->height || end <= first)
        copy_pixels(convolution, run, from, 0, 0, columns, to);
    else
        copy_pixels(convolution, run,
                    from + (row * convolution->width + first - left) * convolution->channels, first,
                    end, columns, to);
}

/* Rows of an image of one column, which lie side by side. */
static void copy_column(const neuron_convolution *convolution, const neuron_convolution_run *run,
                        const float *from, int64_t row, int64_t rows, float *to)
{
    int64_t first = neuron_between(0, -row, rows);
    int64_t end = neuron_between(first, convolution->height - row, rows);
    copy_pixels(convolution, run, end > first ? from + (row + first) * convolution->channels : from,
                first, end, rows, to);
}

const float *neuron_band_source(const neuron_convolution *convolution, const neuron_bands *bands,
                                const neuron_band *band, const neuron_convolution_run *run,
                                int64_t group, float *copy)
{
    int64_t row = band->row * convolution->stride_height - convolution->top;
    int64_t image_size = convolution->height * convolution->width * convolution->channels;
    const float *source =
        run->source + band->image * image_size + group * neuron_group_channels(convolution);
    if (!bands->copies)
        return source + row * bands->row_step - convolution->left * convolution->channels;

    int64_t rows = (band->rows - 1) * convolution->stride_height +
                   neuron_dilated(convolution->kernel_height, convolution->dilation_height);
    bool one_column = convolution->width == 1 && convolution->left == 0 && bands->copy_columns == 1;
    for (int64_t i = 0; i < band->images; i++) {
        if (one_column)
            copy_column(convolution, run, source + i * image_size, row, rows,
                        copy + i * bands->image_step);
        for (int64_t y = 0; y < rows && !one_column; y++)
            copy_row(convolution, run, source + i * image_size, row + y, bands->copy_columns,
                     copy + i * bands->image_step + y * bands->row_step);
    }
    return copy;
}

void neuron_band_set_stretches(const neuron_convolution *convolution, const neuron_bands *bands,
                               neuron_gemm_work *product)
{
    int64_t channels = neuron_group_channels(convolution), width = convolution->kernel_width;
    int64_t row_step = convolution->dilation_height * bands->row_step;
    if (width <= 1 || (convolution->dilation_width == 1 && bands->pixel_step == channels)) {
        product->stretch = width * channels;
        product->stretches = convolution->kernel_height;
        product->stretch_step = row_step;
        product->groups = 1;
        if (row_step == product->stretch) { /* rows of the kernel lie side by side, too */
            product->stretch *= product->stretches;
            product->stretches = 1;
        }
        return;
    }
    product->stretch = channels;
    product->stretches = width;
    product->stretch_step = convolution->dilation_width * bands->pixel_step;
    product->groups = convolution->kernel_height;
    product->group_step = row_step;
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
           convolution->dilation_width == 1 && convolution->kernel_width <= 7;
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
    if (convolution->columns == 1) { /* rows below each other lie side by side as well */
        work.windows = rows;
        work.window_columns = work.window_rows;
        work.window_rows = 1;
        rows = rows > 0;
    }
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
    size_t worker_bytes, worker_outputs, worker_windows; /* copies; outputs that are pooled */
    size_t total;
} convolve_layout;

/* Whether the pixels of an image of one column are rows of a product as they lie. */
static bool is_column(const neuron_convolution *convolution)
{
    return convolution->width == 1 && convolution->left == 0 && convolution->kernel_width == 1 &&
           convolution->columns == 1 && convolution->stride_width == convolution->stride_height;
}

/* Whether a band's windows are copied into rows of their own, so that all pixels are one product:
 * where rows of the output are short, but follow each other as pixels do. */
static bool gathers(const neuron_convolution *convolution)
{
    bool many = neuron_group_filters(convolution) >= MANY_FILTERS;
    return convolution->columns < (many ? ROW_PIXELS_MANY : ROW_PIXELS) &&
           neuron_convolution_depth(convolution) > neuron_group_channels(convolution) &&
           convolution->row_step == convolution->columns * convolution->pixel_step &&
           !neuron_convolution_is_single_channel(convolution) && !is_column(convolution);
}

static convolve_layout lay_out(const neuron_convolution *convolution, const neuron_bands *bands,
                               int32_t threads, bool pools)
{
    convolve_layout layout = {.total = 0};
    neuron_reserve(&layout.worker_bytes, bands->copy_size, sizeof(float));
    layout.worker_outputs = layout.worker_bytes;
    if (pools)
        neuron_reserve(&layout.worker_bytes, bands->pixels * convolution->filters, sizeof(float));
    layout.worker_windows = layout.worker_bytes;
    if (gathers(convolution))
        neuron_reserve(&layout.worker_bytes, bands->pixels,
                       neuron_size_of(neuron_convolution_depth(convolution), sizeof(float)));
    neuron_reserve(&layout.total, threads, layout.worker_bytes);
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
    int64_t slices;        /* tasks of a band: */
    int64_t slice_groups;  /* some groups, */
    int64_t slice_filters; /* or some filters of the only one */
} convolve_job;

/* A row of output pixels is the product of the windows under it, each a row that overlaps the next,
 * and the weights. `at` has how the outputs lie. */
static neuron_gemm_work row_product(const convolve_job *job, const neuron_convolution *at)
{
    neuron_gemm_work product = {
        .rows = at->columns,
        .depth = neuron_convolution_depth(at),
        .left_row = at->stride_width * job->bands.pixel_step,
        .left_column = 1,
        .output_row = at->pixel_step,
    };
    neuron_band_set_stretches(at, &job->bands, &product);
    return product;
}

/* Where the products of a band begin: images and rows with the steps between them, in the source
 * and in the output. */
typedef struct product_grid {
    int64_t count[2], source_step[2], output_step[2];
} product_grid;

/* Rows, and images, that follow each other as pixels do are one product. */
static product_grid grid_of(const convolve_job *job, const neuron_convolution *at,
                            const neuron_band *band, neuron_gemm_work *part)
{
    product_grid grid = {
        .count = {band->images, band->rows},
        .source_step = {job->bands.image_step, at->stride_height * job->bands.row_step},
        .output_step = {at->image_step, at->row_step},
    };
    for (int axis = 1; axis >= 0; axis--) {
        if (grid.source_step[axis] != part->rows * part->left_row ||
            grid.output_step[axis] != part->rows * part->output_row)
            break;
        part->rows *= grid.count[axis];
        grid.count[axis] = 1;
    }
    return grid;
}

/* The same of windows that are copied to `windows`, one behind the other. */
static product_grid gather(const convolve_job *job, const neuron_band *band, const float *source,
                           float *windows, neuron_gemm_work *part)
{
    const neuron_convolution *convolution = job->convolution;
    int64_t down = convolution->stride_height * job->bands.row_step, along = part->left_row;
    for (int64_t i = 0; i < band->images; i++) {
        for (int64_t y = 0; y < band->rows; y++) {
            const float *from = source + i * job->bands.image_step + y * down;
            for (int64_t x = 0; x < convolution->columns; x++, from += along)
                for (int64_t t = 0; t < part->groups * part->stretches;
                     t++, windows += part->stretch)
                    memcpy(windows,
                           from + t / part->stretches * part->group_step +
                               t % part->stretches * part->stretch_step,
                           (size_t)part->stretch * sizeof *windows);
        }
    }
    part->rows *= band->images * band->rows;
    part->left_row = part->depth;
    part->stretch = 0;
    return (product_grid){.count = {1, 1}};
}

static void multiply_grid(neuron_multiply_kernel *multiply, const product_grid *grid,
                          neuron_gemm_work *part)
{
    const neuron_gemm_work first = *part;
    for (int64_t i = 0; i < grid->count[0]; i++) {
        for (int64_t y = 0; y < grid->count[1]; y++) {
            int64_t offset = i * grid->output_step[0] + y * grid->output_step[1];
            part->left = first.left + i * grid->source_step[0] + y * grid->source_step[1];
            part->output = first.output + offset;
            part->post = neuron_post_slice_at(&first.post, 0, offset);
            multiply(part);
        }
    }
}

/* The outputs of a group in a band, from `source` to `output`, panel by panel: the weights of one
 * stay in the second cache. `windows` has room for what is gathered. */
static void convolve_group(const convolve_job *job, const neuron_convolution *at,
                           const neuron_band *band, int64_t task, int64_t group,
                           const float *source, float *windows, float *output)
{
    const neuron_kernels *kernels = job->run->kernels;
    bool single = neuron_convolution_is_single_channel(at);
    int64_t filters = neuron_group_filters(at), before = group * filters;
    int64_t first = before + band->image * job->convolution->image_step +
                    band->row * job->convolution->row_step;
    neuron_gemm_work whole = row_product(job, at);
    bool copies = gathers(job->convolution);
    product_grid grid =
        copies ? gather(job, band, source, windows, &whole) : grid_of(job, at, band, &whole);
    const float *weights = job->weights + group * neuron_convolution_weights_step(at);
    int64_t width = single ? filters : 2 * kernels->lanes;
    int64_t begin = at->groups > 1 ? 0 : task % job->slices * job->slice_filters;
    int64_t end = neuron_min_count(begin + job->slice_filters, filters);
    for (int64_t n = begin; n < end; n += width) {
        neuron_gemm_work part = whole;
        part.columns = neuron_min_count(end - n, width);
        part.left = copies ? windows : source;
        part.right = weights + n * part.depth;
        part.bias = job->bias + before + n;
        part.output = output + before + n;
        part.post = (neuron_post_slice){job->run->post, before + n, first + n};
        multiply_grid(single ? kernels->conv->conv_single_channel : kernels->gemm->multiply, &grid,
                      &part);
    }
}

/* The same of all groups of a task. */
static void convolve_groups(const convolve_job *job, const neuron_convolution *at,
                            const neuron_band *band, int64_t task, char *own, float *output)
{
    const neuron_convolution *convolution = job->convolution;
    float *windows = own ? (float *)(void *)(own + job->layout.worker_windows) : NULL;
    int64_t first = convolution->groups > 1 ? task % job->slices * job->slice_groups : 0;
    int64_t end = neuron_min_count(first + job->slice_groups, convolution->groups);
    for (int64_t group = first; group < end; group++) {
        const float *source = neuron_band_source(convolution, &job->bands, band, job->run, group,
                                                 (float *)(void *)own);
        convolve_group(job, at, band, task, group, source, windows, output);
    }
}

static void convolve_band(void *work, int64_t task, int32_t worker)
{
    const convolve_job *job = work;
    const neuron_convolution *convolution = job->convolution;
    const neuron_convolution_run *run = job->run;
    neuron_band band = neuron_bands_at(convolution, &job->bands, run->batch, task / job->slices);
    char *own = run->scratch; /* NULL if none is needed */
    if (own)
        own += (size_t)worker * job->layout.worker_bytes;
    if (job->pooling) {
        neuron_convolution local = neuron_band_local(convolution, &job->bands);
        float *outputs = (float *)(void *)(own + job->layout.worker_outputs);
        convolve_groups(job, &local, &band, task, own, outputs);
        neuron_band_pool(convolution, &job->bands, &band, run, outputs);
        return;
    }
    float *output =
        job->output + band.image * convolution->image_step + band.row * convolution->row_step;
    convolve_groups(job, convolution, &band, task, own, output);
    if (job->statistics)
        neuron_statistics_measure(job->statistics->statistics, run->kernels, task, output,
                                  band.images * band.rows * convolution->columns);
}

void neuron_scale_columns(float *packed, int64_t depth, int64_t columns, const float *scale,
                          int32_t lanes)
{
    for (int64_t first = 0; first < columns; first += 2 * lanes) {
        int64_t width = neuron_panel_width(lanes, columns, first);
        int64_t count = neuron_min_count(columns - first, width);
        float *row = packed + first * depth;
        for (int64_t k = 0; k < depth; k++, row += width)
            for (int64_t n = 0; n < count; n++)
                row[n] *= scale[first + n];
    }
}

int64_t neuron_convolve_chunks(const neuron_convolution *convolution, int64_t batch)
{
    /* A smaller batch may have smaller bands, but never more of them than this. */
    return neuron_bands_cut(convolution, batch, 1).per_image * batch;
}

int64_t neuron_convolution_weights_step(const neuron_convolution *convolution)
{
    return neuron_convolution_depth(convolution) *
           neuron_panel_round(neuron_group_filters(convolution));
}

int64_t neuron_convolution_bias_size(const neuron_convolution *convolution)
{
    int64_t behind = convolution->groups > 1 ? NEURON_PANEL_GROUP : 0;
    return neuron_panel_round(convolution->filters) + behind;
}

/* Pooling and statistics want all filters of a band. */
static void cut_filters(convolve_job *job)
{
    const neuron_convolution *convolution = job->convolution;
    int64_t filters = neuron_group_filters(convolution), groups = convolution->groups, slices = 1;
    int64_t pieces = groups > 1 ? groups : neuron_ceil_divide(filters, NEURON_PANEL_GROUP);
    double products = (double)job->bands.pixels * (double)neuron_convolution_depth(convolution) *
                      (double)convolution->filters;
    if (!job->pooling && !job->statistics && !neuron_convolution_is_single_channel(convolution) &&
        products >= 2 * TASK_PRODUCTS)
        slices = neuron_between(1, BANDS_WANTED / job->bands.count,
                                products < (double)pieces * TASK_PRODUCTS
                                    ? (int64_t)(products / TASK_PRODUCTS)
                                    : pieces);
    int64_t slice = neuron_ceil_divide(pieces, slices);
    job->slice_groups = groups > 1 ? slice : 1;
    job->slice_filters = groups > 1 ? filters : slice * NEURON_PANEL_GROUP;
    job->slices = groups > 1 ? neuron_ceil_divide(groups, slice)
                             : neuron_ceil_divide(filters, job->slice_filters);
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
    cut_filters(&job);
    neuron_pool_run(run->pool, job.bands.count * job.slices, convolve_band, &job);
}
