/* Both gradients of a dense layer. */
#include "ops/gemm.h"

#include "base/checked.h"
#include "base/bump.h"
#include "kernels/panels.h"

#include <string.h>

/* Depth that is packed at once. */
enum { DEPTH_MOST = 512 };

/* The gradient of the input is made as weights * output_gradient', and transposed in the end: so
 * the weights are read where they lie, and it is the small matrix that is packed. A task has some
 * rows of the weights, and some columns: examples of the batch. */
enum { ROWS_STEP = 16, ROWS_LEAST = 32, ROWS_MOST = 112, EXAMPLES_MOST = 256 };

/* A task of the weights' gradient has as many rows, and up to so many columns: less than a second
 * cache. */
enum { SLICE_COLUMNS = 512 };

enum { TASKS_WANTED = 16 };

/* Between rows of a copy, so that they lie in different sets of the caches. */
enum { GAP = 16 };

static int64_t blocks_of(int64_t depth)
{
    return neuron_ceil_divide(depth, DEPTH_MOST);
}

static int64_t block_of(int64_t depth)
{
    return neuron_ceil_divide(depth, blocks_of(depth));
}

/* Rows of a task: as many inputs. */
static int64_t rows_of_task(int64_t inputs)
{
    int64_t rows = inputs / TASKS_WANTED / ROWS_STEP * ROWS_STEP;
    return rows < ROWS_LEAST ? ROWS_LEAST : neuron_min_count(rows, ROWS_MOST);
}

static int64_t slice_columns(int64_t units)
{
    int64_t slices = neuron_ceil_divide(units, SLICE_COLUMNS);
    return neuron_panel_round(neuron_ceil_divide(units, slices));
}

/* Where the scratch memory of both lies. Each worker has a copy of a block of one factor, and the
 * sums of a task. */
typedef struct gradient_layout {
    size_t packed, bias;
    size_t copy, copy_size, sums, sums_size;
} gradient_layout;

static size_t lay_out_input(int64_t batch, int64_t inputs, int64_t units, int32_t threads,
                            gradient_layout *layout)
{
    size_t total = 0;
    int64_t rows = rows_of_task(inputs);
    *layout = (gradient_layout){
        .copy_size = neuron_size_of(rows * (block_of(units) + GAP), sizeof(float)),
        .sums_size = neuron_size_of(
            rows * neuron_panel_round(neuron_min_count(batch, EXAMPLES_MOST)), sizeof(float))};
    layout->packed =
        neuron_reserve(&total, units, neuron_size_of(neuron_panel_round(batch), sizeof(float)));
    layout->copy = neuron_reserve(&total, threads, layout->copy_size);
    layout->sums = neuron_reserve(&total, threads, layout->sums_size);
    return total;
}

static size_t lay_out_weights(int64_t batch, int64_t inputs, int64_t units, int32_t threads,
                              gradient_layout *layout)
{
    size_t total = 0;
    int64_t rows = rows_of_task(inputs), room = neuron_panel_round(units);
    int64_t depth = neuron_min_count(batch, DEPTH_MOST);
    *layout =
        (gradient_layout){.copy_size = neuron_size_of(rows * (depth + GAP), sizeof(float)),
                          .sums_size = neuron_size_of(rows * slice_columns(units), sizeof(float))};
    layout->packed = neuron_reserve(&total, batch, neuron_size_of(room, sizeof(float)));
    layout->bias = neuron_reserve(&total, room, sizeof(float));
    layout->copy = neuron_reserve(&total, threads, layout->copy_size);
    layout->sums = neuron_reserve(&total, threads, layout->sums_size);
    return total;
}

size_t neuron_gemm_backward_scratch(int64_t batch, int64_t inputs, int64_t units, int32_t threads)
{
    gradient_layout layout;
    size_t most = neuron_cblas_backward_scratch(units);
    size_t bytes = lay_out_input(batch, inputs, units, threads, &layout);
    most = bytes > most ? bytes : most;
    bytes = lay_out_weights(batch, inputs, units, threads, &layout);
    return bytes > most ? bytes : most;
}

typedef struct input_job {
    const neuron_gemm *product;
    const float *output_gradient, *weights;
    const neuron_post_ops *post;
    float *input_gradient;
    gradient_layout layout;
    int64_t block; /* of the units */
    int64_t rows, row_slices, panels;
    bool copies;
} input_job;

static float *at_scratch(const neuron_gemm *product, size_t place)
{
    return (float *)(void *)(product->scratch + place);
}

/* Packs one panel of one block of the output's gradient, transposed. */
static void pack_transposed(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const input_job *job = work;
    const neuron_gemm *product = job->product;
    int64_t lanes = product->kernels->lanes, room = neuron_panel_round(product->batch);
    int64_t column = task % job->panels * 2 * lanes, k = task / job->panels * job->block;
    int64_t depth = neuron_min_count(job->block, product->units - k);
    int64_t width = neuron_panel_width((int32_t)lanes, product->batch, column);
    float *packed = at_scratch(product, job->layout.packed) + k * room + column * depth;
    neuron_transpose_work turn = {
        .rows = neuron_min_count(width, product->batch - column),
        .columns = depth,
        .input = job->output_gradient + column * product->units + k,
        .input_row = product->units,
        .output = packed,
        .output_row = width,
    };
    if (turn.rows < width)
        memset(packed, 0, (size_t)(depth * width) * sizeof *packed);
    product->kernels->gemm->transpose(&turn);
}

/* The block of the weights that is read after this one: of the same rows, or of the next. */
static void set_ahead(const input_job *job, int64_t row, int64_t rows, int64_t next,
                      neuron_gemm_work *work)
{
    int64_t units = job->product->units;
    if (next >= units) {
        row += rows;
        rows = neuron_min_count(job->rows, job->product->inputs - row);
        next = 0;
    }
    work->ahead = rows > 0 ? job->weights + row * units + next : NULL;
    work->ahead_row = units;
    work->ahead_rows = rows;
    work->ahead_columns = neuron_min_count(job->block, units - next);
}

static void input_task(void *work, int64_t task, int32_t worker)
{
    const input_job *job = work;
    const neuron_gemm *product = job->product;
    int64_t row = task % job->row_slices * job->rows, room = neuron_panel_round(product->batch);
    int64_t column = task / job->row_slices * EXAMPLES_MOST;
    float *sums = at_scratch(product, job->layout.sums + (size_t)worker * job->layout.sums_size);
    float *copy = at_scratch(product, job->layout.copy + (size_t)worker * job->layout.copy_size);
    neuron_gemm_work part = {
        .rows = neuron_min_count(job->rows, product->inputs - row),
        .columns = neuron_min_count(EXAMPLES_MOST, product->batch - column),
        .left_row = job->copies ? job->block + GAP : product->units,
        .left_column = 1,
        .output = sums,
    };
    part.output_row = neuron_panel_round(part.columns);
    for (int64_t k = 0; k < product->units; k += job->block) {
        const float *weights = job->weights + row * product->units + k;
        part.depth = neuron_min_count(job->block, product->units - k);
        part.left = job->copies ? copy : weights;
        set_ahead(job, row, part.rows, k + job->block, &part);
        for (int64_t m = 0; job->copies && m < part.rows; m++)
            memcpy(copy + m * part.left_row, weights + m * product->units,
                   (size_t)part.depth * sizeof *copy);
        part.right = at_scratch(product, job->layout.packed) + k * room + column * part.depth;
        product->kernels->gemm->multiply(&part);
        part.add = true;
    }
    int64_t at = column * product->inputs + row;
    neuron_transpose_work turn = {
        .rows = part.rows,
        .columns = part.columns,
        .input = sums,
        .input_row = part.output_row,
        .output = job->input_gradient + at,
        .output_row = product->inputs,
        .post = {job->post, row, at},
    };
    product->kernels->gemm->transpose(&turn);
}

void neuron_gemm_input_gradient(const neuron_gemm *product, const float *output_gradient,
                                const float *weights, const neuron_post_ops *post,
                                float *input_gradient)
{
    if (product->by_cblas &&
        neuron_cblas_input_gradient(product, output_gradient, weights, post, input_gradient))
        return;
    input_job job = {.product = product,
                     .output_gradient = output_gradient,
                     .weights = weights,
                     .post = post,
                     .input_gradient = input_gradient,
                     .block = block_of(product->units),
                     .rows = rows_of_task(product->inputs),
                     .copies = product->units % 512 == 0};
    lay_out_input(product->batch, product->inputs, product->units,
                  neuron_pool_threads(product->pool), &job.layout);
    job.row_slices = neuron_ceil_divide(product->inputs, job.rows);
    job.panels = neuron_ceil_divide(product->batch, 2 * product->kernels->lanes);
    neuron_pool_run(product->pool, job.panels * neuron_ceil_divide(product->units, job.block),
                    pack_transposed, &job);
    neuron_pool_run(product->pool,
                    job.row_slices * neuron_ceil_divide(product->batch, EXAMPLES_MOST), input_task,
                    &job);
}

typedef struct weights_job {
    const neuron_gemm *product;
    const neuron_gemm_gradients *arrays;
    gradient_layout layout;
    int64_t block; /* of the batch */
    int64_t rows, columns, row_slices;
} weights_job;

/* Columns of the output's gradient that a task packs. */
enum { PACK_COLUMNS = 128 };

/* Packs some columns of the output's gradient, in blocks of its rows, and adds them up. */
static void pack_columns(void *work, int64_t task, int32_t worker)
{
    (void)worker;
    const weights_job *job = work;
    const neuron_gemm *product = job->product;
    int64_t column = task * PACK_COLUMNS, room = neuron_panel_round(product->units);
    int64_t columns = neuron_min_count(PACK_COLUMNS, product->units - column);
    float *sums = at_scratch(product, job->layout.bias) + column;
    memset(sums, 0, (size_t)neuron_panel_round(columns) * sizeof *sums);
    for (int64_t k = 0; k < product->batch; k += job->block) {
        int64_t depth = neuron_min_count(job->block, product->batch - k);
        product->kernels->gemm->pack(at_scratch(product, job->layout.packed) + k * room +
                                         column * depth,
                                     job->arrays->output_gradient + k * product->units + column,
                                     product->units, depth, columns, sums);
    }
    if (job->arrays->bias_gradient)
        memcpy(job->arrays->bias_gradient + column, sums, (size_t)columns * sizeof *sums);
}

/* Hands on a slice, in as few pieces as it has gaps. */
static void sink_slice(const weights_job *job, const neuron_gemm_work *slice, int64_t first)
{
    int64_t units = job->product->units;
    const neuron_gemm_gradients *arrays = job->arrays;
    if (slice->columns == units) {
        arrays->on_gradient(arrays->sink, slice->output, first, slice->rows * units);
        return;
    }
    for (int64_t m = 0; m < slice->rows; m++)
        arrays->on_gradient(arrays->sink, slice->output + m * slice->output_row, first + m * units,
                            slice->columns);
}

static void weights_task(void *work, int64_t task, int32_t worker)
{
    const weights_job *job = work;
    const neuron_gemm *product = job->product;
    int64_t row = task % job->row_slices * job->rows,
            column = task / job->row_slices * job->columns;
    int64_t room = neuron_panel_round(product->units), first = row * product->units + column;
    float *sums = at_scratch(product, job->layout.sums + (size_t)worker * job->layout.sums_size);
    float *copy = at_scratch(product, job->layout.copy + (size_t)worker * job->layout.copy_size);
    neuron_gemm_work part = {
        .rows = neuron_min_count(job->rows, product->inputs - row),
        .columns = neuron_min_count(job->columns, product->units - column),
        .left = copy,
        .left_row = job->block + GAP,
        .left_column = 1,
    };
    part.output = job->arrays->gradient ? job->arrays->gradient + first : sums;
    part.output_row = job->arrays->gradient ? product->units : part.columns;
    for (int64_t k = 0; k < product->batch; k += job->block) {
        part.depth = neuron_min_count(job->block, product->batch - k);
        neuron_transpose_work turn = {
            .rows = part.depth,
            .columns = part.rows,
            .input = job->arrays->input + k * product->inputs + row,
            .input_row = product->inputs,
            .output = copy,
            .output_row = part.left_row,
        };
        product->kernels->gemm->transpose(&turn);
        part.right = at_scratch(product, job->layout.packed) + k * room + column * part.depth;
        product->kernels->gemm->multiply(&part);
        part.add = true;
    }
    if (!job->arrays->gradient)
        sink_slice(job, &part, first);
}

void neuron_gemm_weight_gradient(const neuron_gemm *product, const neuron_gemm_gradients *arrays)
{
    if (product->by_cblas && neuron_cblas_weight_gradient(product, arrays))
        return;
    weights_job job = {.product = product,
                       .arrays = arrays,
                       .block = block_of(product->batch),
                       .rows = rows_of_task(product->inputs),
                       .columns = slice_columns(product->units)};
    lay_out_weights(product->batch, product->inputs, product->units,
                    neuron_pool_threads(product->pool), &job.layout);
    job.row_slices = neuron_ceil_divide(product->inputs, job.rows);
    neuron_pool_run(product->pool, neuron_ceil_divide(product->units, PACK_COLUMNS), pack_columns,
                    &job);
    if (arrays->gradient || arrays->on_gradient)
        neuron_pool_run(product->pool,
                        job.row_slices * neuron_ceil_divide(product->units, job.columns),
                        weights_task, &job);
}
